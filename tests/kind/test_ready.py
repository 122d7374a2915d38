# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken deployments on a real cluster: the cause is named, and soon."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import POD, Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import pod_template
from rig import Rig, deployment


def volume(**source: t.Any) -> dict[str, t.Any]:
    return {"volumes": [{"name": "extra", **source}]}


MOUNT = {"volumeMounts": [{"name": "extra", "mountPath": "/extra"}]}
CONFIG_MAP = {"envFrom": [{"configMapRef": {"name": "nowhere"}}]}
SECRET_KEY = {"env": [{"name": "MODE", "valueFrom": {"secretKeyRef": {"name": "none", "key": "mode"}}}]}
DEAD_PROBE = {
    "livenessProbe": {"httpGet": {"path": "/readyz", "port": 9999}, "periodSeconds": 1, "failureThreshold": 2},
    "readinessProbe": {"httpGet": {"path": "/readyz", "port": 9999}, "periodSeconds": 1},
}

# name, mode, fields of the container, fields of the pod, the cause, words of the evidence, seconds until it is named
BROKEN = [
    ("never-loaded", "", {"image": "localhost/gocover-probe:no"}, {}, "image-not-on-node", "gocover-probe:no", 16),
    ("never-pull", "", {"image": "x:1", "imagePullPolicy": "Never"}, {}, "image-not-on-node", "x:1", 16),
    ("no-registry", "", {"image": "registry.invalid/x:1"}, {}, "image-pull-failed", "registry.invalid", 45),
    ("bad-tag", "", {"image": "a/b:a/b"}, {}, "image-tag-invalid", "a/b:a/b", 16),
    ("crash", "crash", {}, {}, "crash-loop", "connection refused", 24),
    ("panic", "panic", {}, {}, "crash-loop", "panic: no configuration", 24),
    ("oom", "oom", {"resources": {"limits": {"memory": "24Mi"}}}, {}, "oom-killed", "24Mi", 30),
    ("no-command", "", {"command": ["/none"]}, {}, "container-config-invalid", "/none", 24),
    ("huge", "", {"resources": {"requests": {"memory": "900Gi"}}}, {}, "unschedulable", "900Gi of memory", 24),
    ("selector", "", {}, {"nodeSelector": {"disk": "none"}}, "unschedulable", "node affinity/selector", 24),
    ("config-map", "", CONFIG_MAP, {}, "config-missing", "nowhere", 16),
    ("secret", "", SECRET_KEY, {}, "config-missing", "none", 16),
    ("volume", "", MOUNT, volume(configMap={"name": "gone"}), "config-missing", "gone", 16),
    ("claim", "", MOUNT, volume(persistentVolumeClaim={"claimName": "pvc"}), "config-missing", "pvc", 16),
    ("host-path", "", MOUNT, volume(hostPath={"path": "/n", "type": "Directory"}), "path-mismatch", "/n", 16),
    ("account", "", {}, {"serviceAccountName": "nobody"}, "config-missing", "nobody", 16),
    ("dead-probe", "", DEAD_PROBE, {}, "probe-failing", "connection refused", 45),
    ("root", "", {"securityContext": {"runAsUser": 0}}, {}, "container-config-invalid", "root", 16),
]


def broken(rig: Rig, manifest: Object, timeout: float = 60.0) -> tuple[Failure, float]:
    rig.apply(manifest)
    begun = time.monotonic()
    with pytest.raises(Failure) as caught:
        rig.wait(timeout)
    return caught.value, time.monotonic() - begun


@pytest.mark.parametrize(
    ("mode", "container", "pod", "cause", "words", "seconds"), [r[1:] for r in BROKEN], ids=[r[0] for r in BROKEN]
)
def test_the_cause_is_named_long_before_the_timeout(
    rig: Rig,
    mode: str,
    container: Object,
    pod: Object,
    cause: str,
    words: str,
    seconds: float,
    record_property: t.Callable[[str, object], None],
) -> None:
    manifest = deployment(mode=mode, **container)
    manifest["spec"]["template"]["spec"].update(pod)
    failed, took = broken(rig, manifest)
    record_property("seconds", round(took, 1))
    print(f"\n{cause} after {took:.1f} s: {failed}")
    assert failed.diagnoses[0].cause == cause
    assert words in failed.diagnoses[0].evidence
    assert took < seconds


def test_a_quota_is_named(rig: Rig) -> None:
    rig.apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "small"},
            "spec": {"hard": {"pods": "0"}},
        }
    )
    failed, took = broken(rig, deployment())
    assert failed.diagnoses[0].cause == "quota-exceeded"
    assert took < 30


def test_a_pod_security_level_that_forbids_the_volume_is_named(rig: Rig, node_path: str) -> None:
    label = {"pod-security.kubernetes.io/enforce": "baseline"}
    rig.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": rig.namespace, "labels": label}})
    rig.apply(deployment(), hold=True)
    rig.cover(pod_template.Settings(node_path, "/gocover"))
    with pytest.raises(Failure) as caught:
        rig.wait()
    assert caught.value.diagnoses[0].cause == "pod-security-forbids"
    assert "hostPath" in caught.value.diagnoses[0].evidence


def test_a_failing_probe_is_named_at_the_timeout_with_what_it_got(rig: Rig) -> None:
    # The kubelet reports a probe that fails some seconds after the container runs: later on a busy machine.
    failed, took = broken(rig, deployment(mode="unready"), timeout=20)
    assert [entry.cause for entry in failed.diagnoses] == ["probe-failing"]
    assert "503" in failed.diagnoses[0].evidence
    assert took < 30


def test_a_directory_that_cannot_be_written_is_named(rig: Rig, engine: t.Any, cluster: t.Any) -> None:
    path = "/var/lib/gocover-test/root-only"
    for node in cluster.nodes:
        engine.execute(node.name, ["sh", "-c", f"mkdir -p {path} && chmod 755 {path}"])
    rig.apply(deployment(), hold=True)
    rig.cover(pod_template.Settings(path, "/gocover"))
    with pytest.raises(Failure) as caught:
        rig.wait()
    assert caught.value.diagnoses[0].cause == "coverage-dir-unwritable"
    assert "permission denied" in caught.value.diagnoses[0].evidence


def test_ready_means_that_the_pods_of_the_former_generation_are_gone(rig: Rig) -> None:
    rig.apply(deployment(replicas=2))
    first = rig.wait()
    rig.apply(deployment(replicas=2, args=["anything"]))
    second = rig.wait()
    there = {pod["metadata"]["name"] for pod in rig.cluster.list_all(POD, rig.namespace)}
    assert there == {pod["name"] for pod in second.pods}
    assert not there & {pod["name"] for pod in first.pods}
    assert len(there) == 2
    assert any("is gone" in note for note in rig.notes)


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_other_workloads_are_waited_for_too(rig: Rig, kind: str) -> None:
    manifest = deployment()
    manifest["kind"] = kind
    del manifest["spec"]["replicas"]
    if kind == "StatefulSet":
        manifest["spec"]["serviceName"] = "probe"
    rig.apply(manifest)
    name = f"{kind.lower()}/probe"
    assert len(rig.wait(name=name).pods) == 1
    manifest["spec"]["template"]["spec"]["containers"][0]["args"] = ["again"]
    rig.apply(manifest)
    assert len(rig.wait(name=name).pods) == 1
