# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which counter files may be of which run of a program, by the time at which each was written. Pure.

A counter file has the time of its writing in its name (nanoseconds, by the clock of the node), and the kubelet tells by
the same clock when a run began and ended. So clocks of different machines are never compared.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._covdata.runtime import COUNTERS_NAME

#: The kubelet's times are whole seconds, and that of an end is taken a moment after it.
_SLACK = 2.0

Run = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Assignment:
    """Runs that have a file of their own (``counted``), by their place in the list of runs.

    ``doubtful`` has, for each run without one, all runs of which any could be the one without.
    """

    counted: frozenset[int]
    doubtful: dict[int, frozenset[int]]


def assign(files: t.Sequence[float | None], runs: t.Sequence[Run], last: t.Container[int]) -> Assignment:
    """As many runs as possible get a file that they may have written; those in ``last`` are served after the others.

    ``files`` are times as ``time_of`` gives them (None may be of any run). ``runs`` have ``started_at`` and
    ``finished_at`` (RFC 3339), each None where unknown.
    """
    fitting = [[number for number, when in enumerate(files) if _may_be(when, run)] for run in runs]
    owner: dict[int, int] = {}

    def place(run: int, seen: set[int]) -> bool:
        for file in fitting[run]:
            if file not in seen:
                seen.add(file)
                if file not in owner or place(owner[file], seen):
                    owner[file] = run
                    return True
        return False

    order = sorted(range(len(runs)), key=lambda run: run in last)
    missing = [run for run in order if not place(run, set())]
    doubtful = {run: frozenset(_reachable(run, fitting, owner, last)) for run in missing}
    return Assignment(frozenset(owner.values()), doubtful)


def _reachable(
    run: int, fitting: t.Sequence[t.Sequence[int]], owner: t.Mapping[int, int], last: t.Container[int]
) -> set[int]:
    """The runs that could stand in for ``run``: each could give up its file in a chain that ends with a file for it."""
    reached, waiting = {run}, [run]
    while waiting:
        for file in fitting[waiting.pop()]:
            other = owner[file]
            if other not in reached and (other in last) == (run in last):
                reached.add(other)
                waiting.append(other)
    return reached


def time_of(name: str) -> float | None:
    """The time at which a counter file was written, in seconds since 1970; None if its name does not tell."""
    match = COUNTERS_NAME.fullmatch(name)
    return int(match["nanoseconds"]) / 1e9 if match else None


def _may_be(when: float | None, run: Run) -> bool:
    if when is None:
        return True
    begun, ended = _seconds(run.get("started_at")), _seconds(run.get("finished_at"))
    return (begun is None or when >= begun - _SLACK) and (ended is None or when <= ended + _SLACK)


def _seconds(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None
    except ValueError:
        return None
