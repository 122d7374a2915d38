# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Minimum percentages, and who misses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, cast

from ..._diagnosis import Failure, failure
from .model import Coverage, FileCoverage, FunctionCoverage, percent
from .schema import ChangedRecord, ThresholdRecord
from .scope import below, matches, package_matches

TOTAL = "total"
CHANGED = "changed"
#: Thresholds that are a number, and those that are numbers by pattern, with the name of one thing that they mean.
_SINGLE = (TOTAL, CHANGED)
_BY_PATTERN = {"packages": "package", "files": "file", "functions": "function"}


@dataclass(frozen=True)
class Threshold:
    """At least ``minimum`` percent of what ``pattern`` means.

    That is all statements for the ``kind`` total, those of changed code for changed, else each package, file or
    function that the pattern matches (see `check_thresholds`).
    """

    pattern: str
    minimum: float
    kind: str = ""

    def what(self) -> str:
        """The kind; by default that of the pattern "total", else package."""
        return self.kind or (TOTAL if self.pattern == TOTAL else "package")


@dataclass(frozen=True)
class ThresholdResult:
    """What came of a threshold; ``name`` is that of the package, file or function, or the kind itself.

    ``actual`` is None where nothing matched, or where nothing was changed; the first is a miss, the second is not.
    """

    pattern: str
    name: str
    minimum: float
    actual: float | None
    passed: bool
    kind: str = TOTAL

    def as_dict(self) -> ThresholdRecord:
        """The result as in summary.json."""
        return cast("ThresholdRecord", asdict(self))


def check_thresholds(
    coverage: Coverage, thresholds: Sequence[Threshold], changed: ChangedRecord | None = None
) -> list[ThresholdResult]:
    """The results of all ``thresholds``, the worst first: by how much they are missed.

    Patterns of packages and files are those of `scope.matches`. A function is ``Name`` or ``Type.Name``, alone or
    behind its package and a dot (``store.Store.Put``, ``internal/store.Store.Put``), and a pattern a glob over that;
    ``(*Type).Name`` is the same as ``Type.Name``. ``changed`` is the part of summary.json that says what of the changes
    ran.
    """
    results = [result for threshold in thresholds for result in _check(coverage, threshold, changed)]
    return sorted(results, key=lambda result: (result.passed, _shortfall(result), result.kind, result.name))


def _shortfall(result: ThresholdResult) -> float:
    return (result.actual or 0.0) - result.minimum


def _check(coverage: Coverage, threshold: Threshold, changed: ChangedRecord | None) -> list[ThresholdResult]:
    pattern, minimum, kind = threshold.pattern, threshold.minimum, threshold.what()
    if kind == TOTAL:
        return [ThresholdResult(pattern, TOTAL, minimum, coverage.percent, coverage.percent >= minimum, kind)]
    if kind == CHANGED:
        statements = changed["statements"] if changed else None
        actual = statements["percent"] if statements and statements["total"] else None
        passed = statements is not None and (actual is None or actual >= minimum)
        return [ThresholdResult(pattern, CHANGED, minimum, actual, passed, kind)]
    results = []
    for name, covered, total in _meant(coverage, threshold):
        actual = percent(covered, total)
        results.append(ThresholdResult(pattern, name, minimum, actual, actual >= minimum, kind))
    return results or [ThresholdResult(pattern, pattern, minimum, None, False, kind)]


def _meant(coverage: Coverage, threshold: Threshold) -> Iterator[tuple[str, int, int]]:
    """Name, covered and total of whatever has statements and is meant."""
    pattern, kind, module = threshold.pattern, threshold.what(), coverage.module
    plain = _plain(pattern)
    for package in coverage.packages:
        if kind == "package":
            if package.total and package_matches(pattern, package.name, module):
                yield package.name, package.covered, package.total
            continue
        for file in package.files:
            if kind == "file":
                if file.total and matches(pattern, file, module):
                    yield file.name, file.covered, file.total
                continue
            for function in file.functions:
                names = _names_of(function, file, module) if function.total else ()
                if any(fnmatchcase(name, plain) for name in names):
                    yield f"{file.package}.{function.name}", function.covered, function.total


def _names_of(function: FunctionCoverage, file: FileCoverage, module: str) -> tuple[str, ...]:
    name = _plain(function.name)
    own = below(file.package, module)
    last = file.package.rpartition("/")[2]
    return name, name.rpartition(".")[2], *(f"{package}.{name}" for package in (last, own, file.package))


def _plain(name: str) -> str:
    """A function's name, or a pattern of such names, without what says that a receiver is a pointer."""
    plain = name.removeprefix("./").replace("(*", "").replace(")", "")
    # "*T.Name" is how Go's own data marks a pointer's method; in a pattern, the star matches nothing as well.
    return plain[1:] if plain.startswith("*") and len(plain) > 1 and plain[1].isalpha() and "." in plain else plain


def parse_thresholds(described: Mapping[str, Any]) -> list[Threshold]:
    """Thresholds as users write them, in percent. Raises Failure for anything else.

    ``{"total": 60, "changed": 80, "packages": {PATTERN: 80}, "files": {PATTERN: 50}, "functions": {PATTERN: 100}}``
    """
    known = (*_SINGLE, *_BY_PATTERN)
    unknown = sorted(str(key) for key in set(described) - set(known))
    if unknown:
        raise _bad_threshold(f"{', '.join(unknown)} is none of {', '.join(known)}")
    thresholds = [Threshold(kind, described[kind], kind) for kind in _SINGLE if described.get(kind) is not None]
    for group, kind in _BY_PATTERN.items():
        patterns = described.get(group) or {}
        if not isinstance(patterns, Mapping):
            raise _bad_threshold(f"{group} is {patterns!r:.80}, not patterns with a percentage each")
        thresholds += [Threshold(str(pattern), minimum, kind) for pattern, minimum in patterns.items()]
    for threshold in thresholds:
        minimum: Any = threshold.minimum
        if isinstance(minimum, bool) or not isinstance(minimum, (int, float)) or not 0 <= minimum <= 100:
            raise _bad_threshold(f"{threshold.pattern} is {minimum!r}, not a number from 0 to 100")
    return [Threshold(threshold.pattern, float(threshold.minimum), threshold.kind) for threshold in thresholds]


def check_since(thresholds: Sequence[Threshold], changed_since: str) -> None:
    """Raise Failure if there is a threshold for what was changed, and nobody says since when."""
    if not changed_since and any(threshold.what() == CHANGED for threshold in thresholds):
        raise failure(
            "The threshold for changed lines cannot be checked",
            "threshold-invalid",
            "It is not said since when lines count as changed",
            "Set service_changed_since, to origin/main for example",
        )


def _bad_threshold(evidence: str) -> Failure:
    return failure(
        "The thresholds are not as they should be",
        "threshold-invalid",
        evidence,
        "Write them as {total: 60, changed: 80, packages: {./internal/...: 80}, files: {'*_handler.go': 50}, functions:"
        " {'Store.*': 90}}",
    )
