# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test levels beside e2e: the columns, and what is named instead of being counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.merge import merge_directories
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.markdown import markdown_summary
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.profile import parse_profile, profile_lines
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.combining import combine
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.from_covdata import coverage_of
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.levels import (
    Level,
    Levels,
    parse_profiles,
    read_level,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import Coverage
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.summary import Demands, select, summary_of
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.splitting import (
    BEFORE_1_27,
    FROM_1_27,
    splitting_of,
    splitting_of_version,
)

FIXTURES = Path(__file__).resolve().parents[5] / "fixtures" / "covdata"


def profile(*counts: int, mode: str = "set", file: str = "m/a.go") -> list[str]:
    """Blocks of 1, 2, 4, 8 ... statements on lines of their own."""
    lines = [f"{file}:{n}.1,{n}.9 {2**n} {count}" for n, count in enumerate(counts)]
    return [f"mode: {mode}", *lines]


def level(name: str, *counts: int, mode: str = "set", file: str = "m/a.go") -> Level:
    return Level(name, parse_profile(profile(*counts, mode=mode, file=file)), (f"{name}.out",))


def summary_with(coverage: Coverage, *levels: Level) -> Any:
    return summary_of(select(coverage), "shop", None, Demands(levels=Levels(coverage, levels)))


def test_columns() -> None:
    #                         1  2  4  8
    e2e = parse_profile(profile(0, 1, 1, 0))
    total = summary_with(e2e, level("unit", 0, 0, 1, 1), level("integration", 0, 1, 0, 0))["levels"]["total"]
    assert total == {
        "total": 15,
        "covered": {"e2e": 6, "unit": 12, "integration": 2},
        "both": 6,
        "only_e2e": 0,
        "any": 14,
        "percent": 100.0 * 14 / 15,
    }


@pytest.mark.parametrize(
    "e2e, unit, both, only, either",
    [((1,), (1,), 1, 0, 1), ((1,), (0,), 0, 1, 1), ((0,), (1,), 0, 0, 1), ((0,), (0,), 0, 0, 0), ((7,), (0,), 0, 1, 1)],
)
def test_one_statement(e2e: tuple[int], unit: tuple[int], both: int, only: int, either: int) -> None:
    numbers = Levels(parse_profile(profile(*e2e)), [level("unit", *unit)]).numbers(parse_profile(profile(*e2e)).files())
    assert (numbers["both"], numbers["only_e2e"], numbers["any"]) == (both, only, either)


def test_levels_stand_at_packages_files_and_functions() -> None:
    coverage = coverage_of(merge_directories([str(FIXTURES / "go1.26.6-count" / "covdata")]))
    unit = Level("unit", parse_profile((FIXTURES / "go1.26.6-set" / "profile.out").read_text().splitlines()), ("u",))
    summary = summary_with(coverage, unit)
    files = summary["files"]
    for whole, parts in (
        (summary["levels"]["total"], summary["levels"]["packages"]),
        (summary["levels"]["total"], [file["levels"] for file in files]),
    ):
        assert whole["total"] == sum(part["total"] for part in parts)
        assert whole["both"] == sum(part["both"] for part in parts) > 0
    shape = next(file for file in files if file["name"].endswith("shape.go"))
    assert shape["levels"]["total"] == sum(function["levels"]["total"] for function in shape["functions"])
    assert shape["levels"]["covered"]["unit"] == shape["covered"]


def test_a_clash_of_modes_is_resolved_and_named() -> None:
    levels = Levels(parse_profile(profile(1, 0)), [level("unit", 5, 3, mode="atomic")])
    assert "".join(profile_lines(levels.merged)) == ("mode: atomic\nm/a.go:0.1,0.9 1 6\nm/a.go:1.1,1.9 2 3\n")
    assert [note["cause"] for note in levels.described()["notes"]] == ["mode-clash"]


def test_counts_do_not_overflow() -> None:
    merged, _findings = combine(*(parse_profile(profile(4_000_000_000, mode="count")) for _times in range(2)))
    assert next(merged.files()).blocks[0].count == 0xFFFFFFFF


def test_other_blocks_are_named_and_not_counted() -> None:
    strange = Level("unit", parse_profile(["mode: set", "m/a.go:0.1,0.5 1 1", "m/a.go:1.1,1.9 2 1"]), ("u",))
    levels = Levels(parse_profile(profile(1, 1)), [strange])
    described = levels.described()
    assert described["sources"][0]["mismatched"] == ["m/a.go"]
    assert levels.numbers(parse_profile(profile(1, 1)).files())["covered"] == {"e2e": 3, "unit": 0}
    assert described["notes"] == [
        {"cause": "block-mismatch", "evidence": "m/a.go: 1 of 2 blocks differ, first 0.1,0.5"}
    ]


def test_what_the_program_does_not_have_counts_nowhere_and_is_said() -> None:
    levels = Levels(parse_profile(profile(1)), [level("unit", 1, 1, file="m/other.go")])
    assert levels.described()["sources"][0]["beyond"] == {"files": 1, "statements": 3}
    assert levels.numbers(parse_profile(profile(1)).files())["total"] == 1


def test_a_profile_from_which_lines_were_filtered_is_taken() -> None:
    levels = Levels(parse_profile(profile(1, 1, 1)), [level("unit", 1)])
    assert levels.described()["notes"] == []
    assert levels.numbers(parse_profile(profile(1, 1, 1)).files())["covered"] == {"e2e": 7, "unit": 1}


@pytest.mark.parametrize(
    "version, splitting",
    [
        ("go1.26.8", BEFORE_1_27),
        ("go1.20", BEFORE_1_27),
        ("1.27.0", FROM_1_27),
        ("go1.27rc1", FROM_1_27),
        ("go1.130.1", FROM_1_27),
        ("devel go1.27-abc", ""),
        (None, ""),
    ],
)
def test_splitting_of_versions(version: str | None, splitting: str) -> None:
    assert splitting_of_version(version) == splitting


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("go*/profile.out")), ids=lambda path: path.parent.name)
def test_splitting_is_seen_in_the_blocks_of_each_toolchain(path: Path) -> None:
    assert splitting_of(parse_profile(path.read_text().splitlines())) == splitting_of_version(path.parent.name)


def test_two_go_versions_are_recognised() -> None:
    old, new = (
        coverage_of(merge_directories([str(FIXTURES / f"go{version}-set" / "covdata")]))
        for version in ("1.26.6", "1.27.3")
    )
    levels = Levels(new, [Level("unit", old, ("unit",))])
    first = levels.described()["notes"][0]
    assert first["cause"] == "block-mismatch"
    assert (
        "its blocks are those of Go before 1.27, the end-to-end data has those of Go 1.27 or later" in first["evidence"]
    )
    assert levels.numbers(new.files())["covered"]["unit"] == 0


def test_profiles_as_users_write_them() -> None:
    assert parse_profiles({"unit": "a.out", "more": ["b", "c"]}) == {"unit": ("a.out",), "more": ("b", "c")}


@pytest.mark.parametrize(
    "described", [{"e2e": "a"}, {"unit": ""}, {"unit": []}, {"unit": {"a": 1}}, {"../x": "a"}, {"unit": [1]}]
)
def test_profiles_that_cannot_be(described: dict[str, Any]) -> None:
    with pytest.raises(Failure) as caught:
        parse_profiles(described)
    assert caught.value.diagnoses[0].cause == "option-invalid"


@pytest.mark.parametrize(
    "content, cause", [(None, "profile-missing"), ("nonsense", "truncated-data"), ("", "truncated-data")]
)
def test_levels_that_cannot_be_read(tmp_path: Path, content: str | None, cause: str) -> None:
    path = tmp_path / "unit.out"
    if content is not None:
        path.write_text(content, encoding="ascii")
    with pytest.raises(Failure) as caught:
        read_level("unit", [str(path)])
    assert caught.value.diagnoses[0].cause == cause


def test_a_device_is_no_profile() -> None:
    with pytest.raises(Failure) as caught:
        read_level("unit", ["/dev/zero"])
    assert caught.value.diagnoses[0].evidence == "/dev/zero is no file"


def test_markdown_has_the_columns() -> None:
    text = markdown_summary(summary_with(parse_profile(profile(1, 0, 0)), level("unit", 1, 1, 0)))
    assert "| package | unit | e2e | both | only e2e | any |" in text
    assert "| **all** | 42.9% | 14.3% | 14.3% | 0.0% | 42.9% |" in text
