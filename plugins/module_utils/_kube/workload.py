# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads: what is scaled, patched and waited for, and which pods are its own.

All pure but ``find`` and ``others_in_charge``, which ask the API.
"""

from __future__ import annotations

import typing as t

from .._diagnosis import Diagnosis, Failure, failure
from .._reference import same_repository
from . import images
from .api import (
    AUTOSCALER,
    CONTROLLER_REVISION,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    POD,
    REPLICA_SET,
    STATEFUL_SET,
    ApiError,
    Cluster,
    Kind,
    Object,
)

KINDS = {"deployment": DEPLOYMENT, "statefulset": STATEFUL_SET, "daemonset": DAEMON_SET}
_ALIASES = {"deploy": "deployment", "deployments": "deployment", "sts": "statefulset", "statefulsets": "statefulset",
            "ds": "daemonset", "daemonsets": "daemonset"}  # fmt: skip
#: Workloads of other namespaces that a failure names.
_NAMED = 3


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
        raise unsupported(name)
    return kind, rest


def unsupported(name: str, what: str = "") -> Failure:
    """``workload-unsupported``: nothing scales and replaces the pods of such an object."""
    return failure(
        f"The workload {name} cannot be handled",
        "workload-unsupported",
        f"{name} {what}is not a deployment, statefulset or daemonset",
        "Write service_workload as deployment/NAME, statefulset/NAME or daemonset/NAME; "
        "Jobs and bare pods end by themselves and are covered with service_inject=node",
    )


def find(cluster: Cluster, namespace: str, name: str, image: str) -> Workload:
    """The workload ``deployment/NAME``; without a name, the one that uses ``image``. Raises Failure."""
    if name:
        kind, plain = parse_name(name)
        found = cluster.get(kind, plain, namespace)
        if found is not None:
            return Workload(kind, namespace, found)
        elsewhere = [entry for entry in _visible(cluster, kind) if entry["metadata"]["name"] == plain]
        present = ", ".join(workload.title for workload in all_in(cluster, namespace)) or "none"
        evidence = f"The namespace {namespace} has no {name}; its workloads are: {present}"
        raise _missing(f"The workload {name} is missing", evidence, elsewhere)
    workloads = all_in(cluster, namespace)
    using = [workload for workload in workloads if container_with(workload, image) is not None]
    if len(using) == 1:
        return using[0]
    if using:
        titles = " and ".join(workload.title for workload in using)
        raise failure(
            f"Several workloads use the image {image}",
            "workload-missing",
            f"The namespace {namespace} has {titles} with that image, and service_workload names none of them",
            f"Name the one that the tests are about as service_workload, such as {using[0].title}",
        )
    unsupported = _unsupported(cluster, namespace, image)
    if unsupported is not None:
        raise unsupported
    elsewhere = [entry for kind in KINDS.values() for entry in _visible(cluster, kind) if images.uses(entry, image)]
    used = ", ".join(f"{workload.title} ({', '.join(image_names(workload))})" for workload in workloads)
    evidence = f"No workload in the namespace {namespace} uses the image {image}; " + (
        f"its workloads are: {used}" if used else "it has no workload at all"
    )
    raise _missing(f"No workload uses the image {image}", evidence, elsewhere)


def _missing(summary: str, evidence: str, elsewhere: t.Sequence[Object]) -> Failure:
    """``workload-missing``; ``elsewhere`` are objects of other namespaces that are probably meant."""
    if not elsewhere:
        remedy = "Name it as service_workload: deployment/NAME, or let service_manifests contain it"
        return failure(summary, "workload-missing", evidence, remedy)
    places = [
        f"{other['kind'].lower()}/{other['metadata']['name']} is in the namespace {other['metadata']['namespace']}"
        for other in elsewhere
    ]
    namespaces = list(dict.fromkeys(str(other["metadata"]["namespace"]) for other in elsewhere))
    return failure(
        summary,
        "workload-missing",
        f"{evidence}; {', '.join(places[:_NAMED])}{' and others' if places[_NAMED:] else ''}",
        f"Set service_namespace to {' or '.join(namespaces[:_NAMED])}, or take the namespace out of the manifest",
    )


def _visible(cluster: Cluster, kind: Kind, namespace: str = "") -> list[Object]:
    """The objects of a kind in a namespace, or in all of them; none where the user may not see them."""
    try:
        return cluster.list_all(kind, namespace)
    except ApiError:
        return []


def _unsupported(cluster: Cluster, namespace: str, image: str) -> Failure | None:
    """``workload-unsupported``, if something that ends by itself uses the image; None if nothing does."""
    for kind in (CRON_JOB, JOB, REPLICA_SET, POD):
        for entry in _visible(cluster, kind, namespace):
            if images.uses(entry, image) and not entry["metadata"].get("ownerReferences"):
                return unsupported(f"{kind.name}/{entry['metadata']['name']}", f"uses the image {image}, and ")
    return None


def all_in(cluster: Cluster, namespace: str) -> list[Workload]:
    """Every workload of a namespace."""
    return [Workload(kind, namespace, entry) for kind in KINDS.values() for entry in cluster.list_all(kind, namespace)]


def image_names(workload: Workload) -> list[str]:
    """The images of its containers."""
    return [str(container.get("image")) for container in workload.pod_spec["containers"]]


def container_with(workload: Workload, image: str) -> str | None:
    """The name of the container that uses the repository of ``image``."""
    for container in workload.pod_spec["containers"]:
        if same_repository(str(container.get("image")), image):
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
