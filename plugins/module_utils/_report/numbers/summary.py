# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""summary.json: the numbers of a report, schema 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, cast

from ..source.sources import Sources
from ..source.splitting import splitting_of
from .baseline import Baseline, compare
from .exclusions import Exclusion, exclude
from .gates import Gate, check_gates
from .levels import Levels
from .model import Coverage, FileCoverage, FunctionCoverage, percent
from .schema import (
    ChangedRecord,
    FileRecord,
    FunctionCounts,
    FunctionRecord,
    LevelNumbers,
    LevelsRecord,
    PackageRecord,
    Share,
    Summary,
)
from .scope import basis_of, basis_sentence, headline_scope
from .thresholds import Threshold, check_thresholds

SCHEMA = 1


class _Numbers(TypedDict):
    statements: Share
    packages: list[PackageRecord]
    functions: FunctionCounts


@dataclass(frozen=True)
class Selection:
    """What counts: ``counted`` is what was instrumented less what is excluded, ``headline`` what of it is in scope."""

    everything: Coverage
    counted: Coverage
    headline: Coverage
    excluded: tuple[Exclusion, ...] = ()


@dataclass(frozen=True)
class Demands:
    """What the numbers are held against; ``changed`` is what `changed.measure_changes` makes."""

    thresholds: Sequence[Threshold] = ()
    gates: Sequence[Gate] = ()
    baseline: Baseline | None = None
    changed: ChangedRecord | None = None
    levels: Levels | None = None


def select(
    coverage: Coverage,
    exclusions: Sequence[str] = (),
    scope: Sequence[str] = (),
    generated: bool = False,
    comments: bool = False,
    sources: Sources | None = None,
) -> Selection:
    """What counts of ``coverage``: see `exclusions.exclude` and `scope.headline_scope`."""
    counted, excluded = exclude(coverage, exclusions, generated, comments, sources)
    return Selection(coverage, counted, headline_scope(counted, scope), tuple(excluded))


def summarize(
    coverage: Coverage,
    service: str,
    go_version: str | None = None,
    exclude: Sequence[str] = (),
    scope: Sequence[str] = (),
    thresholds: Sequence[Threshold] = (),
) -> Summary:
    """The summary of ``coverage`` with the simplest of demands: see `summary_of`."""
    return summary_of(select(coverage, exclude, scope), service, go_version, Demands(thresholds))


def summary_of(
    selection: Selection, service: str, go_version: str | None = None, demands: Demands | None = None
) -> Summary:
    """The dictionary that summary.json holds; ready for ``json.dumps``.

    ``statements``, ``packages`` and ``functions`` count what was instrumented, less what is excluded, which stands in
    ``excluded``. ``scope`` is there where the headline counts less than that. ``files`` are those of the headline, with
    their functions. Thresholds are checked against the headline's statements. A function counts as covered if it was
    entered; function literals outside functions are listed, and do not count as functions. Gates see all of it, so they
    come last.
    """
    demands = demands or Demands()
    coverage, counted, headline = selection.everything, selection.counted, selection.headline
    results = check_thresholds(headline, demands.thresholds, demands.changed)
    numbers = _numbers(counted)
    summary: Summary = {
        "schema": SCHEMA,
        "service": service,
        "go_version": go_version,
        "splitting": splitting_of(coverage),
        "mode": coverage.mode,
        "statements": numbers["statements"],
        "packages": numbers["packages"],
        "functions": numbers["functions"],
        "meta_files": coverage.meta_files,
        "counter_files": coverage.counter_files,
        "passed": all(result.passed for result in results),
        "thresholds": [result.as_dict() for result in results],
        "excluded": [exclusion.as_dict() for exclusion in selection.excluded],
        "basis": basis_of(headline, counted),
        "warnings": list(counted.warnings),
    }
    few = basis_sentence(summary["basis"])
    if few:
        summary["warnings"].insert(0, few)
    if (headline.covered, headline.total) != (counted.covered, counted.total):
        numbers = _numbers(headline)
        summary["scope"] = {
            **numbers["statements"],
            "packages": numbers["packages"],
            "functions": numbers["functions"],
        }
    levels = demands.levels
    if levels is not None:
        summary["warnings"] += levels.unknown.values()
        summary["levels"] = {
            **levels.described(),
            "total": levels.numbers(headline.files()),
            "packages": [{"name": p.name, **levels.numbers(p.files)} for p in headline.packages if p.total],
        }
    if demands.changed is not None:
        summary["changed"] = demands.changed
    summary["files"] = [_file(file, levels) for file in headline.files()]
    if demands.baseline is not None:
        summary["baseline"] = compare(demands.baseline, summary)
    return summary


def hold_against_gates(summary: Summary, gates: Sequence[Gate]) -> None:
    """Add the part ``gates`` to a summary that is complete but for it; ``passed`` follows."""
    if gates:
        results = check_gates(gates, summary)
        summary["gates"] = results
        summary["passed"] = bool(summary["passed"] and all(result["passed"] for result in results))


def headline_of(summary: Summary) -> Share:
    """The numbers that stand for the whole summary: those of the scope if it has one."""
    return summary.get("scope") or summary["statements"]


def unknown_levels(levels: LevelsRecord) -> set[str]:
    """The names of the levels of which no file can be compared: their numbers are no percentage of anything."""
    return {source["name"] for source in levels.get("sources", ()) if source.get("fits") == 0}


def said_of(summary: Summary) -> list[str]:
    """What of the summary belongs beside the headline, as lines for a terminal; none where nothing was asked for."""
    said = []
    levels = summary.get("levels")
    if levels:
        total = levels["total"]
        counts = [(name, total["covered"][name]) for name in (*levels["names"][1:], levels["names"][0])]
        counts += [("both", total["both"]), ("only e2e", total["only_e2e"]), ("any", total["any"])]
        unknown = unknown_levels(levels)
        shares = [
            f"{name} unknown" if name in unknown else f"{name} {percent(count, total['total']):.1f}%"
            for name, count in counts
        ]
        said.append("levels: " + ", ".join(shares))
    changed = summary.get("changed")
    if changed:
        lines, statements = changed["lines"], changed["statements"]
        measured = (
            f"{statements['percent']:.1f}% of {statements['total']} statements,"
            f" {lines['total'] - lines['covered']} of {lines['total']} lines did not run"
        )
        said.append(f"changed since {changed['since']}: {measured if lines['total'] else 'nothing was measured'}")
    baseline = summary.get("baseline")
    if baseline:
        drift = baseline.get("drift")
        if baseline["change"] is not None:
            said.append(f"baseline: {baseline['change']:+.1f} points, from {baseline['before']['percent']:.1f}%")
        else:
            said.append(f"baseline: {baseline.get('missing') or (drift['evidence'] if drift is not None else '')}")
    return said


def without_files(summary: Summary) -> Summary:
    """The summary without the part that grows with the program: what a task returns, and what the overview keeps."""
    return cast("Summary", {key: value for key, value in summary.items() if key != "files"})


def summary_text(summary: Summary) -> str:
    """The text of summary.json: indented for people, but a line for each file, however many functions it has."""
    head = json.dumps(without_files(summary), indent=2, ensure_ascii=False)
    # One string for each file by the C encoder: an indented list of all functions would take ten times as long.
    files = ",\n".join("    " + json.dumps(file, ensure_ascii=False) for file in summary.get("files", ()))
    listed = f"[\n{files}\n  ]" if files else "[]"
    return f'{head[:-2]},\n  "files": {listed}\n}}\n'


def _file(file: FileCoverage, levels: Levels | None) -> FileRecord:
    described: FileRecord = {
        "name": file.name,
        "package": file.package,
        "covered": file.covered,
        "total": file.total,
        "percent": percent(file.covered, file.total),
        "functions": [_function(function) for function in file.functions],
    }
    if levels is not None:
        described["levels"] = levels.numbers([file])
        described["functions"] = [_function(function, numbers) for function, numbers in levels.functions(file)]
    return described


def _function(function: FunctionCoverage, levels: LevelNumbers | None = None) -> FunctionRecord:
    described: FunctionRecord = {
        "name": function.name,
        "line": function.line,
        "covered": function.covered,
        "total": function.total,
    }
    if function.literal:
        described["literal"] = True
    if levels is not None:
        described["levels"] = levels
    return described


def _numbers(coverage: Coverage) -> _Numbers:
    functions = [function for function in coverage.functions() if not function.literal]
    return {
        "statements": _statements(coverage.covered, coverage.total),
        "packages": [{"name": p.name, **_statements(p.covered, p.total)} for p in coverage.packages],
        "functions": {"covered": sum(function.count > 0 for function in functions), "total": len(functions)},
    }


def _statements(covered: int, total: int) -> Share:
    return {"covered": covered, "total": total, "percent": percent(covered, total)}
