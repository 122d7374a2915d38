# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""index.html over all services: one row a service, with its percentage, its verdict and why it failed."""

from __future__ import annotations

from collections.abc import Sequence

from ..numbers.schema import ServiceRow
from ..numbers.scope import basis_sentence
from .assets import OVERVIEW_SCRIPT
from .document import anchor, facts, meter, moment, page, percent, text, tone


def render_overview(summaries: Sequence[ServiceRow], started: str | None = None) -> str:
    """The page over all services as one HTML document; rows are sorted by service.

    Each of `summaries` is a service's summary.json (design.md), or for a service without a report at least
    `{"service": str, "passed": False}`. An optional `outcome` {"cause": str, "message": str} says why it failed. The
    link goes to SERVICE/index.html beside the page, where `statements` says that there is a report. `started`: ISO
    8601 time of the run. `dependencies`, in the same form, are what the tests of a service ran beside it: rows below
    its own, whose links go to SERVICE/dependencies/NAME/index.html.
    """
    ordered = sorted(summaries, key=lambda summary: str(summary.get("service", "")))
    passed = sum(1 for summary in ordered if summary.get("passed"))
    said = [("Services", f"{len(ordered)}"), ("Passed", f'<span class="good">{passed}</span>')]
    if passed < len(ordered):
        said.append(("Failed", f'<span class="poor">{len(ordered) - passed}</span>'))
    if started:
        said.append(("Run", moment(started)))
    body = (
        '<header>\n<div class="top"><div><p class="eyebrow">End-to-end coverage</p><h1>All services</h1></div>'
        '<button type="button" id="theme" class="js-only" aria-pressed="false">Dark</button></div>\n'
        + facts(said)
        + '</header>\n<main>\n<div class="scroll"><table><caption>Services</caption>\n<thead><tr>'
        '<th scope="col" data-sort="ascending">Service</th><th scope="col" data-sort="ascending">Verdict</th>'
        '<th scope="col" class="num wide" data-sort="descending">Covered/total</th>'
        '<th scope="col" class="num" data-sort="ascending">Percent</th>'
        '<th scope="col" class="w"><span class="quiet">Bar</span></th></tr></thead>\n'
        + _bodies(ordered)
        + "</table></div>\n</main>\n"
        "<footer>Percentages count statements, as Go does. Services share packages, so they are not added up. "
        "Made by gocover.e2e.</footer>\n"
    )
    return page("Coverage of all services", body, OVERVIEW_SCRIPT)


def _bodies(summaries: Sequence[ServiceRow]) -> str:
    """The rows; a service with those of its dependencies is a group, which stays together when the table is sorted."""
    if not any(summary.get("dependencies") for summary in summaries):
        return f"<tbody>{''.join(_row(summary) for summary in summaries)}</tbody>"
    bodies = []
    for summary in summaries:
        dependencies = summary.get("dependencies") or ()
        beside = f"{_address(summary)}/dependencies/"
        rows = "".join(_row(dependency, beside) for dependency in dependencies)
        bodies.append(f"<tbody>{_row(summary, css='group' if dependencies else '')}{rows}</tbody>\n")
    return "".join(bodies)


def _address(summary: ServiceRow) -> str:
    return text(anchor(str(summary.get("service", ""))).replace("/", "%2F"))


def _row(summary: ServiceRow, beside: str = "", css: str = "") -> str:
    """A row; the report is in a directory of its name in `beside`."""
    counts = summary.get("scope") or summary.get("statements")
    name = text(str(summary.get("service", "")))
    if counts:
        name = f'<a href="{beside}{_address(summary)}/index.html">{name}</a>'
    row = f'<tr class="{css}">' if css else "<tr>"
    word, css = ("passed", "good") if summary.get("passed") else ("failed", "poor")
    cells = f'<th scope="row">{name}</th><td><span class="verdict {css}">{word}</span>{_reason(summary)}</td>'
    if not counts:
        return (
            f'{row}{cells}<td class="num wide" data-v="-1"></td><td class="num muted" data-v="-1">no data</td><td'
            ' class="w"></td></tr>\n'
        )
    covered, total = int(counts.get("covered", 0)), int(counts.get("total", 0))
    colour = tone(covered, total)
    few = basis_sentence(summary.get("basis"))
    if few:
        return (
            f'{row}{cells}<td class="num wide" data-v="{total}">{covered:,}/{total:,}</td><td class="num muted"'
            f' data-v="-1" title="{text(few)}">few</td><td class="w"></td></tr>\n'
        )
    return (
        f'{row}{cells}<td class="num wide" data-v="{total}">{covered:,}/{total:,}</td><td class="num {colour}"'
        f' data-v="{100.0 * covered / total if total else 0.0:.4f}">{percent(covered, total)}</td><td class="w'
        f' {colour}">{meter(covered, total)}</td></tr>\n'
    )


def _reason(summary: ServiceRow) -> str:
    """Why the service failed: what the run recorded, or else the thresholds that were missed and the tests."""
    if summary.get("passed"):
        return ""
    outcome = summary.get("outcome")
    if outcome is not None and (outcome["message"] or outcome["cause"]):
        cause = f'<span class="mark">{text(outcome["cause"])}</span> ' if outcome["cause"] else ""
        return f" {cause}{text(outcome['message'])}"
    reasons = ["tests failed"] if (summary.get("tests") or {}).get("passed") is False else []
    for threshold in summary.get("thresholds") or []:
        if not threshold.get("passed"):
            actual, minimum = float(threshold.get("actual") or 0), float(threshold.get("minimum") or 0)
            reasons.append(f"{threshold.get('name', '')} {actual:.1f}%, below {minimum:.1f}%")
    return " " + text("; ".join(reasons)) if reasons else ""
