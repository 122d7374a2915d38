# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ending the pods of a workload so that counters are written, and knowing how each of them ended.

Scaled to zero is not gone: a workload's status leaves out pods that are terminating. The pods themselves are watched
until none is left, and the exit code is taken from the last state that the API shows before the object vanishes.
"""

from __future__ import annotations

import contextlib
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..._diagnosis import Diagnosis, Failure, failure
from ..._losses.records import PodRecord
from .. import pods
from ..api import DAEMON_SET, JOB, NODE, POD, ApiError, Change, Cluster, Object, Source
from ..pod_history import PodHistory
from ..workload import KINDS, Workload
from . import earlier, endings, scaling
from .endings import Leaving
from .scaling import RECORD, recorded_replicas, replicas_before, restore, restoring_patch, stopping_patch

__all__ = [
    "RECORD",
    "Ended",
    "recorded_replicas",
    "replicas_before",
    "restore",
    "restoring_patch",
    "shut_down",
    "stopping_patch",
]

#: Enough of a log that a panic is in it, whatever its dump of goroutines.
_LOG_LINES = 500
_MOST_LOGS_AT_ONCE = 8
#: What the kubelet may need beyond the grace period to tell that a pod has ended.
_SLACK = 30.0
#: How often, in idle seconds, it is asked whether the nodes of pods that stay are there.
_NODES_EVERY = 5

_STOP_THE_OTHER = (
    "Stop what scales it (an operator, an autoscaler, GitOps) for the test, or cover it with service_inject=node"
)


@dataclass(frozen=True)
class Ended:
    """What a shutdown found: rows as graceful_shutdown returns them, and the replicas that there were before."""

    pods: list[PodRecord]
    replicas_before: int
    changed: bool
    diagnosis: list[Diagnosis] = field(default_factory=list)


def shut_down(
    cluster: Cluster,
    target: Workload,
    container: str,
    timeout: float | None,
    note: t.Callable[[str], None],
    alive: t.Callable[[], bool] = lambda: True,
    history: PodHistory | None = None,
) -> Ended:
    """Bring the workload to zero and watch each pod until it is gone. Raises Failure; replicas are then put back.

    With a ``history``, what was over before has rows too: pods that came and went, and previous runs of containers.

    Without a ``timeout`` the pods get the longest of their grace periods, and half a minute more. Where somebody else
    puts replicas back meanwhile, the pods that were there are ended one by one, and who it was is in the diagnosis.
    """
    before = replicas_before(target)
    source = scaling.pods_of(target)
    present = cluster.list_all(POD, target.namespace, labels=source.labels, fields=source.fields)
    leaving = {
        pod["metadata"]["uid"]: Leaving(pod, started=endings.has_started(pod, container))
        for pod in present
        if not pods.finished(pod)
    }
    # The pods of a Job that are through have written theirs.
    through = [Leaving(pod, gone=True) for pod in present if pods.finished(pod) and target.kind in (JOB, POD)]
    _listen(cluster, target.namespace, [*leaving.values(), *through], container)
    before_shutdown = _earlier(cluster, target, container, present, leaving, history) if history else []
    longest = max((pods.grace_period(entry.object) for entry in leaving.values()), default=0.0)
    shutdown = _Shutdown(cluster, target, source, leaving, container, note, alive)
    patch = stopping_patch(target)
    try:
        if leaving:
            for paused in scaling.pause_scalers(cluster, target):
                note(f"{paused} is paused, which would start pods again")
        if patch is not None:
            note(f"bringing {target.title} to zero: {len(leaving)} pods, grace period {longest:g} s")
            shutdown.target = target._replace(object=cluster.patch(target.kind, target.name, target.namespace, patch))
        if target.kind == POD and leaving:
            note(f"deleting {target.title}, grace period {longest:g} s")
            cluster.delete(POD, target.name, target.namespace)
        shutdown.watch(timeout or longest + _SLACK)
    except BaseException:
        # Whatever happens, a signal included: nothing stays scaled to zero.
        # Where even that fails, the record stays on the object for the next run.
        with contextlib.suppress(ApiError):
            restore(cluster, target)
        raise
    rows: list[PodRecord] = []
    diagnosis: list[Diagnosis] = []
    for entry in (*leaving.values(), *through):
        row, found = endings.verdict(entry, container)
        rows.append(row)
        diagnosis += found
    rows += before_shutdown
    return Ended(rows, before, patch is not None or bool(leaving), diagnosis + shutdown.restored())


def _earlier(
    cluster: Cluster,
    target: Workload,
    container: str,
    present: t.Sequence[Object],
    leaving: t.Container[str],
    history: PodHistory,
) -> list[PodRecord]:
    """The rows of what was over before, from the history of the namespace and what is present now."""
    if target.kind not in KINDS.values():
        return []
    for pod in present:
        history.take(pod)
    uids = {pod["metadata"]["uid"] for pod in present}
    entries = history.of(target.object["spec"]["selector"])
    logs = {}
    for entry in entries:
        uid = entry.object["metadata"]["uid"]
        entry.gone = entry.gone or uid not in uids
        if uid in uids and entry.last_run(container):
            with contextlib.suppress(ApiError):
                name = pods.name_of(entry.object)
                logs[uid] = cluster.logs(name, target.namespace, container, tail=_LOG_LINES, previous=True)
    return earlier.rows(entries, container, leaving, logs)


def _listen(cluster: Cluster, namespace: str, leaving: t.Sequence[Leaving], container: str) -> None:
    """Follow the log of each pod to its end, and keep what Go said of coverage at its beginning."""

    def listen(entry: Leaving) -> None:
        name = pods.name_of(entry.object)
        entry.log = cluster.follow(name, namespace, container, _LOG_LINES)
        with contextlib.suppress(ApiError):
            entry.said = endings.coverage_words(cluster.logs(name, namespace, container))

    with ThreadPoolExecutor(max_workers=_MOST_LOGS_AT_ONCE) as pool:
        list(pool.map(listen, leaving))


@dataclass
class _Shutdown:
    """A shutdown under way."""

    cluster: Cluster
    target: Workload
    source: Source
    leaving: dict[str, Leaving]
    container: str
    note: t.Callable[[str], None]
    alive: t.Callable[[], bool]
    #: What somebody else did against it, the first thing first.
    against: list[str] = field(default_factory=list)

    def watch(self, limit: float) -> None:
        """Watch each pod until it is gone. Raises Failure ``pods-remain``."""
        begun = time.monotonic()
        own = Source(self.target.kind, self.target.namespace, fields=f"metadata.name={self.target.name}")
        sources = [self.source] if self.target.kind == POD else [own, self.source]
        present: set[str] = set()
        told, idle = False, 0
        for change in self.cluster.watch(sources, limit, tick=1.0):
            if not self.alive():
                raise Failure(f"The shutdown of {self.target.title} was given up: the playbook has ended")
            if change is None:
                if not told:
                    # What was listed before and is not there any more went while the watch began.
                    for uid, entry in self.leaving.items():
                        entry.gone = entry.gone or uid not in present
                told = True
                idle += 1
                if idle % _NODES_EVERY == 0 and self._nodes_are_gone():
                    break
            elif change.source == self.source:
                present.add(change.object["metadata"]["uid"])
                if not told:
                    self._expect(change.object)
                self._take(change)
            else:
                self._check_still_zero(change)
            if told and all(entry.gone for entry in self.leaving.values()):
                return
        raise self._remain(time.monotonic() - begun)

    def _expect(self, pod: Object) -> None:
        """A pod that came after the list and before the watch: it goes with the others."""
        if pod["metadata"]["uid"] not in self.leaving and not pods.finished(pod):
            self.leaving[pod["metadata"]["uid"]] = entry = Leaving(pod)
            _listen(self.cluster, self.target.namespace, [entry], self.container)

    def _check_still_zero(self, change: Change) -> None:
        current = self.target._replace(object=change.object)
        if change.gone or self.target.kind == DAEMON_SET or scaling.wanted(current) == 0:
            return
        # The list may be older than our own change.
        if _generation(change.object) >= _generation(self.target.object):
            self._restored_by_other(
                f"its replicas were set to 0 and are {scaling.wanted(current)} again: "
                f"{scaling.last_writer(change.object)} wrote them"
            )

    def _take(self, change: Change) -> None:
        pod = change.object
        entry = self.leaving.get(pod["metadata"]["uid"])
        if entry is None:
            if not change.gone and not pods.finished(pod) and not pods.terminating(pod):
                self._restored_by_other(f"{pods.name_of(pod)} was started while the pods were being ended")
            return
        if entry.take(pod, self.container):
            found = endings.ending(entry.object, self.container)
            code = found.exit_code if found is not None else None
            self.note(f"{pods.name_of(pod)} ended after {entry.seconds:.1f} s with exit code {code}")
        if change.gone or (self.target.kind == JOB and pods.finished(pod)):
            entry.gone = True
            entry.ended = entry.ended or time.monotonic()

    def _restored_by_other(self, what: str) -> None:
        """Somebody else does not let it be at zero: end the pods that were there one by one, and remember."""
        if not self.against:
            self.note(f"{self.target.title} does not stay at zero: ending its pods one by one")
            for entry in self.leaving.values():
                if not entry.gone and not pods.terminating(entry.object):
                    self.cluster.delete(POD, pods.name_of(entry.object), self.target.namespace)
        self.against.append(what)

    def restored(self) -> list[Diagnosis]:
        """Who put replicas back; empty if nobody did."""
        if not self.against:
            return []
        others = scaling.in_charge(self.cluster, self.target)
        charge = f"; in charge of it: {', '.join(others)}" if others else ""
        return [
            Diagnosis(
                "replicas-restored-by-other",
                f"{self.target.title} does not stay at zero: {self.against[0]}{charge}",
                f"The pods that were there have been ended all the same. {_STOP_THE_OTHER}",
            )
        ]

    def _nodes_are_gone(self) -> bool:
        """Whether nothing but pods on nodes that do not answer is left: such a pod does not go."""
        left = {pods.node_of(entry.object) for entry in self.leaving.values() if not entry.gone}
        return bool(left) and all(_down(self.cluster, node) for node in left)

    def _remain(self, seconds: float) -> Failure:
        remaining = [entry for entry in self.leaving.values() if not entry.gone]
        names = "; ".join(f"{pods.name_of(entry.object)} {self._why_it_stays(entry.object)}" for entry in remaining)
        rows = [endings.verdict(entry, self.container)[0] for entry in self.leaving.values()]
        return failure(
            f"The pods of {self.target.title} are not gone after {seconds:.0f} s",
            "pods-remain",
            names,
            "Remove what keeps them (a finalizer, a node that is down), or raise the timeout",
            pods=rows,
            sections={"pods": rows},
        )

    def _why_it_stays(self, pod: Object) -> str:
        finalizers = pod["metadata"].get("finalizers") or []
        node = pods.node_of(pod)
        if node and _down(self.cluster, node):
            return f"is on the node {node}, which does not answer"
        return f"waits for the finalizers {', '.join(finalizers)}" if finalizers else pods.state_words(pod)


def _down(cluster: Cluster, node: str) -> bool:
    """Whether the control plane has not heard of the node for a while."""
    try:
        found = cluster.get(NODE, node) if node else None
    except ApiError:
        return False  # who may not read nodes waits
    return found is not None and pods.condition(found, "Ready").get("status") == "Unknown"


def _generation(entry: Object) -> int:
    return int(entry["metadata"].get("generation", 0))
