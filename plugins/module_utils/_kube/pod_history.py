# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every pod of a namespace from the moment at which a service is ready, and every end of its containers. Pure.

A pod that is deleted by force, evicted or replaced during the tests leaves no object to look at afterwards. A part of
each pod's object is kept, in the API's own shape and without the values of variables, since run.json keeps it.

Runs of a container are numbered from 0, as ``restartCount`` (core/v1 ContainerStatus) counts them.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._covdata.runtime import VARIABLE
from .api import Object

_POD_METADATA = ("name", "uid", "labels", "deletionTimestamp", "deletionGracePeriodSeconds")
_POD_SPEC = ("nodeName", "volumes", "terminationGracePeriodSeconds")
_CONTAINER = ("name", "image", "command", "volumeMounts", "envFrom")
_STATUSES = ("initContainerStatuses", "containerStatuses")


class EndRecord(t.TypedDict):
    """The form of ``End`` in JSON."""

    container: str
    run: int
    exit_code: int | None
    reason: str
    started_at: str | None
    finished_at: str | None


class PodHistoryRecord(t.TypedDict):
    """A pod in the results of workload_ready and test_run, and in run.json, from which the next step goes on.

    ``pod`` is a part of the API's object; ``first_runs`` has the number of each container's first run that counts.
    """

    pod: Object
    first_runs: dict[str, int]
    ends: list[EndRecord]
    gone: bool


@dataclass(frozen=True)
class End:
    """How one run of a container ended; times are RFC 3339, by the clock of the node."""

    container: str
    run: int
    exit_code: int | None
    reason: str
    started_at: str | None
    finished_at: str | None


@dataclass
class PodEntry:
    """One pod: its last known state, the number of each container's first run that matters, and the ends so far."""

    object: Object
    first_runs: dict[str, int]
    ends: dict[tuple[str, int], End] = field(default_factory=dict)
    gone: bool = False

    def last_run(self, container: str) -> int | None:
        """The number of the container's latest run; None if it never ran."""
        known = [run for name, run in self.ends if name == container]
        for status in _statuses(self.object):
            state = status.get("state") or {}
            if status["name"] == container and ("waiting" not in state or status.get("lastState")):
                known.append(int(status.get("restartCount") or 0))
        return max(known, default=None)

    def started_at(self, container: str, run: int) -> str | None:
        """When a run of the container began, as far as it is known."""
        end = self.ends.get((container, run))
        if end is not None:
            return end.started_at
        for status in _statuses(self.object):
            running = (status.get("state") or {}).get("running")
            if status["name"] == container and running and int(status.get("restartCount") or 0) == run:
                return t.cast("str | None", running.get("startedAt"))
        return None


class PodHistory:
    """What is known of the pods of a namespace, by uid. ``rows`` is its form in run.json."""

    def __init__(self, rows: t.Iterable[PodHistoryRecord] = ()) -> None:
        self.pods: dict[str, PodEntry] = {}
        for row in rows:
            ends = [End(**end) for end in row["ends"]]
            self.pods[row["pod"]["metadata"]["uid"]] = PodEntry(
                row["pod"], dict(row["first_runs"]), {(end.container, end.run): end for end in ends}, bool(row["gone"])
            )

    def __bool__(self) -> bool:
        return bool(self.pods)

    def take(self, pod: Object, *, gone: bool = False, initial: bool = False) -> None:
        """Note a state of a pod. With ``initial``, the runs that had ended when it was first seen do not matter."""
        uid = pod["metadata"]["uid"]
        entry = self.pods.get(uid)
        if entry is None:
            counts = {status["name"]: int(status.get("restartCount") or 0) for status in _statuses(pod)}
            entry = self.pods[uid] = PodEntry(sketch(pod), counts if initial else {})
        elif _statuses(pod):
            entry.object = sketch(pod)
        entry.gone = entry.gone or gone
        for status in _statuses(pod):
            for end in _ends_in(status):
                if end.run >= entry.first_runs.get(end.container, 0):
                    entry.ends[end.container, end.run] = end

    def keep(self, present: t.Container[str]) -> None:
        """After a full list: what is not among these uids is gone."""
        for uid, entry in self.pods.items():
            entry.gone = entry.gone or uid not in present

    def of(self, selector: Object) -> list[PodEntry]:
        """The pods that a LabelSelector (meta/v1) selects."""
        return [
            entry for entry in self.pods.values() if selected(selector, entry.object["metadata"].get("labels") or {})
        ]

    def rows(self) -> list[PodHistoryRecord]:
        """One row for each pod."""
        return [
            {
                "pod": entry.object,
                "first_runs": entry.first_runs,
                "ends": [t.cast("EndRecord", vars(end)) for end in entry.ends.values()],
                "gone": entry.gone,
            }
            for entry in self.pods.values()
        ]


def selected(selector: Object, labels: t.Mapping[str, str]) -> bool:
    """Whether a LabelSelector (meta/v1) selects an object with these labels."""
    if not (selector.get("matchLabels") or {}).items() <= labels.items():
        return False
    tests: dict[str, t.Callable[[str, list[str]], bool]] = {
        "In": lambda key, values: labels.get(key) in values,
        "NotIn": lambda key, values: labels.get(key) not in values,
        "Exists": lambda key, _values: key in labels,
        "DoesNotExist": lambda key, _values: key not in labels,
    }
    return all(
        tests[expression["operator"]](expression["key"], expression.get("values") or [])
        for expression in selector.get("matchExpressions") or []
    )


def sketch(pod: Object) -> Object:
    """The part of a pod that tells how it ended and where it wrote; no value of a variable but that of GOCOVERDIR."""
    spec, status = pod["spec"], pod.get("status") or {}
    containers = {
        key: [_container(entry) for entry in spec[key]] for key in ("initContainers", "containers") if spec.get(key)
    }
    return {
        "metadata": {key: pod["metadata"][key] for key in _POD_METADATA if key in pod["metadata"]},
        "spec": {**{key: spec[key] for key in _POD_SPEC if key in spec}, **containers},
        "status": {key: status[key] for key in ("phase", "reason", *_STATUSES) if key in status},
    }


def _container(spec: Object) -> Object:
    kept = {key: spec[key] for key in _CONTAINER if key in spec}
    # The program alone: there may be secrets among its arguments.
    command = {"command": spec["command"][:1]} if spec.get("command") else {}
    return {**kept, **command, "env": [entry for entry in spec.get("env") or [] if entry.get("name") == VARIABLE]}


def _statuses(pod: Object) -> list[Object]:
    status = pod.get("status") or {}
    return [entry for key in _STATUSES for entry in status.get(key) or []]


def _ends_in(status: Object) -> t.Iterator[End]:
    """The ends that a ContainerStatus (core/v1) tells of: of the present run, and of the one before."""
    state, last = status.get("state") or {}, status.get("lastState") or {}
    run = int(status.get("restartCount") or 0)
    if "terminated" in state:
        yield _end(status["name"], run, state["terminated"])
    if "terminated" in last:
        # A container that waits for its next start has not been counted up yet.
        yield _end(status["name"], run if "waiting" in state else run - 1, last["terminated"])


def _end(container: str, run: int, terminated: Object) -> End:
    return End(
        container,
        max(run, 0),
        terminated.get("exitCode"),
        terminated.get("reason") or "",
        terminated.get("startedAt"),
        terminated.get("finishedAt"),
    )
