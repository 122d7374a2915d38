# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report is held against, as parts of the page: test levels, changed lines, a baseline; and what is not counted.

Each is a heading that says the essence, and unfolds to a table that needs no JavaScript. All of it is in summary.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..numbers.schema import (
    BaselineRecord,
    ChangedRecord,
    ExclusionRecord,
    FileRecord,
    LevelNumbers,
    LevelsRecord,
    Share,
    Summary,
)
from ..numbers.summary import unknown_levels
from .document import anchor, percent, text, tone

# summary.json has them all.
_MOST_ROWS = 2000
_MOST_STRETCHES = 20
_LINES_LEFT = "Lines that did not run"
# Columns of words, not numbers.
_WORDS = (_LINES_LEFT, "Lines", "Why")
_LEFT, _RIGHT = "", ' class="num"'


def held_against(summary: Summary, linked: Mapping[str, int]) -> str:
    """The parts that the summary has something for, as HTML; files in ``linked`` have a place on the page."""
    return (
        _changed(summary.get("changed"), linked)
        + _levels(summary.get("levels"), summary.get("files") or [], linked)
        + _baseline(summary.get("baseline"))
        + _excluded(summary.get("excluded") or [], linked)
    )


def line_notes(summary: Summary) -> dict[str, list[list[Any]]]:
    """What to say of lines in the source, by file name: [first line, last line, class, words] of each stretch."""
    notes: dict[str, list[list[Any]]] = {}
    changed = summary.get("changed")
    for file in changed.get("files", []) if changed is not None else ():
        words = f"changed since {summary['changed']['since']}"
        notes.setdefault(file["name"], []).extend([first, last, "n", words] for first, last in file["uncovered"])
    for exclusion in summary.get("excluded") or []:
        words = f"not counted: {exclusion.get('reason', 'excluded')}"
        for first, last in exclusion.get("lines", []):
            notes.setdefault(exclusion["name"], []).append([first, last, "x", words])
    return notes


def _changed(changed: ChangedRecord | None, linked: Mapping[str, int]) -> str:
    if changed is None:
        return ""
    since = f"since {text(changed['since'])}"
    statements, lines = changed["statements"], changed["lines"]
    if not lines["total"]:
        return f'<p class="held">No measured line has changed {since}.</p>\n'
    rows = []
    for file in changed["files"]:
        stretches = [_stretch(file["name"], first, last, linked) for first, last in file["uncovered"]]
        more = len(stretches) - _MOST_STRETCHES
        listed = ", ".join(stretches[:_MOST_STRETCHES]) + (f" and {more} more" if more > 0 else "")
        rows.append([_file(file["name"], linked), *_numbers(file["statements"]), f"<td>{listed or 'none'}</td>"])
    said = (
        f"Changed {since}: {_share(statements)} of {statements['total']:,} statements ran,"
        f" {lines['total'] - lines['covered']:,} of {lines['total']:,} lines did not"
    )
    names = changed.get("unmeasured") or []
    beside = f"<p>Changed, but not part of the program: {', '.join(map(text, names[:_MOST_ROWS]))}</p>" if names else ""
    return _part("changed", said, ["File", "Covered/total", "Percent", _LINES_LEFT], rows, beside, True)


def _levels(levels: LevelsRecord | None, files: Sequence[FileRecord], linked: Mapping[str, int]) -> str:
    if levels is None:
        return ""
    names = [*levels["names"][1:], levels["names"][0]]
    total = levels["total"]

    unknown = unknown_levels(levels)

    def cells(numbers: LevelNumbers) -> list[str]:
        counts = [None if name in unknown else numbers["covered"][name] for name in names]
        counts += [numbers["both"], numbers["only_e2e"], numbers["any"]]
        return [
            '<td class="num" data-v="-1">unknown</td>'
            if count is None
            else f'<td class="num" title="{count} of {numbers["total"]}"'
            f' data-v="{100 * count / numbers["total"] if numbers["total"] else -1:.4f}">'
            f"{percent(count, numbers['total'])}</td>"
            for count in counts
        ]

    rows = [[_name(package["name"]), *cells(package)] for package in levels["packages"]]
    rows += [[_file(file["name"], linked), *cells(file["levels"])] for file in files if file.get("levels")]
    counts = [(text(name), total["covered"][name]) for name in names]
    counts += [("both", total["both"]), ("only e2e", total["only_e2e"]), ("any", total["any"])]
    shares = [f"{name} {'unknown' if name in unknown else percent(count, total['total'])}" for name, count in counts]
    said = "Test levels: " + ", ".join(shares)
    notes = "".join(f"<li>{text(note.get('evidence', ''))}</li>" for note in levels.get("notes", [])[:_MOST_ROWS])
    heads = ["Package, then file", *names, "Both", "Only e2e", "Any"]
    return _part("levels", said, heads, rows, f"<ul>{notes}</ul>" if notes else "")


def _baseline(baseline: BaselineRecord | None) -> str:
    if baseline is None:
        return ""
    if baseline.get("missing"):
        return f'<p class="held">No baseline to compare with: {text(baseline["missing"])}.</p>\n'
    before = f"from {baseline['before']['percent']:.1f}%"
    drift = baseline["drift"]
    if baseline["change"] is None:
        said = f"Not comparable with the baseline, {before}: {text(drift['evidence'] if drift is not None else '')}"
    else:
        said = f"Against the baseline: {baseline['change']:+.1f} points, {before}"
    rows = []
    for row in (*baseline["packages"], *baseline["functions"]):
        name = f"{row['file']}: {row['name']}" if "file" in row else row["name"]
        change = row["change"]
        shares = [_share(row["before"]), _share(row["after"])]
        rows.append(
            [
                _name(name),
                *(f'<td class="num">{share}</td>' for share in shares),
                f'<td class="num" data-v="{0 if change is None else change:.4f}">'
                f"{'' if change is None else f'{change:+.1f}'}</td>",
            ]
        )
    return _part("baseline", said, ["Package, then function, that differs", "Before", "Now", "Points"], rows)


def _excluded(excluded: Sequence[ExclusionRecord], linked: Mapping[str, int]) -> str:
    if not excluded:
        return ""
    rows = []
    for exclusion in excluded:
        name = exclusion["name"]
        stretches = [_stretch(name, first, last, linked) for first, last in exclusion.get("lines", [])]
        where = ", ".join(stretches[:_MOST_STRETCHES]) or "the file"
        reason = f"<td>{text(exclusion.get('reason', 'excluded'))}</td>"
        rows.append([_file(name, linked), f"<td>{where}</td>", *_numbers(exclusion), reason])
    total = sum(exclusion["total"] for exclusion in excluded)
    places = "1 place" if len(excluded) == 1 else f"{len(excluded):,} places"
    said = f"Not counted: {total:,} statements in {places}, and why"
    return _part("excluded", said, ["File", "Lines", "Covered/total", "Percent", "Why"], rows)


def _part(
    name: str, said: str, heads: Iterable[str], rows: Sequence[Sequence[str]], beside: str = "", unfolded: bool = False
) -> str:
    """A heading that unfolds; ``heads`` are plain text, everything else is HTML."""
    columns = "".join(
        f'<th scope="col"{_LEFT if number == 0 or head in _WORDS else _RIGHT} data-sort="ascending">{text(head)}</th>'
        for number, head in enumerate(heads)
    )
    more = len(rows) - _MOST_ROWS
    if more > 0:
        beside += f"<p>{more:,} more are in summary.json.</p>"
    body = "".join(f"<tr>{''.join(cells)}</tr>\n" for cells in rows[:_MOST_ROWS])
    table = f'<div class="scroll"><table><thead><tr>{columns}</tr></thead>\n<tbody>{body}</tbody></table></div>'
    opened = " open" if unfolded else ""
    content = (table if rows else "") + beside
    return f'<details class="held" id="held-{name}"{opened}><summary>{said}</summary>\n{content}</details>\n'


def _name(name: str) -> str:
    return f'<th scope="row">{text(name)}</th>'


def _file(name: str, linked: Mapping[str, int]) -> str:
    shown = f'<a href="#{text(anchor(name))}">{text(name)}</a>' if name in linked else text(name)
    return f'<th scope="row">{shown}</th>'


def _stretch(name: str, first: int, last: int, linked: Mapping[str, int]) -> str:
    shown = str(first) if first == last else f"{first}-{last}"
    return f'<a href="#{text(anchor(name))}:{first}">{shown}</a>' if name in linked else shown


def _numbers(numbers: Share | ExclusionRecord) -> list[str]:
    covered, total = numbers["covered"], numbers["total"]
    share = 100 * covered / total if total else -1
    return [
        f'<td class="num" data-v="{total}">{covered:,}/{total:,}</td>',
        f'<td class="num {tone(covered, total)}" data-v="{share:.4f}">{percent(covered, total)}</td>',
    ]


def _share(numbers: Share | None) -> str:
    return "-" if numbers is None else percent(numbers["covered"], numbers["total"])
