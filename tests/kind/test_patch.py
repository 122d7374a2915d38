# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage patch on a real cluster: one rollout, both files, and everything as it was afterwards."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube import workload
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import AUTOSCALER, DEPLOYMENT, REPLICA_SET, Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending import shutdown
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import pod_template
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch.pod_template import Settings
from rig import Rig, deployment

if t.TYPE_CHECKING:
    from shared import TestCluster

LIVENESS = {"livenessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 3}}
OWN_VARIABLE = {
    "env": [{"name": "MODE", "value": ""}, {"name": "GOCOVERDIR", "value": "/tmp/old"}, {"name": "Z", "value": "z"}]
}
FROM_FIELD = {"env": [{"name": "GOCOVERDIR", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}
OTHER_MOUNT = {"volumeMounts": [{"name": "extra", "mountPath": "/gocover", "readOnly": True}]}
EXTRA = {"volumes": [{"name": "extra", "emptyDir": {}}, {"name": "gocover-covdata", "emptyDir": {"sizeLimit": "1Mi"}}]}


def restore(rig: Rig) -> Object:
    patch = pod_template.restoring_patch(rig.workload().object)
    assert patch is not None
    patched: Object = rig.cluster.patch(DEPLOYMENT, "probe", rig.namespace, patch)
    return patched


@pytest.mark.parametrize(
    ("container", "pod"),
    [({}, {}), (LIVENESS, {}), (OWN_VARIABLE, {}), (FROM_FIELD, {}), (OTHER_MOUNT, EXTRA)],
    ids=["plain", "liveness", "variable", "field", "mount"],
)
@pytest.mark.parametrize(
    "probes", ["keep", "relaxed", {"readiness": {"tcpSocket": {"port": 8080}, "httpGet": None}, "liveness": None}]
)
def test_what_was_there_comes_back_exactly(
    rig: Rig, node_path: str, container: Object, pod: Object, probes: t.Any
) -> None:
    manifest = deployment(replicas=0, **container)
    manifest["spec"]["template"]["spec"].update(pod)
    rig.apply(manifest)
    before = rig.workload().object
    first = Settings(f"{node_path}/one", "/gocover", probes=probes, grace_period=45)
    assert rig.cover(first) is not None
    assert rig.cover(first) is None
    covered = rig.workload()
    spec = covered.pod_spec["containers"][0]
    assert {"name": "GOCOVERDIR", "value": "/gocover"} in spec["env"]
    assert covered.pod_spec["terminationGracePeriodSeconds"] == 45
    assert covered.pod_spec["securityContext"] == before["spec"]["template"]["spec"]["securityContext"]
    # The next run has another directory; what was there before any patch is not forgotten.
    assert rig.cover(Settings(f"{node_path}/two", "/gocover", image="localhost/other:1", grace_period=60)) is not None
    volumes = {entry["name"]: entry for entry in rig.workload().pod_spec["volumes"]}
    assert [entry["hostPath"]["path"] for entry in volumes.values() if "hostPath" in entry] == [f"{node_path}/two"]
    after = restore(rig)
    assert after["spec"] == before["spec"]
    assert not any(key.startswith("gocover.e2e/") for key in after["metadata"].get("annotations") or {})
    assert pod_template.restoring_patch(after) is None


def test_what_somebody_else_changed_since_stays(rig: Rig, node_path: str) -> None:
    rig.apply(deployment(replicas=0))
    rig.cover(Settings(node_path, "/gocover", grace_period=45))
    theirs = {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 77}}}}
    rig.cluster.patch(DEPLOYMENT, "probe", rig.namespace, theirs)
    after = restore(rig)
    assert after["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 77
    assert "volumes" not in after["spec"]["template"]["spec"]


def test_a_held_deployment_starts_covered_and_rolls_out_once(
    rig: Rig, engine: t.Any, cluster: TestCluster, node_path: str
) -> None:
    path = f"{node_path}/{rig.namespace}"
    for node in cluster.nodes:
        made = engine.execute(node.name, ["sh", "-c", f"mkdir -p {path} && chmod 1777 {path}"])
        assert made.rc == 0, made.said
    rig.apply(deployment(replicas=2), hold=True)
    assert [entry.action for entry in rig.apply(deployment(replicas=2), hold=True)] == ["unchanged"]
    rig.cover(Settings(path, "/gocover"))
    ready = rig.wait()
    assert len(rig.cluster.list_all(REPLICA_SET, rig.namespace)) == 1
    assert [entry.action for entry in rig.apply(deployment(replicas=2), hold=True)] == ["unchanged"]
    target = rig.workload()
    ended = shutdown.shut_down(rig.cluster, target, "probe", None, rig.notes.append)
    assert [(row["exit_code"], row["diagnosis"]) for row in ended.pods] == [(0, []), (0, [])]
    assert len(ready.pods) == 2
    listed = engine.execute(cluster.nodes[0].name, ["ls", path]).stdout.decode().split()
    assert sum(name.startswith("covmeta.") for name in listed) == 1
    assert sum(name.startswith("covcounters.") for name in listed) == 2
    restore(rig)
    shutdown.restore(rig.cluster, rig.workload())
    after = rig.workload()
    assert after.replicas == 2
    assert not any(key.startswith("gocover.e2e/") for key in after.annotations)


def test_an_autoscaler_is_named(rig: Rig) -> None:
    scaler = {
        "apiVersion": AUTOSCALER.api_version,
        "kind": AUTOSCALER.name,
        "metadata": {"name": "scaler"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "probe"},
            "maxReplicas": 3,
        },
    }
    rig.apply(deployment(replicas=0), scaler)
    found = workload.others_in_charge(rig.cluster, rig.workload())
    assert [entry.cause for entry in found] == ["replicas-restored-by-other"]
    assert "scaler" in found[0].evidence


def test_a_workload_is_found_by_its_image(rig: Rig) -> None:
    other = deployment("other", replicas=0)
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "elsewhere.example/other:1"
    rig.apply(deployment(replicas=0), other)
    found = workload.find(rig.cluster, rig.namespace, "", "gocover-probe:any")
    assert found.title == "deployment/probe"


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
@pytest.mark.parametrize("container", ["probe", "sidecar", "migrate"])
def test_any_container_of_any_workload_is_covered_and_restored_exactly(
    rig: Rig, node_path: str, kind: str, container: str
) -> None:
    manifest = deployment(replicas=0)
    manifest["kind"] = kind
    spec = manifest["spec"]
    if kind == "StatefulSet":
        spec["serviceName"] = "probe"
    if kind == "DaemonSet":
        del spec["replicas"]
    pod = spec["template"]["spec"]
    # No pod is wanted: the API server's merge is what is tried.
    pod["nodeSelector"] = {"disk": "none"}
    # Variable, volume and mount path are taken already, in a form that a merge of fields would mix up.
    taken = {
        "image": "gocover-probe:dev",
        "env": [{"name": "GOCOVERDIR", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "volumeMounts": [{"name": "gocover-covdata", "mountPath": "/gocover", "readOnly": True}],
    }
    pod["volumes"] = [{"name": "gocover-covdata", "emptyDir": {}}]
    pod["containers"] += [{"name": "sidecar", **taken}]
    pod["initContainers"] = [{"name": "migrate", **taken}]
    rig.apply(manifest)
    before = rig.workload(f"{kind.lower()}/probe")
    patch = pod_template.coverage_patch(
        before.object, container, Settings(node_path, "/gocover", image="localhost/x:1")
    )
    assert patch is not None
    covered = rig.cluster.patch(before.kind, "probe", rig.namespace, patch)
    assert (
        pod_template.coverage_patch(covered, container, Settings(node_path, "/gocover", image="localhost/x:1")) is None
    )
    inside = covered["spec"]["template"]["spec"]
    entries = {entry["name"]: entry for entry in [*inside["initContainers"], *inside["containers"]]}
    assert [entry["name"] for entry in entries.values() if entry["image"] == "localhost/x:1"] == [container]
    variable = next(entry for entry in entries[container]["env"] if entry["name"] == "GOCOVERDIR")
    assert variable == {"name": "GOCOVERDIR", "value": "/gocover"}
    mount = next(entry for entry in entries[container]["volumeMounts"] if entry["mountPath"] == "/gocover")
    volumes = {entry["name"]: entry for entry in inside["volumes"]}
    assert not mount.get("readOnly")
    assert volumes[mount["name"]]["hostPath"]["path"] == node_path
    assert volumes["gocover-covdata"]["emptyDir"] == {}
    undo = pod_template.restoring_patch(covered)
    assert undo is not None
    after = rig.cluster.patch(before.kind, "probe", rig.namespace, undo)
    assert after["spec"] == before.object["spec"]
    assert not any(key.startswith("gocover.e2e/") for key in after["metadata"].get("annotations") or {})
