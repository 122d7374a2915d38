# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""annotations.txt: workflow commands of GitHub Actions."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.annotations import render_annotations
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.lcov import repo_relative

# As GitHub's documentation on workflow commands describes them.
_COMMAND = re.compile(r"::(?P<name>error|warning) (?P<properties>[^:]*)::(?P<message>.*)")


def read(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands of a text, unescaped as a runner does it."""
    found = []
    for line in text.splitlines():
        match = _COMMAND.fullmatch(line)
        assert match is not None, line
        properties = dict(entry.split("=", 1) for entry in match["properties"].split(","))
        found.append((match["name"], {k: unescaped(v) for k, v in properties.items()}, unescaped(match["message"])))
    return found


def unescaped(text: str) -> str:
    for code, letter in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def summary(**parts: Any) -> Any:
    return {"service": "shop", "thresholds": [], **parts}


def test_nothing_to_say() -> None:
    assert render_annotations(summary()) == ""


def test_tests_that_failed_are_an_error() -> None:
    tests = {"passed": False, "seconds": 2.0, "failed": ["TestA/x,y", "TestB"], "total": 9}
    (command,) = read(render_annotations(summary(tests=tests)))
    said = "2 of 9 tests failed: TestA/x,y, TestB. The coverage includes the failed run."
    assert command == ("error", {"title": "Tests of shop"}, said)
    assert read(render_annotations(summary(tests={"passed": True}))) == []


def test_changed_lines_that_did_not_run_the_longest_stretch_first() -> None:
    files = [
        {"name": "m/a.go", "uncovered": [[3, 3], [7, 12]]},
        {"name": "m/b/b.go", "uncovered": [[1, 2]]},
        {"name": "m/c.go", "uncovered": []},
    ]
    commands = read(render_annotations(summary(changed={"files": files}), repo_relative({"m": "services/shop"})))
    assert [(name, at["file"], at["line"], at["endLine"]) for name, at, _said in commands] == [
        ("warning", "services/shop/a.go", "7", "12"),
        ("warning", "services/shop/b/b.go", "1", "2"),
        ("warning", "services/shop/a.go", "3", "3"),
    ]
    assert commands[2][2] == "No end-to-end test of shop ran this changed line"


def test_what_is_missed_is_an_error() -> None:
    thresholds = [
        {"kind": "file", "name": "m/a.go", "actual": 10.0, "minimum": 50.0, "passed": False},
        {"kind": "total", "name": "total", "actual": 12.34, "minimum": 60.0, "passed": False},
        {"kind": "total", "name": "total", "actual": 70.0, "minimum": 60.0, "passed": True},
    ]
    gates = [{"name": "g", "expression": "a", "value": False, "passed": False}]
    commands = read(render_annotations(summary(thresholds=thresholds, gates=gates)))
    assert [(name, at.get("file"), said) for name, at, said in commands] == [
        ("error", "m/a.go", "m/a.go is at 10.0%, required: 50%"),
        ("error", None, "total is at 12.3%, required: 60%"),
        ("error", None, "g (a) is false"),
    ]


@pytest.mark.parametrize("name", ["a,b", "a:b", "a::error::b", "a%0Ab", "a\nb\r::error::c", "100%"])
def test_names_cannot_make_commands(name: str) -> None:
    files = [{"name": name, "uncovered": [[1, 1]]}]
    gates = [{"name": name, "expression": name, "value": False, "passed": False}]
    commands = read(render_annotations(summary(gates=gates, changed={"files": files}) | {"service": name}))
    assert [command[0] for command in commands] == ["error", "warning"]
    assert commands[0][2] == f"{name} is false"
    assert commands[1][1]["file"] == name
