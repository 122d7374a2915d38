# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a workload, by watching it: until it is ready, or until it is certain that it will not be."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from dataclasses import dataclass, field

from .._diagnosis import Diagnosis, Failure, failure
from . import pods, workload
from .api import DAEMON_SET, EVENT, NODE, POD, ApiError, Change, Cluster, Object, Source
from .patch import reverted, rollout
from .patch.pod_template import recorded
from .unready import room
from .unready.cause import diagnose
from .unready.situation import Situation
from .workload import Workload

_LOG_LINES = 20
#: Seconds for which pods may still be refused after room was made for them.
_RETRY = 8.0
#: Seconds for which a quota may still count pods that were gone before the wait began, such as those of the run before.
_FREED = 4.0
#: Events of a pod that are shown as they come: what a probe got, and what the node could not do for it.
_WARNINGS = ("Unhealthy", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")


class ReadyPodRecord(t.TypedDict):
    """A pod in the results of workload_ready and in run.json; ``state`` is in words."""

    name: str
    node: str
    ip: str
    state: str
    restarts: int


@dataclass(frozen=True)
class Ready:
    """A workload that is ready: after how many seconds, and its pods."""

    seconds: float
    pods: list[ReadyPodRecord]


@dataclass
class _View:
    """What the watches have told so far, by uid."""

    workload: Workload
    revisions: dict[str, Object] = field(default_factory=dict)
    pods: dict[str, Object] = field(default_factory=dict)
    events: dict[str, Object] = field(default_factory=dict)
    gone: bool = False
    words: dict[str, str] = field(default_factory=dict)
    warnings: set[tuple[str, str]] = field(default_factory=set)
    since: dict[str, float] = field(default_factory=dict)
    #: Whether the former pods were asked to go first. What was refused before that says nothing any more.
    made_room: bool = False
    #: When there was a former pod last, by the local clock.
    former_at: float = 0.0
    #: The uids of pods of a former revision that were deleted, since a StatefulSet waited for them.
    deleted: set[str] = field(default_factory=set)

    def take(self, change: Change) -> None:
        uid = change.object["metadata"]["uid"]
        kind = change.source.kind
        if kind == self.workload.kind:
            self.gone = change.gone
            self.workload = self.workload._replace(object=change.object)
            return
        store = {POD: self.pods, EVENT: self.events}.get(kind, self.revisions)
        if change.gone:
            store.pop(uid, None)
        else:
            store[uid] = change.object

    def older_than(self, seen: Workload) -> bool:
        """Whether what is known of the workload is older than what was seen before it was watched."""
        return _generation(self.workload) < _generation(seen)

    def split(self) -> tuple[list[Object], list[Object]] | None:
        """The pods of the present generation and the former ones; None while its controller has not seen it."""
        if not self.workload.observed:
            return None
        revision = workload.current_revision(self.workload, self.revisions.values())
        # One that was evicted stays as an object for ever; one that is being deleted counts until it is gone.
        alive = [pod for pod in self.pods.values() if not pods.finished(pod) or pods.terminating(pod)]
        own = [pod for pod in alive if revision and workload.revision_of(pod) == revision]
        present = [pod for pod in own if not pods.terminating(pod)]
        return present, [pod for pod in alive if pod not in present]


def wait_until_ready(
    cluster: Cluster,
    wanted: Workload,
    timeout: float,
    note: t.Callable[[str], None],
    built: t.Sequence[str] = (),
    alive: t.Callable[[], bool] = lambda: True,
    *,
    patched: bool = False,
) -> Ready:
    """Return when every pod of the present generation is ready and no other is left. Raises Failure with the cause.

    A workload that was ``patched`` for coverage is not waited for any longer once somebody has taken that back.
    """
    view = _View(wanted)
    try:
        return _wait(cluster, wanted, view, timeout, note, built, alive, patched)
    finally:
        # What is patched goes back with the patch.
        if view.made_room and recorded(wanted.object) is None:
            rollout.put_back(cluster, wanted)


def _wait(
    cluster: Cluster,
    wanted: Workload,
    view: _View,
    timeout: float,
    note: t.Callable[[str], None],
    built: t.Sequence[str],
    alive: t.Callable[[], bool],
    patched: bool,
) -> Ready:
    begun = time.monotonic()
    record = recorded(wanted.object)
    built = [*built, str(record.set.get("image"))] if record and record.set.get("image") else list(built)
    sources = [
        Source(wanted.kind, wanted.namespace, fields=f"metadata.name={wanted.name}"),
        Source(workload.revision_source(wanted.kind), wanted.namespace, labels=wanted.selector),
        Source(POD, wanted.namespace, labels=wanted.selector),
        Source(EVENT, wanted.namespace),
    ]
    told = False
    situation = Situation(wanted.object, [])
    for change in cluster.watch(sources, timeout, tick=1.0):
        if change is not None:
            view.take(change)
        told = told or change is None
        if not told:
            continue
        if not alive():
            raise Failure(f"The wait for {wanted.title} was given up: the playbook has ended")
        if view.gone:
            raise failure(
                f"{wanted.title} is not ready",
                "workload-missing",
                f"{wanted.title} was deleted while it was waited for",
                "Let nothing else delete it while the run lasts",
            )
        undone = reverted.patch_reverted(view.workload) if patched and not view.older_than(wanted) else None
        if undone is not None:
            raise Failure(
                f"{wanted.title} is not covered any more", [undone], {"seconds": round(time.monotonic() - begun, 3)}
            )
        split = view.split()
        if split is None:
            continue
        present, former = split
        _note_changes(view, [*present, *former], note)
        _note_warnings(view, present, note)
        done = _is_ready(view, present, former)
        # Each look at the logs costs requests: only when a pod changed or a second has passed.
        logs = _logs(cluster, view, present, wanted.namespace, done, record.container if record else None, built)
        situation = _situation(view, present, former, logs, built, record is not None)
        if _make_way(cluster, view, situation, note):
            continue
        found = diagnose(situation)
        if found is not None and time.monotonic() - begun < _FREED and room.may_come_free(found):
            continue
        if found is not None:
            raise _not_ready(view, situation, _with_nodes(cluster, situation, found), begun)
        if done:
            return Ready(time.monotonic() - begun, [_row(pod) for pod in present])
    situation = dataclasses.replace(situation, timed_out=True)
    found = diagnose(situation)
    raise _not_ready(view, situation, _with_nodes(cluster, situation, found) if found else None, begun, timeout)


def nothing_runs(wanted: Workload) -> Diagnosis | None:
    """Why a workload wants no pod at all, so that nothing could be covered; None if it wants some."""
    if wanted.replicas:
        return None
    if wanted.kind == DAEMON_SET:
        if not wanted.observed or "desiredNumberScheduled" not in (wanted.object.get("status") or {}):
            return None
        selector = wanted.pod_spec.get("nodeSelector") or {}
        labels = ", ".join(f"{key}={value}" for key, value in sorted(selector.items()))
        return Diagnosis(
            "no-replicas",
            f"No node takes a pod of {wanted.title}" + (f", which wants a node labelled {labels}" if labels else ""),
            "Correct nodeSelector, affinity and tolerations in the manifest, or label a node",
        )
    return Diagnosis(
        "no-replicas",
        f"{wanted.title} has replicas: 0, so nothing runs and nothing can be covered",
        "Set replicas in the manifest, or let what scales it (an autoscaler, KEDA) keep at least one",
    )


def explain(cluster: Cluster, target: Workload, failed: Failure) -> None:
    """Add to a failure of what needs a workload why its pods are not ready any more, if they are not.

    Where the failure says no more than that no pod is ready, the reason comes first.
    """
    try:
        reason = _ailment(cluster, target)
    except ApiError:
        return
    if reason is not None:
        known = list(failed.diagnoses)
        no_pod = bool(known) and known[0].cause == "not-ready"
        failed.diagnoses = [reason, *known] if no_pod else [*known, reason]


def _ailment(cluster: Cluster, target: Workload) -> Diagnosis | None:
    """Why pods of a workload that was ready once are not ready now; None if they are. Raises ApiError."""
    live = cluster.get(target.kind, target.name, target.namespace)
    if live is None:
        return None
    view = _View(target._replace(object=live))
    sources = [Source(POD, target.namespace, labels=target.selector), Source(EVENT, target.namespace)]
    for source in sources:
        for entry in cluster.list_all(source.kind, source.namespace, labels=source.labels):
            view.take(Change(source, entry))
    unready = [pod for pod in view.pods.values() if not pods.ready(pod) and not pods.terminating(pod)]
    if not unready:
        return None
    logs = _logs(cluster, view, unready, target.namespace, True, None, ())
    situation = dataclasses.replace(_situation(view, unready, [], logs, (), False), timed_out=True)
    return diagnose(situation)


def _make_way(cluster: Cluster, view: _View, situation: Situation, note: t.Callable[[str], None]) -> bool:
    """End former pods that stand in the way of new ones; whether there were any."""
    jammed = room.jam(situation)
    if jammed is not None and jammed["metadata"]["uid"] not in view.deleted:
        name = pods.name_of(jammed)
        view.deleted.add(jammed["metadata"]["uid"])
        note(f"deleting {name}, which is of a former revision and keeps {view.workload.title} from going on")
        cluster.delete(POD, name, view.workload.namespace)
        return True
    lacking = "" if view.made_room else room.lacking(situation)
    if lacking:
        note(f"ending the former pods of {view.workload.title} first: {lacking}")
        view.made_room = True
        view.workload = view.workload._replace(object=rollout.make_room(cluster, view.workload))
    return bool(lacking)


def _generation(entry: Workload) -> int:
    return int(entry.object["metadata"].get("generation", 0))


def _situation(
    view: _View,
    present: t.Sequence[Object],
    former: t.Sequence[Object],
    logs: t.Mapping[tuple[str, str], t.Sequence[str]],
    built: t.Sequence[str],
    covered: bool,
) -> Situation:
    uids = {view.workload.object["metadata"]["uid"], *(pod["metadata"]["uid"] for pod in (*present, *former))}
    revision = workload.current_revision(view.workload, view.revisions.values())
    for uid, entry in view.revisions.items():
        labels = entry["metadata"].get("labels") or {}
        if revision and revision in (labels.get("pod-template-hash"), labels.get("controller-revision-hash")):
            uids.add(uid)
    claims = {name for pod in present for name in pods.claims(pod)}
    now = time.monotonic()
    view.former_at = now if former else view.former_at
    # What the former pods held is free only a moment after they are gone.
    retries = view.made_room and now - view.former_at < _RETRY
    return Situation(
        workload=_without_refusals(view.workload.object) if view.made_room else view.workload.object,
        pods=present,
        former=former,
        events=[
            event
            for event in view.events.values()
            if (pods.involves(event, uids) or pods.involves_claim(event, claims))
            and not (retries and event.get("reason") == "FailedCreate")
        ],
        logs=logs,
        built=built,
        since={name: now - begun for name, begun in view.since.items()},
        covered=covered,
    )


def _without_refusals(entry: Object) -> Object:
    """The workload without the condition ReplicaFailure, which may tell of pods that were refused long ago."""
    status = entry.get("status") or {}
    conditions = [condition for condition in status.get("conditions") or [] if condition["type"] != "ReplicaFailure"]
    return {**entry, "status": {**status, "conditions": conditions}}


def _is_ready(view: _View, present: t.Sequence[Object], former: t.Sequence[Object]) -> bool:
    wanted = view.workload.replicas
    return not former and len(present) == wanted and all(pods.ready(pod) for pod in present) and view.workload.observed


def _note_changes(view: _View, seen: t.Sequence[Object], note: t.Callable[[str], None]) -> None:
    """One line for each pod whose state has changed."""
    now = time.monotonic()
    for pod in seen:
        name, words = pods.name_of(pod), pods.state_words(pod)
        if view.words.get(name) != words:
            view.words[name] = words
            view.since[name] = now
            note(f"{name} {words}")
    names = {pods.name_of(pod) for pod in seen}
    for name in view.words.keys() - names:
        del view.words[name]
        view.since.pop(name, None)
        note(f"{name} is gone")


def _note_warnings(view: _View, present: t.Sequence[Object], note: t.Callable[[str], None]) -> None:
    """One line for each new warning about a pod: it may mend itself, but nobody has to wait to hear of it."""
    names = {pod["metadata"]["uid"]: pods.name_of(pod) for pod in present if not pods.ready(pod)}
    for event in view.events.values():
        name = names.get((event.get("involvedObject") or {}).get("uid", ""))
        words = " ".join(str(event.get("message") or "").split())
        if name and event.get("reason") in _WARNINGS and (name, words) not in view.warnings:
            view.warnings.add((name, words))
            note(f"{name}: {words[:1].lower() + words[1:]}")


def _logs(
    cluster: Cluster,
    view: _View,
    present: t.Sequence[Object],
    namespace: str,
    done: bool,
    covered: str | None,
    built: t.Collection[str],
) -> dict[tuple[str, str], list[str]]:
    """Logs that a rule needs: of containers that ended, and the beginning of those that run under coverage.

    A container that runs a built image and was not covered is read too: it may be the one that was meant.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for pod in present:
        name = pods.name_of(pod)
        for container in pods.containers(pod):
            key = (name, container.name)
            if container.waiting == "CrashLoopBackOff" or container.exit_code not in (None, 0):
                found[key] = cluster.logs(name, namespace, container.name, tail=_LOG_LINES, previous=container.running)
            elif container.init and container.running and view.since.get(name, 0) < time.monotonic() - 1:
                found[key] = cluster.logs(name, namespace, container.name, tail=_LOG_LINES)
            elif (
                (container.name == covered or (covered and pods.image_of(pod, container.name) in built))
                and container.running
                and (done or view.since.get(name, 0) < time.monotonic() - 1)
            ):
                found[key] = cluster.logs(name, namespace, container.name)
    return found


def _not_ready(
    view: _View, situation: Situation, found: Diagnosis | None, begun: float, timeout: float | None = None
) -> Failure:
    seconds = time.monotonic() - begun
    within = f" within {timeout:g} s" if timeout else ""
    log = next((list(lines) for lines in situation.logs.values() if lines), [])
    rows = [_row(pod) for pod in situation.pods]
    return Failure(
        f"{view.workload.title} did not become ready{within}",
        [found] if found else [],
        {"seconds": round(seconds, 3), "pods": rows, "log": log[-_LOG_LINES:]},
    )


def _with_nodes(cluster: Cluster, situation: Situation, found: Diagnosis) -> Diagnosis:
    """The same diagnosis with what the nodes add to it: their room, and their platform."""
    try:
        nodes = cluster.list_all(NODE)
    except ApiError:
        return found
    return diagnose(dataclasses.replace(situation, nodes=nodes)) or found


def _row(pod: Object) -> ReadyPodRecord:
    return {
        "name": pods.name_of(pod),
        "node": pods.node_of(pod),
        "ip": str((pod.get("status") or {}).get("podIP") or ""),
        "state": pods.state_words(pod),
        "restarts": max((container.restarts for container in pods.containers(pod)), default=0),
    }
