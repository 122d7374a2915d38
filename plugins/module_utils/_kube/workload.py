# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads: what is scaled, patched and waited for, and which pods are its own.

All pure but ``find`` and ``others_in_charge``, which ask the API.
"""

from __future__ import annotations

import typing as t

from .._diagnosis import Diagnosis, Failure, failure
from . import images
from .api import (
    AUTOSCALER,
    CONTROLLER_REVISION,
    DAEMON_SET,
    DEPLOYMENT,
    REPLICA_SET,
    STATEFUL_SET,
    Cluster,
    Kind,
    Object,
)

KINDS = {"deployment": DEPLOYMENT, "statefulset": STATEFUL_SET, "daemonset": DAEMON_SET}
_ALIASES = {"deploy": "deployment", "deployments": "deployment", "sts": "statefulset", "statefulsets": "statefulset",
            "ds": "daemonset", "daemonsets": "daemonset"}  # fmt: skip


class Workload(t.NamedTuple):
    """A workload as it was read."""

    kind: Kind
    namespace: str
    object: Object

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.object["metadata"]["name"])

    @property
    def title(self) -> str:
        """``deployment/datastorage``."""
        return f"{self.kind.name.lower()}/{self.name}"

    @property
    def selector(self) -> str:
        """The label selector of its pods, as the API takes it."""
        return label_selector(self.object["spec"]["selector"])

    @property
    def pod_spec(self) -> Object:
        """The spec of its pod template."""
        return t.cast("Object", self.object["spec"]["template"]["spec"])

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations."""
        return self.object["metadata"].get("annotations") or {}

    @property
    def replicas(self) -> int:
        """How many pods there are to be."""
        if self.kind == DAEMON_SET:
            return int((self.object.get("status") or {}).get("desiredNumberScheduled", 0))
        return int(self.object["spec"].get("replicas", 1))

    @property
    def observed(self) -> bool:
        """Whether its controller has seen its present generation."""
        status = self.object.get("status") or {}
        return int(status.get("observedGeneration", 0)) >= int(self.object["metadata"].get("generation", 0))


def parse_name(name: str) -> tuple[Kind, str]:
    """``deployment/NAME`` (or a plain NAME, of a Deployment) as kind and name. Raises Failure."""
    word, separator, rest = name.partition("/")
    if not separator:
        return DEPLOYMENT, word
    word = word.lower().split(".")[0]
    kind = KINDS.get(_ALIASES.get(word, word))
    if kind is None or not rest:
        raise failure(
            f"The workload {name} cannot be handled",
            "workload-unsupported",
            f"{name} is not a deployment, statefulset or daemonset",
            "Write service_workload as deployment/NAME, statefulset/NAME or daemonset/NAME; "
            "Jobs and bare pods end by themselves and are covered with service_inject=node",
        )
    return kind, rest


def find(cluster: Cluster, namespace: str, name: str, image: str) -> Workload:
    """The workload ``deployment/NAME``; without a name, the one that uses ``image``. Raises Failure."""
    if name:
        kind, plain = parse_name(name)
        found = cluster.get(kind, plain, namespace)
        if found is not None:
            return Workload(kind, namespace, found)
        there = ", ".join(workload.title for workload in all_in(cluster, namespace)) or "none"
        raise _missing(name, f"The namespace {namespace} has no {name}; its workloads are: {there}")
    present = all_in(cluster, namespace)
    using = [workload for workload in present if container_with(workload, image) is not None]
    if len(using) == 1:
        return using[0]
    if using:
        titles = ", ".join(workload.title for workload in using)
        raise _missing(image, f"More than one workload in the namespace {namespace} uses the image {image}: {titles}")
    used = ", ".join(f"{workload.title} ({', '.join(image_names(workload))})" for workload in present) or "none"
    raise _missing(image, f"No workload in the namespace {namespace} uses the image {image}; there are: {used}")


def _missing(what: str, evidence: str) -> Failure:
    return failure(
        f"There is no one workload {what}",
        "workload-missing",
        evidence,
        "Name it as service_workload: deployment/NAME, or let service_manifests contain it",
    )


def all_in(cluster: Cluster, namespace: str) -> list[Workload]:
    """Every workload of a namespace."""
    return [Workload(kind, namespace, entry) for kind in KINDS.values() for entry in cluster.list_all(kind, namespace)]


def image_names(workload: Workload) -> list[str]:
    """The images of its containers."""
    return [str(container.get("image")) for container in workload.pod_spec["containers"]]


def container_with(workload: Workload, image: str) -> str | None:
    """The name of the container that uses the repository of ``image``."""
    for container in workload.pod_spec["containers"]:
        if images.same_repository(str(container.get("image")), image):
            return str(container["name"])
    return None


def choose_container(workload: Workload, name: str, image: str) -> str:
    """The container that is the service: by name, by image, by the workload's name, the only one. Raises Failure."""
    names = [str(container["name"]) for container in workload.pod_spec["containers"]]
    if name:
        chosen = name if name in names else None
    else:
        default = (workload.object["spec"]["template"].get("metadata", {}).get("annotations") or {}).get(
            "kubectl.kubernetes.io/default-container"
        )
        by_image = container_with(workload, image) if image else None
        candidates = [by_image, default, workload.name, names[0] if len(names) == 1 else None]
        chosen = next((candidate for candidate in candidates if candidate in names), None)
    if chosen is None:
        raise failure(
            f"The container of {workload.title} is not known",
            "container-unknown",
            f"{workload.title} has the containers {', '.join(names)}" + (f", and none is named {name}" if name else ""),
            "Name the one that runs the service as service_container",
        )
    return chosen


def user_of(pod_spec: Object, container: str) -> int | None:
    """The user id that the container runs as, as far as the pod's security contexts say; else the image decides."""
    spec: Object = next((entry for entry in pod_spec["containers"] if entry["name"] == container), {})
    for context in (spec.get("securityContext"), pod_spec.get("securityContext")):
        if context and context.get("runAsUser") is not None:
            return int(context["runAsUser"])
    return None


def label_selector(selector: Object) -> str:
    """A LabelSelector (meta/v1) as the API takes it in a query."""
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], ",".join(expression.get("values") or [])
        terms.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[expression["operator"]]
        )
    return ",".join(terms)


def owned_by(entry: Object, uid: str) -> bool:
    """Whether the object is controlled by the one with this uid."""
    return any(owner.get("uid") == uid for owner in entry["metadata"].get("ownerReferences") or [])


def revision_source(kind: Kind) -> Kind:
    """The kind of object in which a workload keeps its revisions."""
    return REPLICA_SET if kind == DEPLOYMENT else CONTROLLER_REVISION


def current_revision(workload: Workload, revisions: t.Iterable[Object]) -> str | None:
    """The label value that pods of the present generation carry; None while the controller has not made it.

    A Deployment's ReplicaSet carries its revision number, and pods its ``pod-template-hash``; the others number
    ControllerRevisions, and pods carry ``controller-revision-hash``.
    """
    if not workload.observed:
        return None
    own = [entry for entry in revisions if owned_by(entry, workload.object["metadata"]["uid"])]
    if workload.kind == DEPLOYMENT:
        number = workload.annotations.get("deployment.kubernetes.io/revision")
        for entry in own:
            if (entry["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision") == number:
                return (entry["metadata"].get("labels") or {}).get("pod-template-hash")
        return None
    if workload.kind == STATEFUL_SET:
        # ``updateRevision`` is the whole name, and so is the label's value.
        return (workload.object.get("status") or {}).get("updateRevision")
    newest = max(own, key=lambda entry: int(entry["revision"]), default=None)
    return (newest["metadata"].get("labels") or {}).get("controller-revision-hash") if newest else None


def revision_of(pod: Object) -> str | None:
    """The revision that a pod is of."""
    labels = pod["metadata"].get("labels") or {}
    return labels.get("pod-template-hash") or labels.get("controller-revision-hash")


def others_in_charge(cluster: Cluster, workload: Workload) -> list[Diagnosis]:
    """Whoever may put the workload back while it is being changed: an owner, or an autoscaler."""
    found = [
        Diagnosis(
            "replicas-restored-by-other",
            f"{workload.title} belongs to {owner['kind']}/{owner['name']}, which may undo replicas and patch",
            "Cover it with service_inject=node, or change what its owner makes of it",
        )
        for owner in workload.object["metadata"].get("ownerReferences") or []
        if owner.get("controller")
    ]
    for scaler in cluster.list_all(AUTOSCALER, workload.namespace):
        target = scaler["spec"]["scaleTargetRef"]
        if (target.get("kind"), target.get("name")) == (workload.kind.name, workload.name):
            found.append(
                Diagnosis(
                    "replicas-restored-by-other",
                    f"HorizontalPodAutoscaler/{scaler['metadata']['name']} scales {workload.title}",
                    "It leaves a workload alone that is scaled to zero; minReplicas decide how many pods are tested",
                )
            )
    return found
