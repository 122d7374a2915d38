# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory on the node as a persistent volume, where a policy lets no pod name a hostPath.

Pod Security (baseline and restricted) looks at the volumes that a pod names. A claim is allowed at each level, and a
volume may be bound to it that is the very directory on the node: what is written lies where it always lies, on whatever
node the pod runs, and is collected from there as always.
"""

from __future__ import annotations

import hashlib
import typing as t

from ..._diagnosis import failure
from ..api import ApiError, Cluster, Kind, Object, Source
from ..workload import Workload
from .pod_template import Record

_VOLUME = Kind("v1", "PersistentVolume")
_CLAIM = Kind("v1", "PersistentVolumeClaim")
_LABELS = {"app.kubernetes.io/managed-by": "gocover-e2e"}
#: A size is asked for, and with a hostPath it limits nothing.
_SIZE = "1Gi"
#: Seconds.
_BIND_TIMEOUT = 60.0
#: What the API is asked with, and what happens to it: nothing is stored.
_TRIAL = "gocover-trial"


def forbidden(cluster: Cluster, target: Workload, node_path: str) -> str:
    """How the API refuses a pod of the workload because of a hostPath volume; empty if it does not.

    A dry run: what refuses may be a label of the namespace, the cluster's default or a policy of somebody else.
    """
    template = target.object["spec"]["template"]
    volumes = [
        *(target.pod_spec.get("volumes") or []),
        {"name": _TRIAL, "hostPath": {"path": node_path, "type": "Directory"}},
    ]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": _TRIAL, "namespace": target.namespace, "labels": template["metadata"].get("labels") or {}},
        "spec": {**target.pod_spec, "volumes": volumes},
    }
    try:
        cluster.apply(pod, dry_run=True)
    except ApiError as error:
        said = " ".join(entry.evidence for entry in error.diagnoses)
        # Pod Security answers 403, a policy of the API server itself 422, and a webhook what it likes.
        return said if error.status in (400, 403, 422) and "hostpath" in said.lower() else ""
    return ""


def name_of(target: Workload, node_path: str) -> str:
    """The name of volume and claim: a volume's path cannot be changed, so each directory has its own."""
    identity = f"{target.namespace}/{target.title}:{node_path}"
    return f"gocover-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def provide(cluster: Cluster, target: Workload, node_path: str, reason: str) -> str:
    """Make the volume and the claim; the claim's name. Raises Failure where that is not allowed either."""
    name = name_of(target, node_path)
    try:
        volume, claim = objects(name, target.namespace, node_path)
        cluster.apply(volume)
        # A claim whose volume its controller does not know yet is looked at again only after 15 s.
        _await_phase(cluster, Source(_VOLUME, "", fields=f"metadata.name={name}"), ("Available", "Bound"))
        cluster.apply(claim)
        _await_phase(cluster, Source(_CLAIM, target.namespace, fields=f"metadata.name={name}"), ("Bound",))
    except ApiError as error:
        if error.status != 403:
            raise
        raise failure(
            f"{target.title} cannot write coverage data to its node",
            "pod-security-forbids",
            f"{reason}; a claim (persistentVolumeClaim) would be allowed, but: {error.diagnoses[0].evidence}",
            "Let the namespace allow hostPath (label pod-security.kubernetes.io/enforce), give the user of the "
            "kubeconfig the right to create PersistentVolumes, or use service_inject=node",
        ) from None
    return name


def _await_phase(cluster: Cluster, source: Source, phases: t.Sequence[str]) -> None:
    """Wait until the one object of the source is in one of these phases. Raises Failure."""
    phase = ""
    for change in cluster.watch([source], _BIND_TIMEOUT):
        if change is not None and not change.gone:
            phase = str((change.object.get("status") or {}).get("phase") or "")
            if phase in phases:
                return
    raise failure(
        f"The {source.kind} for coverage data is not {phases[0].lower()}",
        "mount-failed",
        f"It was {phase or 'in no phase'} after {_BIND_TIMEOUT:g} s",
        "Look at its events and at kube-controller-manager, or use service_inject=node",
    )


def objects(name: str, namespace: str, node_path: str) -> list[Object]:
    """The volume and the claim, each bound to the other."""
    common = {"storageClassName": "", "accessModes": ["ReadWriteMany"]}
    volume = {
        **common,
        "capacity": {"storage": _SIZE},
        # What is in it is collected and removed by us.
        "persistentVolumeReclaimPolicy": "Retain",
        "hostPath": {"path": node_path, "type": "Directory"},
        "claimRef": {"apiVersion": "v1", "kind": _CLAIM.name, "name": name, "namespace": namespace},
    }
    claim = {**common, "volumeName": name, "resources": {"requests": {"storage": _SIZE}}}
    return [
        {"apiVersion": "v1", "kind": _VOLUME.name, "metadata": {"name": name, "labels": _LABELS}, "spec": volume},
        {
            "apiVersion": "v1",
            "kind": _CLAIM.name,
            "metadata": {"name": name, "namespace": namespace, "labels": _LABELS},
            "spec": claim,
        },
    ]


def claimed(record: Record | None) -> str:
    """The claim that a patch put in place; empty if it has a hostPath."""
    volume: t.Mapping[str, t.Any] = (record.set.get("volume") if record else None) or {}
    return str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "")


def withdraw(cluster: Cluster, namespace: str, name: str) -> None:
    """Delete claim and volume; the API keeps them until the last pod that uses them is gone."""
    cluster.delete(_CLAIM, name, namespace)
    cluster.delete(_VOLUME, name)
