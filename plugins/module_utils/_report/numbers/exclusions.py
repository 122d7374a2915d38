# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts nowhere, and why: by pattern, by package, as generated code, by comments in the source.

What is excluded is always shown, with its numbers and the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..formats.lines import blocks_by_function
from ..source.ignored import Ignored, merged_lines
from ..source.sources import Sources
from .model import Block, Coverage, FileCoverage, FunctionCoverage, PackageCoverage, count_statements
from .schema import ExclusionRecord
from .scope import matches

GENERATED = "generated code"
COMMENT = "a comment in the source"
#: How many comments without effect a report names, each with a warning of its own.
_MOST_NAMED = 50


@dataclass(frozen=True)
class Exclusion:
    """A file, or ``lines`` of it as [first, last] of each stretch, with the statements in it, and why."""

    name: str
    covered: int
    total: int
    reason: str
    lines: tuple[tuple[int, int], ...] = ()

    def as_dict(self) -> ExclusionRecord:
        """The exclusion as in summary.json."""
        described: ExclusionRecord = {
            "name": self.name,
            "covered": self.covered,
            "total": self.total,
            "reason": self.reason,
        }
        if self.lines:
            described["lines"] = [list(stretch) for stretch in self.lines]
        return described


def exclude(
    coverage: Coverage,
    patterns: Sequence[str] = (),
    generated: bool = False,
    comments: bool = False,
    sources: Sources | None = None,
) -> tuple[Coverage, list[Exclusion]]:
    """``coverage`` without what is excluded, and what that is, in the order of packages and files.

    ``patterns`` are those of `scope.matches`; ``generated`` takes out generated files, ``comments`` what comments in
    the source say (see ignored.py), for which ``sources`` are needed. Its warnings name each comment without effect.
    """
    excluded: list[Exclusion] = []
    without_effect: list[str] = []
    packages = []
    for package in coverage.packages:
        files = []
        for file in package.files:
            reason = _reason_for_file(file, coverage.module, patterns, generated)
            ignored = sources.ignored(file.name) if comments and sources and not reason else None
            if ignored is not None and ignored.whole_file is not None:
                reason = _by_comment(ignored.whole_file)
            if reason:
                excluded.append(Exclusion(file.name, file.covered, file.total, reason))
            else:
                files.append(_without_ignored(file, ignored, excluded) if ignored else file)
                for line, problem in ignored.without_effect(file.blocks) if ignored else ():
                    without_effect.append(f"the comment at {file.name}:{line} excludes nothing: {problem}")
        if files or not package.files:
            packages.append(PackageCoverage.of_files(package.name, files, package.module))
    more = len(without_effect) - _MOST_NAMED
    named = [*without_effect[:_MOST_NAMED], *([f"{more} more comments exclude nothing"] if more > 0 else [])]
    return replace(coverage, packages=packages, warnings=[*coverage.warnings, *named]), excluded


def reasons(exclusions: Sequence[Exclusion]) -> Mapping[str, str]:
    """Why each file that is excluded as a whole is, by its name."""
    return {exclusion.name: f"excluded: {exclusion.reason}" for exclusion in exclusions if not exclusion.lines}


def _reason_for_file(file: FileCoverage, module: str, patterns: Sequence[str], generated: bool) -> str:
    for pattern in patterns:
        if matches(pattern, file, module):
            return f"the pattern {pattern}"
    return GENERATED if generated and file.generated else ""


def _by_comment(words: str) -> str:
    return f"{COMMENT}: {words}" if words else COMMENT


def _without_ignored(file: FileCoverage, ignored: Ignored, excluded: list[Exclusion]) -> FileCoverage:
    gone: dict[str, list[Block]] = {}
    kept = []
    for block in file.blocks:
        words = ignored.reason_for(block)
        if words is None:
            kept.append(block)
        else:
            gone.setdefault(_by_comment(words), []).append(block)
    if not gone:
        return file
    for reason, blocks in gone.items():
        lines = tuple((first, last) for first, last in merged_lines(blocks))
        excluded.append(Exclusion(file.name, *count_statements(blocks), reason, lines))
    left = set(kept)
    functions = []
    for function, blocks in blocks_by_function(file):
        remaining = [block for block in blocks if block in left]
        if len(remaining) == len(blocks):
            functions.append(function)
        elif remaining:
            functions.append(_with_blocks(function, remaining))
    made = FileCoverage.of_blocks(file.name, file.package, kept, functions)
    made.generated = file.generated
    return made


def _with_blocks(function: FunctionCoverage, blocks: list[Block]) -> FunctionCoverage:
    covered, total = count_statements(blocks)
    return replace(function, covered=covered, total=total, blocks=blocks)
