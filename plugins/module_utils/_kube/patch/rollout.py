# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a workload replaces its pods, changed for as long as it is covered, and the way back.

A Deployment that is paused, a StatefulSet or DaemonSet with ``OnDelete``, and a StatefulSet with a partition never
replace their pods; a Deployment whose namespace or nodes have no room for one more pod cannot while the former pod
stays. An annotation on the workload keeps what was there before. It goes back after the rollout, never together with
the pod template: a Deployment that is paused too early goes on with the pods of the covered revision.
"""

from __future__ import annotations

import contextlib
import json
import typing as t

from ..api import DAEMON_SET, DEPLOYMENT, REPLICA_SET, STATEFUL_SET, ApiError, Cluster, Object, Source
from ..workload import Workload, current_revision, owned_by

#: The annotation (JSON: ``{"paused": true, "strategy": {...}}``, or a part of it) on a workload whose rollout differs.
RECORD = "gocover.e2e/rollout"
#: On a Deployment that was created paused, until the coverage patch lets it go: the image that is to be covered.
HELD = "gocover.e2e/held"
_ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
#: Seconds that the rollout of the restored revision may take until its former pods are at least asked to go.
_ROLLED_OUT_TIMEOUT = 20.0


def recorded(workload: Object) -> Object:
    """What the rollout was before, as far as it was changed: ``paused``, ``strategy``; empty if nothing was."""
    text = (workload["metadata"].get("annotations") or {}).get(RECORD)
    try:
        record = json.loads(text) if text else {}
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def held(manifest: Object, image: str) -> Object:
    """The manifest of a Deployment, paused: its first pods come with the coverage patch and not before it."""
    metadata, spec = manifest["metadata"], manifest["spec"]
    annotations = {**(metadata.get("annotations") or {}), HELD: image}
    if spec.get("paused"):
        annotations[RECORD] = json.dumps({"paused": True})
    return {**manifest, "metadata": {**metadata, "annotations": annotations}, "spec": {**spec, "paused": True}}


def is_held(workload: Object) -> bool:
    """Whether it was created paused, and nothing has let it go since."""
    return HELD in (workload["metadata"].get("annotations") or {})


def release(workload: Object) -> Object | None:
    """The patch that lets a held Deployment go, as its manifest has it; None if it is not held."""
    if not is_held(workload):
        return None
    paused = recorded(workload).get("paused")
    annotations: dict[str, str | None] = {HELD: None, **({RECORD: None} if paused else {})}
    return {"metadata": {"annotations": annotations}, "spec": {"paused": True if paused else None}}


def start(workload: Object) -> Object | None:
    """The patch that lets the workload replace its pods at all; None if it does.

    What it sets is a part of the coverage patch, and is sent with it.
    """
    kind, spec = workload.get("kind"), workload["spec"]
    before = recorded(workload)
    patch: Object = {}
    if kind not in (STATEFUL_SET.name, DAEMON_SET.name):
        if is_held(workload) or spec.get("paused"):
            patch = {"spec": {"paused": None}}
        if spec.get("paused") and not is_held(workload):
            before = {**before, "paused": True}
    else:
        strategy = spec.get("updateStrategy") or {}
        partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
        if strategy.get("type") == "OnDelete" or (kind == STATEFUL_SET.name and partition):
            before = {"strategy": before.get("strategy", strategy)}
            rolling = _ROLLING if kind == STATEFUL_SET.name else {"type": "RollingUpdate"}
            patch = {"spec": {"updateStrategy": rolling}}
    if not patch:
        return None
    annotations: dict[str, str | None] = {HELD: None} if is_held(workload) else {}
    if before:
        annotations[RECORD] = json.dumps(before, sort_keys=True)
    return {**patch, **({"metadata": {"annotations": annotations}} if annotations else {})}


def replaces_in_place(workload: Object) -> bool:
    """Whether it ends former pods before it starts new ones."""
    if workload.get("kind") in (STATEFUL_SET.name, DAEMON_SET.name):
        return True
    return (workload["spec"].get("strategy") or {}).get("type") == "Recreate"


def without_surge(workload: Object) -> Object:
    """The patch by which a Deployment ends its former pods before it starts new ones."""
    before = {**recorded(workload)}
    before.setdefault("strategy", workload["spec"].get("strategy") or {"type": "RollingUpdate"})
    return {
        "metadata": {"annotations": {RECORD: json.dumps(before, sort_keys=True)}},
        "spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}},
    }


def make_room(cluster: Cluster, target: Workload) -> Object:
    """Let a Deployment end its former pods before it starts new ones; the Deployment as it is then. Raises ApiError.

    A ReplicaSet whose pods were refused tries again ever more rarely. It is deleted while it has no pod; the Deployment
    makes it anew as soon as the former pods are gone.
    """
    after = cluster.patch(target.kind, target.name, target.namespace, without_surge(target.object))
    present = cluster.list_all(REPLICA_SET, target.namespace, labels=target.selector)
    revision = current_revision(target, present)
    for entry in present:
        labels = entry["metadata"].get("labels") or {}
        own = owned_by(entry, after["metadata"]["uid"]) and revision == labels.get("pod-template-hash")
        if own and not (entry.get("status") or {}).get("replicas"):
            # Without that right the pods come too, only later.
            with contextlib.suppress(ApiError):
                cluster.delete(REPLICA_SET, entry["metadata"]["name"], target.namespace)
    return after


def restoring_patch(workload: Object) -> Object | None:
    """The patch that puts the rollout back; None if it was not changed. What somebody has changed since is theirs."""
    before = recorded(workload)
    if RECORD not in (workload["metadata"].get("annotations") or {}):
        return None
    spec: Object = {}
    live = workload["spec"]
    if before.get("paused") and not live.get("paused"):
        spec["paused"] = True
    if "strategy" in before:
        field = "updateStrategy" if workload.get("kind") in (STATEFUL_SET.name, DAEMON_SET.name) else "strategy"
        ours = "Recreate" if field == "strategy" else "RollingUpdate"
        if (live.get(field) or {}).get("type") == ours:
            spec[field] = {"rollingUpdate": None, **before["strategy"]}
    return {"metadata": {"annotations": {RECORD: None}}, **({"spec": spec} if spec else {})}


def put_back(cluster: Cluster, target: Workload, timeout: float = _ROLLED_OUT_TIMEOUT) -> bool:
    """Put the rollout back once the restored revision has taken the place of the covered one. Raises ApiError.

    Returns whether it had been changed. After ``timeout`` seconds it goes back all the same.
    """
    live = cluster.get(target.kind, target.name, target.namespace)
    if live is None or restoring_patch(live) is None:
        return False
    own = Source(target.kind, target.namespace, fields=f"metadata.name={target.name}")
    for change in cluster.watch([own], timeout):
        if change is None:
            continue
        if change.gone:
            return False
        live = change.object
        if _rolled_out(target._replace(object=live)):
            break
    patch = restoring_patch(live)
    if patch is not None:
        cluster.patch(target.kind, target.name, target.namespace, patch)
    return True


@contextlib.contextmanager
def held_until_covered(cluster: Cluster, namespace: str, image: str, note: t.Callable[[str], None]) -> t.Iterator[None]:
    """While a workload is patched: whatever comes of it, nothing held for ``image`` stays held. Raises ApiError."""
    try:
        yield
    except BaseException:
        # The failure that is under way says more than another one beside it.
        with contextlib.suppress(ApiError):
            _release_all(cluster, namespace, image, note)
        raise
    _release_all(cluster, namespace, image, note)


def _release_all(cluster: Cluster, namespace: str, image: str, note: t.Callable[[str], None]) -> None:
    for entry in cluster.list_all(DEPLOYMENT, namespace):
        patch = release(entry)
        if patch is None or entry["metadata"]["annotations"][HELD] != image:
            continue
        cluster.patch(DEPLOYMENT, entry["metadata"]["name"], namespace, patch)
        note(f"deployment/{entry['metadata']['name']} goes on without coverage")


def _rolled_out(target: Workload) -> bool:
    """Whether no pod of an older revision counts any more."""
    status = target.object.get("status") or {}
    if target.kind == DEPLOYMENT:
        return target.observed and int(status.get("replicas") or 0) == int(status.get("updatedReplicas") or 0)
    if target.kind == STATEFUL_SET:
        return target.observed and status.get("currentRevision") == status.get("updateRevision")
    wanted = int(status.get("desiredNumberScheduled") or 0)
    return target.observed and int(status.get("updatedNumberScheduled") or 0) >= wanted
