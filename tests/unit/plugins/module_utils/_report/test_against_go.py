# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection makes of coverage data, against what the Go toolchains make of it (tests/fixtures/covdata)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.errors import CovdataError
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.merge import merge_directories
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.functions import (
    function_lines,
    functions_text,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.profile import parse_profile, profile_lines
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.from_covdata import coverage_of
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import Coverage, percent
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.sources import Sources

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "covdata"
PROGRAM = str(FIXTURES / "program")
VERSIONS = ("1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.3")
CASES = {
    **{f"go{version}-{mode}": ["covdata"] for version in VERSIONS for mode in ("set", "count", "atomic")},
    "two-builds": ["first", "second"],
}


def coverage_from(case: str) -> Coverage:
    return coverage_of(merge_directories([str(FIXTURES / case / directory) for directory in CASES[case]]))


def expected(case: str, name: str) -> str:
    return (FIXTURES / case / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_profile_is_that_of_covdata_textfmt(case: str) -> None:
    lines = list(profile_lines(coverage_from(case)))
    assert sorted(lines) == sorted(expected(case, "profile.out").splitlines(keepends=True))
    assert len(lines) > 50


@pytest.mark.parametrize("case", CASES)
def test_profile_has_the_order_of_covdata_textfmt(case: str) -> None:
    assert "".join(profile_lines(coverage_from(case))) == expected(case, "profile.out")


@pytest.mark.parametrize("case", CASES)
def test_functions_are_those_of_cover_func(case: str) -> None:
    assert functions_text(coverage_from(case), Sources(PROGRAM)) == expected(case, "functions.txt")


@pytest.mark.parametrize("case", CASES)
def test_functions_of_a_parsed_profile_are_those_of_cover_func(case: str) -> None:
    coverage = parse_profile(expected(case, "profile.out").splitlines())
    assert functions_text(coverage, Sources(PROGRAM)) == expected(case, "functions.txt")


@pytest.mark.parametrize("case", CASES)
def test_functions_without_source_have_the_names_and_numbers_of_cover_func(case: str) -> None:
    coverage = coverage_from(case)
    with_source = list(function_lines(coverage, Sources(PROGRAM)))
    without = list(function_lines(coverage, Sources(None)))
    assert [line._replace(line=0) for line in without] == [line._replace(line=0) for line in with_source]
    assert functions_text(coverage, Sources(None)).split()[-1] == expected(case, "functions.txt").split()[-1]


@pytest.mark.parametrize("case", CASES)
def test_packages_have_the_percentages_of_covdata_percent(case: str) -> None:
    lines = re.compile(r"^\t(\S+)\t\tcoverage: ([0-9.]+)% of statements$", re.MULTILINE)
    said = dict(lines.findall(expected(case, "percent.txt")))
    ours = {p.name: f"{percent(p.covered, p.total):.1f}" for p in coverage_from(case).packages if p.total}
    assert ours == said


@pytest.mark.parametrize("case", CASES)
def test_totals_are_the_sums_of_their_parts(case: str) -> None:
    coverage = coverage_from(case)
    assert coverage.total == sum(function.total for function in coverage.functions())
    assert coverage.covered == sum(function.covered for function in coverage.functions())
    assert 0 < coverage.covered < coverage.total
    assert coverage.module == "example.com/shapes"


def test_lines_of_functions_are_those_of_their_declarations_once_annotated() -> None:
    coverage = coverage_from("go1.26.6-count")
    Sources(PROGRAM).annotate(coverage)
    lines = {function.name: function.line for function in coverage.functions()}
    assert (lines["wide"], lines["Circle.Area"], lines["Items.Put"]) == (44, 19, 15)


def test_function_counts_say_how_often_a_function_was_entered() -> None:
    counts = {f.name: f.count for f in coverage_from("go1.26.6-count").functions()}
    assert (counts["Put"], counts["main"], counts["neverCalled"], counts["Unused"]) == (301, 2, 0, 2)


def test_several_init_functions_of_one_file_stay_apart() -> None:
    functions = [f for f in coverage_from("go1.26.6-set").functions() if f.name == "init"]
    assert [(f.covered, f.total) for f in functions] == [(1, 1), (1, 2)]


def test_two_modes_clash() -> None:
    with pytest.raises(CovdataError) as caught:
        merge_directories([str(FIXTURES / "two-modes" / mode) for mode in ("set", "count")])
    assert caught.value.cause == "mode-clash"


def test_two_modes_are_combined_as_covdata_merge_pcombine_does() -> None:
    merged = merge_directories([str(FIXTURES / "two-modes" / mode) for mode in ("set", "count")], relaxed=True)
    assert "".join(profile_lines(coverage_of(merged))) == expected("two-modes", "profile.out")


def test_output_of_covdata_merge_is_read() -> None:
    merged = merge_directories([str(FIXTURES / "two-modes" / "combined")])
    assert "".join(profile_lines(coverage_of(merged))) == expected("two-modes", "profile.out")
    assert len(merged.unverified_meta_files) == 1


def test_the_same_directory_twice_counts_twice_as_with_covdata_textfmt() -> None:
    directory = str(FIXTURES / "go1.26.6-count" / "covdata")
    once, twice = (coverage_of(merge_directories([directory] * times)) for times in (1, 2))
    for ours, theirs in zip(once.files(), twice.files(), strict=True):
        assert [2 * block.count for block in ours.blocks] == [block.count for block in theirs.blocks]
