# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clusters: created once, checked, mended, and what goes wrong is named."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster as clusters
from ansible_collections.gocover.e2e.plugins.module_utils._kind import kubeconfig
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import containers_of
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress

if t.TYPE_CHECKING:
    from shared import TestCluster

NAME = "gocover-test-second"
QUIET = Progress()


@pytest.fixture
def spec(engine: Engine, node_image: str, tmp_path: Path) -> t.Iterator[clusters.ClusterSpec]:
    described = clusters.ClusterSpec(
        name=NAME, kubeconfig=tmp_path / "kubeconfig", state=tmp_path / "state", image=node_image, retries=0
    )
    yield described
    clusters.ensure_absent(engine, described, QUIET)
    assert containers_of(engine, NAME) == []


def causes(caught: pytest.ExceptionInfo[Failure]) -> list[str]:
    return [diagnosis.cause for diagnosis in caught.value.diagnoses]


def test_present_twice_is_once_changed(engine: Engine, cluster: TestCluster) -> None:
    shared = clusters.ClusterSpec(name=cluster.name, kubeconfig=cluster.kubeconfig, state=clusters.state_directory())
    again = clusters.ensure_present(engine, shared, QUIET)
    assert (again.changed, again.created, again.attempts) == (False, False, 0)
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert kubeconfig.api_silence(cluster.kubeconfig.read_text(encoding="utf-8")) is None


def test_what_differs_from_the_description_is_said(engine: Engine, cluster: TestCluster) -> None:
    workers = {"nodes": [{"role": "control-plane"}, {"role": "worker"}]}
    shared = clusters.ClusterSpec(cluster.name, cluster.kubeconfig, clusters.state_directory(), config=workers)
    found = clusters.ensure_present(engine, shared, QUIET)
    assert found.differences == ["it has 1 control-plane, and 1 control-plane and 1 worker is described"]


def test_a_kubeconfig_with_other_clusters_keeps_them(engine: Engine, cluster: TestCluster, tmp_path: Path) -> None:
    mixed = tmp_path / "config"
    other = cluster.kubeconfig.read_text(encoding="utf-8").replace(f"kind-{cluster.name}", "elsewhere")
    mixed.write_text(other, encoding="utf-8")
    shared = clusters.ClusterSpec(name=cluster.name, kubeconfig=mixed, state=clusters.state_directory())
    assert clusters.ensure_present(engine, shared, QUIET).changed is True
    assert clusters.ensure_present(engine, shared, QUIET).changed is False
    content = mixed.read_text(encoding="utf-8")
    assert "name: elsewhere" in content
    assert f"name: kind-{cluster.name}" in content


def test_a_stopped_node_is_started(engine: Engine, spec: clusters.ClusterSpec) -> None:
    made = clusters.ensure_present(engine, spec, QUIET)
    assert (made.created, made.attempts) == (True, 1)
    node = made.nodes[0].name
    subprocess.run([engine.provider, "stop", "-t", "1", node], check=True, capture_output=True)
    mended = clusters.ensure_present(engine, spec, QUIET)
    assert (mended.changed, mended.created) == (True, False)
    assert [entry.state for entry in mended.nodes] == ["running"]
    assert kubeconfig.api_silence(spec.kubeconfig.read_text(encoding="utf-8")) is None
    assert clusters.ensure_absent(engine, spec, QUIET) is True
    assert clusters.ensure_absent(engine, spec, QUIET) is False
    assert not spec.kubeconfig.exists()


def test_a_port_that_is_taken_is_named(engine: Engine, spec: clusters.ClusterSpec) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        mapping = {"containerPort": 30080, "hostPort": port, "listenAddress": "127.0.0.1"}
        config = {"nodes": [{"role": "control-plane", "extraPortMappings": [mapping]}]}
        with pytest.raises(Failure) as caught:
            clusters.ensure_present(engine, clusters.ClusterSpec(**{**vars(spec), "config": config}), QUIET)
    assert causes(caught) == ["port-taken"]
    assert str(port) in str(caught.value)
    assert containers_of(engine, NAME) == []


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"config": {"nodes": [{"role": "emperor"}]}}, "cluster-config-invalid"),
        ({"config": {"nodez": []}}, "cluster-config-invalid"),
        ({"image": "localhost:1/no-such/node:v1"}, "image-pull-failed"),
    ],
)
def test_what_cannot_work_is_named_and_not_tried_again(
    engine: Engine, spec: clusters.ClusterSpec, change: dict[str, t.Any], cause: str
) -> None:
    with pytest.raises(Failure) as caught:
        clusters.ensure_present(engine, clusters.ClusterSpec(**{**vars(spec), "retries": 2, **change}), QUIET)
    assert causes(caught)[0] == cause, str(caught.value)
    assert caught.value.result["attempts"] == 1
    assert not spec.kubeconfig.exists()


_RUNNER = """
import json, runpy, sys
sys.path.insert(0, {path!r})
import shared
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args
with patch_module_args(json.loads({arguments!r})):
    runpy.run_module("ansible_collections.gocover.e2e.plugins.modules.kind_cluster", run_name="__main__")
"""


@pytest.mark.parametrize(("number", "left"), [(signal.SIGINT, False), (signal.SIGKILL, True)])
def test_an_interrupted_creation_leaves_no_half_made_cluster(
    engine: Engine, spec: clusters.ClusterSpec, number: signal.Signals, left: bool
) -> None:
    arguments = json.dumps({"name": NAME, "kubeconfig": str(spec.kubeconfig), "image": spec.image or None})
    code = _RUNNER.format(path=str(Path(__file__).parent), arguments=arguments)
    env = {**os.environ, "XDG_STATE_HOME": str(spec.state)}
    process = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while not containers_of(engine, NAME):
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(number)
    output = process.communicate(timeout=60)[0].decode()
    assert bool(containers_of(engine, NAME)) is left, output
    if left:
        # Nobody could tidy up: the next one to come does, and says so.
        state = spec.state / "gocover.e2e"
        made = clusters.ensure_present(engine, clusters.ClusterSpec(**{**vars(spec), "state": state}), QUIET)
        assert (made.created, made.attempts) == (True, 1)
    else:
        assert "was interrupted by SIGINT" in output
