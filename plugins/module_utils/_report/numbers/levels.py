# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test levels beside the end-to-end tests: what unit or integration tests ran of the same statements.

Levels are compared statement by statement within what the headline counts. What a level has beyond that, files that are
not part of the program, is named and counts nowhere.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from ..._covdata.errors import CovdataError
from ..._covdata.merge import merge_directories
from ..._diagnosis import failure
from ..formats.lines import blocks_by_function
from ..formats.profile import parse_profile
from .combining import Finding, Place, combine, mismatch, place_of, why_all_differ
from .from_covdata import coverage_of
from .model import Block, Coverage, FileCoverage, FunctionCoverage, percent
from .schema import LevelNote, LevelNumbers, LevelsDescription, LevelSource

#: The level of the data that is reported.
E2E = "e2e"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MOST_NAMED = 10
_LARGEST_PROFILE = 1024 * 1024 * 1024  # Kubernetes with all its dependencies has a twentieth
_NOWHERE: Set[Place] = frozenset()


@dataclass
class Level:
    """What a level ran; ``paths`` are the profiles and directories that it was read from."""

    name: str
    coverage: Coverage
    paths: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)


def parse_profiles(described: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The paths of each level, from ``{"unit": PATH or [PATH, ...]}``. Raises Failure for anything else."""
    levels = {}
    for name, paths in described.items():
        listed = [paths] if isinstance(paths, str) else paths
        well = isinstance(listed, (list, tuple)) and listed and all(isinstance(p, str) and p for p in listed)
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name == E2E or not well:
            raise failure(
                "The profiles of other test levels are not as they should be",
                "option-invalid",
                f"{name!s:.80} is {paths!r:.80}",
                "Write them as {unit: unit.out, integration: [first.out, covdata-directory]}; e2e is what is reported",
            )
        levels[name] = tuple(listed)
    return levels


def read_level(name: str, paths: Sequence[str]) -> Level:
    """Read a level from text profiles and from directories of covmeta and covcounters files.

    Raises Failure where one cannot be read.
    """
    read = []
    findings = []
    for path in paths:
        try:
            if os.path.isdir(path):
                coverage = coverage_of(merge_directories([path], relaxed=True))
                findings += [Finding("orphan-counters", warning) for warning in coverage.warnings]
            else:
                _check_file(path)
                with open(path, encoding="utf-8", errors="replace") as lines:
                    coverage = parse_profile(lines, path)
        except OSError as error:
            raise failure(
                f"The coverage of level {name} cannot be read",
                "profile-missing",
                f"{path}: {error.strerror}",
                "Make it first (go test -coverprofile=FILE ./... or go test -cover ./... -args -test.gocoverdir=DIR),"
                " or take it out of service_profiles",
            ) from error
        except CovdataError as error:
            raise failure(
                f"The coverage of level {name} cannot be used", error.cause, error.evidence, error.remedy
            ) from error
        read.append(coverage)
    combined, mismatches = combine(*read)
    return Level(name, combined, tuple(paths), findings + mismatches)


def _check_file(path: str) -> None:
    """Raise OSError or CovdataError for what would never end, or not fit: a device, a file of many gigabytes."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_PROFILE:
        what = f"has {status.st_size} bytes" if stat.S_ISREG(status.st_mode) else "is no file"
        raise CovdataError(
            "truncated-data", f"{path} {what}", "name a Go text profile, or a directory of coverage data"
        )


class Levels:
    """The levels laid over ``coverage``, the end-to-end data with all that was instrumented."""

    def __init__(self, coverage: Coverage, levels: Sequence[Level]) -> None:
        self.names = [E2E, *(level.name for level in levels)]
        self.levels = levels
        #: Why it is not known what a level ran of the program, by its name: none of its files can be compared.
        self.unknown: dict[str, str] = {}
        self.merged, self._notes = _merged(coverage, levels)
        self._covered: list[dict[str, set[Place]]] = []
        self._nothing = [0] * (4 + len(self.names))
        self._tallies: dict[int, tuple[FileCoverage, list[int]]] = {}
        self._sources: list[LevelSource] = []
        base = {file.name: file for file in coverage.files()}
        for level in levels:
            covered, source = _held_against(base, level)
            self._covered.append(covered)
            self._sources.append(source)
            if not source["fits"]:
                self.unknown[level.name] = _why_nothing_fits(base, level, bool(source["mismatched"]))
                if not source["mismatched"]:
                    self._notes.append(Finding("profile-unplaced", self.unknown[level.name]))
            reason = why_all_differ(coverage, level.coverage) if source["mismatched"] else ""
            if reason:
                evidence = f"{level.name}: {reason}; measure both with one Go version"
                self._notes.insert(0, Finding("block-mismatch", evidence))

    def numbers(self, files: Iterable[FileCoverage]) -> LevelNumbers:
        """What the levels ran of ``files``, in statements.

        ``total``; ``covered`` by each level; ``both`` by e2e and another; ``only_e2e``; ``any``, and the ``percent``
        that it is of the total.
        """
        return self._described(
            [sum(column) for column in zip(self._nothing, *map(self._tally_of_file, files), strict=True)]
        )

    def functions(self, file: FileCoverage) -> list[tuple[FunctionCoverage, LevelNumbers]]:
        """What the levels ran of each function of ``file``."""
        return [
            (function, self._described(self._tally(file.name, blocks))) for function, blocks in blocks_by_function(file)
        ]

    def described(self) -> LevelsDescription:
        """The part of summary.json that says what the levels are: ``names``, ``sources`` and ``notes``."""
        notes: list[LevelNote] = [{"cause": note.cause, "evidence": note.evidence} for note in self._notes]
        return {"names": self.names, "sources": self._sources, "notes": notes}

    def _tally_of_file(self, file: FileCoverage) -> list[int]:
        known = self._tallies.get(id(file))
        if known is None:
            # The file is kept too, so that no other one gets its id.
            known = self._tallies[id(file)] = (file, self._tally(file.name, file.blocks))
        return known[1]

    def _tally(self, name: str, blocks: Iterable[Block]) -> list[int]:
        """The statements of ``blocks``: all, both, only e2e, any, then those of each level."""
        of_levels: list[Set[Place]] = [places.get(name, _NOWHERE) for places in self._covered]
        total = both = only = anyone = e2e = 0
        covered = [0] * len(of_levels)
        for block in blocks:
            statements = block[4]
            total += statements
            place = block[:5]
            elsewhere = False
            for index, places in enumerate(of_levels):
                if place in places:
                    covered[index] += statements
                    elsewhere = True
            if block[5]:
                e2e += statements
                anyone += statements
                if elsewhere:
                    both += statements
                else:
                    only += statements
            elif elsewhere:
                anyone += statements
        return [total, both, only, anyone, e2e, *covered]

    def _described(self, tally: Sequence[int]) -> LevelNumbers:
        total, both, only, anyone, *covered = tally
        return {
            "total": total,
            "covered": dict(zip(self.names, covered, strict=True)),
            "both": both,
            "only_e2e": only,
            "any": anyone,
            "percent": percent(anyone, total),
        }


def _merged(coverage: Coverage, levels: Sequence[Level]) -> tuple[Coverage, list[Finding]]:
    """The sum of all levels, and what there is to say about it."""
    notes = []
    merged, mismatches = combine(coverage, *(level.coverage for level in levels))
    for level in levels:
        notes += [Finding(finding.cause, f"{level.name}: {finding.evidence}") for finding in level.findings]
        if level.coverage.mode != coverage.mode:
            evidence = (
                f"{level.name} counts in mode {level.coverage.mode}, e2e in {coverage.mode}: merged.out has mode"
                f" {merged.mode}, as go tool covdata merge -pcombine makes it"
            )
            notes.append(Finding("mode-clash", evidence))
    named = mismatches[:_MOST_NAMED]
    if len(mismatches) > len(named):
        named.append(Finding("block-mismatch", f"{len(mismatches) - len(named)} more files differ"))
    return merged, notes + named


def _held_against(base: Mapping[str, FileCoverage], level: Level) -> tuple[dict[str, set[Place]], LevelSource]:
    """The places that ``level`` ran, by file, where they can be compared; and the level for summary.json."""
    covered: dict[str, set[Place]] = {}
    mismatched, beyond = [], []
    for file in level.coverage.files():
        known = base.get(file.name)
        if known is None:
            beyond.append(file)
        elif mismatch(known, file):
            mismatched.append(file.name)
        else:
            covered[file.name] = {place_of(block) for block in file.blocks if block.count}
    return covered, {
        "name": level.name,
        "paths": list(level.paths),
        "mode": level.coverage.mode,
        "fits": len(covered),
        "mismatched": mismatched,
        "beyond": {"files": len(beyond), "statements": sum(file.total for file in beyond)},
    }


def _why_nothing_fits(base: Mapping[str, FileCoverage], level: Level, differs: bool) -> str:
    files = [file.name for file in level.coverage.files()]
    if not files:
        return f"Level {level.name} is unknown: {', '.join(level.paths)} names no file"
    if differs:
        return (
            f"Level {level.name} is unknown: its files were built from other source, or by another Go, than the program"
        )
    return (
        f"Level {level.name} is unknown: none of its {len(files)} files, such as {files[0]}, is a file of the program,"
        f" such as {next(iter(base), 'none')}. Make the profile of the program's packages, or set service_source_map"
    )
