# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The totals of all formats, read back from the files of a report and held against each other.

Every format is written by code of its own from the same numbers. If two of them differ, one is wrong: the report says
so, before a reader finds out.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import Diagnosis
from .numbers.model import Coverage, percent
from .numbers.schema import Summary
from .numbers.summary import Selection

Counts = tuple[int, int]
"""Covered and total, of statements or of lines."""

_COUNTS_OF_BLOCK = re.compile(rb" ([0-9]+) ([0-9]+)\n")
_LINES_IN_HEAD = re.compile(rb'lines-covered="([0-9]+)" lines-valid="([0-9]+)"')
_LINES_OF_FILE = re.compile(rb"\nLF:([0-9]+)\nLH:([0-9]+)\n")
_FILE_ON_PAGE = re.compile(rb' data-of="([0-9]+)/([0-9]+)">')
_HEAD = 4096


@dataclass(frozen=True)
class Expected:
    """What the files of a report are made from; ``raw`` is the data as Go's own tools have it."""

    raw: Coverage
    selection: Selection
    summary: Summary


def differing_totals(directory: Path, expected: Expected) -> Diagnosis | None:
    """The diagnosis ``totals-differ`` if the files in ``directory`` do not all say the same; None if they do."""
    everything, counted = expected.selection.everything, expected.selection.counted
    excluded = expected.selection.excluded
    statements = expected.summary["statements"]
    of_summary = (statements["covered"], statements["total"])
    functions = [function for function in everything.functions() if not function.literal]
    share = percent(sum(function.covered for function in functions), sum(function.total for function in functions))
    pairs: list[tuple[str, object, str, object]] = [
        (
            "summary.json",
            of_summary,
            "its packages",
            _sum((p["covered"], p["total"]) for p in expected.summary["packages"]),
        ),
        ("summary.json", of_summary, "its files", _sum((file.covered, file.total) for file in counted.files())),
        ("summary.json", of_summary, "index.html", _of_page(directory)),
        (
            "the data",
            (everything.covered, everything.total),
            "summary.json with what is excluded",
            _sum([of_summary, *((entry.covered, entry.total) for entry in excluded)]),
        ),
        ("the data", (expected.raw.covered, expected.raw.total), "profile.out", _of_profile(directory)),
        ("the functions of the data", f"{share:.1f}%", "functions.txt", _of_functions(directory)),
        ("lcov.info", _of_lcov(directory), "cobertura.xml", _of_cobertura(directory)),
    ]
    differences = [
        f"{first} has {_shown(one)}, {second} has {_shown(other)}"
        for first, one, second, other in pairs
        if one != other
    ]
    if not differences:
        return None
    return Diagnosis(
        "totals-differ",
        f"The formats of the report differ: {'; '.join(differences)}",
        "This is a defect of gocover.e2e: report it with the directory of results",
    )


def _sum(counts: t.Iterable[Counts]) -> Counts:
    covered = total = 0
    for one, all_of_it in counts:
        covered += one
        total += all_of_it
    return covered, total


def _shown(counts: object) -> str:
    return f"{counts[0]:,} of {counts[1]:,}" if isinstance(counts, tuple) else str(counts)


def _of_page(directory: Path) -> Counts:
    page = (directory / "index.html").read_bytes()
    return _sum((int(covered), int(total)) for covered, total in _FILE_ON_PAGE.findall(page))


def _of_profile(directory: Path) -> Counts:
    blocks = _COUNTS_OF_BLOCK.findall((directory / "profile.out").read_bytes())
    return _sum((int(statements) if count != b"0" else 0, int(statements)) for statements, count in blocks)


def _of_functions(directory: Path) -> str:
    return (directory / "functions.txt").read_text(encoding="utf-8").split()[-1]


def _of_lcov(directory: Path) -> Counts:
    lines = _LINES_OF_FILE.findall((directory / "lcov.info").read_bytes())
    return _sum((int(covered), int(total)) for total, covered in lines)


def _of_cobertura(directory: Path) -> Counts:
    with (directory / "cobertura.xml").open("rb") as stream:
        match = _LINES_IN_HEAD.search(stream.read(_HEAD))
    return (int(match[1]), int(match[2])) if match else (0, 0)
