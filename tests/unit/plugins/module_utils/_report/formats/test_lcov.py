# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""lcov.info."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.lcov import render_lcov, repo_relative
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    FunctionCoverage,
    PackageCoverage,
)


@pytest.mark.parametrize(
    ("modules", "name", "expected"),
    [
        ({}, "example.com/a/b.go", "example.com/a/b.go"),
        ({"example.com/a": ""}, "example.com/a/b.go", "b.go"),
        ({"example.com/a": "."}, "example.com/a/x/b.go", "x/b.go"),
        ({"example.com/a": "services/a/"}, "example.com/a/b.go", "services/a/b.go"),
        ({"example.com/a": "", "example.com/a/b": "mod"}, "example.com/a/b/c.go", "mod/c.go"),
        ({"example.com/a": ""}, "example.com/ab/c.go", "example.com/ab/c.go"),
    ],
)
def test_repo_relative(modules: dict[str, str], name: str, expected: str) -> None:
    assert repo_relative(modules)(name) == expected


def _coverage(functions: list[FunctionCoverage]) -> Coverage:
    blocks = [Block(3, 14, 5, 2, 1, 4), Block(7, 14, 9, 2, 1, 0), Block(11, 14, 11, 20, 1, 2)]
    file = FileCoverage.of_blocks("m/p/f.go", "m/p", blocks, functions)
    return Coverage("count", [PackageCoverage.of_files("m/p", [file])])


def test_record() -> None:
    functions = [
        FunctionCoverage("init", "m/p/f.go", 3, 1, 1),
        FunctionCoverage("init", "m/p/f.go", 7, 0, 1),
        FunctionCoverage("*T[K,V].Do", "m/p/f.go", 11, 1, 1),
    ]
    assert render_lcov(_coverage(functions), repo_relative({"m": "src"}), "e2e run").splitlines() == [
        "TN:e2e_run",
        "SF:src/p/f.go",
        "FN:3,init",
        "FN:7,init:7",
        "FN:11,*T[K,V].Do",
        "FNDA:4,init",
        "FNDA:0,init:7",
        "FNDA:2,*T[K,V].Do",
        "FNF:3",
        "FNH:2",
        "DA:3,4",
        "DA:4,4",
        "DA:5,4",
        "DA:7,0",
        "DA:8,0",
        "DA:9,0",
        "DA:11,2",
        "LF:7",
        "LH:4",
        "end_of_record",
    ]


def test_a_name_cannot_begin_a_record_of_its_own() -> None:
    text = render_lcov(_coverage([FunctionCoverage("A\nDA:1,99", "m/p/f.go", 3, 1, 1)]))
    assert "DA:1,99" not in text.splitlines()
