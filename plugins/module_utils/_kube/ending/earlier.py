# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of a container that were over before the shutdown began: crashes, evictions, pods that were deleted. Pure."""

from __future__ import annotations

import typing as t

from ..._diagnosis import Diagnosis
from ..._losses import exits
from ..._losses.records import PodRecord
from .. import pods
from ..api import Object
from ..pod_history import End, PodEntry
from . import endings

_SIGKILL, _GO_FATAL = 137, 2
_MEND = "Let the tests end pods with their grace period, and let the program return from main on SIGTERM"


def rows(
    entries: t.Iterable[PodEntry],
    container: str,
    leaving: t.Container[str],
    logs: t.Mapping[str, t.Sequence[str]],
) -> list[PodRecord]:
    """A row, as graceful_shutdown returns it, for each run that was over before.

    ``leaving`` are the uids of the pods that the shutdown itself ends, whose last run has a row of its own. ``logs``
    are the last lines of the run before the last, by the uid of the pod.
    """
    found = []
    for entry in entries:
        last = entry.last_run(container)
        if last is None:
            continue
        uid = entry.object["metadata"]["uid"]
        for run in range(entry.first_runs.get(container, 0), last if uid in leaving else last + 1):
            log = logs.get(uid, ()) if run == last - 1 else ()
            title = pods.name_of(entry.object) if last == 0 else f"{pods.name_of(entry.object)} (run {run + 1})"
            found.append(_row(entry, title, container, run, log))
    return found


def _row(entry: PodEntry, title: str, container: str, run: int, log: t.Sequence[str]) -> PodRecord:
    pod = entry.object
    end = entry.ends.get((container, run))
    if end is not None and end.reason == endings.UNKNOWN:
        end = None
    return {
        "name": title,
        "container": container,
        "node": pods.node_of(pod),
        "exit_code": end.exit_code if end is not None else None,
        "reason": end.reason if end is not None else "Unknown",
        "seconds": 0.0,
        "grace_period": pods.grace_period(pod),
        "restarts": run,
        "image": pods.image_of(pod, container),
        "command": endings.program_of(pod, container),
        "writes": endings.writes_to(pod, container),
        "started_at": entry.started_at(container, run),
        "finished_at": end.finished_at if end is not None else None,
        "before_shutdown": True,
        "said": endings.coverage_words(log),
        "log": list(log[-endings.SHOWN_LINES :]),
        "diagnosis": [found.as_dict() for found in reasons(title, pod, end, log)],
    }


def reasons(title: str, pod: Object, end: End | None, log: t.Sequence[str] = ()) -> list[Diagnosis]:
    """Why a run that was over before the shutdown would lack its counters; empty if its end speaks for them."""
    if end is None:
        evicted = (pod.get("status") or {}).get("reason") == "Evicted"
        how = "was evicted" if evicted else "was gone before the shutdown"
        return [
            Diagnosis(
                "killed-before-exit",
                f"{title} {how}, and the API never showed how its container ended",
                "Give the node what it ran short of" if evicted else _MEND + "; a deletion by force leaves no time",
            )
        ]
    if end.exit_code == _SIGKILL and end.reason != "OOMKilled":
        return [
            Diagnosis(
                "killed-before-exit",
                f"{title} was killed (exit code {_SIGKILL}) before the shutdown began",
                _MEND,
            )
        ]
    ending = exits.Ending(title, end.exit_code, end.reason, 0.0, pods.grace_period(pod), log=log)
    found = exits.diagnose(ending)
    crashed = end.exit_code == _GO_FATAL and not pods.terminating(pod)
    if crashed and [entry.cause for entry in found] == ["sigterm-unhandled"]:
        # Nobody had asked it to end.
        return [
            Diagnosis(
                "crash-loop",
                f"{title} crashed before the shutdown began (exit code {end.exit_code})",
                "Correct the cause of the panic; a program that panics writes no counters",
            )
        ]
    return found
