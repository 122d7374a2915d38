# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To zero and back: what is sent to a workload so that its pods end, and what puts it back.

What was there is recorded on the object in the very request that changes it, so that it can be put back even after
SIGKILL. A HorizontalPodAutoscaler leaves a workload alone that is at zero; KEDA does not, and is paused in its own
words (keda.sh/docs, "Pausing autoscaling").
"""

from __future__ import annotations

import json
import typing as t

from ..._diagnosis import Failure, failure
from .. import workload
from ..api import DAEMON_SET, JOB, POD, ApiError, Cluster, Kind, Object, Source
from ..workload import Workload

#: The annotation (JSON: ``{"replicas": N}``, ``{"nodeSelector": ...}`` or ``{"suspend": ...}``) on a workload that was
#: brought to zero.
RECORD = "gocover.e2e/replicas"
#: A DaemonSet has no replicas: it is brought to zero by a label that no node has.
_NOWHERE = {"gocover.e2e/nowhere": "true"}
_SCALED_OBJECT = Kind("keda.sh/v1alpha1", "ScaledObject")
_KEDA_PAUSED = "autoscaling.keda.sh/paused"
#: That it was us who paused it.
_PAUSED = "gocover.e2e/paused"


def find(cluster: Cluster, namespace: str, name: str) -> Workload:
    """What is to be ended: a workload, or ``job/NAME``, or ``pod/NAME`` for a bare pod. Raises Failure."""
    word, _slash, plain = name.partition("/")
    kind = {"job": JOB, "jobs": JOB, "pod": POD, "pods": POD}.get(word.lower().split(".")[0]) if plain else None
    if kind is None:
        return workload.find(cluster, namespace, name, "")
    found = cluster.get(kind, plain, namespace)
    if found is None:
        raise failure(
            f"There is no {name}",
            "workload-missing",
            f"The namespace {namespace} has no {name}",
            "Correct the name, and end it before its ttlSecondsAfterFinished is over",
        )
    return Workload(kind, namespace, found)


def pods_of(target: Workload) -> Source:
    """The pods of a workload, or the bare pod itself."""
    if target.kind == POD:
        return Source(POD, target.namespace, fields=f"metadata.name={target.name}")
    return Source(POD, target.namespace, labels=target.selector)


def wanted(target: Workload) -> int:
    """How many pods there are to be."""
    if target.kind == POD:
        return 1
    if target.kind == JOB:
        spec = target.object["spec"]
        return 0 if spec.get("suspend") or job_finished(target.object) else int(spec.get("parallelism", 1))
    return target.replicas


def job_finished(job: Object) -> bool:
    """Whether a Job is over."""
    conditions = (job.get("status") or {}).get("conditions") or []
    return any(entry["type"] in ("Complete", "Failed") and entry["status"] == "True" for entry in conditions)


def recorded_replicas(entry: Object) -> Object | None:
    """What was recorded before a workload was brought to zero; None if it was not."""
    text = (entry["metadata"].get("annotations") or {}).get(RECORD)
    try:
        record = json.loads(text) if text else None
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def stopping_patch(target: Workload) -> Object | None:
    """Record what is there and bring it to zero, in one request; None if that has been done, or cannot be."""
    record = recorded_replicas(target.object)
    if target.kind == DAEMON_SET:
        selector = target.pod_spec.get("nodeSelector")
        if record is not None and _NOWHERE.items() <= (selector or {}).items():
            return None
        keep = {"nodeSelector": selector}
        return _recording(record or keep, {"template": {"spec": {"nodeSelector": _NOWHERE}}})
    if target.kind == POD or wanted(target) == 0:
        return None
    if target.kind == JOB:
        return _recording({"suspend": bool(target.object["spec"].get("suspend"))}, {"suspend": True})
    # Pods that are there again, though a record is: what somebody has set since is what there was before.
    return _recording({"replicas": target.replicas}, {"replicas": 0})


def _recording(record: Object, spec: Object) -> Object:
    return {"metadata": {"annotations": {RECORD: json.dumps(record)}}, "spec": spec}


def restoring_patch(target: Workload) -> Object | None:
    """Put back what was recorded; None if nothing was."""
    record = recorded_replicas(target.object)
    if record is None:
        return None
    patch: Object = {"metadata": {"annotations": {RECORD: None}}}
    if target.kind == DAEMON_SET:
        patch["spec"] = {"template": {"spec": {"nodeSelector": dict.fromkeys(_NOWHERE)}}}
    elif target.kind == JOB:
        patch["spec"] = {"suspend": bool(record.get("suspend"))}
    elif target.replicas == 0:
        patch["spec"] = {"replicas": int(record.get("replicas", 1))}
    return patch


def restore(cluster: Cluster, target: Workload) -> bool:
    """Put the replicas back as they were recorded, and let KEDA go on; False if nothing was recorded."""
    present = cluster.get(target.kind, target.name, target.namespace)
    patch = restoring_patch(target._replace(object=present)) if present is not None else None
    if patch is not None:
        cluster.patch(target.kind, target.name, target.namespace, patch)
    for scaler in _scaled_objects(cluster, target):
        if _PAUSED in (scaler["metadata"].get("annotations") or {}):
            _annotate(cluster, scaler, {_KEDA_PAUSED: None, _PAUSED: None})
    return patch is not None


def replicas_before(target: Workload) -> int:
    """How many pods there were before anything was brought to zero."""
    record = recorded_replicas(target.object)
    if record is not None and "replicas" in record:
        return max(wanted(target), int(record["replicas"]))
    return wanted(target)


def pause_scalers(cluster: Cluster, target: Workload) -> list[str]:
    """Pause what would scale the workload up from zero; the titles of what was paused."""
    paused = []
    for scaler in _scaled_objects(cluster, target):
        annotations = scaler["metadata"].get("annotations") or {}
        if _KEDA_PAUSED not in annotations:
            _annotate(cluster, scaler, {_KEDA_PAUSED: "true", _PAUSED: "true"})
            paused.append(f"ScaledObject/{scaler['metadata']['name']}")
    return paused


def _annotate(cluster: Cluster, scaler: Object, annotations: dict[str, str | None]) -> None:
    metadata = scaler["metadata"]
    cluster.patch(_SCALED_OBJECT, metadata["name"], metadata["namespace"], {"metadata": {"annotations": annotations}})


def _scaled_objects(cluster: Cluster, target: Workload) -> list[Object]:
    try:
        found = cluster.list_all(_SCALED_OBJECT, target.namespace)
    except ApiError:
        return []  # no KEDA in this cluster, or none of our business
    return [entry for entry in found if _scales(entry, target)]


def _scales(scaler: Object, target: Workload) -> bool:
    reference: t.Mapping[str, t.Any] = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
    return (reference.get("kind", "Deployment"), reference.get("name")) == (target.kind.name, target.name)


def in_charge(cluster: Cluster, target: Workload) -> list[str]:
    """Who may put the workload back: owners, autoscalers, and who wrote spec.replicas last, as far as one may ask."""
    names = [f"{owner['kind']}/{owner['name']}" for owner in target.object["metadata"].get("ownerReferences") or []]
    try:
        names += [f"ScaledObject/{entry['metadata']['name']}" for entry in _scaled_objects(cluster, target)]
        if target.kind != POD:
            names += [
                found.evidence.partition(" ")[0]
                for found in workload.others_in_charge(cluster, target)
                if found.evidence.startswith("HorizontalPodAutoscaler/")
            ]
    except Failure:
        return names
    return names


def last_writer(entry: Object) -> str:
    """Who owns spec.replicas, by the managed fields (meta/v1 ManagedFieldsEntry)."""
    writers = [
        str(managed.get("manager"))
        for managed in entry["metadata"].get("managedFields") or []
        if "f:replicas" in ((managed.get("fieldsV1") or {}).get("f:spec") or {})
    ]
    return " or ".join(writers) or "somebody else"
