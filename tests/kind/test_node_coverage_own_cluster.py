# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage by the node on a cluster that a team made its own way: two nodes, a mirror, and a base spec of their own.

Nodes are restarted here, so the cluster is this file's alone. The tests are one story, in the order of the file.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import typing as t
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import rig as rigs
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster as clusters
from ansible_collections.gocover.e2e.plugins.module_utils._kind import injection
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import Node, nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube import pods
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import NODE, POD, ApiError, Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import ApiCluster, connect
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress
from shared import TestCluster

DIRECTORY = "/var/lib/gocover-test-own/data"
WANTED = injection.Injection(DIRECTORY, "/gocover", "test")
NAMESPACE = "default"
_TEAM_SPEC = "/etc/team/base.json"
_PATCHES = [
    """
[plugins."io.containerd.cri.v1.images".registry]
  config_path = "/etc/containerd/certs.d"
""",
    f"""
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  base_runtime_spec = "{_TEAM_SPEC}"
""",
]
_FILES = f"{_TEAM_SPEC} /etc/containerd/config.toml /etc/containerd/cri-base.json"
_FINGERPRINT = f"stat -c '%n %Y %a %u' {_FILES}; sha256sum {_FILES}; ls -A /etc/containerd; containerd config dump"
#: A machine with other work to do takes its time to start a node, in seconds.
_PATIENCE = 300.0


@pytest.fixture(scope="module")
def team_spec(engine: Engine, node_image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base spec of the team, on this machine: as containerd makes it, and a variable for every container."""
    image = node_image or "kindest/node"
    command = [engine.provider, "run", "--rm", "--entrypoint", "ctr", image, "oci", "spec"]
    spec = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    # What containerd sets by itself: kind's own base spec has none of it either.
    for key in ("args", "user"):
        spec["process"].pop(key, None)
    spec["process"]["env"] = ["TEAM=shop"]
    path = tmp_path_factory.mktemp("team") / "base.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def own(engine: Engine, node_image: str, team_spec: Path, worker_id: str) -> t.Iterator[TestCluster]:
    # One file for both nodes, which neither may write to.
    mount = {"hostPath": str(team_spec.parent), "containerPath": str(Path(_TEAM_SPEC).parent), "readOnly": True}
    nodes = [{"role": role, "extraMounts": [mount]} for role in ("control-plane", "worker")]
    spec = clusters.ClusterSpec(
        name=f"gocover-test-own-{worker_id}",
        kubeconfig=team_spec.parent / "kubeconfig",
        state=clusters.state_directory(),
        image=node_image,
        config={"containerdConfigPatches": _PATCHES, "nodes": nodes},
    )
    clusters.ensure_present(engine, spec, Progress())
    yield TestCluster(spec.name, spec.kubeconfig, nodes_of(engine, spec.name))
    clusters.ensure_absent(engine, spec, Progress())


@pytest.fixture(scope="module")
def api(engine: Engine, own: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> ApiCluster:
    rigs.load(engine, own.nodes, rigs.build_probe(tmp_path_factory.mktemp("probe")))
    return connect(str(own.kubeconfig), None)


@pytest.fixture(scope="module")
def before(engine: Engine, own: TestCluster) -> dict[str, str]:
    """What the files of containerd were before anything was done."""
    said = {node.name: on_node(engine, node, _FINGERPRINT) for node in own.nodes}
    assert all(_TEAM_SPEC in text and "/etc/containerd/certs.d" in text for text in said.values())
    return said


@pytest.fixture(scope="module")
def covered(engine: Engine, own: TestCluster, before: dict[str, str]) -> list[injection.NodeState]:
    return injection.ensure_present(engine, own.nodes, WANTED)


@pytest.fixture(scope="module")
def addresses(engine: Engine, own: TestCluster) -> dict[str, str]:
    """The addresses of the nodes as they were made, by name."""
    return {node.name: network_of(engine, node)[1] for node in own.nodes}


def run(engine: Engine, *arguments: str) -> str:
    """A command of the engine."""
    ended = subprocess.run([engine.provider, *arguments], check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def network_of(engine: Engine, container: Node | str) -> tuple[str, str]:
    """The network of a container, and its address there."""
    name = container if isinstance(container, str) else container.name
    shown = json.loads(run(engine, "inspect", name))[0]["NetworkSettings"]["Networks"]
    ((network, settings),) = shown.items()
    return network, settings["IPAddress"]


@contextlib.contextmanager
def lower_addresses_taken(engine: Engine, node: Node) -> t.Iterator[None]:
    """While it lasts, the lowest address that is free is the node's own, once that is given up.

    Docker gives what it starts the lowest address. Clusters come and go beside this one, and not every node image comes
    back with another address than it was made with (kind's own do, those of tests/lab do not).
    """
    network, own = network_of(engine, node)
    taken: list[str] = []
    try:
        while len(taken) < 64:
            taken.append(run(engine, "run", "-d", "--network", network, "--entrypoint", "sleep", node.image, "3600"))
            if IPv4Address(network_of(engine, taken[-1])[1]) > IPv4Address(own):
                break
        yield
    finally:
        run(engine, "rm", "--force", "--volumes", *taken)


def skip_if_moved(engine: Engine, own: TestCluster, addresses: dict[str, str]) -> None:
    """What a node with another address does is not what is tested here."""
    now = {node.name: network_of(engine, node)[1] for node in own.nodes}
    if now != addresses:
        pytest.skip(f"{engine.provider} gave nodes other addresses as they were restarted: {addresses} became {now}")


def on_node(engine: Engine, node: Node, script: str) -> str:
    result = engine.execute(node.name, ["sh", "-c", script])
    assert result.rc == 0, result.said
    return str(result.stdout.decode())


def wait_until(what: str, done: t.Callable[[], bool]) -> None:
    """Wait with patience; an API that does not answer meanwhile is one of the things that are waited for."""
    deadline = time.monotonic() + _PATIENCE
    said = ""
    while time.monotonic() < deadline:
        try:
            if done():
                return
        except ApiError as error:
            said = str(error)
        time.sleep(1)
    raise AssertionError(f"not {what} after {_PATIENCE:g} s; the API said last: {said or 'nothing wrong'}")


def start_pod(api: ApiCluster, node: Node, name: str) -> None:
    """A pod of the probe on just that node, ready."""
    spec = rigs.deployment()["spec"]["template"]["spec"]
    container = {**spec["containers"][0], "image": rigs.IMAGE, "args": [name]}
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {**spec, "containers": [container], "nodeName": node.name, "tolerations": [{"operator": "Exists"}]},
    }

    def ready() -> bool:
        # Applied each time: a node that comes back may refuse it at first, for which there is no way back.
        present = api.get(POD, name, NAMESPACE)
        if present is not None and pods.finished(present):
            api.delete(POD, name, NAMESPACE)
        elif present is None:
            api.apply(pod)
        return present is not None and pods.ready(present)

    wait_until(f"ready: the pod {name}", ready)


def end_pod(api: ApiCluster, name: str) -> None:
    api.delete(POD, name, NAMESPACE)
    wait_until(f"gone: the pod {name}", lambda: api.get(POD, name, NAMESPACE) is None)


def environment_of(engine: Engine, node: Node, name: str) -> set[str]:
    """The environment with which the probe of a pod runs, as the kernel has it."""
    script = f"tr '\\0' '\\n' < /proc/$(pgrep -f '^/probe {name}$' | head -n 1)/environ"
    return set(on_node(engine, node, script).splitlines())


def counters_on(engine: Engine, node: Node) -> int:
    return int(on_node(engine, node, f"ls {DIRECTORY} | grep -c '^covcounters' || true"))


def is_covered(engine: Engine, api: ApiCluster, node: Node, name: str) -> None:
    """A pod that starts now gets both the team's variable and ours, and leaves its counters."""
    counters = counters_on(engine, node)
    start_pod(api, node, name)
    assert {"TEAM=shop", "GOCOVERDIR=/gocover"} <= environment_of(engine, node, name)
    end_pod(api, name)
    assert counters_on(engine, node) == counters + 1


def test_a_team_keeps_its_own_base_spec(
    engine: Engine, own: TestCluster, api: ApiCluster, covered: list[injection.NodeState], team_spec: Path
) -> None:
    assert all(state.covered and state.restarted for state in covered)
    content = team_spec.read_text(encoding="utf-8")
    for number, node in enumerate(own.nodes):
        is_covered(engine, api, node, f"first-{number}")
        # What is mounted is the machine's: nobody has written to it.
        assert on_node(engine, node, f"cat {_TEAM_SPEC}") == content
    assert not any(state.changed for state in injection.ensure_present(engine, own.nodes, WANTED))


def test_a_node_that_is_restarted_covers_as_before(
    engine: Engine,
    own: TestCluster,
    addresses: dict[str, str],
    api: ApiCluster,
    covered: list[injection.NodeState],
) -> None:
    # The worker first: with the control plane the API goes for a while.
    for node in sorted(own.nodes, key=lambda entry: entry.role, reverse=True):
        kept = "ls -R /etc/containerd/gocover; cat /etc/containerd/config.toml"
        recorded = on_node(engine, node, kept)
        heartbeat = heartbeat_of(api, node)
        with lower_addresses_taken(engine, node):
            run(engine, "restart", "-t", "2", node.name)
        skip_if_moved(engine, own, addresses)
        wait_until(f"back: the node {node.name}", partial(is_back, api, node, heartbeat))
        assert on_node(engine, node, kept) == recorded
        states = injection.would_cover(engine, own.nodes, WANTED)
        assert [(state.covered, state.users) for state in states] == [(True, ["test"])] * len(own.nodes)
        is_covered(engine, api, node, f"after-{node.role}")


def heartbeat_of(api: ApiCluster, node: Node) -> str:
    """When the node last told how it is; it does so as it starts, and else every few minutes."""
    found = api.get(NODE, node.name)
    assert found is not None
    return str(pods.condition(found, "Ready").get("lastHeartbeatTime"))


def is_back(api: ApiCluster, node: Node, before: str) -> bool:
    found = api.get(NODE, node.name)
    ready = pods.condition(found, "Ready") if found else {}
    return ready.get("status") == "True" and ready.get("lastHeartbeatTime") != before


def test_everything_is_put_back_byte_for_byte(
    engine: Engine,
    own: TestCluster,
    api: ApiCluster,
    before: dict[str, str],
    covered: list[injection.NodeState],
    team_spec: Path,
    addresses: dict[str, str],
) -> None:
    content = team_spec.read_bytes()
    injection.ensure_absent(engine, own.nodes, WANTED)
    assert {node.name: on_node(engine, node, _FINGERPRINT) for node in own.nodes} == before
    assert team_spec.read_bytes() == content
    skip_if_moved(engine, own, addresses)
    for number, node in enumerate(own.nodes):
        assert on_node(engine, node, f"[ -e {Path(DIRECTORY).parent} ] && echo there || echo gone") == "gone\n"
        start_pod(api, node, f"last-{number}")
        found = environment_of(engine, node, f"last-{number}")
        assert "TEAM=shop" in found and not any(entry.startswith("GOCOVERDIR") for entry in found)
        end_pod(api, f"last-{number}")
