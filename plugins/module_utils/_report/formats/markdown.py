# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""summary.md: a summary for a CI step or a pull request comment (GitHub-flavoured Markdown, no links, no images)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..numbers.failed_tests import failed_tests
from ..numbers.gates import said_of
from ..numbers.model import percent
from ..numbers.schema import (
    BaselineRecord,
    ChangedRecord,
    FunctionCounts,
    GateRecord,
    LevelNumbers,
    LevelsRecord,
    PackageRecord,
    Share,
    Summary,
    ThresholdRecord,
)
from ..numbers.scope import basis_sentence
from ..numbers.summary import headline_of, unknown_levels

_MAX_ROWS = 200  # GitHub cuts a comment off at 65,536 characters
_MAX_CHANGES = 50
_MAX_STRETCHES = 12
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&$])")


def markdown_summary(summary: Summary) -> str:
    """The text of summary.md for a dictionary as `summary.summarize` makes it.

    Names are escaped, percentages rounded.
    """
    return "\n".join(_lines(summary)) + "\n"


def escape(text: str) -> str:
    """``text`` so that Markdown shows it as it is: no markup, mention, link or table cell comes out of it."""
    one_line = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", one_line).replace("://", ":&#8203;//")


def _lines(summary: Summary) -> Iterator[str]:
    headline = headline_of(summary)
    few = basis_sentence(summary.get("basis"))
    share = _fraction(headline) if few else _share(headline)
    yield f"### {escape(summary['service'])}: {share} of statements covered end to end"
    yield ""
    if few:
        yield f"**{escape(few)}.**"
        yield ""
    if failed := failed_tests(summary):
        yield f"**{escape(failed)}**"
        yield ""
    functions = summary.get("scope", summary)["functions"]
    yield f"{_fraction(headline)} statements and {_fraction(functions)} functions ran."
    if "scope" in summary:
        whole = summary["statements"]
        yield f"With dependencies and generated code: {_share(whole)}, {_fraction(whole)} statements."
    yield from _baseline_lines(summary.get("baseline"))
    yield from _threshold_lines(summary["thresholds"])
    yield from _gate_lines(summary.get("gates") or [])
    yield from _changed_lines(summary.get("changed"))
    yield from _level_lines(summary.get("levels"))
    yield from _package_lines(summary.get("scope", summary)["packages"])
    yield from _detail_lines(summary)


def _threshold_lines(thresholds: list[ThresholdRecord]) -> Iterator[str]:
    missed = [threshold for threshold in thresholds if not threshold["passed"]]
    if not thresholds:
        return
    yield ""
    if not missed:
        yield f"All {len(thresholds)} thresholds are met." if len(thresholds) > 1 else "The threshold is met."
        return
    yield f"**{len(missed)} of {len(thresholds)} thresholds missed:**"
    yield ""
    for threshold in missed[:_MAX_ROWS]:
        nothing = f"matches no {threshold.get('kind') or 'package'}"
        actual = nothing if threshold["actual"] is None else f"is at {threshold['actual']:.1f}%"
        yield f"- {escape(threshold['name'])} {actual}, required: {threshold['minimum']:g}%"


def _gate_lines(gates: list[GateRecord]) -> Iterator[str]:
    failed = [gate for gate in gates if not gate["passed"]]
    if not gates:
        return
    yield ""
    if not failed:
        yield f"All {len(gates)} gates are passed." if len(gates) > 1 else "The gate is passed."
        return
    yield f"**{len(failed)} of {len(gates)} gates failed:**"
    yield ""
    for gate in failed[:_MAX_ROWS]:
        yield f"- {escape(said_of(gate))}"


def _baseline_lines(baseline: BaselineRecord | None) -> Iterator[str]:
    if baseline is None:
        return
    yield ""
    if "missing" in baseline:
        yield f"No baseline to compare with: {escape(baseline['missing'])}."
        return
    if baseline["drift"]:
        yield (
            f"Not comparable with the baseline ({baseline['before']['percent']:.1f}%):"
            f" {escape(baseline['drift']['evidence'])}."
        )
    else:
        yield f"{_points(baseline['change'])} against the baseline ({baseline['before']['percent']:.1f}%)."
    for what in ("packages", "functions"):
        rows = baseline[what][:_MAX_CHANGES]
        if not rows:
            continue
        yield ""
        yield f"| {what[:-1]} that differs | before | now | |"
        yield "|:--|--:|--:|--:|"
        for row in rows:
            name = f"{row['file'].rpartition('/')[0]}.{row['name']}" if "file" in row else row["name"]
            before, after = _share(row["before"]), _share(row["after"])
            yield f"| {escape(name)} | {before} | {after} | {_points(row['change'])} |"
        if len(baseline[what]) > len(rows):
            yield f"| ... and {len(baseline[what]) - len(rows)} more | | | |"


def _changed_lines(changed: ChangedRecord | None) -> Iterator[str]:
    if changed is None:
        return
    yield ""
    since = f"since {escape(changed['since'])}"
    if not changed["lines"]["total"]:
        yield f"No line of code that was measured has changed {since}."
        return
    yield (
        f"**Changed {since}: {_share(changed['statements'])} of statements covered**"
        f" ({_fraction(changed['statements'])} statements, {_fraction(changed['lines'])} lines)."
    )
    uncovered = [file for file in changed["files"] if file["uncovered"]]
    if not uncovered:
        return
    yield ""
    yield "| changed file | covered | lines that did not run |"
    yield "|:--|--:|:--|"
    for file in uncovered[:_MAX_CHANGES]:
        stretches = [str(first) if first == last else f"{first}-{last}" for first, last in file["uncovered"]]
        said = ", ".join(stretches[:_MAX_STRETCHES])
        if len(stretches) > _MAX_STRETCHES:
            said += f" and {len(stretches) - _MAX_STRETCHES} more"
        yield f"| {escape(file['path'])} | {_share(file['statements'])} | {said} |"
    if len(uncovered) > _MAX_CHANGES:
        yield f"| ... and {len(uncovered) - _MAX_CHANGES} more | | |"


def _level_lines(levels: LevelsRecord | None) -> Iterator[str]:
    if levels is None:
        return
    others = levels["names"][1:]
    unknown = unknown_levels(levels)
    yield ""
    yield f"| package | {' | '.join(map(escape, others))} | e2e | both | only e2e | any |"
    yield "|:--|" + "--:|" * (len(others) + 4)
    yield _level_row("**all**", levels["total"], others, unknown)
    rows = sorted(levels["packages"], key=lambda package: (package["percent"], -package["total"], package["name"]))
    for package in rows[:_MAX_CHANGES]:
        yield _level_row(escape(package["name"]), package, others, unknown)
    if len(rows) > _MAX_CHANGES:
        yield f"| ... and {len(rows) - _MAX_CHANGES} better ones |" + " |" * (len(others) + 4)
    for note in levels["notes"][:_MAX_CHANGES]:
        yield ""
        yield f"{escape(note['evidence'])} ({note['cause']})."


def _level_row(name: str, numbers: LevelNumbers, others: list[str], unknown: set[str]) -> str:
    cells = [
        "unknown" if level in unknown else f"{percent(numbers['covered'][level], numbers['total']):.1f}%"
        for level in (*others, "e2e")
    ]
    cells += [f"{percent(numbers[which], numbers['total']):.1f}%" for which in ("both", "only_e2e")]
    return f"| {name} | " + " | ".join([*cells, f"{numbers['percent']:.1f}%"]) + " |"


def _points(change: float | None) -> str:
    return "" if change is None else f"{change:+.1f} points"


def _package_lines(packages: list[PackageRecord]) -> Iterator[str]:
    rows = sorted((p for p in packages if p["total"]), key=lambda p: (p["percent"], -p["total"], p["name"]))
    if not rows:
        return
    yield ""
    yield "| package | covered | statements |"
    yield "|:--|--:|--:|"
    for package in rows[:_MAX_ROWS]:
        yield f"| {escape(package['name'])} | {_share(package)} | {_fraction(package)} |"
    if len(rows) > _MAX_ROWS:
        yield f"| ... and {len(rows) - _MAX_ROWS} better ones | | |"


def _detail_lines(summary: Summary) -> Iterator[str]:
    yield ""
    yield "<details><summary>Details</summary>"
    yield ""
    yield f"- Go: {escape(summary['go_version'] or 'unknown version')}, mode {escape(summary['mode'])}"
    yield f"- Data: {summary['meta_files']} covmeta, {summary['counter_files']} covcounters files"
    if summary["excluded"]:
        total = sum(entry["total"] for entry in summary["excluded"])
        files = {entry["name"] for entry in summary["excluded"]}
        yield f"- Excluded: {_plural(total, 'statement')} in {_plural(len(files), 'file')}"
        for entry in summary["excluded"][:_MAX_CHANGES]:
            reason = escape(entry.get("reason", ""))
            yield f"  - {escape(entry['name'])}: {_plural(entry['total'], 'statement')}, {reason}"
    for warning in summary["warnings"][:_MAX_ROWS]:
        yield f"- Warning: {escape(warning)}"
    yield ""
    yield "</details>"


def _share(numbers: Share | None) -> str:
    if numbers is None:
        return "-"
    return f"{numbers['percent']:.1f}%" if numbers["total"] else "-"


def _fraction(numbers: Share | FunctionCounts) -> str:
    return f"{numbers['covered']:,}/{numbers['total']:,}"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
