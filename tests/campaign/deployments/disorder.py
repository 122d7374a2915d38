# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More faults: what a cluster lacks, what a policy refuses, and what the run before has left no room for.

Most rows use the probe, which needs no database. A row without a cause has to become ready.
"""

from __future__ import annotations

import typing as t

from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import Object
from faults import container, env, mounted, object_of, pod, resources
from scene import IMAGES, Fault

_BACKING_OFF = r'"(reason)": "(ErrImagePull|ImagePullBackOff)'
_NO_NODE = '"Unschedulable"'
_NO_SANDBOX = '"FailedCreatePodSandBox"'
_CLAIM = {
    "storageClassName": "fast-ssd",
    "accessModes": ["ReadWriteOnce"],
    "resources": {"requests": {"storage": "1Mi"}},
}
#: Of the lab's nodes and of kind's own alike, each with directories of its own.
_PLUGIN = "portmap"
_PLUGINS = "for place in /opt/cni/bin /usr/lib/cni; do [ ! -e $place/{0} ] || mv $place/{0} $place/{1}; done"
OTHER = "campaign-other"


def both(*changes: t.Callable[[Object], None]) -> t.Callable[[Object], None]:
    """One change after the other."""

    def change(spec: Object) -> None:
        for entry in changes:
            entry(spec)

    return change


def beside(**fields: t.Any) -> t.Callable[[Object], None]:
    """A sidecar that is not the service."""
    sidecar = {"name": "sidecar", "image": "postgres:15", "imagePullPolicy": "IfNotPresent", **fields}
    return lambda spec: spec["containers"].append(sidecar)


def workload(**fields: t.Any) -> t.Callable[[Object], None]:
    """Set fields of the workload's spec."""
    return lambda entry: entry["spec"].update(fields)


def policy(namespace: str, resource: str, expression: str, message: str) -> list[Object]:
    """A policy of the API server itself, for the namespace with this label."""
    group = {"apiGroups": ["apps"] if resource == "deployments" else [""], "apiVersions": ["v1"]}
    rule = {**group, "operations": ["CREATE", "UPDATE"], "resources": [resource]}
    matching = {"matchLabels": {"campaign": namespace}}
    version = "admissionregistration.k8s.io/v1"
    checks = {
        "validations": [{"expression": expression, "message": message}],
        "matchConstraints": {"resourceRules": [rule]},
    }
    bound = {
        "policyName": "campaign-policy",
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": matching},
    }
    return [
        object_of("ValidatingAdmissionPolicy", "campaign-policy", {"failurePolicy": "Fail", **checks}, version),
        object_of("ValidatingAdmissionPolicyBinding", "campaign-policy", bound, version),
    ]


def second(name: str, **metadata: str) -> Object:
    """Another Deployment with the image of the probe."""
    labels = {"app": name}
    container_of = {"name": "probe", "image": "probe:dev", "ports": [{"containerPort": 8080}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container_of]}}
    entry = object_of("Deployment", name, {"selector": {"matchLabels": labels}, "template": template}, "apps/v1")
    entry["metadata"].update(metadata)
    return entry


def in_namespace(namespace: str) -> t.Callable[[Object], None]:
    """Let the workload live in another namespace than the service's."""
    return lambda entry: entry["metadata"].update(namespace=namespace)


_AWAY_FROM_ITSELF = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": "probe"}}, "topologyKey": "kubernetes.io/os"}
        ]
    }
}
_NO_HOST_PATH = "!has(object.spec.template.spec.volumes) || object.spec.template.spec.volumes.all(v, !has(v.hostPath))"
_RUNTIME_CLASS = {
    "apiVersion": "node.k8s.io/v1",
    "kind": "RuntimeClass",
    "metadata": {"name": "campaign"},
    "handler": "gvisor",
}
_ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}


def _probe(title: str, cause: str, words: str, seen: str, **fields: t.Any) -> Fault:
    return Fault(title, cause, words, seen, **{"service": "probe", "timeout": 25.0, **fields})


DISORDER = [
    _probe(
        "a sidecar of another architecture",
        "crash-loop",
        "exec format error",
        "exec format error|StartError|Error",
        change=beside(image=IMAGES["foreign"]),
    ),
    _probe(
        "a pull secret is missing, and the image is of a registry",
        "image-pull-failed",
        "pull secret regcred is missing",
        _BACKING_OFF,
        change=both(beside(image="registry.invalid/sidecar:1"), pod(imagePullSecrets=[{"name": "regcred"}])),
    ),
    _probe(
        "a pull secret is missing, and the image is on the node",
        "",
        "",
        "$^",
        change=pod(imagePullSecrets=[{"name": "regcred"}]),
    ),
    _probe(
        "a CSI driver is missing",
        "mount-failed",
        "CSI driver fast.csi.example.org",
        '"FailedMount"',
        change=mounted(csi={"driver": "fast.csi.example.org"}),
    ),
    _probe(
        "a network plugin is missing",
        "sandbox-failed",
        _PLUGIN,
        _NO_SANDBOX,
        on_nodes=(_PLUGINS.format(_PLUGIN, "away"), _PLUGINS.format("away", _PLUGIN)),
    ),
    _probe(
        "a RuntimeClass is missing",
        "config-missing",
        "RuntimeClass kata",
        '"FailedCreate"',
        change=pod(runtimeClassName="kata"),
    ),
    _probe(
        "a RuntimeClass whose handler no node has",
        "sandbox-failed",
        "runtime handler gvisor",
        _NO_SANDBOX,
        change=pod(runtimeClassName="campaign"),
        more=[_RUNTIME_CLASS],
    ),
    _probe(
        "a readiness gate that nobody sets",
        "readiness-gate-unmet",
        "example.org/lb",
        '"ReadinessGatesNotReady"',
        change=pod(readinessGates=[{"conditionType": "example.org/lb"}]),
    ),
    _probe(
        "a scheduler that nobody is",
        "scheduler-missing",
        "volcano",
        '"schedulerName": "volcano"',
        change=pod(schedulerName="volcano"),
    ),
    _probe(
        "a seccomp profile is missing",
        "container-config-invalid",
        "none.json",
        "CreateContainerError",
        change=pod(securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": "none.json"}}),
    ),
    _probe(
        "a sidecar dies after it was ready",
        "crash-loop",
        "sidecar ended with exit code 7",
        '"exitCode": 7',
        change=beside(command=["sh", "-c", "sleep 4; echo no licence >&2; exit 7"]),
        tests=True,
    ),
    _probe("replicas: 0", "no-replicas", "replicas: 0", "$^", finish=workload(replicas=0)),
    _probe(
        "a DaemonSet that no node takes",
        "no-replicas",
        "disk=fast",
        "$^",
        kind="DaemonSet",
        change=pod(nodeSelector={"disk": "fast"}),
    ),
    _probe(
        "a StatefulSet whose claim is not bound",
        "unschedulable",
        "fast-ssd",
        _NO_NODE,
        kind="StatefulSet",
        change=mounted(persistentVolumeClaim={"claimName": "data"}),
        more=[object_of("PersistentVolumeClaim", "data", _CLAIM)],
    ),
    _probe(
        "a StatefulSet whose own claim template has no class",
        "unschedulable",
        "fast-ssd",
        _NO_NODE,
        kind="StatefulSet",
        finish=workload(volumeClaimTemplates=[object_of("PersistentVolumeClaim", "data", _CLAIM)]),
    ),
    _probe(
        "a StatefulSet without its ConfigMap",
        "config-missing",
        "settings",
        "CreateContainerConfigError",
        kind="StatefulSet",
        change=container(envFrom=[{"configMapRef": {"name": "settings"}}]),
    ),
    _probe(
        "a StatefulSet whose program ends at once",
        "crash-loop",
        "exit code 3",
        '"CrashLoopBackOff"',
        kind="StatefulSet",
        change=env(MODE="crash"),
    ),
    _probe(
        "a StatefulSet of an image that no registry has",
        "image-pull-failed",
        "registry.invalid",
        _BACKING_OFF,
        kind="StatefulSet",
        change=beside(image="registry.invalid/sidecar:1"),
    ),
    _probe(
        "a DaemonSet without its ConfigMap",
        "config-missing",
        "settings",
        "CreateContainerConfigError",
        kind="DaemonSet",
        change=container(envFrom=[{"configMapRef": {"name": "settings"}}]),
    ),
    _probe(
        "a StatefulSet with OnDelete, the second run",
        "",
        "",
        "$^",
        kind="StatefulSet",
        twice=True,
        finish=workload(updateStrategy={"type": "OnDelete"}),
    ),
    _probe(
        "a StatefulSet with a partition, the second run",
        "",
        "",
        "$^",
        kind="StatefulSet",
        twice=True,
        finish=workload(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}),
    ),
    _probe(
        "a DaemonSet with OnDelete, the second run",
        "",
        "",
        "$^",
        kind="DaemonSet",
        twice=True,
        finish=workload(updateStrategy={"type": "OnDelete"}),
    ),
    _probe(
        "a quota that one pod fills, the second run",
        "",
        "",
        "$^",
        twice=True,
        change=resources("requests", memory="200Mi"),
        more=[object_of("ResourceQuota", "small", {"hard": {"requests.memory": "300Mi"}})],
    ),
    _probe(
        "a quota of one pod, the second run",
        "",
        "",
        "$^",
        twice=True,
        more=[object_of("ResourceQuota", "small", {"hard": {"pods": "1"}})],
    ),
    _probe(
        "a quota that is too small for any pod",
        "quota-exceeded",
        "limited: requests.memory=100Mi",
        '"FailedCreate"',
        change=resources("requests", memory="200Mi"),
        more=[object_of("ResourceQuota", "small", {"hard": {"requests.memory": "100Mi"}})],
    ),
    _probe("hostNetwork, the second run", "", "", "$^", twice=True, change=pod(hostNetwork=True)),
    _probe(
        "a hostPort, the second run",
        "",
        "",
        "$^",
        twice=True,
        change=container(ports=[{"name": "http", "containerPort": 8080, "hostPort": 28080}]),
    ),
    _probe(
        "pods that keep away from each other, the second run",
        "",
        "",
        "$^",
        twice=True,
        change=pod(affinity=_AWAY_FROM_ITSELF),
    ),
    _probe("maxSurge 0, the second run", "", "", "$^", twice=True, finish=workload(strategy=_ROLLING)),
    _probe("Recreate, the second run", "", "", "$^", twice=True, finish=workload(strategy={"type": "Recreate"})),
    _probe("paused by the team", "", "", "$^", finish=workload(paused=True)),
    _probe("paused by the team, the second run", "", "", "$^", twice=True, finish=workload(paused=True)),
    _probe(
        "a policy that forbids hostPath in Deployments",
        "patch-refused",
        "no hostPath here",
        "$^",
        labels={"campaign": "policy"},
        before=policy("policy", "deployments", _NO_HOST_PATH, "no hostPath here"),
    ),
    _probe("a CronJob", "workload-unsupported", "CronJob/probe", "$^", kind="CronJob", named=False),
    _probe(
        "two Deployments with one image",
        "workload-missing",
        "deployment/other and deployment/probe",
        "$^",
        named=False,
        more=[second("other")],
    ),
    _probe("two Deployments with one image, one named", "", "", "$^", more=[second("other")]),
    _probe(
        "a workload of another namespace",
        "workload-missing",
        f"in the namespace {OTHER}",
        "$^",
        named=False,
        more=[{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OTHER}}],
        finish=in_namespace(OTHER),
    ),
]
