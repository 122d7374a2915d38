# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The counts of lines, for formats that know no columns.

Go counts blocks, and several can share a line. Their minimum is taken, as gocover-cobertura does: a line of which some
part never ran must not look done, and a team that comes from there sees the numbers it knows. Blocks without statements
(of empty functions) count too: they have a counter.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ..._covdata.errors import CovdataError
from ..numbers.model import Block, FileCoverage, FunctionCoverage

_MOST_LINES = 20_000_000  # Kubernetes with all its dependencies has a quarter
_MOST_NUMBERS = 1_000_000  # that are kept as text

LineRun = tuple[int, int, int]
"""First line, last line, and how often each of them ran."""


def line_hits(blocks: Iterable[Block]) -> dict[int, int]:
    """How often each line ran: line number -> count, in the order of lines."""
    hits: dict[int, int] = {}
    last = 0
    for start_line, _start_col, end_line, _end_col, _statements, count in blocks:
        if end_line < start_line:
            end_line = start_line
        # Blocks come in order and share at most a line or two with those before: only these need a look.
        for line in range(start_line, min(last, end_line) + 1):
            known = hits.get(line)
            if known is None or count < known:
                hits[line] = count
        if end_line > last:
            hits.update(dict.fromkeys(range(max(start_line, last + 1), end_line + 1), count))
            last = end_line
    return dict(sorted(hits.items()))


def line_runs(blocks: Iterable[Block]) -> list[LineRun]:
    """The same as runs of lines of one count, in their order; ``blocks`` are sorted.

    A program has fewer runs than lines, and a format writes each of them at once.
    """
    runs: list[LineRun] = []
    last = 0
    for start_line, _start_col, end_line, _end_col, _statements, count in blocks:
        if end_line < start_line:  # a line directive within a block may put its end before it
            end_line = start_line
        if start_line <= last and runs:
            first_before, _last, count_before = runs[-1]
            if start_line < last:
                return _runs_of(line_hits(blocks))
            # A block begins on the line on which the one before it ends, as nearly all do.
            if count < count_before:
                if first_before == start_line:
                    runs.pop()
                else:
                    runs[-1] = (first_before, start_line - 1, count_before)
            else:
                start_line += 1
        if start_line <= end_line:
            runs.append((start_line, end_line, count))
            last = end_line
    return runs


def _runs_of(hits: dict[int, int]) -> list[LineRun]:
    runs: list[LineRun] = []
    for line, count in hits.items():
        if runs and runs[-1][1:] == (line - 1, count):
            runs[-1] = (runs[-1][0], line, count)
        else:
            runs.append((line, line, count))
    return runs


def count_lines(runs: Iterable[LineRun]) -> tuple[int, int]:
    """How many lines ran, and how many there are."""
    covered = total = 0
    for first, last, count in runs:
        total += last - first + 1
        if count:
            covered += last - first + 1
    return covered, total


def check_extent(files: Iterable[FileCoverage]) -> None:
    """Raise CovdataError (``truncated-data``) where blocks span more lines than a program has.

    Formats write a line for each of them: a few bytes that claim billions of lines must not fill a disk.
    """
    total = 0
    for file in files:
        total += sum([max(0, block[2] - block[0]) + 1 for block in file.blocks])
        if total > _MOST_LINES:
            raise CovdataError(
                "truncated-data",
                f"the blocks of {file.name} and of the files before it span {total:,} lines, more than a program has",
                "the data is damaged or forged: collect it again",
            )


class NumberedLines:
    """Writes runs of lines, one piece of text a line: ``before``, the number, ``between``, the count, ``after``."""

    def __init__(self, before: str, between: str, after: str) -> None:
        self._before, self._between, self._after = before, between, after
        self._numbers: list[str] = []

    def text(self, runs: Sequence[LineRun]) -> str:
        """The text of all lines of ``runs``."""
        numbers = self._up_to(runs[-1][1] if runs else 0)
        pieces = []
        for first, last, count in runs:
            ending = f"{self._between}{count}{self._after}"
            of_run = numbers[first : last + 1] if last < len(numbers) else map(self._number, range(first, last + 1))
            pieces.append(ending.join(of_run))
            pieces.append(ending)
        return "".join(pieces)

    def _up_to(self, last: int) -> list[str]:
        known = len(self._numbers)
        if known <= last < _MOST_NUMBERS:
            self._numbers += map(self._number, range(known, last + 1 + known))
        return self._numbers

    def _number(self, line: int) -> str:
        return f"{self._before}{line}"


def blocks_by_function(file: FileCoverage) -> list[tuple[FunctionCoverage, list[Block]]]:
    """The functions of `file` by line, each with its blocks.

    Where the data does not say whose they are, a function has those from its first line to where the next one begins.
    """
    functions = sorted(file.functions, key=lambda function: (function.line, function.name))
    if sum(len(function.blocks) for function in functions) == len(file.blocks):
        return [(function, function.blocks) for function in functions]
    blocks = sorted(file.blocks)
    starts = [block[0] for block in blocks]
    places = [bisect_left(starts, function.line) for function in functions]
    ends = [*places[1:], len(blocks)][: len(places)]
    return [(function, blocks[start:end]) for function, start, end in zip(functions, places, ends, strict=True)]
