# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a pod on its way out ended, and what it has to say of its coverage data. Pure."""

from __future__ import annotations

import posixpath
import time
import typing as t
from dataclasses import dataclass, field

from ..._covdata import runtime
from ..._diagnosis import Diagnosis
from ..._losses import exits
from ..._losses.records import PodRecord, WritesRecord
from .. import images, pods
from ..api import Logs, Object

#: How many of a container's last lines are returned; more of them are looked at.
SHOWN_LINES = 50
#: The reason of an end that the kubelet reports of a container that it cannot find.
UNKNOWN = "ContainerStatusUnknown"


@dataclass
class Leaving:
    """One pod on its way out; ``asked`` and ``ended`` by the local clock, ``said`` what Go said of coverage before."""

    object: Object
    log: Logs | None = None
    said: list[str] = field(default_factory=list)
    asked: float | None = None
    ended: float | None = None
    gone: bool = False
    granted: float = 0.0
    started: bool = False

    def take(self, seen: Object, container: str) -> bool:
        """Note a later state of the pod; whether it tells that the container has ended now."""
        now = time.monotonic()
        if self.asked is None and pods.terminating(seen):
            self.asked = now
        # The kubelet's own deletion, once all has ended, says 0.
        self.granted = max(self.granted, pods.grace_period(seen))
        self.started = self.started or has_started(seen, container)
        # The last state of an object that is gone is as good as any before it, unless it lacks what they had.
        if ending(seen, container) is not None or ending(self.object, container) is None:
            self.object = seen
        if self.ended is None and ending(self.object, container) is not None:
            self.ended = now
            return True
        return False

    @property
    def grace_period(self) -> float:
        """What it was granted, in seconds."""
        return self.granted or pods.grace_period(self.object)

    @property
    def seconds(self) -> float:
        """From SIGTERM to the end, or until now."""
        until = self.ended or time.monotonic()
        return max(0.0, until - (self.asked or until))


def ending(pod: Object, container: str) -> pods.Container | None:
    """The state of the container, if it has ended for good."""
    for state in pods.containers(pod):
        if (
            state.name == container
            and not state.init
            and not state.running
            and state.exit_code is not None
            # Waiting for its next start it has ended too, if there will be none: the pod is going.
            and (not state.waiting or pods.terminating(pod))
        ):
            return state
    return None


def has_started(pod: Object, container: str) -> bool:
    """Whether the container has run at all; the kubelet reports an end of what it never made too."""
    states = [state for state in pods.containers(pod) if state.name == container]
    return any(
        state.running or state.started or state.restarts or (state.exit_code is not None and state.reason != UNKNOWN)
        for state in states
    )


def verdict(leaving: Leaving, container: str) -> tuple[PodRecord, list[Diagnosis]]:
    """The pod's row, as graceful_shutdown returns it, and why its counters are lost, if they are."""
    pod = leaving.object
    found = ending(pod, container)
    unstarted = not leaving.started and not has_started(pod, container)
    seen = found is not None and found.reason != UNKNOWN
    log = leaving.log.lines() if leaving.log is not None else []
    ended = exits.Ending(
        name=pods.name_of(pod),
        exit_code=found.exit_code if found is not None and seen else None,
        reason="NeverStarted" if unstarted else found.reason if found is not None else "Unknown",
        seconds=leaving.seconds,
        grace_period=leaving.grace_period,
        log=log,
    )
    diagnosis = [] if unstarted else exits.diagnose(ended)
    started_at, finished_at = run_times(pod, container)
    row: PodRecord = {
        "name": ended.name,
        "container": container,
        "node": pods.node_of(pod),
        "exit_code": ended.exit_code,
        "reason": ended.reason,
        "seconds": round(ended.seconds, 3),
        "grace_period": ended.grace_period,
        "restarts": max((state.restarts for state in pods.containers(pod) if state.name == container), default=0),
        "image": pods.image_of(pod, container),
        "command": program_of(pod, container),
        "writes": writes_to(pod, container),
        "started_at": started_at,
        "finished_at": finished_at,
        "said": leaving.said,
        "log": log[-SHOWN_LINES:],
        "diagnosis": [entry.as_dict() for entry in diagnosis],
    }
    return row, diagnosis


def program_of(pod: Object, container: str) -> list[str]:
    """The program that the pod's spec starts, alone: there may be secrets among its arguments. Empty: the image's."""
    spec: Object = next((entry for entry in images.containers(pod["spec"]) if entry["name"] == container), {})
    return list(spec.get("command") or [])[:1]


def run_times(pod: Object, container: str) -> tuple[str | None, str | None]:
    """When the container's last run began and ended, by the clock of its node (RFC 3339); None where unknown."""
    status = pod.get("status") or {}
    found: Object = next((entry for entry in status.get("containerStatuses") or [] if entry["name"] == container), {})
    state, last = found.get("state") or {}, found.get("lastState") or {}
    terminated = state.get("terminated") or (last.get("terminated") if "waiting" in state else None) or {}
    started_at = terminated.get("startedAt") or (state.get("running") or {}).get("startedAt")
    return started_at, terminated.get("finishedAt")


def writes_to(pod: Object, container: str) -> WritesRecord:
    """Where the pod's spec lets the container write: GOCOVERDIR, the kind of volume there, and the path on the node.

    Each is None where the spec does not tell; ``taken_from`` is what a variable comes from that has no value there,
    ``may_come_from`` what gives the container variables that the spec does not name.
    """
    spec: Object = next((entry for entry in images.containers(pod["spec"]) if entry["name"] == container), {})
    entry: Object = next((entry for entry in spec.get("env") or [] if entry["name"] == runtime.VARIABLE), {})
    variable = entry.get("value")
    if not variable:
        return {
            "variable": None,
            "volume": None,
            "node_path": None,
            "taken_from": _source(entry.get("valueFrom") or {}),
            "may_come_from": [] if entry else [name for each in spec.get("envFrom") or [] if (name := _source(each))],
        }
    directory = posixpath.normpath(str(variable))
    mounts = [
        mount
        for mount in spec.get("volumeMounts") or []
        if f"{directory}/".startswith(f"{posixpath.normpath(mount['mountPath']).rstrip('/')}/")
    ]
    mount = max(mounts, key=lambda entry: len(entry["mountPath"]), default=None)
    if mount is None:
        return {"variable": variable, "volume": None, "node_path": None}
    volume: Object = next((entry for entry in pod["spec"].get("volumes") or [] if entry["name"] == mount["name"]), {})
    kind = next((key for key in volume if key != "name"), None)
    path = None
    if kind == "hostPath":
        below = posixpath.relpath(directory, posixpath.normpath(mount["mountPath"]))
        path = posixpath.normpath(posixpath.join(volume["hostPath"]["path"], mount.get("subPath") or "", below))
    return {"variable": variable, "volume": kind, "node_path": path}


def _source(value_from: Object) -> str | None:
    """An EnvVarSource or EnvFromSource (core/v1), such as ``configMapKeyRef settings``; None without one."""
    for kind, source in value_from.items():
        if isinstance(source, dict):
            return f"{kind} {source.get('name') or source.get('fieldPath') or ''}".strip()
    return None


def coverage_words(lines: t.Iterable[str]) -> list[str]:
    """The lines in which Go's runtime speaks of coverage; a program that cannot write says so as it starts."""
    return [line for line in lines if runtime.cause_of(line)]


def restart_warnings(rows: t.Iterable[PodRecord]) -> list[str]:
    """Of pods that nobody watched: a container that crashed took the counters of that run with it."""
    return [
        f"{row['name']} was restarted {row['restarts']} times before the shutdown, and nobody watched it; "
        "counters of its previous runs are lost if they crashed"
        for row in rows
        if row["restarts"]
    ]
