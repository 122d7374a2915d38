# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that starts slowly, with probes that are tight: measured, and then let live by what was measured."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import rig as rigs
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch.pod_template import Settings
from ansible_collections.gocover.e2e.plugins.module_utils._startup import rollouts, samples
from rig import Rig
from shared import TestCluster

PLAIN = "localhost/gocover-probe:plain"
SLOW = 5.0
TIGHT: dict[str, t.Any] = {
    "livenessProbe": {
        "httpGet": {"path": "/readyz", "port": "http"},
        "initialDelaySeconds": 1,
        "periodSeconds": 1,
        "failureThreshold": 1,
    }
}


@pytest.fixture(scope="module")
def plain_image(engine: Engine, cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    probe = rigs.build_probe(tmp_path_factory.mktemp("plain"), cover=False, reference=PLAIN)
    rigs.load(engine, cluster.nodes, probe)
    return PLAIN


def test_a_slow_start_with_tight_probes_lives_by_what_was_measured(
    rig: Rig, engine: Engine, node_path: str, plain_image: str, tmp_path: Path
) -> None:
    rig.apply(rigs.deployment(mode="slow", **TIGHT), rigs.service())
    # As it is, the kubelet kills it again and again.
    with pytest.raises(Failure) as caught:
        rig.wait(90)
    assert caught.value.diagnoses[0].cause in ("probe-failing", "crash-loop"), caught.value
    before = rig.workload()
    plan = rollouts.Plan(
        images={samples.PLAIN: plain_image, samples.COVERED: rigs.IMAGE},
        container="probe",
        endpoint=rollouts.endpoint_of(before.pod_spec["containers"][0], 0, "/readyz"),
        node_path=node_path,
        rollouts=1,
        requests=20,
        timeout=90,
        note=rig.notes.append,
    )
    taken = rollouts.measure(rig.cluster, engine, before, plan)
    assert rig.workload().object["spec"] == before.object["spec"]
    for variant in samples.VARIANTS:
        (sample,) = taken[variant]
        # The kernel counts from the tick before.
        assert sample.startup > SLOW - 0.1
        assert sample.memory > 1_000_000
        assert len(sample.latency) == 20
    size = samples.Size("x", 1, 1)
    document = samples.document("probe", "kind", taken, {variant: size for variant in samples.VARIANTS})
    settings = Settings(
        node_path,
        "/gocover",
        probes="measured",
        startup_allowed=int(document["startup_allowed"]),
        answer_allowed=int(document["answer_allowed"]),
    )
    assert rig.cover(settings) is not None
    ready = rig.wait(90)
    assert [pod["restarts"] for pod in ready.pods] == [0]
    # The probe is as tight as the team wants it to be, once the service has started.
    liveness = rig.workload().pod_spec["containers"][0]["livenessProbe"]
    assert (liveness["periodSeconds"], liveness["failureThreshold"]) == (1, 1)
