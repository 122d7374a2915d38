# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage by the node on a real cluster: whatever makes a pod, it writes; and the node is as it was afterwards."""

from __future__ import annotations

import subprocess
import threading
import typing as t
from pathlib import Path

import pytest
import rig as rigs
from ansible_collections.gocover.e2e.plugins.module_utils._collect import gather, nodes
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.counters import decode_counters
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind import injection
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import (
    DEPLOYMENT,
    JOB,
    POD,
    STATEFUL_SET,
    Kind,
    Object,
    Source,
)
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import ApiCluster
from ansible_collections.gocover.e2e.plugins.modules import covdata_collect, graceful_shutdown, workload_ready
from rig import Rig
from shared import TestCluster, step_of

DIRECTORY = "/var/lib/gocover-test-node/data"
WANTED = injection.Injection(DIRECTORY, "/gocover", "test")
CONFIG_MAP = Kind("v1", "ConfigMap")
_SPEC = "/etc/containerd/cri-base.json"
_FINGERPRINT = f"stat -c '%Y %a %u' {_SPEC}; sha256sum {_SPEC} /etc/containerd/config.toml; ls -A /etc/containerd"
_TIMEOUT = 120.0


def on_nodes(engine: Engine, cluster: TestCluster, script: str) -> dict[str, str]:
    said = {}
    for node in cluster.nodes:
        result = engine.execute(node.name, ["sh", "-c", script])
        assert result.rc == 0, result.said
        said[node.name] = result.stdout.decode()
    return said


@pytest.fixture(scope="module")
def covered(engine: Engine, cluster: TestCluster) -> t.Iterator[list[injection.NodeState]]:
    before = on_nodes(engine, cluster, _FINGERPRINT)
    yield injection.ensure_present(engine, cluster.nodes, WANTED)
    injection.ensure_absent(engine, cluster.nodes, WANTED)
    assert on_nodes(engine, cluster, _FINGERPRINT) == before
    gone = on_nodes(engine, cluster, f"[ -e {Path(DIRECTORY).parent} ] && echo there || echo gone")
    assert set(gone.values()) == {"gone\n"}


def pod(name: str, *, mode: str = "") -> Object:
    """A pod template that the Pod Security level ``restricted`` takes, told by the argument of its program."""
    spec = rigs.deployment(mode=mode)["spec"]["template"]["spec"]
    spec["securityContext"]["seccompProfile"] = {"type": "RuntimeDefault"}
    container = spec["containers"][0]
    container["args"] = [name]
    container["securityContext"]["capabilities"] = {"drop": ["ALL"]}
    return {"metadata": {"labels": {"app": name}}, "spec": spec}


def each_on_its_own_node(template: Object) -> Object:
    name = template["metadata"]["labels"]["app"]
    template["spec"]["tolerations"] = [{"operator": "Exists"}]
    template["spec"]["affinity"] = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": "kubernetes.io/hostname"}
            ]
        }
    }
    return template


class Operator(threading.Thread):
    """A controller as operators are: for each object of its kind it makes a pod, and makes it again when it is gone."""

    def __init__(self, cluster: ApiCluster, namespace: str) -> None:
        super().__init__(daemon=True)
        self._cluster = cluster
        self._namespace = namespace
        self._ended = threading.Event()

    def run(self) -> None:
        sources = [Source(CONFIG_MAP, self._namespace, labels="kind=custom"), Source(POD, self._namespace)]
        customs: dict[str, Object] = {}
        for change in self._cluster.watch(sources, _TIMEOUT, tick=0.2):
            if self._ended.is_set():
                return
            if change is not None and change.source.kind == CONFIG_MAP:
                customs[change.object["metadata"]["name"]] = change.object
            for name, custom in customs.items():
                if self._cluster.get(POD, name, self._namespace) is None:
                    self._make(name, custom)

    def _make(self, name: str, custom: Object) -> None:
        owner = {
            "apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": custom["metadata"]["uid"], "controller": True,
        }  # fmt: skip
        template = pod(custom["data"]["argument"])
        metadata = {**template["metadata"], "name": name, "namespace": self._namespace, "ownerReferences": [owner]}
        template["spec"]["containers"][0]["image"] = rigs.IMAGE
        self._cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})

    def end(self) -> None:
        self._ended.set()
        self.join()


def wait_until(rig: Rig, source: Source, done: t.Callable[[dict[str, Object]], bool]) -> dict[str, Object]:
    """Wait until the objects of a source, by uid, are as they should be."""
    present: dict[str, Object] = {}
    for change in rig.cluster.watch([source], _TIMEOUT, tick=0.5):
        if change is not None:
            uid = change.object["metadata"]["uid"]
            present.pop(uid, None) if change.gone else present.update({uid: change.object})
        elif done(present):
            return present
    raise AssertionError(f"still so: {[entry.get('status') for entry in present.values()]}")


def all_ready(count: int) -> t.Callable[[dict[str, Object]], bool]:
    def done(present: dict[str, Object]) -> bool:
        ready = [
            entry
            for entry in present.values()
            if any(
                condition["type"] == "Ready" and condition["status"] == "True"
                for condition in (entry.get("status") or {}).get("conditions") or []
            )
        ]
        return len(ready) == len(present) == count

    return done


def written(engine: Engine, cluster: TestCluster, tmp_path: Path) -> list[str]:
    """The first arguments of the programs whose counters lie on the nodes, each as often as it wrote."""
    dest = tmp_path / "covdata"
    gather.gather(nodes.sources(engine, cluster.nodes, DIRECTORY), dest, keep_arguments=True)
    programs = []
    for file in sorted(dest.glob("covcounters.*")):
        for segment in decode_counters(file.read_bytes(), file.name).segments:
            programs.append(segment.args()["argv1"])
    return sorted(programs)


def test_whatever_makes_a_pod_it_writes(
    rig: Rig, engine: Engine, cluster: TestCluster, covered: list[injection.NodeState], tmp_path: Path
) -> None:
    rigs.restrict_namespace(rig.cluster, rig.namespace)
    replicas = len(cluster.nodes)
    deployment = rigs.deployment("spread", replicas=replicas)
    deployment["spec"] |= {
        "selector": {"matchLabels": {"app": "spread"}},
        "template": each_on_its_own_node(pod("spread")),
    }
    stateful = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "stateful"},
        "spec": {
            "serviceName": "stateful", "selector": {"matchLabels": {"app": "stateful"}}, "template": pod("stateful"),
        },
    }  # fmt: skip
    once = pod("job", mode="job")
    once["spec"]["restartPolicy"] = "Never"
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": {"template": once}}
    custom = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "custom", "labels": {"kind": "custom"}},
        "data": {"argument": "operator"},
    }
    operator = Operator(rig.cluster, rig.namespace)
    operator.start()
    try:
        rig.apply(deployment, stateful, job, custom)
        workloads = {
            "spread": Source(POD, rig.namespace, labels="app=spread"),
            "stateful": Source(POD, rig.namespace, labels="app=stateful"),
            "operator": Source(POD, rig.namespace, labels="app=operator"),
        }
        wait_until(rig, workloads["stateful"], all_ready(1))
        spread = wait_until(rig, workloads["spread"], all_ready(replicas))
        assert {entry["spec"]["nodeName"] for entry in spread.values()} == {node.name for node in cluster.nodes}
        # Nothing of the pods tells of coverage: no variable, no volume.
        for entry in spread.values():
            assert "GOCOVERDIR" not in str(entry["spec"]) and "hostPath" not in str(entry["spec"])
        first = wait_until(rig, workloads["operator"], all_ready(1))
        rig.cluster.delete(POD, "custom", rig.namespace)
        # It is made again, as an operator does, with nobody to patch it.
        wait_until(rig, workloads["operator"], lambda seen: all_ready(1)(seen) and not first.keys() & seen.keys())
        wait_until(
            rig,
            Source(JOB, rig.namespace),
            lambda seen: [entry["status"].get("succeeded") for entry in seen.values()] == [1],
        )
    finally:
        operator.end()
    rig.cluster.scale(DEPLOYMENT, "spread", rig.namespace, 0)
    rig.cluster.scale(STATEFUL_SET, "stateful", rig.namespace, 0)
    rig.cluster.delete(POD, "custom", rig.namespace)
    for source in workloads.values():
        wait_until(rig, source, lambda seen: not seen)
    expected = sorted(["job", "operator", "operator", "stateful", *["spread"] * replicas])
    assert written(engine, cluster, tmp_path) == expected


def test_twice_is_once_and_the_last_user_puts_it_back(
    engine: Engine, cluster: TestCluster, covered: list[injection.NodeState]
) -> None:
    assert all(state.covered for state in covered)
    again = injection.ensure_present(engine, cluster.nodes, WANTED)
    assert not any(state.restarted or state.changed for state in again)
    other = injection.Injection(DIRECTORY, "/gocover", "other")
    joined = injection.ensure_present(engine, cluster.nodes, other)
    assert all(state.changed and not state.restarted for state in joined)
    left = injection.ensure_absent(engine, cluster.nodes, other)
    assert all(state.covered and state.users == ["test"] and not state.restarted for state in left)
    # What removes the directory of a service leaves this one: without it no container of the node could start.
    nodes.remove(engine, cluster.nodes, DIRECTORY, discard=True)
    assert set(on_nodes(engine, cluster, f"stat -c %a {DIRECTORY}").values()) == {"1777\n"}


def test_an_interruption_before_containerd_has_read_it_is_mended(
    engine: Engine, cluster: TestCluster, covered: list[injection.NodeState]
) -> None:
    on_nodes(engine, cluster, "touch /etc/containerd/gocover/pending")
    assert not any(state.covered for state in injection.would_cover(engine, cluster.nodes, WANTED))
    mended = injection.ensure_present(engine, cluster.nodes, WANTED)
    assert all(state.restarted and state.covered for state in mended)
    assert all(state.covered for state in injection.would_cover(engine, cluster.nodes, WANTED))


@pytest.fixture(scope="module")
def image_with_own_variable(
    engine: Engine, cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[str]:
    """The probe in an image that sets GOCOVERDIR, in the engine and on every node."""
    reference = "localhost/gocover-probe-own:test"
    directory = tmp_path_factory.mktemp("own")
    archive = directory / "image.tar"
    archive.write_bytes(rigs.build_probe(directory, reference=reference, env=["GOCOVERDIR=/own"]))
    rigs.load(engine, cluster.nodes, archive.read_bytes())
    subprocess.run([engine.provider, "load", "--input", str(archive)], check=True, capture_output=True)
    yield reference
    subprocess.run([engine.provider, "rmi", "--force", reference], check=True, capture_output=True)


@pytest.mark.parametrize("source", ["pod", "image"])
def test_a_container_keeps_its_own_gocoverdir_and_that_is_named(
    rig: Rig,
    engine: Engine,
    cluster: TestCluster,
    covered: list[injection.NodeState],
    image_with_own_variable: str,
    tmp_path: Path,
    source: str,
) -> None:
    own = f"{Path(DIRECTORY).parent}/own-{source}"
    on_nodes(engine, cluster, f"mkdir {own} && chmod 1777 {own} && rm -f {DIRECTORY}/cov*")
    image = rigs.IMAGE if source == "pod" else image_with_own_variable
    manifest = rigs.deployment(volumeMounts=[{"name": "own", "mountPath": "/own"}], image=image)
    manifest["spec"]["template"]["spec"]["volumes"] = [{"name": "own", "hostPath": {"path": own}}]
    if source == "pod":
        manifest["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "GOCOVERDIR", "value": "/own"})
    rig.apply(manifest)
    rig.wait(_TIMEOUT)
    place = {"workload": "deployment/probe", "namespace": rig.namespace, "kubeconfig": str(rig.kubeconfig)}
    if source == "pod":
        # What the pod says can be told before anything is tested.
        ready = step_of(workload_ready.MODULE, **place, node_path=DIRECTORY, mount_path="/gocover", timeout=_TIMEOUT)
        with pytest.raises(Failure) as early:
            workload_ready.run(ready)
        assert early.value.diagnoses[0].cause == "path-mismatch"
    ended = graceful_shutdown.run(step_of(graceful_shutdown.MODULE, **place))
    assert [row["exit_code"] for row in ended.result["pods"]] == [0]
    counted = on_nodes(engine, cluster, f"ls {own} | grep -c covcounters; ls {DIRECTORY} | grep -c cov || true")
    assert sorted(counted.values())[-1] == "1\n0\n"
    collect = step_of(
        covdata_collect.MODULE,
        cluster=cluster.name,
        node_path=DIRECTORY,
        mount_path="/gocover",
        image=image,
        pods=ended.result["pods"],
        dest=str(tmp_path / "covdata"),
    )
    with pytest.raises(Failure) as caught:
        covdata_collect.run(collect)
    assert [found.cause for found in caught.value.diagnoses] == ["path-mismatch", "no-counters"]
    evidence, remedy = caught.value.diagnoses[0].evidence, caught.value.diagnoses[0].remedy
    assert "container probe of probe-" in evidence and "/own" in evidence
    assert ("its image" in evidence) == (source == "image")
    assert "GOCOVERDIR" in remedy and "/gocover" in remedy
    on_nodes(engine, cluster, f"rm -r {own}")
