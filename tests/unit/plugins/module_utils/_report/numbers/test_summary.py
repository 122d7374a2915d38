# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of summary.json, what they leave out, and summary.md."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.markdown import escape, markdown_summary
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.failed_tests import failed_tests
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    FunctionCoverage,
    PackageCoverage,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.scope import matches
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.summary import summarize
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.thresholds import Threshold


def make_file(package: str, name: str, covered: int, total: int) -> FileCoverage:
    blocks = [Block(1, 10, 5, 2, covered, 3), Block(7, 1, 9, 2, total - covered, 0)]
    functions = [
        FunctionCoverage("ran", f"{package}/{name}", 1, covered, covered, 3),
        FunctionCoverage("idle", f"{package}/{name}", 7, 0, total - covered, 0),
        FunctionCoverage("func.L9.C1", f"{package}/{name}", 9, 0, 0, 0, literal=True),
    ]
    return FileCoverage.of_blocks(f"{package}/{name}", package, blocks, functions)


def make_coverage() -> Coverage:
    generated = make_file("m/api", "api.pb.go", 1, 10)
    generated.generated = True
    packages = [
        PackageCoverage.of_files("dep/x", [make_file("dep/x", "x.go", 1, 100)], "dep"),
        PackageCoverage.of_files("m", [make_file("m", "main.go", 2, 3)], "m"),
        PackageCoverage.of_files("m/api", [generated, make_file("m/api", "api.go", 5, 10)], "m"),
        PackageCoverage.of_files("m/types", [], "m"),
    ]
    return Coverage("count", packages, meta_files=1, counter_files=2, module="m", warnings=["a warning"])


def test_summary_has_the_keys_of_the_contract() -> None:
    summary = json.loads(json.dumps(summarize(make_coverage(), "shop", "go1.26.6")))
    simple = ("schema", "service", "go_version", "mode", "meta_files", "counter_files")
    assert {key: summary[key] for key in simple} == {
        "schema": 1,
        "service": "shop",
        "go_version": "go1.26.6",
        "mode": "count",
        "meta_files": 1,
        "counter_files": 2,
    }
    assert summary["statements"] == {"covered": 9, "total": 123, "percent": 100.0 * 9 / 123}
    assert summary["packages"][1] == {"name": "m", "covered": 2, "total": 3, "percent": 100.0 * 2 / 3}
    assert [p["name"] for p in summary["packages"]] == ["dep/x", "m", "m/api", "m/types"]
    assert summary["functions"] == {"covered": 4, "total": 8}
    assert (summary["passed"], summary["thresholds"], summary["excluded"]) == (True, [], [])


def test_scope_is_the_modules_own_handwritten_code() -> None:
    scope = summarize(make_coverage(), "shop")["scope"]
    assert {key: scope[key] for key in ("covered", "total", "percent")} == {
        "covered": 7,
        "total": 13,
        "percent": 100.0 * 7 / 13,
    }
    assert [p["name"] for p in scope["packages"]] == ["m", "m/api", "m/types"]
    assert scope["functions"] == {"covered": 2, "total": 4}


def test_scope_is_left_out_where_it_is_everything() -> None:
    assert "scope" not in summarize(make_coverage(), "shop", exclude=["dep/...", "*.pb.go"])
    assert "scope" not in summarize(make_coverage(), "shop", scope=["*"])


def test_what_is_excluded_is_shown() -> None:
    summary = summarize(make_coverage(), "shop", exclude=["dep/...", "./api"])
    assert summary["statements"]["total"] == 3
    assert [file["name"] for file in summary["excluded"]] == ["dep/x/x.go", "m/api/api.go", "m/api/api.pb.go"]


@pytest.mark.parametrize(
    "pattern, meant",
    [
        ("...", True),
        ("./...", True),
        ("./internal/...", True),
        ("internal/gen/...", True),
        ("m.io/app/...", True),
        ("m.io/app/internal/gen", True),
        ("m.io/app/internal/gen/a_mock.go", True),
        ("internal/gen/a_mock.go", True),
        ("*_mock.go", True),
        ("a_*.go", True),
        ("internal/*", True),
        ("./inter/...", False),
        ("gen/...", False),
        ("internal", False),
        ("*_test.go", False),
        ("", False),
    ],
)
def test_patterns(pattern: str, meant: bool) -> None:
    file = make_file("m.io/app/internal/gen", "a_mock.go", 1, 1)
    assert matches(pattern, file, "m.io/app") is meant


def test_thresholds_are_checked_against_the_headline_worst_first() -> None:
    wanted = [Threshold("total", 50), Threshold("m/*", 60), Threshold("m", 90.5), Threshold("nowhere/*", 1)]
    summary = summarize(make_coverage(), "shop", thresholds=wanted)
    assert summary["passed"] is False
    assert [(t["name"], t["actual"], t["passed"]) for t in summary["thresholds"]] == [
        ("m", 100.0 * 2 / 3, False),
        ("m/api", 50.0, False),
        ("nowhere/*", None, False),
        ("total", 100.0 * 7 / 13, True),
    ]


def test_a_threshold_that_is_just_met_passes() -> None:
    assert summarize(make_coverage(), "shop", thresholds=[Threshold("m/api", 50.0)])["passed"] is True


def test_markdown_shows_the_headline_then_the_worst_packages_first() -> None:
    text = markdown_summary(summarize(make_coverage(), "shop", "go1.26.6", thresholds=[Threshold("total", 60)]))
    lines = text.splitlines()
    assert lines[0] == "### shop: 53.8% of statements covered end to end"
    assert "7/13 statements and 2/4 functions ran." in lines
    assert "- total is at 53.8%, required: 60%" in lines
    rows = [line for line in lines if line.startswith("| ")]
    assert rows == ["| package | covered | statements |", "| m/api | 50.0% | 5/10 |", "| m | 66.7% | 2/3 |"]
    assert text.count("<details>") == text.count("</details>") == 1
    assert "- Warning: a warning" in lines


@pytest.mark.parametrize(
    "text, escaped",
    [
        ("m/api", "m/api"),
        ("a|b", r"a\|b"),
        ("<img src=x>", r"\<img src=x\>"),
        ("[x](y) @team #1", r"\[x\]\(y\) \@team \#1"),
        ("line\nbreak", "line break"),
        ("https://x.y", "https:&#8203;//x.y"),
        ("`$_*~", r"\`\$\_\*\~"),
    ],
)
def test_names_are_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_a_long_table_is_cut() -> None:
    packages = [PackageCoverage.of_files(f"m/{n}", [make_file(f"m/{n}", "x.go", 1, 2)], "m") for n in range(300)]
    text = markdown_summary(summarize(Coverage("set", packages, module="m"), "shop"))
    assert "| ... and 100 better ones | | |" in text
    assert len(text) < 65536


@pytest.mark.parametrize(
    "tests, said",
    [
        (
            {"passed": False, "failed": ["TestA", "TestB"], "total": 1200},
            "2 of 1,200 tests failed: TestA, TestB. The coverage includes the failed run.",
        ),
        ({"passed": False, "failed": []}, "The tests failed. The coverage includes the failed run."),
        ({"passed": False}, "The tests failed. The coverage includes the failed run."),
        (
            {"passed": False, "failed": [f"Test{n}" for n in range(9)], "total": 9},
            "9 of 9 tests failed: Test0, Test1, Test2, Test3, Test4 and 4 more. The coverage includes the failed run.",
        ),
        ({"passed": True, "failed": [], "total": 3}, ""),
    ],
)
def test_markdown_says_that_tests_failed(tests: Any, said: str) -> None:
    summary = summarize(make_coverage(), "shop")
    assert failed_tests({**summary, "tests": tests}) == said
    lines = markdown_summary({**summary, "tests": tests}).splitlines()
    assert (lines[2] == f"**{escape(said)}**") is bool(said)
