# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report is made from: packages, files, functions and blocks, whatever format the counts came in.

Percentages are rounded nowhere here; text rounds where it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class Program(NamedTuple):
    """A program that left data: its main package, and the path of its module, or "" where the data does not say."""

    package: str
    module: str


class Block(NamedTuple):
    """A stretch of code without branches. Lines and columns count from 1, columns in bytes; the end is exclusive.

    ``statements`` may be 0, for an empty function. ``count`` is how often the block ran; in mode set, 0 or 1.
    """

    start_line: int
    start_col: int
    end_line: int
    end_col: int
    statements: int
    count: int  # type: ignore[assignment]  # the field hides tuple.count, which nobody needs here


class Decimals(dict[int, str]):
    """The text of numbers. Formats write millions of them, and most come again and again: looking one up takes half the
    time of formatting it."""

    def __missing__(self, number: int) -> str:
        text = self[number] = str(number)
        return text


@dataclass(slots=True)
class FunctionCoverage:
    """A function. ``name`` is "Name" or "T.Name"; for a ``literal`` outside functions "variable.func1".

    Where the source is not at hand, methods of generic types lack the type, and literals are "func.L12.C9". ``line`` is
    that of its declaration where the source was at hand, otherwise of its first block. ``covered`` and ``total`` count
    statements; ``count`` is how often the function was entered (in mode set, 0 or 1). ``blocks`` are its own, sorted;
    text profiles do not say which these are.
    """

    name: str
    file: str
    line: int
    covered: int
    total: int
    count: int = 0
    literal: bool = False
    blocks: list[Block] = field(default_factory=list, compare=False, repr=False)


@dataclass
class FileCoverage:
    """A source file; ``name`` is as in Go's text profile, import path + "/" + base name.

    ``blocks`` are sorted by position. ``generated`` is True where the source says so.
    """

    name: str
    package: str
    blocks: list[Block]
    functions: list[FunctionCoverage]
    covered: int
    total: int
    generated: bool = False

    @classmethod
    def of_blocks(cls, name: str, package: str, blocks: list[Block], functions: list[FunctionCoverage]) -> FileCoverage:
        """The file with these blocks, in any order."""
        blocks.sort()
        covered, total = count_statements(blocks)
        return cls(name, package, blocks, functions, covered, total)


@dataclass
class PackageCoverage:
    """A package by its import path; ``module`` is the path of its Go module, or empty where the data does not say."""

    name: str
    files: list[FileCoverage]
    covered: int
    total: int
    module: str = ""

    @classmethod
    def of_files(cls, name: str, files: list[FileCoverage], module: str = "") -> PackageCoverage:
        """The package of these files, sorted by name."""
        files.sort(key=lambda file: file.name)
        covered, total = sum(file.covered for file in files), sum(file.total for file in files)
        return cls(name, files, covered, total, module)


@dataclass
class Coverage:
    """Everything that was instrumented; ``mode`` is set, count or atomic, ``packages`` are sorted by name.

    ``module`` is the path of the service's module, or empty where that is not known. ``own`` are the packages that are
    the service's own (see own.py), None where it is not known which are. ``linked`` are, by package, the main packages
    of the programs that have it.
    """

    mode: str
    packages: list[PackageCoverage]
    meta_files: int = 0
    counter_files: int = 0
    module: str = ""
    warnings: list[str] = field(default_factory=list)
    programs: tuple[Program, ...] = ()
    linked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own: frozenset[str] | None = None

    @property
    def covered(self) -> int:
        """Statements that ran."""
        return sum(package.covered for package in self.packages)

    @property
    def total(self) -> int:
        """Statements that were instrumented."""
        return sum(package.total for package in self.packages)

    @property
    def percent(self) -> float:
        """Percentage of statements that ran; 0.0 where there are none."""
        return percent(self.covered, self.total)

    def files(self) -> Iterator[FileCoverage]:
        """All files, package by package."""
        for package in self.packages:
            yield from package.files

    def functions(self) -> Iterator[FunctionCoverage]:
        """All functions, file by file."""
        for file in self.files():
            yield from file.functions

    def without(self, excluded: Iterable[FileCoverage]) -> Coverage:
        """The same without the ``excluded`` files, and without packages of which no file is left."""
        gone = {id(file) for file in excluded}
        packages = []
        for package in self.packages:
            files = [file for file in package.files if id(file) not in gone]
            if files or not package.files:
                packages.append(PackageCoverage.of_files(package.name, files, package.module))
        return replace(self, packages=packages)


def percent(covered: int, total: int) -> float:
    """``covered`` of ``total`` as Go computes it, 0.0 where ``total`` is 0."""
    return 100.0 * covered / (total or 1)


def count_statements(blocks: Iterable[Block]) -> tuple[int, int]:
    """Statements that ran, and all statements, of ``blocks``."""
    covered = total = 0
    for _start_line, _start_col, _end_line, _end_col, statements, count in blocks:
        total += statements
        if count:
            covered += statements
    return covered, total
