# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text profiles: what is read, what is refused."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.errors import CovdataError
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.profile import parse_profile, profile_lines
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import Block


def test_blocks_are_grouped_by_file_and_package() -> None:
    text = "mode: set\nm/b/y.go:1.2,3.4 5 0\nm/a/x.go:7.1,8.1 2 1\nm/a/x.go:1.1,2.1 1 0\nm/a/w.go:1.1,2.1 1 1\n"
    coverage = parse_profile(text.splitlines(keepends=True))
    assert [(p.name, p.covered, p.total) for p in coverage.packages] == [("m/a", 3, 4), ("m/b", 0, 5)]
    assert [f.name for f in coverage.files()] == ["m/a/w.go", "m/a/x.go", "m/b/y.go"]
    assert coverage.packages[0].files[1].blocks == [Block(1, 1, 2, 1, 1, 0), Block(7, 1, 8, 1, 2, 1)]


@pytest.mark.parametrize("mode, count", [("set", 1), ("count", 2), ("atomic", 2)])
def test_blocks_at_one_place_are_merged_by_mode(mode: str, count: int) -> None:
    lines = [f"mode: {mode}", "a.go:1.1,2.2 3 1", "a.go:1.1,2.2 3 0", "a.go:1.1,2.2 3 1"]
    assert list(profile_lines(parse_profile(lines))) == [f"mode: {mode}\n", f"a.go:1.1,2.2 3 {count}\n"]


def test_a_file_name_may_hold_anything() -> None:
    line = "C:/with space/100%d.go:1.1,2.2 3 1\n"
    assert list(profile_lines(parse_profile(["mode: set\r\n", line])))[1] == line


@pytest.mark.parametrize(
    "lines, evidence",
    [
        ([], "line 1 of p.out is not that of a Go text profile"),
        (["mode: fast"], "line 1"),
        (["a.go:1.1,2.2 3 1"], "line 1"),
        (["mode: set", "a.go:1.1,2.2 3"], "line 2"),
        (["mode: set", "a.go:1.1,2.2 3 -1"], "line 2"),
        (["mode: set", ":1.1,2.2 3 1"], "line 2"),
        (["mode: set", "a.go:1.1,2.2 3 1", "a.go:1.1,2.2 4 1"], "another number of statements"),
    ],
)
def test_what_is_no_profile_is_said(lines: list[str], evidence: str) -> None:
    with pytest.raises(CovdataError, match=evidence):
        parse_profile(lines, "p.out")
