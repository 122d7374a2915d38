# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The step of the module coverage_lint: check, show, write, and fail where the user wants that."""

from __future__ import annotations

import typing as t
from dataclasses import asdict
from pathlib import Path

from .. import _files
from .._diagnosis import Diagnosis, Failure
from .._outcome import Outcome
from . import fixes
from .check import RULES, check_paths
from .finding import Finding
from .output import render, text_lines

if t.TYPE_CHECKING:
    from .._run.step import Step

_FAILING: dict[str, tuple[str, ...]] = {"error": ("error",), "warning": ("error", "warning"), "never": ()}


def lint(this: Step) -> Outcome:
    """Check the files. Raises Failure, with the findings as its result, if one has a level that fails."""
    params = this.params
    findings, notes, sources = check_paths(params["paths"], params["root"] or "")
    files, fixed = fixes.fix(findings, sources) if params["fix"] else ([], [])
    if not this.check_mode:
        fixes.write(files, params["root"] or "")
    findings = [entry for entry in findings if entry not in fixed]
    for line in text_lines(findings):
        this.progress.text(line)
    for note in notes:
        this.progress.note(f"skipped {note.file}: it {note.reason}")
    for file in files:
        this.progress.text(fixes.unified(file))
    changed = _write(params, render(params["format"], findings, RULES), this.check_mode) or bool(files)
    result = {
        "changed": changed,
        "findings": [entry.as_dict() for entry in findings],
        "fixed": [entry.as_dict() for entry in fixed],
        "skipped": [asdict(note) for note in notes],
    }
    diff = [{"before_header": name, "after_header": name, "before": old, "after": new} for name, old, new in files]
    failing = [entry for entry in findings if entry.level in _FAILING[params["fail_on"]]]
    if failing:
        count = f"{len(failing)} mistake" + ("s cost" if len(failing) > 1 else " costs")
        raise Failure(f"{count} coverage data", list(map(_diagnosis, failing)), result)
    return Outcome(changed=changed, result=result, diff=diff)


def _diagnosis(entry: Finding) -> Diagnosis:
    return Diagnosis("lint-findings", f"{entry.file}:{entry.line} ({entry.rule}): {entry.message}", entry.remedy)


def _write(params: t.Mapping[str, t.Any], text: str, check_mode: bool) -> bool:
    """Write the findings to a file, if one is wanted; returns whether its content changes."""
    if not params["dest"]:
        return False
    path = Path(params["dest"])
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        if not check_mode:
            _files.write_file(path, text)
    except OSError as error:
        raise _files.unwritable(path, error) from error
    return True
