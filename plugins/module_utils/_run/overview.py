# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of the runs of all services below one directory: as a table, a page and a file."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .. import _files
from .._report.numbers.schema import ServiceRow, Summary
from .._report.numbers.scope import basis_sentence
from .._report.numbers.summary import headline_of, without_files
from .._report.page.overview import render_overview
from . import journal
from .lifecycle import DEPENDENCIES, JOURNAL

SUMMARY = "summary.json"
#: Steps in the order in which a run takes them, for the columns of durations.
_STEPS = (
    *("cluster", "image", "load", "deploy", "patch", "ready"),
    *("exercise", "shutdown", "collect", "report", "restore"),
)


class Row(ServiceRow, total=False):
    """A service with its last run."""

    journal: journal.Document


def read_rows(root: Path) -> list[Row]:
    """A row for each directory below ``root`` that holds results, sorted by name.

    A row is the service's summary.json, if it has one, with ``service``, ``passed``, ``outcome`` (``{cause, message}``
    where the last run failed), ``journal`` (its run.json) and, where the run covered any, ``dependencies`` (rows in the
    same form, without a journal).
    """
    rows = []
    for directory in sorted(root.iterdir()) if root.is_dir() else []:
        run = journal.read(directory / JOURNAL)
        summary = _read_summary(directory / SUMMARY)
        if directory.name.startswith(".") or not (run or summary):
            continue
        row = t.cast("Row", _row(directory.name, summary, run, run.get("failures", [])))
        row["journal"] = run
        dependencies = [_dependency(directory, name, run) for name in run.get("covered_dependencies") or []]
        if dependencies:
            row["dependencies"] = dependencies
        rows.append(row)
    return rows


def _dependency(results: Path, name: str, run: journal.Document) -> ServiceRow:
    """The row of what a run covered beside its service, with those failures that are of its steps."""
    own = [entry for entry in run.get("failures", []) if entry.get("unit") == name]
    row = _row(name, _read_summary(results / DEPENDENCIES / name / SUMMARY), run, own)
    return row if row["current"] else _row(name, {}, run, own)


def _row(name: str, summary: Summary, run: journal.Document, failures: t.Sequence[t.Mapping[str, t.Any]]) -> ServiceRow:
    row = t.cast("ServiceRow", without_files(summary))
    row["service"], row["passed"] = name, bool(summary.get("passed"))
    if failures:
        diagnosis = failures[0].get("diagnosis") or [{}]
        row["passed"] = False
        row["outcome"] = {"cause": diagnosis[0].get("cause", ""), "message": failures[0]["msg"]}
    # Results of an earlier run must not be taken for those of this one.
    row["current"] = bool(summary) and (summary.get("run") or {}).get("id") == run.get("run")
    return row


def table(rows: t.Sequence[Row]) -> list[str]:
    """The coverage of each service, as lines of text; below it, set in, that of its dependencies by the same tests."""
    cells = [("SERVICE", "COVERAGE", "STATEMENTS", "FUNCTIONS", "TESTS", "RESULT")]
    for row in rows:
        result = ("passed" if row["passed"] else _why(row)) + _lost(row)
        cells.append((row["service"], *_numbers(row), _tests(row), result))
        for dependency in row.get("dependencies", ()):
            result = _why(dependency) if "outcome" in dependency else ""
            cells.append((f"  {dependency['service']}", *_numbers(dependency), "", result))
    return ["", *_aligned(cells, left=(0, 5))]


def step_table(rows: t.Sequence[Row]) -> list[str]:
    """How long each step of each service took, in seconds, as lines of text.

    OTHER is what the run took beyond these steps: the check of the files, Ansible itself, and waiting for others.
    """
    used = [step for step in _STEPS if any(_seconds(row, step) is not None for row in rows)]
    if not used:
        return []
    cells = [("SECONDS", *(step.upper() for step in used), "OTHER", "TOTAL")]
    for row in rows:
        seconds = [_seconds(row, step) for step in used]
        steps = sum(taken for taken in seconds if taken is not None)
        total = row["journal"].get("seconds")
        other = None if total is None else max(total - steps, 0.0)
        cells.append((row["service"], *map(_shown, [*seconds, other, steps if total is None else total])))
    return ["", *_aligned(cells, left=(0,))]


def warning_lines(rows: t.Sequence[Row]) -> list[str]:
    """What the preflight of each service has found, as lines of text."""
    lines = [
        f"  {row['service']}: {found['file']}:{found['line']}: {found['message']} [{found['rule']}]"
        for row in rows
        for found in row["journal"].get("preflight", [])
    ]
    return ["", "Mistakes in files, of which docs/lint.md says more:", *lines] if lines else []


def _shown(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"


def footer(root: Path, rows: t.Sequence[Row]) -> list[str]:
    """Where the reports are."""
    places: list[tuple[Path, ServiceRow]] = [(root / row["service"], row) for row in rows]
    if sum(row["current"] for row in rows) > 1:
        places = [(root, {"current": True})]
    for place, row in list(places):
        places += [(place / DEPENDENCIES / found["service"], found) for found in row.get("dependencies", ())]
    reports = [place / "index.html" for place, row in places if row["current"]]
    return ["", *(f"Report: {report}" for report in reports), ""] if reports else [""]


def write(root: Path, rows: t.Sequence[Row], check_mode: bool = False) -> bool:
    """Write the page and the summary over all services, unless in check mode; returns whether that changes anything."""
    services = [t.cast("ServiceRow", {key: value for key, value in row.items() if key != "journal"}) for row in rows]
    started = max((row["journal"].get("started") or "" for row in rows), default="")
    contents = {
        "index.html": render_overview(services, started),
        SUMMARY: _files.json_text({"schema": 1, "passed": all(row["passed"] for row in rows), "services": services}),
    }
    changed = False
    for name, content in contents.items():
        path = root / name
        try:
            if not path.is_file() or path.read_text(encoding="utf-8") != content:
                changed = True
                if not check_mode:
                    _files.write_file(path, content)
        except OSError as error:
            raise _files.unwritable(root, error) from error
    return changed


def _read_summary(path: Path) -> Summary:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return t.cast("Summary", summary) if isinstance(summary, dict) else {}


def _numbers(row: ServiceRow) -> tuple[str, str, str]:
    if not row["current"]:
        return "-", "-", "-"
    statements, functions = headline_of(row), (row.get("scope") or row)["functions"]
    return (
        "few" if basis_sentence(row.get("basis")) else f"{statements['percent']:.1f}%",
        f"{statements['covered']}/{statements['total']}",
        f"{functions['covered']}/{functions['total']}",
    )


def _tests(row: Row) -> str:
    tests = row["journal"].get("tests")
    if not tests:
        return "-"
    failed = len(tests["failed"])
    if tests["passed"] is None:
        return f"{failed} failed" if failed else "count unknown" if tests["ok"] else "failed, count unknown"
    if tests["passed"] + failed == 0:
        return "none"
    return f"{tests['passed']} passed" + (f", {failed} failed" if failed else "")


def _lost(row: Row) -> str:
    """How many processes have left their counters, where some have not."""
    collected = row["journal"].get("collected")
    processes = collected.get("processes") if collected else None
    if processes is None or processes["counted"] >= processes["ended"]:
        return ""
    return f", counters of {processes['counted']} of {processes['ended']} processes"


def _why(row: ServiceRow) -> str:
    outcome = row.get("outcome")
    return f"failed: {outcome['cause']}" if outcome is not None and outcome["cause"] else "failed"


def _seconds(row: Row, step: str) -> float | None:
    """What a step took, with what it took for the dependencies; None if it did not run."""
    taken = [entry["seconds"] for entry in row["journal"].get("steps", []) if entry["name"].split(" ")[0] == step]
    return sum(taken) if taken else None


def _aligned(cells: t.Sequence[t.Sequence[str]], left: t.Collection[int]) -> list[str]:
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
