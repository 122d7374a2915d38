# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of measured rollouts: the table, the plot, and what probes have to allow."""

from __future__ import annotations

import json
import typing as t
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import pod_template
from ansible_collections.gocover.e2e.plugins.module_utils._startup import plot, rollouts, samples
from ansible_collections.gocover.e2e.plugins.module_utils._startup.samples import COVERED, PLAIN, Sample, Size

SIZES = {PLAIN: Size("a:plain", 20_000_000, 18_000_000), COVERED: Size("a:cov", 25_000_000, 22_500_000)}
TAKEN = {
    PLAIN: [Sample(1.0, 10_000_000, (0.001, 0.002)), Sample(3.0, 12_000_000, (0.003,)), Sample(2.0, 11_000_000)],
    COVERED: [Sample(2.0, 20_000_000, (0.4,)), Sample(6.5, 22_000_000, (0.002,)), Sample(4.0, 21_000_000)],
}
FOUND = samples.document("<data&storage>", "kind", TAKEN, SIZES)


def test_what_probes_have_to_allow() -> None:
    # Three times the slowest under coverage, and 10 s and 1 s on top, rounded up.
    assert (FOUND["startup_allowed"], FOUND["answer_allowed"]) == (30, 3)
    assert json.loads(json.dumps(FOUND))["samples"][COVERED][1]["startup"] == 6.5


def test_the_table_shows_median_and_spread() -> None:
    lines = samples.table(FOUND)
    assert len({len(line) for line in lines}) == 1
    words = [" ".join(line.split()) for line in lines]
    assert words == [
        "WITHOUT COVERAGE WITH COVERAGE GROWTH",
        "start-up 2 s (1-3) 4 s (2-6.5) +100%",
        "peak memory 11 MB (10-12) 21 MB (20-22) +91%",
        "request 2.25 ms (1.5-3) 201 ms (2-400) +8833%",
        "binary 18 MB 22.5 MB +25%",
        "image 20 MB 25 MB +25%",
    ]


def test_the_plot_is_well_formed_and_has_a_dot_for_each_rollout() -> None:
    root = ET.fromstring(plot.svg(FOUND))
    namespace = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f".//{namespace}circle")) == 3 + 3 + 3 + 3 + 2 + 2
    assert "<data&storage>" in root.attrib["aria-label"]


def test_without_requests_there_is_a_table_and_a_plot() -> None:
    bare = {variant: [Sample(1.0, 1)] for variant in TAKEN}
    found = samples.document("x", "kind", bare, SIZES)
    assert found["answer_allowed"] == 1
    assert samples.table(found)[3].split()[:3] == ["request", "0", "ms"]
    ET.fromstring(plot.svg(found))


@pytest.mark.parametrize("content", [None, "", "[]", '{"startup_allowed": "x", "answer_allowed": 1}'])
def test_a_baseline_that_is_none_is_said(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Failure) as caught:
        samples.read(path)
    assert caught.value.diagnoses[0].cause == "baseline-missing"
    assert "gocover.e2e.baseline" in str(caught.value)


HTTP = {"httpGet": {"path": "/healthz", "port": "http"}}
TIGHT = {**HTTP, "periodSeconds": 1, "failureThreshold": 1, "initialDelaySeconds": 1}
STARTUP = {"periodSeconds": 1, "timeoutSeconds": 3, "failureThreshold": 30}
EXEC = {"exec": {"command": ["x"]}}
WEB = {"readinessProbe": {"httpGet": {"path": "/r", "port": "web"}}, "ports": [{"name": "web", "containerPort": 81}]}
READY = {"tcpSocket": {"port": 8080}, "timeoutSeconds": 9}
SETTINGS = pod_template.Settings("/n", "/m", probes="measured", startup_allowed=30, answer_allowed=3)


@pytest.mark.parametrize(
    ("liveness", "readiness", "startup", "expected"),
    [
        (TIGHT, READY, None, {**HTTP, **STARTUP}),
        (None, READY, None, {"tcpSocket": {"port": 8080}, **STARTUP, "timeoutSeconds": 9}),
        (TIGHT, READY, EXEC, {**EXEC, **STARTUP}),
        (None, None, None, None),
    ],
    ids=["liveness", "readiness", "startup", "none"],
)  # fmt: skip
def test_a_startup_probe_holds_the_tight_ones_back(
    liveness: t.Any, readiness: t.Any, startup: t.Any, expected: t.Any
) -> None:
    before = {"livenessProbe": liveness, "readinessProbe": readiness, "startupProbe": startup}
    assert pod_template.measured_probe("startupProbe", before, SETTINGS) == expected
    assert pod_template.measured_probe("livenessProbe", before, SETTINGS) == (
        liveness and {**TIGHT, "timeoutSeconds": 3}
    )


@pytest.mark.parametrize(
    ("container", "endpoint"),
    [
        (WEB, (81, "/r")),
        ({"readinessProbe": {"exec": {}}, "livenessProbe": {"tcpSocket": {"port": 82}}}, (82, "")),
        ({"ports": [{"containerPort": 83}]}, (83, "/readyz")),
    ],
    ids=["http", "tcp", "none"],
)  # fmt: skip
def test_where_a_service_says_that_it_is_ready(container: t.Any, endpoint: tuple[int, str]) -> None:
    assert rollouts.endpoint_of({"name": "c", **container}, 0, "/readyz") == endpoint


def test_no_port_is_said() -> None:
    with pytest.raises(Failure) as caught:
        rollouts.endpoint_of({"name": "c"}, 0, "/readyz")
    assert caught.value.diagnoses[0].cause == "option-invalid"
