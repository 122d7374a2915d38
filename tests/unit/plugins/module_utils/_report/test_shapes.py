# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of tests/fixtures/shapes, built and run: names of functions, comments that exclude, line directives."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.thresholds import parse_thresholds

SHAPES = Path(__file__).resolve().parents[4] / "fixtures" / "shapes"
#: The functions of generics/main.go, as Go's own declarations and variables name them: line, name.
GENERIC = [
    (8, "Box.Get"),
    (10, "Box.Set"),
    (19, "Pair.Get"),
    (23, "Pair.Set"),
    (27, "Pair.Swap"),
    (37, "Plain.Get"),
    (39, "Plain.Set"),
    (41, "Plain.Paren"),
    (43, "Plain.ParenPointer"),
    (45, "Map"),
    (53, "lazy.func1"),
    (56, "_.func1"),
    (57, "a.func1"),
    (57, "b.func1"),
    (57, "b.func2"),
    (59, "typed.func1"),
    (62, "init"),
    (63, "init"),
    (65, "same"),
    (65, "line"),
    (67, "main"),
]


def build(repository: Any, name: str) -> None:
    """Build and run a copy of the program; count mode tells how often a function was entered."""
    shutil.copytree(SHAPES / name, repository.top, dirs_exist_ok=True)
    repository.run("", ".", "./...", "-covermode=count")


def cover_func(repository: Any, go: Any) -> list[list[str]]:
    """The lines of ``go tool cover -func``, as their columns."""
    profile = repository.data.parent / "profile.out"
    go(repository.top, "tool", "covdata", "textfmt", f"-i={repository.data}", f"-o={profile}")
    return [line.split() for line in go(repository.top, "tool", "cover", f"-func={profile}").splitlines()]


@pytest.mark.parametrize("name", ["generics", "comments"])
def test_functions_txt_is_what_cover_func_prints(repository: Any, go_tool: Any, name: str) -> None:
    build(repository, name)
    ours = repository.report().files["functions.txt"]
    assert [line.split() for line in ours.splitlines()] == cover_func(repository, go_tool)


def test_functions_have_the_names_that_users_know(repository: Any) -> None:
    build(repository, "generics")
    shown = repository.report()
    listed = [(f["line"], f["name"]) for file in shown.summary["files"] for f in file["functions"]]
    assert sorted(listed) == sorted(GENERIC)
    lcov = re.findall(r"^FN:(\d+),(.*)$", shown.files["lcov.info"], re.MULTILINE)
    # lcov tells functions apart by name: the second init has its line in it.
    assert sorted(lcov) == sorted((str(line), "init:63" if line == 63 else name) for line, name in GENERIC)
    methods = re.findall(r'<method name="([^"]*)"', shown.files["cobertura.xml"])
    assert sorted(methods) == sorted(name for _line, name in GENERIC)
    assert sorted(shown.page_functions()) == sorted(name for _line, name in GENERIC)


def test_functions_on_one_line_have_their_own_blocks(repository: Any) -> None:
    build(repository, "generics")
    shown = repository.report()
    entered = dict(re.findall(r"^FNDA:(\d+),(.*)$", shown.files["lcov.info"], re.MULTILINE)[i][::-1] for i in range(21))
    assert (entered["same"], entered["line"], entered["b.func1"], entered["b.func2"]) == ("0", "1", "1", "0")


@pytest.mark.parametrize(
    "pattern, actual",
    [
        ("Box.Get", [100.0]),
        ("(*Box).Get", [100.0]),
        ("Pair.Get", [0.0]),
        ("example.com/generics.Pair.*", [0.0, 0.0, 0.0]),
        ("lazy.func1", [100.0]),
        ("b.*", [0.0, 100.0]),
        ("*.Get", [0.0, 0.0, 100.0]),
    ],
)
def test_thresholds_mean_functions_by_these_names(repository: Any, pattern: str, actual: list[float]) -> None:
    build(repository, "generics")
    shown = repository.report(thresholds=tuple(parse_thresholds({"functions": {pattern: 50}})))
    assert sorted(result["actual"] for result in shown.summary["thresholds"]) == actual


def test_comments_exclude_what_they_are_written_for(repository: Any) -> None:
    build(repository, "comments")
    summary = repository.report().summary
    said = [
        (entry["reason"].removeprefix("a comment in the source: "), entry["total"]) for entry in summary["excluded"]
    ]
    text = (SHAPES / "comments" / "main.go").read_text(encoding="ascii")
    expected = re.findall(r"^[^`\n]*coverage:ignore(?:-start)?:? ((\d+) statements?, .*)$", text, re.MULTILINE)
    assert said == [(reason, int(total)) for reason, total in expected]
    assert len(said) == 21
    whole = repository.report(exclude_comments=False).summary["statements"]["total"]
    assert summary["statements"]["total"] + sum(total for _reason, total in said) == whole


def test_comments_without_effect_are_reported_with_their_line(repository: Any) -> None:
    build(repository, "comments")
    warnings = repository.report().summary["warnings"]
    said = [re.findall(r"example.com/comments/(\S+):(\d+) excludes nothing: (.*)", warning)[0] for warning in warnings]
    lines = (SHAPES / "comments" / "without.go").read_text(encoding="ascii").split("\n")
    assert [(file, int(line)) for file, line, _why in said] == [
        ("without.go", number) for number, line in enumerate(lines, 1) if "//coverage:" in line
    ]
    assert "block" in said[3][2] and "none of" in said[2][2] and "-start" in said[5][2]
    assert repository.report(exclude_comments=False).summary["warnings"] == []


def test_functions_come_from_the_data_where_names_are_not_those_of_go_files(repository: Any) -> None:
    build(repository, "directives")
    shown = repository.report()
    rows = [line.split() for line in shown.files["functions.txt"].splitlines()]
    assert [(row[0].removeprefix("example.com/directives/"), row[1]) for row in rows[:-1]] == [
        ("main.go:6:", "main"),
        ("views/grammar.y:7:", "Kept"),
        ("views/grammar.y:13:", "Len"),
        ("views/page.tpl:1:", "Page"),
        ("views/page.tpl:3:", "Foot"),
        ("views/written.go:6:", "Hand"),
        ("views/written_gen.go:5:", "traced"),
        ("views/y.go:17:", "Parse"),
    ]
    everything = shown.summary["statements"]
    assert rows[-1][-1] == f"{everything['percent']:.1f}%"
    assert (everything["covered"], everything["total"]) == (15, 18)
    # A method of a generic type has its receiver in the grammar too.
    assert "FN:13,Table.Len\n" in shown.files["lcov.info"]


def test_generated_is_what_the_compiled_file_says(repository: Any) -> None:
    build(repository, "directives")
    summary = repository.report(exclude_generated=True).summary
    assert {entry["name"].rpartition("/")[2]: entry["total"] for entry in summary["excluded"]} == {
        "grammar.y": 2,
        "page.tpl": 8,
        "written.go": 2,
        "written_gen.go": 1,
        "y.go": 4,
    }
    assert summary["statements"]["total"] == 1


def test_data_gives_functions_where_the_compiled_file_is_gone(repository: Any) -> None:
    build(repository, "directives")
    before = repository.report()
    for name in ("page.tpl.go", "y.go"):
        (repository.top / "views" / name).unlink()
    after = repository.report()
    names = [line.split()[1] for line in after.files["functions.txt"].splitlines()]
    assert names == [line.split()[1] for line in before.files["functions.txt"].splitlines()]
    assert after.summary["statements"] == before.summary["statements"]


def test_totals_are_the_same_in_every_format(repository: Any) -> None:
    build(repository, "directives")
    for by_format in repository.report(exclude_comments=False).totals().values():
        assert len(set(by_format.values())) == 1, by_format
