# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several sets of coverage laid over each other, block by block, as ``go tool covdata merge -pcombine`` does."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ..source.splitting import splitting_of, words
from .model import Block, Coverage, FileCoverage, PackageCoverage

_MAX_UINT32 = 0xFFFFFFFF
_MODES = ("set", "count", "atomic")

Place = tuple[int, int, int, int, int]
"""The extent of a block and its number of statements: what makes blocks of two builds the same."""


class Finding(NamedTuple):
    """Something that the numbers do not say by themselves: a stable cause, and a sentence."""

    cause: str
    evidence: str


def place_of(block: Block) -> Place:
    """The place of ``block``."""
    place: Place = block[:5]
    return place


def mismatch(base: FileCoverage, other: FileCoverage) -> str:
    """Why ``other`` cannot be laid over ``base``, or "".

    Blocks that ``other`` lacks are no reason: a filter may have taken them out. Blocks that ``base`` lacks are one: the
    source or the Go version is another.
    """
    places = set(map(place_of, base.blocks))
    strange = [block for block in other.blocks if place_of(block) not in places]
    if not strange:
        return ""
    first = strange[0]
    where = f"{first.start_line}.{first.start_col},{first.end_line}.{first.end_col}"
    return f"{len(strange)} of {len(other.blocks)} blocks differ, first {where}"


def combine(first: Coverage, *others: Coverage) -> tuple[Coverage, list[Finding]]:
    """The sum of all, with the functions, modules and warnings of ``first`` where it has them.

    Modes that differ become the higher of set, count and atomic, in which what mode set says counts as 0 or 1, as in
    ``go tool covdata merge -pcombine``. A file whose blocks differ keeps those that it has first, and is named.
    """
    findings: list[Finding] = []
    mode = first.mode
    packages = {package.name: package.module for package in first.packages}
    files = {file.name: file for file in first.files()}
    for other in others:
        only_set = mode == other.mode == "set"
        mode = max(mode, other.mode, key=_MODES.index)
        for package in other.packages:
            packages.setdefault(package.name, package.module)
            for file in package.files:
                known = files.get(file.name)
                reason = mismatch(known, file) if known else ""
                if reason:
                    findings.append(Finding("block-mismatch", f"{file.name}: {reason}"))
                else:
                    files[file.name] = _added(known, file, only_set) if known else file
    of_package: dict[str, list[FileCoverage]] = {name: [] for name in packages}
    for file in files.values():
        of_package[file.package].append(file)
    made = [PackageCoverage.of_files(name, of_package[name], packages[name]) for name in sorted(packages)]
    return replace(first, mode=mode, packages=made), findings


def _added(known: FileCoverage, other: FileCoverage, only_set: bool) -> FileCoverage:
    counts = {place_of(block): block.count for block in other.blocks}
    blocks = []
    for block in known.blocks:
        more = counts.get(place_of(block), 0)
        count = max(block.count, more) if only_set else min(block.count + more, _MAX_UINT32)
        blocks.append(block._replace(count=count))
    functions = [replace(function, blocks=[]) for function in known.functions]  # theirs have the counts before
    made = FileCoverage.of_blocks(known.name, known.package, blocks, functions)
    made.generated = known.generated
    return made


def why_all_differ(base: Coverage, other: Coverage) -> str:
    """What explains that blocks differ in many files, as half a sentence; "" where nothing does."""
    ours, theirs = splitting_of(base), splitting_of(other)
    if ours and theirs and ours != theirs:
        return f"its blocks are those of {words(theirs)}, the end-to-end data has those of {words(ours)}"
    return ""
