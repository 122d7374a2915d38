# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thresholds and gates: what they mean, what misses them, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._report.bundle import missed_demands
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers import gates as gates_module
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.gates import check_gates, parse_gates
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    FunctionCoverage,
    PackageCoverage,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.summary import (
    Demands,
    hold_against_gates,
    select,
    summary_of,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.thresholds import (
    Threshold,
    check_thresholds,
    parse_thresholds,
)


def make_file(package: str, base: str, functions: dict[str, tuple[int, int]]) -> FileCoverage:
    """A file with functions of (covered, total) statements each."""
    name = f"{package}/{base}"
    blocks, made = [], []
    for line, (function, (covered, total)) in enumerate(functions.items(), 1):
        blocks += [Block(10 * line, 1, 10 * line, 5, covered, 1), Block(10 * line, 5, 10 * line, 9, total - covered, 0)]
        made.append(FunctionCoverage(function, name, 10 * line, covered, total, covered))
    return FileCoverage.of_blocks(name, package, blocks, made)


def make() -> Coverage:
    store = [
        make_file("ex.com/m/internal/store", "store.go", {"*Store.Put": (3, 4), "Store.Get": (2, 2), "New": (1, 1)}),
        make_file("ex.com/m/internal/store", "sql.go", {"open": (0, 5), "empty": (0, 0)}),
    ]
    packages = [
        PackageCoverage.of_files(
            "ex.com/m/cmd/m", [make_file("ex.com/m/cmd/m", "main.go", {"main": (5, 10)})], "ex.com/m"
        ),
        PackageCoverage.of_files("ex.com/m/internal/store", store, "ex.com/m"),
    ]
    return Coverage("set", packages, module="ex.com/m")


@pytest.mark.parametrize(
    "kind, pattern, names",
    [
        ("package", "ex.com/m/internal/store", ["ex.com/m/internal/store"]),
        ("package", "./internal/...", ["ex.com/m/internal/store"]),
        ("package", "internal/*", ["ex.com/m/internal/store"]),
        ("package", "*", ["ex.com/m/cmd/m", "ex.com/m/internal/store"]),
        ("file", "sql.go", ["ex.com/m/internal/store/sql.go"]),
        ("file", "internal/store/s*.go", ["ex.com/m/internal/store/sql.go", "ex.com/m/internal/store/store.go"]),
        ("file", "./cmd/...", ["ex.com/m/cmd/m/main.go"]),
        ("function", "Put", ["ex.com/m/internal/store.*Store.Put"]),
        ("function", "Store.*", ["ex.com/m/internal/store.*Store.Put", "ex.com/m/internal/store.Store.Get"]),
        ("function", "(*Store).Put", ["ex.com/m/internal/store.*Store.Put"]),
        ("function", "*Store.Put", ["ex.com/m/internal/store.*Store.Put"]),
        ("function", "ex.com/m/internal/store.(*Store).Put", ["ex.com/m/internal/store.*Store.Put"]),
        ("function", "./internal/store.New", ["ex.com/m/internal/store.New"]),
        ("function", "store.Store.Put", ["ex.com/m/internal/store.*Store.Put"]),
        ("function", "cmd/m.*", ["ex.com/m/cmd/m.main"]),
        # Nothing to count is nothing to miss.
        ("function", "empty", []),
        ("function", "nowhere", []),
        ("package", "nowhere", []),
        ("file", "nowhere.go", []),
    ],
)
def test_patterns(kind: str, pattern: str, names: list[str]) -> None:
    results = check_thresholds(make(), [Threshold(pattern, 0.0, kind)])
    if names:
        assert sorted(result.name for result in results) == sorted(names)
        assert all(result.passed for result in results)
    else:
        assert [(result.name, result.actual, result.passed) for result in results] == [(pattern, None, False)]


def test_all_misses_at_once_the_worst_first() -> None:
    wanted = parse_thresholds(
        {
            "total": 50,
            "packages": {"./internal/store": 60},
            "files": {"*.go": 40},
            "functions": {"*": 75, "Store.Get": 100},
        }
    )
    results = check_thresholds(make(), wanted)
    assert [(result.name.rpartition("/")[2], result.passed) for result in results][:4] == [
        ("store.open", False),
        ("sql.go", False),
        ("m.main", False),
        ("store", False),
    ]
    assert [result.passed for result in results] == sorted(result.passed for result in results)


@pytest.mark.parametrize(
    "described",
    [
        {"lines": 50},
        {"total": "60"},
        {"total": True},
        {"total": 101},
        {"changed": -1},
        {"packages": 50},
        {"files": ["a.go"]},
        {"functions": {"New": None}},
    ],
)
def test_thresholds_that_cannot_be(described: dict[str, Any]) -> None:
    with pytest.raises(Failure) as caught:
        parse_thresholds(described)
    assert caught.value.diagnoses[0].cause == "threshold-invalid"


def summary_with(**options: Any) -> Any:
    return summary_of(select(make()), "shop", "go1.26.8", Demands(**options))


@pytest.mark.parametrize(
    "expression, value, passed",
    [
        ("statements.percent >= `50`", True, True),
        ("statements.percent >= `50.1`", False, False),
        ("mode == 'set' && functions.total > `3`", True, True),
        ("length(files[].functions[?covered == `0` && total > `0`][]) <= `1`", True, True),
        ("packages[?name == 'ex.com/m/cmd/m'].percent | [0] == `50.0`", True, True),
        # What is not there is no yes.
        ("statments.percent >= `50`", None, False),
        ("packages", None, False),
        ("`1`", 1, False),
        ("'true'", "true", False),
        ("abs('a')", None, False),
    ],
)
def test_gates(expression: str, value: Any, passed: bool) -> None:
    summary = summary_with()
    result = check_gates(parse_gates([expression]), summary)[0]
    assert result["passed"] is passed
    if expression != "packages":
        assert result["value"] == value
    hold_against_gates(summary, parse_gates({"named": expression}))
    assert summary["passed"] is passed
    assert summary["gates"][0]["name"] == "named"


def test_gates_that_fail_come_first() -> None:
    results = check_gates(parse_gates(["`true`", "`false`", "mode == 'set'"]), summary_with())
    assert [result["passed"] for result in results] == [False, True, True]


@pytest.mark.parametrize("described", [["a ==="], ["["], [1], {"a": None}, 5, ["nofunction(a)("], ["[" * 100_000]])
def test_gates_that_cannot_be(described: Any) -> None:
    with pytest.raises(Failure) as caught:
        parse_gates(described)
    assert caught.value.diagnoses[0].cause == "gate-invalid"


@pytest.mark.parametrize("described", [[], {}, "", " "])
def test_no_gates(described: Any) -> None:
    summary = summary_with()
    hold_against_gates(summary, parse_gates(described))
    assert "gates" not in summary and summary["passed"] is True


def test_without_jmespath_gates_say_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates_module, "jmespath", None)
    assert parse_gates([]) == []
    with pytest.raises(Failure) as caught:
        parse_gates(["a == b"])
    assert caught.value.diagnoses[0].cause == "library-missing"
    assert "pip install jmespath" in str(caught.value)


def test_the_failure_has_both_kinds_and_every_miss() -> None:
    summary = summary_with(thresholds=parse_thresholds({"total": 99, "functions": {"*": 90}}))
    hold_against_gates(summary, parse_gates({"full": "statements.percent == `100`"}))
    missed = missed_demands(summary, Path("results"))
    assert missed is not None
    assert [diagnosis.cause for diagnosis in missed.diagnoses] == ["threshold-missed", "gate-failed"]
    for said in (
        "4 of 6 thresholds and 1 of 1 gates of shop",
        "store.open is at 0.00 %",
        "store.*Store.Put",
        "total is at",
    ):
        assert said in str(missed), said
    assert "full (statements.percent == `100`) is false" in str(missed)


def test_a_message_stays_readable_with_thousands_of_misses() -> None:
    functions = {f"F{number}": (0, 1) for number in range(3000)}
    package = PackageCoverage.of_files("m", [make_file("m", "a.go", functions)])
    demands = Demands(parse_thresholds({"functions": {"*": 50}}))
    summary = summary_of(select(Coverage("set", [package])), "shop", None, demands)
    missed = missed_demands(summary, Path("results"))
    assert len(summary["thresholds"]) == 3000
    assert missed is not None and "and 2950 more, in summary.json" in str(missed)
    assert len(str(missed)) < 5000
