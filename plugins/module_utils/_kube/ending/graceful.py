# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A graceful shutdown, from its options to the outcome: the pods ended, or the replicas restored."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..._diagnosis import Diagnosis
from ..._losses.records import PodRecord
from ..._outcome import Outcome
from ..._run.progress import Progress
from .. import pods, workload
from ..api import POD, Cluster
from ..patch import pod_template, reverted
from ..pod_history import PodHistory, PodHistoryRecord
from ..workload import Workload
from . import endings, scaling, shutdown


@dataclass(frozen=True)
class ShutdownOptions:
    """The options of graceful_shutdown; see its documentation."""

    workload: str
    namespace: str
    container: str
    patched: bool
    timeout: float | None
    restore: bool
    state: str
    pod_history: t.Sequence[PodHistoryRecord]


def manage_pods(
    wanted: ShutdownOptions,
    cluster: Cluster,
    progress: Progress,
    alive: t.Callable[[], bool] = lambda: True,
    check_mode: bool = False,
) -> Outcome:
    """End the pods of the workload, or restore its replicas. Raises Failure."""
    target = scaling.find(cluster, wanted.namespace, wanted.workload)
    if wanted.state == "restored":
        return _restore(cluster, target, progress, check_mode)
    record = pod_template.recorded(target.object)
    container = workload.choose_container(
        _with_template(target), wanted.container or (record.container if record else ""), ""
    )
    if check_mode:
        result = {"pods": [], "replicas_before": scaling.replicas_before(target)}
        return Outcome(changed=_would_end(cluster, target), result=result)
    undone = reverted.patch_reverted(target) if wanted.patched else None
    history = PodHistory(wanted.pod_history)
    ended = shutdown.shut_down(cluster, target, container, wanted.timeout, progress.note, alive, history)
    if undone is not None:
        ended = _without_patch(ended, undone)
    # Rows of the history say it of each restart.
    for warning in [] if history else endings.restart_warnings(ended.pods):
        progress.warn(warning)
    _warn(ended, target, progress)
    if wanted.restore:
        scaling.restore(cluster, target)
    result = {"pods": ended.pods, "replicas_before": ended.replicas_before}
    return Outcome(changed=ended.changed, result=result, sections=result, diagnosis=ended.diagnosis)


def _restore(cluster: Cluster, target: Workload, progress: Progress, check_mode: bool) -> Outcome:
    """Restore the replicas that an earlier shutdown recorded on the workload."""
    replicas = scaling.replicas_before(target)
    recorded = scaling.restoring_patch(target) is not None
    if recorded and not check_mode:
        scaling.restore(cluster, target)
        progress.note(f"{target.title} has its {replicas} replicas again")
    return Outcome(changed=recorded, result={"pods": [], "replicas_before": replicas})


def _would_end(cluster: Cluster, target: Workload) -> bool:
    """Whether a shutdown would change the workload or end a pod."""
    source = scaling.pods_of(target)
    present = cluster.list_all(POD, target.namespace, labels=source.labels, fields=source.fields)
    return scaling.stopping_patch(target) is not None or not all(map(pods.finished, present))


def _warn(ended: shutdown.Ended, target: Workload, progress: Progress) -> None:
    for diagnosis in ended.diagnosis:
        if diagnosis.cause in ("replicas-restored-by-other", "patch-reverted"):
            progress.warn(diagnosis.sentence())
    if target.kind == POD and ended.changed:
        progress.warn(f"{target.title} is deleted for good: no controller starts a bare pod again")


def _without_patch(ended: shutdown.Ended, undone: Diagnosis) -> shutdown.Ended:
    """The same, with the reason why pods that came without the patch have written no counters."""
    rows: list[PodRecord] = [
        row if row["writes"]["variable"] else {**row, "diagnosis": [undone.as_dict(), *row["diagnosis"]]}
        for row in ended.pods
    ]
    return dataclasses.replace(ended, pods=rows, diagnosis=[undone, *ended.diagnosis])


def _with_template(target: Workload) -> Workload:
    """A bare pod as if it had a template, where ``choose_container`` looks."""
    if target.kind != POD:
        return target
    return target._replace(object={**target.object, "spec": {"template": {"spec": target.object["spec"]}}})
