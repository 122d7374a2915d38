# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the names of a builder to those of the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.codecov import upload_set
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.lcov import repo_relative
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.profile import parse_profile
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.exclusions import exclude
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.levels import Level
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    FunctionCoverage,
    PackageCoverage,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.placing import place
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.sources import Sources

MAIN = "package main\n\nfunc main() {\n\trun()\n}\n"
OTHER_MAIN = "package main\n\nfunc main() {\n\tserve()\n}\n\nfunc serve() {\n}\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Sources:
    for name, text in {
        "go.mod": "module ex.com/m\n",
        "cmd/first/main.go": MAIN,
        "cmd/second/main.go": OTHER_MAIN,
        "internal/store/store.go": "package store\n\nfunc Put() {\n\tdo()\n}\n",
        "testdata/cmd/main.go": OTHER_MAIN,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="ascii")
    return Sources(str(tmp_path))


def covered(*names: str, package: str = "", function: str = "", line: int = 3) -> Coverage:
    """Coverage in which each file has one function of one block, on three lines."""
    packages = []
    for name in names:
        of = package or name.rpartition("/")[0]
        functions = [FunctionCoverage(function, name, line, 1, 1, 1)] if function else []
        file = FileCoverage.of_blocks(name, of, [Block(line, 13, line + 2, 2, 1, 1)], functions)
        packages.append(PackageCoverage.of_files(of, [file]))
    return Coverage("set", packages)


def names_of(coverage: Coverage) -> list[str]:
    return [file.name for file in coverage.files()]


@pytest.mark.parametrize(
    "name, target",
    [
        ("/workspace/internal/store/store.go", "ex.com/m/internal/store/store.go"),
        ("/go/src/github.com/x/m/internal/store/store.go", "ex.com/m/internal/store/store.go"),
        ("/internal/store/store.go", "ex.com/m/internal/store/store.go"),
        ("ex.com/m/internal/store/store.go", "ex.com/m/internal/store/store.go"),
        ("ex.com/other/internal/store/store.go", "ex.com/other/internal/store/store.go"),
        ("/workspace/internal/gone/gone.go", "/workspace/internal/gone/gone.go"),
        ("/workspace/../../etc/passwd", "/workspace/../../etc/passwd"),
    ],
)
def test_places_of_builders(checkout: Sources, name: str, target: str) -> None:
    placed = place(covered(name), checkout)
    assert names_of(placed.coverage) == [target]
    assert bool(placed.mapped) is (name != target)
    assert bool(placed.coverage.warnings) is (name == target and name.startswith("/"))
    assert placed.coverage.packages[0].name == target.rpartition("/")[0]


def test_the_root_under_which_most_files_are_found_wins(checkout: Sources) -> None:
    placed = place(covered("/src/app/cmd/first/main.go", "/src/app/internal/store/store.go"), checkout)
    assert names_of(placed.coverage) == ["ex.com/m/cmd/first/main.go", "ex.com/m/internal/store/store.go"]
    assert placed.mapped == [{"from": "/src/app", "to": "ex.com/m", "files": 2}]
    assert placed.coverage.module == "ex.com/m"


@pytest.mark.parametrize(
    "function, line, hint, target",
    [
        # Only one main.go of the checkout has the function, and lines enough.
        ("serve", 7, "", "ex.com/m/cmd/second/main.go"),
        ("main", 3, "cmd/first", "ex.com/m/cmd/first/main.go"),
        # Both fit, and nobody says which.
        ("main", 3, "", "command-line-arguments/main.go"),
        ("absent", 3, "", "command-line-arguments/main.go"),
        ("absent", 3, "cmd/first", "command-line-arguments/main.go"),
    ],
)
def test_command_line_arguments(checkout: Sources, function: str, line: int, hint: str, target: str) -> None:
    name = "command-line-arguments/main.go"
    coverage = covered(name, function=function, line=line)
    if function == "serve":
        coverage.packages[0].files[0].blocks[0] = Block(7, 14, 8, 2, 1, 1)
    placed = place(coverage, checkout, hint=f"{checkout.root}/{hint}" if hint else "")
    assert names_of(placed.coverage) == [target]


@pytest.mark.parametrize(
    "source_map, target",
    [
        ({"old.com/m/": "ex.com/m/"}, "ex.com/m/cmd/first/main.go"),
        ({"old.com/m": "ex.com/m"}, "ex.com/m/cmd/first/main.go"),
        ({"old.com/m": "ex.com/m/"}, "ex.com/m/cmd/first/main.go"),
        ({"old.com/": "x/", "old.com/m/": "ex.com/m/"}, "ex.com/m/cmd/first/main.go"),
        ({"other.com/": "x/"}, "old.com/m/cmd/first/main.go"),
    ],
)
def test_a_source_map(checkout: Sources, source_map: dict[str, str], target: str) -> None:
    assert names_of(place(covered("old.com/m/cmd/first/main.go"), checkout, source_map).coverage) == [target]


def test_a_source_map_to_a_directory(checkout: Sources) -> None:
    placed = place(covered("old.com/cmd/first/main.go"), checkout, {"old.com/": f"{checkout.root}/"})
    assert names_of(placed.coverage) == ["ex.com/m/cmd/first/main.go"]


def test_the_same_package_under_two_builds_is_counted_once_and_named(checkout: Sources) -> None:
    coverage = covered("/build/internal/store/store.go", "ex.com/m/internal/store/store.go", function="Put")
    placed = place(coverage, checkout).coverage
    assert [(package.name, package.covered, package.total) for package in placed.packages] == [
        ("ex.com/m/internal/store", 1, 1)
    ]
    assert "built twice under different names, and is counted once" in placed.warnings[0]


def test_two_builds_of_different_source_are_not_added_up(checkout: Sources) -> None:
    coverage = covered("/build/internal/store/store.go", "ex.com/m/internal/store/store.go")
    coverage.packages[0].files[0].blocks[:] = [Block(1, 1, 2, 2, 5, 0)]
    placed = place(coverage, checkout).coverage
    assert (placed.covered, placed.total) == (1, 1)
    assert "built twice from different source" in placed.warnings[0]


def test_without_source_nothing_is_guessed() -> None:
    placed = place(covered("/workspace/main.go"), Sources(None))
    assert (names_of(placed.coverage), placed.mapped, placed.coverage.warnings) == (["/workspace/main.go"], [], [])


def test_the_upload_set_has_paths_of_the_repository_and_nothing_excluded() -> None:
    lines = ["mode: set", "m/a.go:1.1,2.2 3 1", "m/gen.go:1.1,2.2 3 0", "m/a.go:4.1,5.2 1 0"]
    counted, excluded = exclude(parse_profile(lines), ["gen.go"])
    files = upload_set(counted, [Level("unit", parse_profile(lines), ())], excluded, repo_relative({"m": "svc/m"}))
    expected = "mode: set\nsvc/m/a.go:1.1,2.2 3 1\nsvc/m/a.go:4.1,5.2 1 0\n"
    assert files == {"codecov/coverage-e2e.txt": expected, "codecov/coverage-unit.txt": expected}
