# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was changed since a commit, and what of it ran."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.markdown import markdown_summary
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.profile import parse_profile
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.changed import Changes, measure_changes
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import Coverage
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.summary import Demands, select, summary_of
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.thresholds import Threshold
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.git import (
    changed_lines,
    fork_point,
    parse_diff,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.git_program import top_level
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.sources import Sources

SOURCE = """package p

func f(ok bool) int {
\ta := 1
\tif ok {
\t\ta++
\t\t// why

\t\ta--
\t}
\treturn a
}
"""
PROFILE = ["mode: set", "m/p.go:3.21,5.8 2 1", "m/p.go:5.8,10.3 2 0", "m/p.go:11.2,11.10 1 1"]


def measured(tmp_path: Path, *ranges: tuple[int, int], path: str = "p.go") -> Any:
    (tmp_path / "go.mod").write_text("module m\n", encoding="ascii")
    (tmp_path / "p.go").write_text(SOURCE, encoding="ascii")
    coverage = parse_profile(PROFILE)
    changes = Changes("origin/main", "c0ffee", {path: list(ranges)})
    return measure_changes(changes, coverage, coverage, Sources(str(tmp_path)))


@pytest.mark.parametrize(
    "ranges, statements, lines, uncovered",
    [
        ([(4, 4)], (2, 2), (1, 1), []),
        ([(6, 6)], (0, 2), (0, 1), [[6, 6]]),
        # A comment and a blank line between two lines that did not run do not divide them.
        ([(6, 9)], (0, 2), (0, 2), [[6, 9]]),
        ([(6, 6), (9, 9)], (0, 2), (0, 2), [[6, 9]]),
        ([(1, 12)], (3, 5), (3, 5), [[6, 9]]),
        # The brace of line 5 is not the block behind it.
        ([(5, 5)], (2, 2), (1, 1), []),
        ([(7, 8)], (0, 0), (0, 0), []),
        ([(10, 10)], (0, 0), (0, 0), []),
        ([(12, 99)], (0, 0), (0, 0), []),
        ([], (0, 0), (0, 0), []),
    ],
)
def test_lines_and_statements(
    tmp_path: Path,
    ranges: list[tuple[int, int]],
    statements: tuple[int, int],
    lines: tuple[int, int],
    uncovered: list[list[int]],
) -> None:
    changed = measured(tmp_path, *ranges)
    assert (changed["statements"]["covered"], changed["statements"]["total"]) == statements
    assert (changed["lines"]["covered"], changed["lines"]["total"]) == lines
    assert [file["uncovered"] for file in changed["files"] if file["uncovered"]] == ([uncovered] if uncovered else [])


def test_blocks_of_go_1_27_give_the_same(tmp_path: Path) -> None:
    measured(tmp_path)
    coverage = parse_profile(["mode: set", "m/p.go:4.2,5.8 2 1", "m/p.go:6.3,10.1 2 0", "m/p.go:11.2,11.10 1 1"])
    changed = measure_changes(Changes("x", "c", {"p.go": [(1, 12)]}), coverage, coverage, Sources(str(tmp_path)))
    assert changed["files"] == measured(tmp_path, (1, 12))["files"]


def test_what_is_not_measured_is_named(tmp_path: Path) -> None:
    assert measured(tmp_path, (1, 2), path="other.go")["unmeasured"] == ["other.go"]
    assert measured(tmp_path, (1, 2), path="p_test.go")["unmeasured"] == []


def summary_with(tmp_path: Path, *ranges: tuple[int, int]) -> Any:
    coverage: Coverage = parse_profile(PROFILE)
    demands = Demands([Threshold("changed", 80.0, "changed")], changed=measured(tmp_path, *ranges))
    return summary_of(select(coverage), "shop", None, demands)


def test_a_threshold_for_what_is_new(tmp_path: Path) -> None:
    assert summary_with(tmp_path, (4, 4))["passed"] is True
    assert summary_with(tmp_path, (6, 6))["passed"] is False
    # Nothing changed, nothing to cover.
    assert summary_with(tmp_path, (7, 7))["passed"] is True


def test_markdown_names_the_lines_that_did_not_run(tmp_path: Path) -> None:
    text = markdown_summary(summary_with(tmp_path, (1, 12)))
    assert "**Changed since origin/main: 60.0% of statements covered** (3/5 statements, 3/5 lines)." in text
    assert "| p.go | 60.0% | 6-9 |" in text
    assert "No line of code that was measured has changed" in markdown_summary(summary_with(tmp_path))


@pytest.mark.parametrize(
    "diff, expected",
    [
        ("", []),
        ("--- a/x.go\n+++ b/x.go\n@@ -1,2 +3,4 @@ func f() {\n-a\n-b\n+c\n+d\n+e\n+f\n", [("x.go", [(3, 6)])]),
        ("--- a/x.go\n+++ b/x.go\n@@ -5 +5 @@\n-a\n+b\n", [("x.go", [(5, 5)])]),
        ("--- a/x.go\n+++ b/x.go\n@@ -5,3 +4,0 @@\n-a\n-b\n-c\n", [("x.go", [])]),
        ("--- a/x.go\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n", []),
        ("--- /dev/null\n+++ b/a b.go\t\n@@ -0,0 +1,1 @@\n+a\n", [("a b.go", [(1, 1)])]),
        ('--- /dev/null\n+++ "b/\\303\\244\\".go"\n@@ -0,0 +1,1 @@\n+a\n', [('\u00e4".go', [(1, 1)])]),
        # Lines of the source that look like headers.
        (
            "--- a/x.go\n+++ b/x.go\n@@ -1,1 +1,2 @@\n--- a/y.go\n+++ b/y.go\n+@@ -1 +9 @@\n@@ -9 +10 @@\n-a\n+b\n",
            [("x.go", [(1, 2), (10, 10)])],
        ),
    ],
)
def test_diffs(diff: str, expected: list[tuple[str, list[tuple[int, int]]]]) -> None:
    assert list(parse_diff(diff)) == expected


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com", *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A module in a directory of a repository, on a branch that left main; main has gone on."""
    module = tmp_path / "services" / "shop"
    module.mkdir(parents=True)
    (module / "p.go").write_text(SOURCE, encoding="ascii")
    (tmp_path / "elsewhere.go").write_text("package q\n", encoding="ascii")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    git(tmp_path, "checkout", "-q", "-b", "topic")
    (module / "p.go").write_text(SOURCE.replace("a := 1", "a := 2"), encoding="ascii")
    git(tmp_path, "commit", "-q", "-a", "-m", "two")
    git(tmp_path, "checkout", "-q", "main")
    (module / "main_only.go").write_text("package p\n", encoding="ascii")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "three")
    git(tmp_path, "checkout", "-q", "topic")
    return module


def test_changes_since_a_branch_are_those_of_this_one(repository: Path) -> None:
    (repository / "p.go").write_text((repository / "p.go").read_text().replace("a--", "a -= 2"), encoding="ascii")
    (repository / "new.go").write_text("package p\n", encoding="ascii")
    (repository / "notes.txt").write_text("no Go\n", encoding="ascii")
    (repository.parent.parent / "elsewhere.go").write_text("package r\n", encoding="ascii")
    commit = fork_point(str(repository), "main")
    assert commit == git(repository, "rev-parse", "HEAD~1").strip()
    assert changed_lines(str(repository), commit) == {"p.go": [(4, 4), (9, 9)], "new.go": [(1, 1 << 40)]}


@pytest.mark.parametrize("reference", ["nowhere", "--help", "", "main:services"])
def test_references_that_are_none(repository: Path, reference: str) -> None:
    with pytest.raises(Failure) as caught:
        fork_point(str(repository), reference)
    assert caught.value.diagnoses[0].cause == "reference-unknown"


def test_the_top_of_a_repository(repository: Path) -> None:
    assert top_level(str(repository)) == str(repository.parent.parent.resolve())
