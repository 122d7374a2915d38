# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the runs of a service have changed in a cluster, found by looking at its objects, and undone.

Each change is recorded on the object that it is made to, in the same request, and a Lease says in which namespaces a
service runs. So it does not matter what the inventory says by now. Objects are restored independently of each other.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._diagnosis import Failure
from .._outcome import Outcome
from .._process.holder import Holder
from .._run.progress import Progress
from . import lease as leases
from . import workload
from .api import DEPLOYMENT, JOB, REPLICA_SET, ApiError, Cluster, Object
from .ending import scaling
from .lease import RunLease
from .patch import claim, covered_pods, pod_template, rollout
from .patient import patient
from .workload import Workload

#: Below it on a node, each service has a directory of its own (roles/service).
_NODE_ROOT = "gocover"
#: The annotations by which a workload says that a run has changed it.
_RECORDS = (rollout.HELD, rollout.RECORD, pod_template.RECORD, scaling.RECORD)


@dataclass(frozen=True)
class RestoreOptions:
    """The options of cluster_restore; see its documentation. ``timeout`` is in seconds."""

    service: str
    namespace: str
    kubeconfig: str | None
    timeout: float


class Restored(t.NamedTuple):
    """What became of one object: ``error`` is why it could not be restored, None if it was."""

    namespace: str
    title: str
    error: Failure | None = None

    def row(self) -> Object:
        """The form in which it is returned."""
        return {"object": self.title, "namespace": self.namespace, "restored": self.error is None}


def restore_cluster(
    wanted: RestoreOptions, cluster: Cluster, holder: Holder | None, progress: Progress, check_mode: bool = False
) -> Outcome:
    """Undo what this run and dead ones of the service have changed. Raises Failure with all that stays changed."""
    cluster = patient(cluster, wanted.timeout, progress.note)
    present = _leases(cluster, wanted)
    held = [found for found in present if found.of(holder) or not found.alive()]
    # A run that was refused restores nothing of the one that goes on.
    taken = {found.namespace for found in present if found not in held}
    rows: list[Restored] = []
    for namespace in sorted({wanted.namespace, *(found.namespace for found in held)} - taken):
        targets = changed_workloads(cluster, namespace, wanted.service)
        rows += [Restored(namespace, target.title) for target in targets] if check_mode else []
        rows += restore_all(cluster, targets, progress.note) if not check_mode else []
    failed = [row for row in rows if row.error is not None]
    result = {"objects": [row.row() for row in rows]}
    if failed:
        raise _unrestored(failed, wanted, result)
    for found in [] if check_mode else held:
        leases.release(cluster, found)
    return Outcome(changed=bool(rows), result=result)


def _leases(cluster: Cluster, wanted: RestoreOptions) -> list[RunLease]:
    """The leases of the service, in all namespaces as far as this user may look there."""
    try:
        return leases.find(cluster, "", wanted.service)
    except ApiError as error:
        if error.status != 403:
            raise
    try:
        return leases.find(cluster, wanted.namespace, wanted.service)
    except ApiError as error:
        if error.status != 403:
            raise
        return []


def _unrestored(failed: t.Sequence[Restored], wanted: RestoreOptions, result: dict[str, t.Any]) -> Failure:
    """The failure that names everything that stays changed, and the command that restores it."""
    titles = ", ".join(f"{row.title} in the namespace {row.namespace}" for row in failed)
    diagnoses = [entry for row in failed if row.error is not None for entry in row.error.diagnoses]
    return Failure(
        f"{titles} could not be restored and stays changed; once the cause is gone, "
        f"ansible-playbook gocover.e2e.restore -e service={wanted.service} restores it",
        list(dict.fromkeys(diagnoses)),
        {**result, "changed": any(row.get("restored") for row in result["objects"])},
    )


def changed_workloads(cluster: Cluster, namespace: str, service: str) -> list[Workload]:
    """The workloads of a namespace that a run of the service, or a dead run, has left changed. Raises ApiError.

    What a run of another service has changed that goes on is left to that run.
    """
    jobs = [Workload(JOB, namespace, entry) for entry in cluster.list_all(JOB, namespace)]
    changed = [target for target in [*workload.all_in(cluster, namespace), *jobs] if _is_changed(target)]
    if not changed:
        return []
    try:
        present = leases.find(cluster, namespace)
    except ApiError as error:
        if error.status != 403:
            raise
        present = []
    others = {found.service: found.workloads for found in present if found.service != service and found.alive()}
    own = {name for found in present if found.service == service for name in found.workloads}
    return [target for target in changed if not _is_of_another(target, own, others)]


def _is_changed(target: Workload) -> bool:
    return any(name in target.annotations for name in _RECORDS)


def _is_of_another(target: Workload, own: t.Container[str], others: t.Mapping[str, t.Container[str]]) -> bool:
    """Whether a run of another service, that goes on, has changed the workload."""
    patched_for = _service_of(pod_template.recorded(target.object))
    if patched_for:
        return patched_for in others
    title = f"{target.kind.name}/{target.name}"
    return title not in own and any(title in workloads for workloads in others.values())


def _service_of(record: pod_template.Record | None) -> str:
    """The service whose run has made a patch, from the directory on the node; empty where that does not tell."""
    volume: Object = (record.set.get("volume") if record else None) or {}
    parts = str((volume.get("hostPath") or {}).get("path") or "").split("/")
    at = parts.index(_NODE_ROOT) + 1 if _NODE_ROOT in parts else len(parts)
    return parts[at] if at < len(parts) else ""


def restore_all(cluster: Cluster, targets: t.Iterable[Workload], note: t.Callable[[str], None]) -> list[Restored]:
    """Restore each of them; what went wrong with one is in its row."""
    rows = []
    for target in targets:
        try:
            restore(cluster, target)
            note(f"{target.title} is as it was before the run")
            rows.append(Restored(target.namespace, target.title))
        except Failure as error:
            rows.append(Restored(target.namespace, target.title, error))
    return rows


def restore(cluster: Cluster, target: Workload) -> None:
    """Let the workload go, and undo its patch, its scaling and how it rolls out, each whatever became of the others.

    Raises Failure, the first of them.
    """
    failures = []
    for undo in (_unpatch, scaling.restore, rollout.put_back) if target.kind != JOB else (scaling.restore,):
        try:
            undo(cluster, target)
        except Failure as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _unpatch(cluster: Cluster, target: Workload) -> None:
    record = pod_template.recorded(target.object)
    covered = covered_pods.of(cluster, target, record)
    patch = pod_template.restoring_patch(target.object)
    if patch is not None:
        cluster.patch(target.kind, target.name, target.namespace, patch)
    if claimed := claim.claimed(record):
        claim.withdraw(cluster, target.namespace, claimed)
    if record is not None and target.kind == DEPLOYMENT:
        _end_patched(cluster, target, record.volume)
    covered_pods.end(cluster, target, covered)


def _end_patched(cluster: Cluster, target: Workload, volume: str) -> None:
    """Bring the patched revisions to zero: a rollout keeps their pods where the restored one cannot become ready."""
    for replica_set in cluster.list_all(REPLICA_SET, target.namespace, labels=target.selector):
        volumes = replica_set["spec"]["template"]["spec"].get("volumes") or []
        owned = workload.owned_by(replica_set, target.object["metadata"]["uid"])
        if owned and replica_set["spec"].get("replicas") and any(entry["name"] == volume for entry in volumes):
            cluster.patch(REPLICA_SET, replica_set["metadata"]["name"], target.namespace, {"spec": {"replicas": 0}})


def lease_workloads(
    cluster: Cluster,
    namespace: str,
    service: str,
    holder: Holder | None,
    workloads: t.Collection[str],
    progress: Progress,
) -> None:
    """Take the lease of the service for ``workloads`` (``Deployment/NAME``), and undo what dead runs of it have left.

    Raises Failure ``run-in-progress``.
    """
    if holder is None:
        return
    try:
        dead = [found for found in leases.find(cluster, "", service) if not found.of(holder) and not found.alive()]
        leases.take(cluster, namespace, service, holder, workloads)
    except ApiError as error:
        if error.status != 403:
            raise
        progress.warn(
            f"Nothing keeps another run out of the namespace {namespace}, for no Lease can be written: {error}"
        )
        return
    for found in dead:
        if found.namespace != namespace:
            rows = restore_all(cluster, changed_workloads(cluster, found.namespace, service), progress.note)
            if all(row.error is None for row in rows):
                leases.release(cluster, found)
