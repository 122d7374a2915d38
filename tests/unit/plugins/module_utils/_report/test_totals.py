# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The totals of all formats are held against each other once they are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.bundle import (
    Report,
    ReportSpec,
    make_report,
    write_report,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.totals import differing_totals

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "covdata"
SPEC = ReportSpec((FIXTURES / "go1.26.6-count" / "covdata",), "shapes", FIXTURES / "program", exclude=("./store",))


@pytest.fixture
def report() -> Report:
    return make_report(SPEC)


def test_the_formats_of_a_report_agree(report: Report, tmp_path: Path) -> None:
    write_report(report, SPEC, tmp_path / "out", keep_covdata=False)
    assert differing_totals(tmp_path / "out", report.expected) is None
    assert not [warning for warning in report.summary["warnings"] if "totals-differ" in warning]


@pytest.mark.parametrize(
    "name, old, new, said",
    [
        ("profile.out", " 0\n", " 1\n", "profile.out has"),
        ("functions.txt", "%\n", "%9\n", "functions.txt has"),
        ("lcov.info", "LH:", "LH:1", "lcov.info has"),
        ("cobertura.xml", 'lines-valid="', 'lines-valid="1', "cobertura.xml has"),
        ("index.html", 'data-of="', 'data-of="1', "index.html has"),
    ],
)
def test_a_format_that_differs_is_named(
    report: Report, tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    write_report(report, SPEC, tmp_path / "out", keep_covdata=False)
    path = tmp_path / "out" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    difference = differing_totals(tmp_path / "out", report.expected)
    assert difference is not None and difference.cause == "totals-differ"
    assert said in difference.evidence and difference.evidence.count(" has ") == 2


def test_the_report_says_that_its_formats_differ(report: Report, tmp_path: Path) -> None:
    profile = "".join(report.files["profile.out"]())  # type: ignore[operator]
    report.files["profile.out"] = profile + "example.com/shapes/more.go:1.1,2.2 7 1\n"
    write_report(report, SPEC, tmp_path / "out", keep_covdata=False)
    (warning,) = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["warnings"]
    assert "[totals-differ]" in warning and "profile.out" in warning
    assert "totals-differ" in (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")
