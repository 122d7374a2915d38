# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go's text profile, profile.out: written as ``go tool covdata textfmt`` does, read as ``go tool cover`` does.

After a line ``mode: set|count|atomic`` each block has a line (golang.org/x/tools/cover, ParseProfiles):

    name.go:line.column,line.column numberOfStatements count
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from operator import itemgetter

from ..._covdata.errors import CovdataError
from ..numbers.model import Block, Coverage, Decimals, FileCoverage, PackageCoverage

_LINE = re.compile(r"(.+):([0-9]{1,10})\.([0-9]{1,10}),([0-9]{1,10})\.([0-9]{1,10}) ([0-9]{1,10}) ([0-9]{1,19})")
_MODES = ("set", "count", "atomic")
_textfmt_order = itemgetter(0, 2, 1, 3, 4)


def profile_lines(coverage: Coverage) -> Iterator[str]:
    """The lines of the profile, each with its newline: packages, files and blocks in the order of Go's own."""
    yield f"mode: {coverage.mode}\n"
    text = Decimals()
    for file in coverage.files():
        name = file.name
        for line, column, end_line, end_column, statements, count in sorted(file.blocks, key=_textfmt_order):
            place = f"{text[line]}.{text[column]},{text[end_line]}.{text[end_column]}"
            yield f"{name}:{place} {text[statements]} {text[count]}\n"


def parse_profile(lines: Iterable[str], source: str = "profile.out") -> Coverage:
    """The coverage that a text profile holds; ``source`` names it in errors. It knows no functions and no modules.

    Blocks at the same place are merged: in mode set the larger count holds, otherwise counts add up. Raises
    CovdataError: ``truncated-data`` for what is no profile, ``block-mismatch`` for blocks that differ in their number
    of statements.
    """
    iterator = iter(lines)
    first = next(iterator, "").rstrip("\r\n")
    mode = first.removeprefix("mode: ")
    if first == mode or mode not in _MODES:
        raise _malformed(source, 1, first)
    counts: dict[str, dict[tuple[int, int, int, int], tuple[int, int]]] = {}
    for number, line in enumerate(iterator, 2):
        match = _LINE.fullmatch(line.rstrip("\r\n"))
        if match is None:
            raise _malformed(source, number, line)
        name, *numbers = match.groups()
        start_line, start_col, end_line, end_col, statements, count = map(int, numbers)
        blocks = counts.setdefault(name, {})
        place = (start_line, start_col, end_line, end_col)
        known = blocks.get(place)
        if known is None:
            blocks[place] = statements, count
        elif known[0] != statements:
            raise _contradiction(source, number, name)
        else:
            blocks[place] = statements, max(known[1], count) if mode == "set" else known[1] + count
    return Coverage(mode, _packages_of(counts))


def _packages_of(counts: dict[str, dict[tuple[int, int, int, int], tuple[int, int]]]) -> list[PackageCoverage]:
    files: dict[str, list[FileCoverage]] = {}
    for name, blocks in counts.items():
        package = name.rpartition("/")[0] or "."
        of_file = [Block(*place, *numbers) for place, numbers in blocks.items()]
        files.setdefault(package, []).append(FileCoverage.of_blocks(name, package, of_file, []))
    return [PackageCoverage.of_files(package, files[package]) for package in sorted(files)]


def _malformed(source: str, number: int, line: str) -> CovdataError:
    return CovdataError(
        "truncated-data",
        f"line {number} of {source} is not that of a Go text profile ({line.strip()!r:.80})",
        "write it again with go test -coverprofile or go tool covdata textfmt",
    )


def _contradiction(source: str, number: int, name: str) -> CovdataError:
    return CovdataError(
        "block-mismatch",
        f"line {number} of {source} gives a block of {name} another number of statements than a line before it",
        "do not join the profiles of two versions of a source; write one for each",
    )
