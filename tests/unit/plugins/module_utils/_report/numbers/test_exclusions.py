# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exclusions: what is gone from the numbers stands beside them with the reason."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.exclusions import exclude, reasons
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    FunctionCoverage,
    PackageCoverage,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.summary import Demands, select, summary_of
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.sources import Sources

SOURCE = """package p

func kept() {
\tone()
}

//coverage:ignore nobody calls it
func gone() {
\ttwo()
}

func partly(ok bool) {
\tif !ok { //coverage:ignore never
\t\tpanic("no")
\t}
}
"""


def make(generated: bool = False) -> Coverage:
    blocks = [
        *(Block(3, 13, 5, 2, 1, 1), Block(8, 13, 10, 2, 1, 0)),
        *(Block(12, 22, 13, 10, 1, 1), Block(13, 10, 15, 3, 1, 0)),
    ]
    functions = [
        FunctionCoverage("kept", "m/p.go", 3, 1, 1, 1),
        FunctionCoverage("gone", "m/p.go", 8, 0, 1, 0),
        FunctionCoverage("partly", "m/p.go", 12, 1, 2, 1),
    ]
    file = FileCoverage.of_blocks("m/p.go", "m", blocks, functions)
    file.generated = generated
    other = FileCoverage.of_blocks("m/x/x.go", "m/x", [Block(1, 1, 2, 2, 7, 0)], [])
    packages = [PackageCoverage.of_files("m", [file], "m"), PackageCoverage.of_files("m/x", [other], "m")]
    return Coverage("set", packages, module="m")


def sources_in(directory: Path) -> Sources:
    (directory / "go.mod").write_text("module m\n", encoding="ascii")
    (directory / "p.go").write_text(SOURCE, encoding="ascii")
    return Sources(str(directory))


def test_comments_take_out_blocks_and_functions(tmp_path: Path) -> None:
    counted, excluded = exclude(make(), ["./x"], comments=True, sources=sources_in(tmp_path))
    assert [entry.as_dict() for entry in excluded] == [
        {
            "name": "m/p.go",
            "covered": 0,
            "total": 1,
            "reason": "a comment in the source: nobody calls it",
            "lines": [[8, 10]],
        },
        {"name": "m/p.go", "covered": 0, "total": 1, "reason": "a comment in the source: never", "lines": [[13, 15]]},
        {"name": "m/x/x.go", "covered": 0, "total": 7, "reason": "the pattern ./x"},
    ]
    assert (counted.covered, counted.total) == (2, 2)
    assert [(f.name, f.covered, f.total) for f in counted.functions()] == [("kept", 1, 1), ("partly", 1, 1)]
    assert reasons(excluded) == {"m/x/x.go": "excluded: the pattern ./x"}


def test_nothing_gets_lost(tmp_path: Path) -> None:
    coverage = make()
    counted, excluded = exclude(coverage, ["./x"], comments=True, sources=sources_in(tmp_path))
    assert counted.total + sum(entry.total for entry in excluded) == coverage.total
    assert counted.covered + sum(entry.covered for entry in excluded) == coverage.covered


def test_a_comment_for_the_whole_file(tmp_path: Path) -> None:
    sources = sources_in(tmp_path)
    (tmp_path / "p.go").write_text("//coverage:ignore-file by hand\n" + SOURCE, encoding="ascii")
    counted, excluded = exclude(make(), comments=True, sources=sources)
    assert [(entry.name, entry.total, entry.reason) for entry in excluded] == [
        ("m/p.go", 4, "a comment in the source: by hand")
    ]
    assert [package.name for package in counted.packages] == ["m/x"]


def test_comments_are_left_alone_where_they_are_not_asked_for(tmp_path: Path) -> None:
    counted, excluded = exclude(make(), comments=False, sources=sources_in(tmp_path))
    assert (counted.total, excluded) == (11, [])


def test_generated_files() -> None:
    assert exclude(make(generated=True))[1] == []
    assert [(entry.name, entry.reason) for entry in exclude(make(generated=True), generated=True)[1]] == [
        ("m/p.go", "generated code")
    ]


def test_the_summary_counts_less_and_says_what(tmp_path: Path) -> None:
    summary = summary_of(
        select(make(), ["m/x/..."], comments=True, sources=sources_in(tmp_path)), "shop", None, Demands()
    )
    assert summary["statements"] == {"covered": 2, "total": 2, "percent": 100.0}
    assert [entry["total"] for entry in summary["excluded"]] == [1, 1, 7]
    assert summary["files"] == [
        {
            "name": "m/p.go",
            "package": "m",
            "covered": 2,
            "total": 2,
            "percent": 100.0,
            "functions": [
                {"name": "kept", "line": 3, "covered": 1, "total": 1},
                {"name": "partly", "line": 12, "covered": 1, "total": 1},
            ],
        }
    ]
