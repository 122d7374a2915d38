# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of summary.json, schema 1, as docs/report.md describes it to users.

``summary`` writes it; the other reports, the gates, the overview over all services and the baseline of a later run read
it. Percentages are from 0 to 100 and not rounded; lines count from 1.
"""

from __future__ import annotations

import typing as t


class Share(t.TypedDict):
    """Statements or lines that ran, of all."""

    covered: int
    total: int
    percent: float


class FunctionCounts(t.TypedDict):
    """How many functions were entered, of all."""

    covered: int
    total: int


class PackageRecord(Share):
    """A package by its import path."""

    name: str


class ScopeRecord(Share):
    """The headline, where it counts less than everything."""

    packages: list[PackageRecord]
    functions: FunctionCounts


class LevelNumbers(t.TypedDict):
    """What the test levels ran, in statements: ``both`` are of e2e and another, ``percent`` is that of ``any``."""

    total: int
    covered: dict[str, int]
    both: int
    only_e2e: int
    any: int
    percent: float


class PackageLevels(LevelNumbers):
    """The levels of a package."""

    name: str


class BeyondRecord(t.TypedDict):
    """Parts of a level that belong to no file of the program."""

    files: int
    statements: int


class LevelSource(t.TypedDict):
    """Another test level than e2e; ``fits`` counts the files that can be compared, ``mismatched`` names the others."""

    name: str
    paths: list[str]
    mode: str
    fits: int
    mismatched: list[str]
    beyond: BeyondRecord


class LevelNote(t.TypedDict):
    """A finding about the levels; ``cause`` is an identifier of docs/diagnoses.md."""

    cause: str
    evidence: str


class LevelsDescription(t.TypedDict):
    """The levels by name, e2e first."""

    names: list[str]
    sources: list[LevelSource]
    notes: list[LevelNote]


class LevelsRecord(LevelsDescription):
    """The levels with their numbers."""

    total: LevelNumbers
    packages: list[PackageLevels]


class FunctionRecord(t.TypedDict, total=False):
    """A function; ``literal`` marks a function literal outside of functions."""

    name: str
    line: int
    covered: int
    total: int
    literal: bool
    levels: LevelNumbers


class FileRecord(Share, total=False):
    """A file of the headline, by import path and name."""

    name: str
    package: str
    functions: list[FunctionRecord]
    levels: LevelNumbers


class BasisRecord(t.TypedDict):
    """How many of the ``instrumented`` statements the headline counts; ``few`` marks next to nothing."""

    statements: int
    instrumented: int
    percent: float
    few: bool


class ThresholdRecord(t.TypedDict):
    """A threshold; ``actual`` is None where nothing matched or nothing was changed."""

    pattern: str
    name: str
    minimum: float
    actual: float | None
    passed: bool
    kind: str


class _GateResult(t.TypedDict):
    name: str
    expression: str
    value: t.Any
    passed: bool


class GateRecord(_GateResult, total=False):
    """A gate, the ``value`` of its expression, and the ``error`` of one that could not be evaluated."""

    error: str


class ExclusionRecord(t.TypedDict, total=False):
    """Statements that do not count, and why; without ``lines`` the whole file, else ``[first, last]`` of stretches."""

    name: str
    covered: int
    total: int
    reason: str
    lines: list[list[int]]


class ChangedFileRecord(t.TypedDict):
    """A changed file; ``path`` counts from the top of the repository, ``uncovered`` are ``[first, last]`` lines."""

    name: str
    path: str
    statements: Share
    lines: Share
    uncovered: list[list[int]]


class ChangedRecord(t.TypedDict):
    """Coverage of changed code; ``unmeasured`` and ``uncounted`` are paths of changed files without numbers."""

    since: str
    commit: str
    statements: Share
    lines: Share
    files: list[ChangedFileRecord]
    unmeasured: list[str]
    uncounted: list[str]


class DifferenceRecord(t.TypedDict, total=False):
    """A package, or a function of a ``file``, that differs from the baseline; None where it did not exist."""

    file: str
    name: str
    before: Share | None
    after: Share | None
    change: float | None


class DriftRecord(t.TypedDict):
    """Why percentages cannot be compared, and the difference all the same."""

    cause: str
    evidence: str
    change: float


class BaselineRecord(t.TypedDict, total=False):
    """The comparison with an earlier report; ``missing`` says why there is none."""

    where: str
    missing: str
    go_version: str | None
    before: Share
    after: Share
    change: float | None
    drift: DriftRecord | None
    packages: list[DifferenceRecord]
    functions: list[DifferenceRecord]


class UnplacedRecord(t.TypedDict):
    """Files of a module that are not in the checkout, with an ``example``."""

    module: str
    reason: str
    files: int
    statements: int
    example: str


class RunReference(t.TypedDict, total=False):
    """The run that the report is of: its identifier in run.json, and when it started (RFC 3339)."""

    id: str
    started: str


class TestsRecord(t.TypedDict, total=False):
    """The outcome of the tests: ``failed`` are names, ``total`` counts all that ran."""

    passed: bool
    seconds: float
    failed: list[str]
    total: int


class Summary(t.TypedDict, total=False):
    """summary.json. ``summary_of`` sets all keys from ``schema`` to ``files``; the others are optional parts.

    A row of the overview keeps all but ``files``; it has no numbers for a service without a report.
    """

    schema: int
    service: str
    go_version: str | None
    splitting: str
    mode: str
    statements: Share
    packages: list[PackageRecord]
    functions: FunctionCounts
    meta_files: int
    counter_files: int
    passed: bool
    thresholds: list[ThresholdRecord]
    excluded: list[ExclusionRecord]
    basis: BasisRecord
    warnings: list[str]
    files: list[FileRecord]
    scope: ScopeRecord
    levels: LevelsRecord
    changed: ChangedRecord
    baseline: BaselineRecord
    gates: list[GateRecord]
    mapped: list[dict[str, str | int]]
    unplaced: list[UnplacedRecord]
    run: RunReference
    tests: TestsRecord


class OutcomeRecord(t.TypedDict):
    """Why the last run of a service failed; ``cause`` is an identifier of docs/diagnoses.md, or empty."""

    cause: str
    message: str


class ServiceRow(Summary, total=False):
    """A service in the summary.json over all services, and in the result of coverage_overview.

    ``current`` says whether the numbers are of the last run. ``dependencies`` are what its tests ran beside it.
    """

    outcome: OutcomeRecord
    current: bool
    dependencies: list[ServiceRow]
