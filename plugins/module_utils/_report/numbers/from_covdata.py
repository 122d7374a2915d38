# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage model of merged covdata."""

from __future__ import annotations

from functools import partial

from ..._covdata.merge import MergedCovdata, MergedPackage
from ..._covdata.meta import Unit
from .model import Block, Coverage, FileCoverage, FunctionCoverage, PackageCoverage, Program, count_statements

# tuple.__new__ and not Block(): there are hundreds of thousands of them, and this is the fastest way in.
_block = partial(tuple.__new__, Block)


def coverage_of(merged: MergedCovdata, newest: bool = False) -> Coverage:
    """The coverage model of ``merged``: its units as blocks, its functions at the line of their first block.

    Where builds of different source have the same function, Go's tools lay the blocks of all over each other;
    with ``newest`` those of the build that ran last count alone.
    """
    packages = [_package_of(merged.packages[path], newest) for path in sorted(merged.packages)]
    mains = [package for package in merged.packages.values() if package.name == "main"]
    programs = tuple(sorted(Program(package.path, package.module) for package in mains))
    main_modules = {program.module for program in programs}
    return Coverage(
        mode=merged.mode,
        packages=packages,
        meta_files=merged.meta_files,
        counter_files=merged.counter_files,
        module=main_modules.pop() if len(main_modules) == 1 else "",
        warnings=_warnings_of(merged, newest),
        programs=programs,
        linked={package.path: frozenset(package.programs) for package in merged.packages.values()},
    )


def _package_of(package: MergedPackage, newest: bool) -> PackageCoverage:
    blocks: dict[str, list[Block]] = {}
    functions: dict[str, list[FunctionCoverage]] = {}
    for (file, name, literal), function in package.functions.items():
        counts = function.rival if newest and function.rival is not None else function.counts
        function_blocks = _blocks_of(counts)
        blocks.setdefault(file, []).extend(function_blocks)
        of_file = functions.setdefault(file, [])
        entry = next(iter(counts))  # a line directive may put other code before it
        for part in _split_at(function_blocks, function.starts):
            covered, total = count_statements(part)
            first = part[0] if len(function.starts) > 1 else _block((*entry, counts[entry]))
            line, count = first.start_line, first.count
            # The data marks a pointer's method, "*T.Name"; a type has one method of a name all the same.
            plain = name.removeprefix("*")
            of_file.append(FunctionCoverage(plain, file, line, covered, total, count, literal, part))
    files = []
    for file, file_blocks in blocks.items():
        functions[file].sort(key=lambda function: function.line)
        files.append(FileCoverage.of_blocks(file, package.path, file_blocks, functions[file]))
    return PackageCoverage.of_files(package.path, files, package.module)


def _blocks_of(counts: dict[Unit, int]) -> list[Block]:
    blocks: list[Block] = [_block((*unit, count)) for unit, count in counts.items()]
    blocks.sort()
    return blocks


def _split_at(blocks: list[Block], starts: set[tuple[int, int]]) -> list[list[Block]]:
    """The blocks of each function where several of one name begin at ``starts``, as ``init`` may."""
    if len(starts) == 1:
        return [blocks]
    parts: list[list[Block]] = []
    for block in blocks:
        if block[:2] in starts or not parts:
            parts.append([])
        parts[-1].append(block)
    return parts


def _warnings_of(merged: MergedCovdata, newest: bool) -> list[str]:
    warnings = [f"{path} has no covmeta file beside it and was not counted" for path in merged.orphans]
    warnings += [f"{path} was left by a program that died while it wrote it" for path in merged.leftovers]
    if newest and merged.rivals:
        file, name = merged.rivals[0]
        warnings.append(
            f"{len(merged.rivals)} functions, such as {name} in {file}, were built from different source in several"
            " builds: they are counted as in the build that ran last, and not added up"
        )
    return warnings
