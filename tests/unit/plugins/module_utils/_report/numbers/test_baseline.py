# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report held against an earlier one, wherever that is kept."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.merge import merge_directories
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.markdown import markdown_summary
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.baseline import (
    Baseline,
    compare,
    read_baseline,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.from_covdata import coverage_of
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.summary import summarize, summary_text

FIXTURES = Path(__file__).resolve().parents[5] / "fixtures" / "covdata"


def summary_of_version(version: str, named: bool = True) -> Any:
    coverage = coverage_of(merge_directories([str(FIXTURES / f"go{version}-set" / "covdata")]))
    return summarize(coverage, "shapes", f"go{version}" if named else None)


def changed(summary: Any, name: str, covered: int) -> Any:
    """``summary``, with another number of covered statements in the function ``name``."""
    made = copy.deepcopy(summary)
    for file in made["files"]:
        for function in file["functions"]:
            if function["name"] == name:
                less = function["covered"] - covered
                function["covered"] = covered
                made["statements"]["covered"] -= less
                package = next(package for package in made["packages"] if package["name"] == file["package"])
                package["covered"] -= less
    return made


def test_the_same_does_not_differ() -> None:
    summary = summary_of_version("1.26.6")
    compared = compare(Baseline("b", summary), summary)
    assert (compared["change"], compared["drift"]) == (0.0, None)
    assert (compared["packages"], compared["functions"]) == ([], [])
    assert compared["before"] == compared["after"] == {"covered": 33, "total": 64, "percent": 100.0 * 33 / 64}


def test_differences_by_package_and_function_the_worst_first() -> None:
    before = summary_of_version("1.26.6")
    after = changed(changed(before, "Put", 0), "neverCalled", 1)
    compared: Any = compare(Baseline("b", before), after)
    assert [(f["name"], f["change"]) for f in compared["functions"]] == [("Put", -100.0), ("neverCalled", 100.0)]
    assert [p["name"] for p in compared["packages"]] == ["example.com/shapes/store"]
    # Put has three statements, and neverCalled one.
    assert compared["packages"][0]["after"]["covered"] == before["packages"][3]["covered"] - 3 + 1
    assert compared["change"] == pytest.approx(-200.0 / 64)


def test_what_is_new_and_what_is_gone() -> None:
    before = summary_of_version("1.26.6")
    after = copy.deepcopy(before)
    function = next(f for file in after["files"] for f in file["functions"] if f["name"] == "Put")
    function["name"] = "Renamed"
    rows = compare(Baseline("b", before), after)["functions"]
    assert {(row["name"], row["before"] is None, row["after"] is None, row["change"]) for row in rows} == {
        ("Renamed", True, False, None),
        ("Put", False, True, None),
    }


@pytest.mark.parametrize("named", [True, False], ids=["by version", "by blocks"])
def test_another_go_version_is_named_and_not_counted(named: bool) -> None:
    before, after = summary_of_version("1.26.6", named), summary_of_version("1.27.3", named)
    assert before["statements"]["percent"] != after["statements"]["percent"]
    compared: Any = compare(Baseline("b", before), after)
    assert compared["change"] is None
    assert compared["drift"]["cause"] == "go-version"
    assert compared["drift"]["change"] == pytest.approx(100.0 * 33 / 63 - 100.0 * 33 / 64)
    assert ("go1.26.6" if named else "Go before 1.27") in compared["drift"]["evidence"]
    # The same program ran the same way: no function started or ceased to run.
    assert (compared["packages"], compared["functions"]) == ([], [])
    assert "Not comparable with the baseline" in markdown_summary(after | {"baseline": compared})


def test_a_function_that_no_longer_runs_is_seen_across_go_versions() -> None:
    before, after = summary_of_version("1.26.6"), changed(summary_of_version("1.27.3"), "Put", 0)
    rows = compare(Baseline("b", before), after)["functions"]
    assert [(row["name"], row["change"]) for row in rows] == [("Put", None)]


@pytest.mark.parametrize("other", ["1.21.13", "1.24.11"])
def test_go_versions_that_split_alike_are_compared(other: str) -> None:
    compared = compare(Baseline("b", summary_of_version(other)), summary_of_version("1.26.6"))
    assert (compared["change"], compared["drift"], compared["go_version"]) == (0.0, None, f"go{other}")


def test_where_a_baseline_may_be(tmp_path: Path) -> None:
    summary = summary_of_version("1.26.6")
    (tmp_path / "shapes").mkdir()
    path = tmp_path / "shapes" / "summary.json"
    path.write_text(summary_text(summary), encoding="utf-8")
    overview = {"schema": 1, "services": [{key: summary[key] for key in summary if key != "files"}]}
    (tmp_path / "summary.json").write_text(json.dumps(overview), encoding="utf-8")
    for where in (path, path.parent, tmp_path):
        read = read_baseline(str(where), "shapes", None)
        assert read.summary == summary, where
    # Of the summary over all services, there are no functions to compare.
    read = read_baseline(str(tmp_path / "summary.json"), "shapes", None)
    assert compare(read, changed(summary, "Put", 0))["functions"] == []
    assert len(compare(read, changed(summary, "Put", 0))["packages"]) == 1


def test_a_baseline_in_git(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text(summary_text(summary_of_version("1.26.6")), encoding="utf-8")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "baseline"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    (tmp_path / "kept.json").unlink()
    assert read_baseline("git:main:kept.json", "shapes", str(tmp_path)).summary is not None
    missing = read_baseline("git:main:other.json", "shapes", str(tmp_path))
    assert missing.missing == "there is no other.json in main"


def test_a_baseline_that_does_not_exist_is_said_and_no_error(tmp_path: Path) -> None:
    compared = compare(read_baseline(str(tmp_path / "none.json"), "shapes", None), summary_of_version("1.26.6"))
    assert compared["change"] is None
    assert compared["missing"].startswith("there is no ")
    text = markdown_summary(summary_of_version("1.26.6") | {"baseline": compared})
    assert "No baseline to compare with" in text


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"statements": {"covered": 1}}',
        '{"schema": 2, "statements": {"covered": 1, "total": 2}, "packages": []}',
        '{"schema": 1, "statements": {"covered": "1", "total": 2}, "packages": []}',
        '{"schema": 1, "statements": {"covered": 1, "total": 2}, "packages": [], "files": [{"name": 1}]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_baseline(tmp_path: Path, content: str) -> None:
    path = tmp_path / "summary.json"
    path.write_text(content, encoding="ascii")
    with pytest.raises(Failure) as caught:
        read_baseline(str(path), "shapes", None)
    assert caught.value.diagnoses[0].cause == "baseline-invalid"


@pytest.mark.parametrize("where", ["git:", "git:main", "git::path", "git:--output=x:path"])
def test_what_is_no_place_in_git(tmp_path: Path, where: str) -> None:
    with pytest.raises(Failure) as caught:
        read_baseline(where, "shapes", str(tmp_path))
    assert caught.value.diagnoses[0].cause == "baseline-invalid"
