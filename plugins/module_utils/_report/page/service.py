# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""index.html of one service: packages, files, functions and source in one file that needs no network.

What the tables say is plain HTML, so it can be read, printed and searched without JavaScript. The functions of a big
program would cost a browser more than all the rest, so they stand in a <noscript>; the script has them, the blocks
and the source of each file as separate zlib streams, and unpacks the one that a reader asks for. A page of 200,000
blocks opens as quickly as its table of files.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from ..numbers.failed_tests import failed_tests
from ..numbers.gates import said_of
from ..numbers.model import Coverage, Decimals, FileCoverage, FunctionCoverage, PackageCoverage
from ..numbers.schema import Share, Summary, ThresholdRecord
from ..numbers.scope import basis_sentence
from .assets import REPORT_SCRIPT
from .document import anchor, facts, meter, moment, page, percent, text, tone
from .held_against import held_against, line_notes
from .treemap import render_map

_place_of = attrgetter("line", "name")
# On Go's standard library, level 4 packs to within a twentieth of level 9, in a quarter of the time.
_ZLIB_LEVEL = 4
# A bigger program opens with its packages folded: the reader sees the whole first, and the browser lays out little.
_MOST_FILES_UNFOLDED = 60
_MOST_WARNINGS = 20
_MOST_FUNCTIONS_LISTED = 100_000  # for those who read without JavaScript


def render(
    coverage: Coverage,
    summary: Summary,
    source: Callable[[str], str | None] | Mapping[str, str],
    excluded: Mapping[str, str] | None = None,
) -> str:
    """The report of one service as one HTML document.

    `summary` is summary.json's dict (design.md), from which the headline is made; `source` gives a file's text by its
    name in the profile, or None where it is not at hand: the page then shows the file's blocks by line numbers.
    `excluded` says why a file is not counted, by file name; such files are shown, as excluded. The output depends on
    the arguments alone, not on the order of dicts.
    """
    text_of = source if callable(source) else source.get
    packages = sorted(coverage.packages, key=lambda package: package.name)
    files = [file for package in packages for file in sorted(package.files, key=lambda file: file.name)]
    number = {file.name: index for index, file in enumerate(files)}
    service = str(summary.get("service", ""))
    body = (
        '<a class="skip" href="#main">To the tables</a>\n'
        + _header(summary, packages, len(files))
        + '<main id="main" tabindex="-1">\n'
        + _TOOLS
        + _packages_table(packages, number, excluded or {}, held_against(summary, number))
        + _functions_section(files)
        + _FILE_VIEW
        + "</main>\n"
        + _FOOTER
        + f'<script type="text/plain" id="data">\n{_payload(files, text_of, line_notes(summary))}\n</script>\n'
    )
    attributes = f' data-mode="{text(coverage.mode)}" data-service="{text(service)}"'
    return page(f"{service} coverage", body, REPORT_SCRIPT, attributes)


def _packed(json_text: str) -> str:
    return base64.b64encode(zlib.compress(json_text.encode(), _ZLIB_LEVEL)).decode()


def _payload(
    files: Sequence[FileCoverage], text_of: Callable[[str], str | None], notes: Mapping[str, Sequence[Sequence[Any]]]
) -> str:
    """One zlib stream in base64 a line: the functions of all files, then each file's blocks and source."""
    functions = [[(f.name, f.line, f.covered, f.total, f.count) for f in _by_line(file)] for file in files]
    lines = [_packed(json.dumps(functions, separators=(",", ":")))]
    number = Decimals()
    for file in files:
        # Six integers a block need no JSON encoder, which takes many times as long.
        blocks = ",".join(
            [
                f"[{number[a]},{number[b]},{number[c]},{number[d]},{number[e]},{number[f]}]"
                for a, b, c, d, e, f in sorted(file.blocks)
            ]
        )
        noted = f',"notes":{json.dumps(notes[file.name])}' if file.name in notes else ""
        lines.append(_packed(f'{{"blocks":[{blocks}],"source":{json.dumps(text_of(file.name))}{noted}}}'))
    return "\n".join(lines)


def _by_line(file: FileCoverage) -> list[FunctionCoverage]:
    return sorted(file.functions, key=_place_of)


def _header(summary: Summary, packages: Sequence[PackageCoverage], file_count: int) -> str:
    whole = summary.get("statements") or Share(covered=0, total=0, percent=0.0)
    head = summary.get("scope") or whole
    covered, total = head["covered"], head["total"]
    counted = f"{covered:,} of {total:,} statements"
    if head is not whole:
        counted += (
            f' in scope <span class="muted">({percent(whole["covered"], whole["total"])}, '
            f"{whole['covered']:,} of {whole['total']:,} of all that was instrumented)</span>"
        )
    verdict = ""
    if "passed" in summary:
        word, css = ("passed", "good") if summary["passed"] else ("failed", "poor")
        verdict = f'<span class="verdict {css}">{word}</span>'
    few = basis_sentence(summary.get("basis"))
    # A percentage of next to nothing is not to be read as that of the program.
    figure = (
        f'<span role="note"><strong>{text(few)}.</strong></span>'
        if few
        else f'<span class="percent {tone(covered, total)}">{percent(covered, total)}</span>'
    )
    return (
        '<header>\n<div class="top"><div><p class="eyebrow">End-to-end coverage</p>'
        f"<h1>{text(summary.get('service', ''))}</h1></div>"
        '<button type="button" id="help" class="js-only" aria-haspopup="dialog">Keys <kbd>?</kbd></button>'
        '<button type="button" id="theme" class="js-only" aria-pressed="false">Dark</button></div>\n'
        '<div id="overview">\n'
        f'<p class="headline">{figure} <span>{counted}</span> {verdict}</p>\n'
        f'<div class="{tone(covered, total)}">{meter(covered, total, "bar big")}</div>\n'
        + facts(_facts(summary, len(packages), file_count))
        + _misses(summary)
        + _warnings(summary)
        + render_map(packages)
        + "</div>\n</header>\n"
    )


def _facts(summary: Summary, package_count: int, file_count: int) -> Iterable[tuple[str, str]]:
    functions = summary.get("functions")
    if functions:
        yield "Functions reached", f"{functions['covered']:,} of {functions['total']:,}"
    yield "Packages, files", f"{package_count:,}, {file_count:,}"
    yield "Mode", text(summary.get("mode", ""))
    if summary.get("go_version"):
        yield "Go", text(summary["go_version"])
    run = summary.get("run") or {}
    if run.get("started"):
        yield "Run", moment(run["started"])
    tests = summary.get("tests")
    if isinstance(tests, Mapping) and "passed" in tests:
        word, css = ("passed", "good") if tests["passed"] else ("failed", "poor")
        seconds = f" in {float(tests['seconds']):.1f} s" if tests.get("seconds") is not None else ""
        yield "Tests", f'<span class="{css}">{word}</span>{seconds}'
    thresholds = summary.get("thresholds") or []
    if thresholds:
        reached = sum(1 for threshold in thresholds if threshold.get("passed"))
        css = "good" if reached == len(thresholds) else "poor"
        yield "Thresholds", f'<span class="{css}">{reached} of {len(thresholds)} reached</span>'
    if "meta_files" in summary:
        yield "Data files", f"{summary['meta_files']} meta, {summary.get('counter_files', 0)} counter"


def _misses(summary: Summary) -> str:
    """Each threshold that was missed, worst first, and the tests if they failed."""
    failed = failed_tests(summary)
    says = [f"<p>{text(failed)}</p>"] if failed else []
    missed = [threshold for threshold in summary.get("thresholds") or [] if not threshold.get("passed")]
    missed.sort(key=lambda t: (float(t.get("actual") or 0) - float(t.get("minimum") or 0), str(t.get("name"))))
    for threshold in missed:
        says.append(
            f"<p><strong>{text(threshold.get('name', ''))}</strong> {_reached(threshold)}, "
            f"required: {float(threshold.get('minimum') or 0):g}%</p>"
        )
    says += [f"<p>The gate {text(said_of(gate))}</p>" for gate in summary.get("gates") or [] if not gate.get("passed")]
    return f'<div class="misses poor" role="note">{"".join(says)}</div>\n' if says else ""


def _warnings(summary: Summary) -> str:
    """What the numbers do not say by themselves: files that are not at hand, other programs, data that is left over."""
    in_headline = basis_sentence(summary.get("basis"))
    warnings = [warning for warning in summary.get("warnings") or [] if warning != in_headline]
    says = [f"<p>{text(warning)}.</p>" for warning in warnings[:_MOST_WARNINGS]]
    if len(warnings) > _MOST_WARNINGS:
        says.append(f"<p>{len(warnings) - _MOST_WARNINGS} more warnings are in summary.json.</p>")
    return f'<div class="misses" role="note">{"".join(says)}</div>\n' if says else ""


def _reached(threshold: ThresholdRecord) -> str:
    actual = threshold.get("actual")
    return "matches nothing" if actual is None else f"is at {float(actual):.1f}%"


def _number_cells(covered: int, total: int) -> str:
    share = 100.0 * covered / total if total else -1.0
    colour = tone(covered, total)
    return (
        f'<td class="num" data-v="{total - covered}">{total - covered:,}</td>'
        f'<td class="num wide" data-v="{total}">{covered:,}/{total:,}</td>'
        f'<td class="num {colour}" data-v="{share:.4f}">{percent(covered, total)}</td>'
        f'<td class="w {colour}">{meter(covered, total)}</td>'
    )


def _packages_table(
    packages: Sequence[PackageCoverage], number: Mapping[str, int], excluded: Mapping[str, str], before: str
) -> str:
    opening = '<tbody class="folded">' if len(number) > _MOST_FILES_UNFOLDED else "<tbody>"
    left_out: dict[str, list[str]] = {}
    for name in sorted(set(excluded) - set(number)):
        left_out.setdefault(name.rpartition("/")[0], []).append(name)
    bodies = []
    for package in packages:
        rows = [_group_row(package.name, _number_cells(package.covered, package.total))]
        for file in sorted(package.files, key=lambda file: file.name):
            rows.append(
                f'<tr class="file" data-f="{number[file.name]}" data-of="{file.covered}/{file.total}"><th scope="row">'
                f'<a href="#{text(anchor(file.name))}">{text(file.name.rsplit("/", 1)[-1])}</a></th>'
                f"{_number_cells(file.covered, file.total)}</tr>\n"
            )
        rows += _excluded_rows(left_out.pop(package.name, []), excluded)
        bodies.append(opening + "".join(rows) + "</tbody>\n")
    for name, names in sorted(left_out.items()):
        rows = [_group_row(name, _NO_NUMBERS), *_excluded_rows(names, excluded)]
        bodies.append(opening + "".join(rows) + "</tbody>\n")
    files = "1 file" if len(excluded) == 1 else f"{len(excluded)} files"
    note = f"<small>{files} excluded, shown as such</small>" if excluded else ""
    return (
        f'<section id="packages" aria-label="Packages and files">\n{before}<div class="scroll"><table'
        f' id="package-table"><caption>Packages and files{note}</caption>\n<thead><tr><th scope="col"'
        ' data-sort="ascending">Package, file</th><th scope="col" class="num" data-sort="descending">Uncovered</th><th'
        ' scope="col" class="num wide" data-sort="descending">Covered/total</th><th scope="col" class="num"'
        ' data-sort="ascending">Percent</th><th scope="col" class="w"><span class="quiet">Bar</span></th></tr>'
        "</thead>\n"
        + "".join(bodies)
        + '</table></div>\n<p id="none" class="none" hidden>No files match.</p>\n</section>\n'
    )


def _group_row(name: str, cells: str) -> str:
    return (
        f'<tr class="group" data-name="{text(name)}"><th scope="rowgroup"'
        f' id="package={text(name)}">{text(name)}</th>{cells}</tr>\n'
    )


_NO_NUMBERS = (
    '<td class="num" data-v="-1"></td><td class="num wide" data-v="-1"></td><td class="num" data-v="-1"></td><td'
    ' class="w"></td>'
)


def _excluded_rows(names: Sequence[str], excluded: Mapping[str, str]) -> list[str]:
    return [
        f'<tr class="excluded" data-name="{text(name)}"><th scope="row">{text(name.rsplit("/", 1)[-1])} '
        f'<span class="mark">excluded</span> {text(excluded[name].removeprefix("excluded: "))}</th>{_NO_NUMBERS}</tr>\n'
        for name in names
    ]


class _Shares(dict[tuple[int, int], str]):
    """Two cells by the numbers in them, covered and total: those of functions come again and again."""

    def __missing__(self, numbers: tuple[int, int]) -> str:
        covered, total = numbers
        cells = self[numbers] = f"{covered:,}/{total:,}<td>{percent(covered, total)}"
        return cells


def _bare(reason: str) -> str:
    return reason.removeprefix("excluded: ")


def _functions_section(files: Sequence[FileCoverage]) -> str:
    head = (
        '<thead><tr><th scope="col" data-sort="ascending">Function</th><th scope="col" class="wide"'
        ' data-sort="ascending">Where</th><th scope="col" class="num calls wide"'
        ' data-sort="descending">Calls</th><th scope="col" class="num" data-sort="descending">Uncovered</th><th'
        ' scope="col" class="num wide" data-sort="descending">Covered/total</th><th scope="col" class="num"'
        ' data-sort="ascending">Percent</th></tr></thead>'
    )
    shares = _Shares()
    bodies = []
    left = _MOST_FUNCTIONS_LISTED
    for file in files:
        left -= len(file.functions)
        if left < 0:
            break
        # HTML lets the end tags of cells and rows be left out, which halves the table of a big program.
        rows = "".join(
            f'<tr><th scope="row">{text(f.name)}<td>{f.line}<td>{shares[f.covered, f.total]}\n' for f in _by_line(file)
        )
        bodies.append(
            f'<tbody id="{text(file.name)}"><tr class="group"><th colspan="4"'
            f' scope="rowgroup">{text(file.name)}\n{rows}</tbody>'
        )
    rest = "" if left >= 0 else " Of so many, these are the first; functions.txt has all."
    return (
        '<section id="functions" aria-label="Functions">\n<div class="scroll js-only"><table'
        f' class="js-only"><caption>Functions</caption>{head}<tbody'
        ' id="function-rows"></tbody></table></div>\n<p><button type="button" id="more" class="js-only" hidden>Show'
        " more</button></p>\n<noscript><p>The source with its covered and uncovered lines needs JavaScript; these are"
        f' the functions.{rest}</p><table><caption>Functions</caption><thead><tr><th scope="col">Function<th'
        ' scope="col">Line<th scope="col">Covered/total<th'
        f' scope="col">Percent</thead>{"".join(bodies)}</table></noscript>\n</section>\n'
    )


_TOOLS = """\
<div class="js-only" id="tools"><div class="tools">
<nav id="views" aria-label="Views"><a href="#" data-view="packages">Packages</a><a href="#functions"
data-view="functions">Functions</a></nav>
<input type="search" id="filter" placeholder="Filter by name  /" aria-label="Filter by name" autocomplete="off"
spellcheck="false">
<label class="check"><input type="checkbox" id="hide"> Hide covered</label>
</div></div>
"""

_FILE_VIEW = """\
<section id="file" aria-label="Source" hidden>
<div class="tools">
<a href="#" id="back">All files</a>
<div class="where"><strong id="file-name"></strong> <span id="file-percent" class="num"></span>
<small class="muted"><span id="file-count"></span><span id="runs"></span></small></div>
<button type="button" id="previous" aria-keyshortcuts="p">Previous <kbd>p</kbd></button>
<button type="button" id="next" aria-keyshortcuts="n">Next uncovered <kbd>n</kbd></button>
<label class="check"><input type="checkbox" id="hide-lines"> Hide covered</label>
<label class="check"><input type="checkbox" id="heat" checked> Heat</label>
</div>
<div class="split">
<nav class="outline" aria-label="Functions of this file" tabindex="0"><ol id="outline"></ol></nav>
<div>
<div class="code" id="code"><div class="rows" id="rows" role="region" aria-label="Source code" tabindex="0"></div>
<div class="ruler" id="ruler" aria-hidden="true"></div></div>
<div id="no-source" hidden>
<p>The source of this file was not at hand when the report was made. These are its blocks.</p>
<table><caption>Blocks</caption><thead><tr><th scope="col">From line.column to line.column</th>
<th scope="col" class="num">Statements</th>
<th scope="col" class="num">Count</th></tr></thead><tbody id="block-rows"></tbody></table></div>
</div></div>
</section>
"""

_FOOTER = """\
<footer>Percentages count statements, as Go does. Made by gocover.e2e.</footer>
<p class="quiet" id="said" role="status"></p>
<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
<dl><dt><kbd>n</kbd> <kbd>p</kbd></dt><dd>next, previous uncovered place, in other files too</dd>
<dt><kbd>]</kbd> <kbd>[</kbd></dt><dd>next, previous file</dd>
<dt><kbd>c</kbd></dt><dd>hide what is covered</dd>
<dt class="js-heat"><kbd>h</kbd></dt><dd class="js-heat">heat by hit count</dd>
<dt><kbd>/</kbd></dt><dd>filter</dd>
<dt><kbd>o</kbd> <kbd>f</kbd></dt><dd>packages, functions</dd>
<dt><kbd>t</kbd></dt><dd>dark or light</dd>
<dt><kbd>?</kbd></dt><dd>these keys</dd></dl>
<form method="dialog"><button>Close</button></form></dialog>
"""
