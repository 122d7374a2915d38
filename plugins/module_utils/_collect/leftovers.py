# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage data that nobody has collected: brought home before its directory is taken away.

A run that was interrupted, or whose disk was full, leaves counters behind. Nothing removes them before they lie safely
on this machine; where that cannot be, they stay, and the user learns where and why.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from .._diagnosis import Failure
from .._process.holder import parse_holder
from . import gather
from .binaries import Wanted
from .directories import Directory


@dataclass
class Cleared:
    """What became of directories: whether anything changed, notes and warnings for the user."""

    changed: bool = False
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def clear(directory: Directory, home: Path, cleared: Cleared, wanted: Wanted | None = None) -> None:
    """Bring what counters are there to ``home``, then take the directory away.

    With ``wanted``, only the counters of these programs go, since others still use the directory.
    """
    wanted = wanted or Wanted()
    try:
        sources = directory.sources()
        left = gather.gather(sources, home, wanted=wanted, where=directory.path)
        if left.counter_files:
            cleared.changed = True
            cleared.notes.append(f"{left.counter_files} covcounters files that were not collected are in {home} now")
            for source in sources:
                source.discard(left.taken.get(source.name, []))
        else:
            with contextlib.suppress(OSError):
                home.parent.rmdir()
        if not wanted:
            cleared.changed |= directory.remove(False, discard=False)
    except Failure as error:
        cleared.warnings.append(
            f"Coverage data stays in {directory.path}, since it could not be brought to {home}. {error}"
        )


def clear_previous_runs(directory: Directory, home: Path, cleared: Cleared) -> None:
    """The same for the directories of all previous runs beside it, but for those whose playbook still runs.

    ``home`` gets a directory for each run. Raises Failure where the nodes cannot be looked at.
    """
    for path in dead_runs(directory):
        clear(directory.beside(path), home / Path(path).name, cleared)


def dead_runs(directory: Directory) -> list[str]:
    """The directories beside it of runs whose playbook does not run any more. Raises Failure."""
    holders = {path: parse_holder(mark) for path, mark in directory.runs_beside().items()}
    return [path for path, holder in holders.items() if holder is None or holder.certainly_dead()]
