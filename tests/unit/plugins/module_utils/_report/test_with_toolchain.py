# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging, mapping and exclusions held against the Go toolchain that is installed, with real builds and runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.bundle import Report, ReportSpec, make_report

PROGRAM = Path(__file__).resolve().parents[4] / "fixtures" / "covdata" / "program"
UNIT_TEST = """package store

import "testing"

func TestList(t *testing.T) {
\tlist := New[int](1)
\tlist.Put(1)
\tif list.Len() != 1 {
\t\tt.Fatal(list.Len())
\t}
\twide(1, 2)
}
"""
IGNORING = """package main

import "os"

func init() {
\tif len(os.Args) > 50 { //coverage:ignore nobody has so many
\t\tpanic("too many")
\t}
}

//coverage:ignore only for debugging
func dump(values []int) int {
\tsum := 0
\tfor _, value := range values {
\t\tsum += value
\t}
\treturn sum
}
"""


def go(directory: Path, *arguments: str) -> str:
    environment = dict(os.environ, GOFLAGS="", GOTOOLCHAIN="local", GOPROXY="off")
    command = ["go", *arguments]
    return subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True, text=True).stdout


def build_and_run(module: Path, data: Path, *words: str, mode: str = "set", what: tuple[str, ...] = (".",)) -> Path:
    """Build the program with coverage, run it once, and return the directory of its files."""
    program = data.with_suffix(".program")
    go(module, "build", "-cover", f"-covermode={mode}", "-coverpkg=./...", "-o", str(program), *what)
    data.mkdir()
    environment = dict(os.environ, GOCOVERDIR=str(data))
    subprocess.run([str(program), *words], env=environment, check=True, capture_output=True)
    return data


def textfmt(directories: list[Path], profile: Path) -> list[str]:
    """What Go makes of the files of several directories, as sorted lines."""
    joined = ",".join(map(str, directories))
    go(PROGRAM, "tool", "covdata", "textfmt", f"-i={joined}", f"-o={profile}")
    return sorted(profile.read_text(encoding="utf-8").splitlines())


def report(*data: Path, source: Path, **options: Any) -> Report:
    return make_report(ReportSpec(covdata=data, service="shapes", source=source, **options))


def text(made: Report, name: str) -> str:
    """A file of the report."""
    content = made.files[name]
    rendered = content if isinstance(content, str) else content()
    return rendered if isinstance(rendered, str) else "".join(rendered)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, with a unit test."""
    place = tmp_path_factory.mktemp("module") / "shapes"
    shutil.copytree(PROGRAM, place)
    (place / "store" / "store_test.go").write_text(UNIT_TEST, encoding="ascii")
    return place


@pytest.fixture(scope="module")
def e2e(module: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_and_run(module, tmp_path_factory.mktemp("e2e") / "data", "square", "x")


@pytest.fixture(scope="module")
def unit(module: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """For each mode what the unit test left: the text profile, and the directory of binary files."""
    left = {}
    for mode in ("set", "count", "atomic"):
        place = tmp_path_factory.mktemp(f"unit-{mode}")
        (place / "data").mkdir()
        flags = ("-cover", f"-covermode={mode}", "-coverpkg=./...")
        go(module, "test", *flags, f"-coverprofile={place / 'unit.out'}", "./store")
        go(module, "test", *flags, "./store", "-args", f"-test.gocoverdir={place / 'data'}")
        left[mode] = (place / "unit.out", place / "data")
    return left


@pytest.mark.parametrize("mode", ["set", "count", "atomic"])
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_levels_merge_as_covdata_merge_pcombine_does(
    module: Path, e2e: Path, unit: dict[str, tuple[Path, Path]], tmp_path: Path, mode: str, binary: bool
) -> None:
    profile, data = unit[mode]
    combined = tmp_path / "combined"
    combined.mkdir()
    go(PROGRAM, "tool", "covdata", "merge", "-pcombine", f"-i={e2e},{data}", f"-o={combined}")
    expected = textfmt([combined], tmp_path / "combined.out")
    made = report(e2e, source=module, profiles={"unit": (str(data if binary else profile),)})
    assert sorted(text(made, "merged.out").splitlines()) == expected
    # The level does not touch what the end-to-end tests ran.
    assert sorted(text(made, "profile.out").splitlines()) == textfmt([e2e], tmp_path / "e2e.out")
    notes = [note["cause"] for note in made.summary["levels"]["notes"]]
    assert notes == ([] if mode == "set" else ["mode-clash"])


def test_the_share_of_all_levels_is_what_go_says_of_their_merge(
    module: Path, e2e: Path, unit: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    combined = tmp_path / "combined"
    combined.mkdir()
    go(PROGRAM, "tool", "covdata", "merge", "-pcombine", f"-i={e2e},{unit['set'][1]}", f"-o={combined}")
    lines = re.findall(r"(\S+)\s+coverage: (\S+)% of", go(PROGRAM, "tool", "covdata", "percent", f"-i={combined}"))
    levels = report(e2e, source=module, profiles={"unit": (str(unit["set"][0]),)}).summary["levels"]
    assert {package["name"]: f"{package['percent']:.1f}" for package in levels["packages"]} == dict(lines)
    total = levels["total"]
    assert total["any"] == total["covered"]["unit"] + total["only_e2e"]
    assert 0 < total["both"] < total["covered"]["unit"] < total["any"]


def test_two_builds_of_different_source_are_named_and_not_added_up(module: Path, e2e: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    shutil.copytree(module, later)
    store = later / "store" / "store.go"
    before = store.read_text(encoding="ascii")
    store.write_text(before.replace("package store", "package store\n\n// Moved.", 1), encoding="ascii")
    data = build_and_run(later, tmp_path / "data", "circle")
    alone, first = report(data, source=later), report(e2e, source=module)
    for order in ((e2e, data), (data, e2e)):
        both = report(*order, source=later)
        assert sorted(text(both, "profile.out").splitlines()) == textfmt(list(order), tmp_path / "both.out")
        # The files that differ count as in the build that ran last; the others as in both.
        assert both.summary["statements"]["total"] == alone.summary["statements"]["total"]
        packages = {package["name"]: package for package in both.summary["packages"]}
        ran_last = {package["name"]: package for package in alone.summary["packages"]}
        assert packages["example.com/shapes/store"] == ran_last["example.com/shapes/store"]
        assert packages["example.com/shapes"]["covered"] > ran_last["example.com/shapes"]["covered"]
        assert "built from different source in several builds" in both.summary["warnings"][0]
    assert first.summary["statements"]["total"] == alone.summary["statements"]["total"]


def test_a_program_built_from_files_elsewhere(module: Path, tmp_path: Path) -> None:
    builder = tmp_path / "workspace" / "app"
    shutil.copytree(PROGRAM, builder)
    data = build_and_run(builder, tmp_path / "data", "square", "x", what=("main.go", "extra.go"))
    shutil.rmtree(builder)
    made = report(data, source=module)
    # What Go says has the paths of the builder, and the report those of the checkout.
    assert sorted(text(made, "profile.out").splitlines()) == textfmt([data], tmp_path / "p.out")
    assert f"{builder}/main.go" in text(made, "profile.out")
    assert made.summary["mapped"] == [{"from": str(builder), "to": "example.com/shapes", "files": 1}]
    usual = report(build_and_run(module, tmp_path / "usual", "square", "x"), source=module)
    assert made.summary["packages"] == usual.summary["packages"]
    assert text(made, "cobertura.xml").count('filename="main.go"') == 1
    assert text(made, "functions.txt") == text(usual, "functions.txt")


def test_comments_in_source_that_go_compiled(module: Path, tmp_path: Path) -> None:
    source = tmp_path / "module"
    shutil.copytree(module, source)
    (source / "ignoring.go").write_text(IGNORING, encoding="ascii")
    data = build_and_run(source, tmp_path / "data", "square")
    with_comments, without = report(data, source=source), report(data, source=source, exclude_comments=False)
    excluded = with_comments.summary["excluded"]
    assert [(entry["reason"].partition(": ")[2], entry["total"]) for entry in excluded] == [
        ("nobody has so many", 1),
        ("only for debugging", 4),
    ]
    assert without.summary["statements"]["total"] - with_comments.summary["statements"]["total"] == 5
    assert without.summary["statements"]["covered"] == with_comments.summary["statements"]["covered"]
    names = [f["name"] for file in with_comments.summary["files"] for f in file["functions"]]
    assert "dump" not in names and "init" in names
    # What Go says does not change.
    assert sorted(text(with_comments, "profile.out").splitlines()) == textfmt([data], tmp_path / "p.out")


def test_changed_lines_of_source_that_go_compiled(tmp_path: Path) -> None:
    source = tmp_path / "module"
    shutil.copytree(PROGRAM, source)
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], cwd=source, check=True)
    (source / "ignoring.go").write_text(IGNORING.replace("//coverage:", "// "), encoding="ascii")
    made = report(build_and_run(source, tmp_path / "data", "square"), source=source, changed_since="HEAD")
    changed = made.summary["changed"]
    assert [(file["path"], file["uncovered"]) for file in changed["files"]] == [("ignoring.go", [[7, 7], [13, 17]])]
    assert changed["statements"] == {"covered": 1, "total": 6, "percent": 100.0 / 6}
    assert changed["lines"] == {"covered": 1, "total": 6, "percent": 100.0 / 6}
    assert "::warning file=ignoring.go,line=13,endLine=17," in text(made, "annotations.txt")
