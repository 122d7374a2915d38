# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults: what each breaks in the examples' own manifests, and what has to be said of it."""

from __future__ import annotations

import typing as t

from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import Object
from scene import BACKEND, Fault

_CHANGE = t.Callable[[Object], None]


def container(**fields: t.Any) -> _CHANGE:
    """Set fields of the first container."""
    return lambda spec: spec["containers"][0].update(fields)


def pod(**fields: t.Any) -> _CHANGE:
    """Set fields of the pod."""
    return lambda spec: spec.update(fields)


def env(**variables: str) -> _CHANGE:
    """Set environment variables of the first container, before any that it has from elsewhere."""
    added = [{"name": name, "value": value} for name, value in variables.items()]
    return lambda spec: spec["containers"][0].update(
        env=[*(e for e in spec["containers"][0].get("env", []) if e["name"] not in variables), *added]
    )


def resources(kind: str, **amounts: str) -> _CHANGE:
    """Replace the container's requests or limits."""
    return container(resources={kind: amounts})


def mounted(**source: t.Any) -> _CHANGE:
    """Mount another volume."""

    def change(spec: Object) -> None:
        spec.setdefault("volumes", []).append({"name": "extra", **source})
        spec["containers"][0].setdefault("volumeMounts", []).append({"name": "extra", "mountPath": "/extra"})

    return change


def before_it(*command: str, name: str = "migrate") -> _CHANGE:
    """An init container with a shell: PostgreSQL's own image."""
    first = {"name": name, "image": "postgres:15", "imagePullPolicy": "IfNotPresent", "command": list(command)}
    first["securityContext"] = {"allowPrivilegeEscalation": False}  # type: ignore[assignment]
    return pod(initContainers=[first])


def beside_it(spec: Object) -> None:
    """A second container, which is not the service."""
    spec["containers"].append({"name": "sidecar", "image": "redis:7", "imagePullPolicy": "IfNotPresent"})


def liveness(**request: t.Any) -> _CHANGE:
    """A strict liveness probe, and readiness so late that it has failed often enough before."""
    late = {"httpGet": {"path": "/readyz", "port": "http"}, "initialDelaySeconds": 30}
    return container(livenessProbe={"httpGet": request, "periodSeconds": 1, "failureThreshold": 2}, readinessProbe=late)


def object_of(kind: str, name: str, spec: Object, version: str = "v1", **fields: t.Any) -> Object:
    """A manifest."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec, **fields}


_WAITING = r'"(reason)": "{}'
_CRASHED = _WAITING.format("CrashLoopBackOff")
_RUNNING = r'"running": \{'
_AUTOSCALER = object_of(
    "HorizontalPodAutoscaler",
    "datastorage",
    {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "datastorage"},
        "minReplicas": 1,
        "maxReplicas": 3,
    },
    "autoscaling/v2",
)


def webhook(namespace: str) -> Object:
    """An admission webhook that nobody answers."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "campaign-policy"},
        "webhooks": [
            {
                "name": "policy.campaign.example.org",
                "clientConfig": {"service": {"name": "policy", "namespace": BACKEND, "path": "/"}, "caBundle": ""},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                "namespaceSelector": {"matchLabels": {"campaign": namespace}},
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }


FAULTS = [
    Fault(
        "the built image was never loaded",
        "image-not-on-node",
        "localhost/datastorage:campaign-2",
        _WAITING.format("(ErrImagePull|ImagePullBackOff)"),
        patch={"image": "localhost/datastorage:campaign-2"},
    ),
    Fault(
        "an image of a registry that is not there",
        "image-pull-failed",
        "registry.invalid",
        _WAITING.format("(ErrImagePull|ImagePullBackOff)"),
        change=lambda spec: spec["containers"].append({"name": "sidecar", "image": "registry.invalid/sidecar:1"}),
    ),
    Fault(
        "a tag with a slash in the manifest of a sidecar",
        "image-tag-invalid",
        "redis:a/b",
        _WAITING.format("InvalidImageName"),
        change=lambda spec: spec["containers"].append({"name": "sidecar", "image": "redis:a/b"}),
    ),
    Fault("a tag with a slash for the service", "image-tag-invalid", "datastorage:a/b", "$^",
          patch={"image": "datastorage:a/b"}),
    Fault("the directory is not on the node", "path-mismatch", "hostPath type check failed",
          "hostPath type check failed", directory=""),
    Fault("the directory belongs to root, 0755", "coverage-dir-unwritable", "permission denied", _RUNNING,
          directory="0755"),
    Fault("the wrong container was covered", "coverage-dir-unset", "GOCOVERDIR not set", _RUNNING,
          change=beside_it, patch={"container": "sidecar"}),
    Fault("a crash loop: a setting that is none", "crash-loop", "RETENTION", _CRASHED, change=env(RETENTION="soon")),
    Fault(
        "notification without the file of its routes",
        "crash-loop",
        "ROUTING_FILE",
        _CRASHED,
        service="notification",
        change=env(ROUTING_FILE="/etc/notification/none.json"),
    ),
    Fault("a crash with coverage only", "crash-only-with-coverage", "exit code 4", _CRASHED,
          service="probe", change=env(MODE="crash-covered"), uncovered_first=True),
    Fault("the database is not there", "probe-failing", "503", "statuscode: 503",
          change=env(DATABASE_URL="postgres://u:p@nowhere:5432/d?sslmode=disable"), timeout=15.0),
    Fault("the password of the database is wrong", "probe-failing", "503", "statuscode: 503",
          change=env(DATABASE_URL=f"postgres://datastorage:x@postgresql.{BACKEND}:5432/datastorage?sslmode=disable"),
          timeout=15.0),
    Fault("out of memory while it runs", "oom-killed", "24Mi", _CRASHED + "|OOMKilled", service="probe",
          change=lambda spec: (env(MODE="oom")(spec), resources("limits", memory="24Mi")(spec))[0]),
    Fault("a memory limit too small to start", "oom-killed", "1Mi", "OOMKilled|init was OOM-killed|OOM|oom",
          change=resources("limits", memory="1Mi")),
    Fault("more memory than any node has", "unschedulable", "900Gi of memory", '"Unschedulable"',
          change=resources("requests", memory="900Gi")),
    Fault("more processors than any node has", "unschedulable", "400 of cpu", '"Unschedulable"',
          change=resources("requests", cpu="400")),
    Fault("a node selector that fits no node", "unschedulable", "disk=fast", '"Unschedulable"',
          change=pod(nodeSelector={"disk": "fast"})),
    Fault("a ConfigMap is missing", "config-missing", "datastorage", _WAITING.format("CreateContainerConfigError"),
          without=("ConfigMap/datastorage",)),
    Fault("a Secret is missing", "config-missing", "datastorage", _WAITING.format("CreateContainerConfigError"),
          without=("Secret/datastorage",)),
    Fault("a key of a Secret is missing", "config-missing", "PASSWORD", _WAITING.format("CreateContainerConfigError"),
          change=container(
              env=[{"name": "P", "valueFrom": {"secretKeyRef": {"name": "datastorage", "key": "PASSWORD"}}}])),
    Fault("a ConfigMap to be mounted is missing", "config-missing", "notification-routing", '"FailedMount"',
          service="notification", without=("ConfigMap/notification-routing",)),
    Fault("a PersistentVolumeClaim is missing", "config-missing", "archive", '"Unschedulable"',
          change=mounted(persistentVolumeClaim={"claimName": "archive"})),
    Fault(
        "a claim of a storage class that is not there",
        "unschedulable",
        "fast-ssd",
        '"Unschedulable"',
        change=mounted(persistentVolumeClaim={"claimName": "archive"}),
        more=[
            object_of(
                "PersistentVolumeClaim",
                "archive",
                {
                    "storageClassName": "fast-ssd",
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Mi"}},
                },
            )
        ],
    ),
    Fault("a service account is missing", "config-missing", "storage-reader", '"FailedCreate"',
          change=pod(serviceAccountName="storage-reader")),
    Fault("a service account without rights", "access-forbidden", "system:serviceaccount", _CRASHED, service="probe",
          change=env(MODE="api")),
    Fault("a quota for pods", "quota-exceeded", "exceeded quota", '"FailedCreate"',
          more=[object_of("ResourceQuota", "small", {"hard": {"pods": "0"}})]),
    Fault(
        "a limit range that the container exceeds",
        "pods-refused",
        "maximum memory usage per Container is 64Mi",
        '"FailedCreate"',
        more=[object_of("LimitRange", "small", {"limits": [{"type": "Container", "max": {"memory": "64Mi"}}]})],
    ),
    Fault("a liveness probe at the wrong port", "probe-failing", "connection refused", '"Killing"',
          change=liveness(path="/healthz", port=9)),
    Fault("a liveness probe at the wrong path", "probe-failing", "404", '"Killing"',
          change=liveness(path="/health", port="http")),
    Fault("a liveness probe that gets no answer in time", "probe-failing", "imeout", '"Killing"',
          service="probe",
          change=liveness(path="/slow", port="http")),
    Fault("a startup probe that is too tight", "probe-failing", "tartup probe", '"Killing"',
          change=container(
              startupProbe={"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1, "failureThreshold": 2})),
    Fault("a migration in an init container fails", "crash-loop", "relation records exists", _CRASHED,
          change=before_it("sh", "-c", "echo relation records exists >&2; exit 3")),
    Fault("an init container that waits for ever", "not-ready", "wait-for-db; its last line was: nowhere",
          r'"initContainerStatuses": .*"running": \{',
          change=before_it("sh", "-c", "until pg_isready -h nowhere; do sleep 1; done", name="wait-for-db"),
          timeout=12.0),
    Fault("a program that the image does not have", "container-config-invalid", "/bin/sh",
          "StartError|RunContainerError", change=container(command=["/bin/sh", "-c", "/datastorage"])),
    Fault("runAsNonRoot, and the user is root", "container-config-invalid", "root",
          _WAITING.format("CreateContainerConfigError"), change=container(securityContext={"runAsUser": 0})),
    Fault("a manifest whose selector fits nothing", "manifest-invalid", "selector", "$^", breaks=False,
          finish=lambda workload: workload["spec"]["selector"]["matchLabels"].update(app="other")),
    Fault("a manifest with a field that does not exist", "manifest-invalid", "replica", "$^", breaks=False,
          finish=lambda workload: workload["spec"].update(replica=2)),
    Fault("Pod Security forbids hostPath (restricted): a claim is used", "", "", "$^",
          labels={"pod-security.kubernetes.io/enforce": "restricted"}),
    Fault("Pod Security forbids what the manifest itself asks for", "pod-security-forbids", "runAsNonRoot",
          '"FailedCreate"',
          labels={"pod-security.kubernetes.io/enforce": "restricted"},
          change=pod(securityContext={})),
    Fault("an admission webhook that nobody answers", "pods-refused", "policy.campaign.example.org", '"FailedCreate"',
          labels={"campaign": "webhook"}, more=[webhook("webhook")]),
    Fault("an autoscaler scales it", "replicas-restored-by-other", "HorizontalPodAutoscaler/datastorage", "$^",
          more=[_AUTOSCALER]),
    Fault("GOCOVERDIR is set already, and a volume of our name is there", "", "", "$^",
          change=lambda spec: (
              env(GOCOVERDIR="/tmp/coverage")(spec),
              spec.update(volumes=[{"name": "gocover-covdata", "emptyDir": {}}]),
          )[0]),
]  # fmt: skip
