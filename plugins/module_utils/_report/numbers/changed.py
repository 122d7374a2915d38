# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage of what was changed since a commit.

A counter belongs to a block, so a changed line is covered if each block with code on it ran, and the statements of a
block count, all of them, as soon as one of its lines with code was changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..source.git import Ranges
from ..source.ignored import code_by_line
from ..source.sources import Sources
from .model import Block, Coverage, percent
from .schema import ChangedRecord, Share


@dataclass(frozen=True)
class Changes:
    """Lines that were changed, by path in the repository; ``since`` is as the user wrote it."""

    since: str
    commit: str
    lines: Mapping[str, Ranges]


@dataclass
class ChangedFile:
    """What ran of the changes of a file; ``uncovered`` are lines, as [first, last] of each stretch."""

    name: str
    path: str
    statements: tuple[int, int]
    lines: tuple[int, int]
    uncovered: list[list[int]]


def measure_changes(changes: Changes, coverage: Coverage, everything: Coverage, sources: Sources) -> ChangedRecord:
    """The part ``changed`` of summary.json, the files with most uncovered lines first.

    Counts what ``coverage`` has. Changed files of the service's modules that are in none of ``everything`` that was
    instrumented are named as ``unmeasured``: they are not part of the program, or only for another platform. Those that
    were instrumented, and are excluded or outside the headline, are named as ``uncounted``.
    """
    files = []
    paths = {sources.repository_path(file.name): file for file in coverage.files()}
    for path, ranges in changes.lines.items():
        file = paths.get(path)
        source = sources.read(file.name) if file is not None else None
        if file is not None and source is not None:
            measured = _measure(file.name, path, file.blocks, ranges, code_by_line(source))
            if measured.lines[1]:
                files.append(measured)
    files.sort(key=lambda file: (file.lines[0] - file.lines[1], file.name))
    known = {sources.repository_path(file.name) for file in everything.files()}
    tested = [path for path in sorted(changes.lines) if not path.endswith("_test.go")]
    unmeasured = [path for path in tested if path not in known and sources.is_of_service(path)]
    uncounted = [path for path in tested if path in known and path not in paths]
    return {
        "since": changes.since,
        "commit": changes.commit,
        "statements": _sum([file.statements for file in files]),
        "lines": _sum([file.lines for file in files]),
        "files": [
            {
                "name": file.name,
                "path": file.path,
                "statements": _sum([file.statements]),
                "lines": _sum([file.lines]),
                "uncovered": file.uncovered,
            }
            for file in files
        ],
        "unmeasured": unmeasured,
        "uncounted": uncounted,
    }


def why_nothing_changed(changed: ChangedRecord) -> str:
    """A sentence for changes of which nothing can be measured, whatever threshold they have; "" where something can."""
    if changed["lines"]["total"]:
        return ""
    since = f"Nothing of what has changed since {changed['since']} can be measured"
    for paths, reason in (
        (changed["unmeasured"], "not in the data. Add their package to service_coverpkg, or run what uses them"),
        (changed["uncounted"], "excluded or outside the headline. service_exclude and service_scope decide that"),
    ):
        if paths:
            count = "1 changed Go file" if len(paths) == 1 else f"{len(paths)} changed Go files"
            verb = "is" if len(paths) == 1 else "are"
            return f"{since}: {count}, such as {paths[0]}, {verb} {reason}"
    return f"{since}: no statement of the service's Go code has changed, so that a threshold for it has no effect"


def _measure(
    name: str, path: str, blocks: Sequence[Block], ranges: Ranges, code: Mapping[int, tuple[int, int]]
) -> ChangedFile:
    ran: dict[int, bool] = {}
    covered = total = 0
    for block in blocks:
        touched = [line for line in _code_lines(block, code) if _is_changed(line, ranges)]
        if touched:
            total += block.statements
            covered += block.statements if block.count else 0
        for line in touched:
            ran[line] = ran.get(line, True) and block.count > 0
    lines = sorted(ran)
    uncovered: list[list[int]] = []
    before: int | None = None
    for line in lines:
        if ran[line]:
            before = None
        elif before is not None and not any(between in code for between in range(before + 1, line)):
            uncovered[-1][1] = before = line
        else:
            uncovered.append([line, line])
            before = line
    return ChangedFile(name, path, (covered, total), (sum(ran.values()), len(lines)), uncovered)


def _code_lines(block: Block, code: Mapping[int, tuple[int, int]]) -> list[int]:
    """The lines on which ``block`` has code: not those that it only touches with a brace, a blank or a comment."""
    lines = []
    for line in range(block.start_line, block.end_line + 1):
        span = code.get(line)
        if span is None or (line == block.start_line and span[1] <= block.start_col):
            continue
        if line == block.end_line and span[0] >= block.end_col:
            continue
        lines.append(line)
    return lines


def _is_changed(line: int, ranges: Ranges) -> bool:
    return any(first <= line <= last for first, last in ranges)


def _sum(numbers: Sequence[tuple[int, int]]) -> Share:
    covered, total = sum(pair[0] for pair in numbers), sum(pair[1] for pair in numbers)
    return {"covered": covered, "total": total, "percent": percent(covered, total)}
