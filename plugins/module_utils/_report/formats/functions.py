# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""functions.txt: coverage by function, as ``go tool cover -func=profile.out`` prints it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from ..numbers.model import Block, Coverage, FileCoverage, FunctionCoverage, count_statements, percent
from ..source.gosource import Declaration
from ..source.naming import are_declared_by, bare_name, declared_functions
from ..source.sources import Sources

_TAB, _TAB_WIDTH = "\t", 8
_place_of = itemgetter(0, 1, 2, 3)
_end_of = itemgetter(2, 3)


class FunctionLine(NamedTuple):
    """A line of functions.txt; ``name`` is without receiver.

    Function literals outside functions have none, as in Go.
    """

    file: str
    line: int
    name: str
    covered: int
    total: int


def function_lines(coverage: Coverage, sources: Sources) -> Iterator[FunctionLine]:
    """The functions of ``coverage`` as Go's cover tool finds them, file by file in the order of names.

    It takes functions from the source and gives each the blocks that lie in it. Where the source of a file is not at
    hand, or is another than that of the program, so that statements would be lost, functions are those of the coverage
    data.
    """
    for file in sorted(coverage.files(), key=lambda file: file.name):
        scanned = sources.scan(file.name)
        known = [] if scanned is None else _lines_of_known(file, scanned.declarations)
        lines = known if known or scanned is None else _lines_of_declarations(file, scanned.declarations)
        if not known and (scanned is None or _lose_statements(file, lines)):
            lines = [_line_of(file, function) for function in declared_functions(file)]
        yield from lines


def _lose_statements(file: FileCoverage, lines: list[FunctionLine]) -> bool:
    """Whether ``lines`` lack statements of ``file``; those of literals outside functions belong to none."""
    literals = sum(function.total for function in file.functions if function.literal)
    _covered, total = count_statements(_merged_places(file.blocks))
    return bool(file.functions) and sum(line.total for line in lines) + literals < total


def _line_of(file: FileCoverage, function: FunctionCoverage) -> FunctionLine:
    return FunctionLine(file.name, function.line, bare_name(function.name), function.covered, function.total)


def functions_text(coverage: Coverage, sources: Sources) -> str:
    """The text of functions.txt, byte for byte that of ``go tool cover -func`` where all source is at hand."""
    rows: list[tuple[str, str, str]] = []
    all_covered = all_total = 0
    for file, line, name, covered, total in function_lines(coverage, sources):
        rows.append((f"{file}:{line}:", name, f"{percent(covered, total):.1f}%"))
        all_covered += covered
        all_total += total
    rows.append(("total:", "(statements)", f"{percent(all_covered, all_total):.1f}%"))
    return "".join(_aligned(rows))


def _lines_of_known(file: FileCoverage, declarations: list[Declaration]) -> list[FunctionLine]:
    """The lines of a file whose declarations are just the functions of the data, as they are where the source is that
    of the program and only one build was measured; otherwise none."""
    functions = declared_functions(file)
    lines = [declaration.start_line for declaration in declarations]
    if not are_declared_by(file, declarations) or lines != [function.line for function in functions]:
        return []
    return [_line_of(file, function) for function in functions]


def _lines_of_declarations(file: FileCoverage, declarations: list[Declaration]) -> list[FunctionLine]:
    lines = []
    blocks = _merged_places(file.blocks)
    latest_ends = list(accumulate(map(_end_of, blocks), max))
    for name, start_line, start_col, end_line, end_col in declarations:
        start = (start_line, start_col)
        first, last = bisect_right(latest_ends, start), bisect_left(blocks, (end_line, end_col))
        inside = [block for block in blocks[first:last] if block[2:4] > start]
        lines.append(FunctionLine(file.name, start_line, bare_name(name), *count_statements(inside)))
    return lines


def _merged_places(blocks: list[Block]) -> list[Block]:
    """The blocks, with one for each place: merged builds may have several where a function was renamed."""
    if len(set(map(_place_of, blocks))) == len(blocks):
        return blocks
    merged: dict[object, Block] = {}
    for block in blocks:
        known = merged.setdefault(_place_of(block), block)
        if known is not block:
            merged[_place_of(block)] = known._replace(count=known.count + block.count)
    return list(merged.values())


def _aligned(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    """Lines whose columns are aligned with tabs, as text/tabwriter does (minwidth 1, tabwidth 8, padding 1)."""
    stops = [-(-(max(len(row[column]) for row in rows) + 1) // _TAB_WIDTH) for column in (0, 1)]
    for place, name, share in rows:
        place_tabs, name_tabs = stops[0] - len(place) // _TAB_WIDTH, stops[1] - len(name) // _TAB_WIDTH
        yield f"{place}{_TAB * place_tabs}{name}{_TAB * name_tabs}{share}\n"
