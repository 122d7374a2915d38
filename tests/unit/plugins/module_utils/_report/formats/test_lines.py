# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The counts of lines, as single lines and as runs."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.errors import CovdataError
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.lines import (
    NumberedLines,
    blocks_by_function,
    check_extent,
    count_lines,
    line_hits,
    line_runs,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    FileCoverage,
    FunctionCoverage,
)
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([], {}),
        ([Block(3, 1, 5, 2, 2, 7)], {3: 7, 4: 7, 5: 7}),
        # The line of an if carries the condition and the brace of its body: the least count stands.
        ([Block(3, 1, 4, 10, 1, 7), Block(4, 10, 6, 3, 1, 0), Block(7, 2, 7, 9, 1, 7)], {3: 7, 4: 0, 5: 0, 6: 0, 7: 7}),
        ([Block(4, 10, 6, 3, 1, 2), Block(6, 3, 6, 20, 1, 9)], {4: 2, 5: 2, 6: 2}),
        # A block inside another one, and one that begins before it in the list.
        ([Block(1, 1, 9, 2, 1, 5), Block(3, 1, 4, 2, 1, 0)], {1: 5, 2: 5, 3: 0, 4: 0, 5: 5, 6: 5, 7: 5, 8: 5, 9: 5}),
        ([Block(5, 1, 6, 2, 1, 1), Block(2, 1, 3, 2, 1, 1)], {2: 1, 3: 1, 5: 1, 6: 1}),
        ([Block(2, 14, 2, 15, 0, 4)], {2: 4}),
    ],
)
def test_line_hits(blocks: list[Block], expected: dict[int, int]) -> None:
    hits = line_hits(blocks)
    assert hits == expected
    assert list(hits) == sorted(hits)


lines = st.integers(0, 12)
blocks_of_a_file = st.lists(st.builds(Block, lines, lines, lines, lines, lines, st.integers(0, 3)), max_size=8)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(blocks_of_a_file)
def test_runs_say_the_same_as_lines(blocks: list[Block]) -> None:
    blocks.sort()
    runs = line_runs(blocks)
    said = [(line, count) for first, last, count in runs for line in range(first, last + 1)]
    assert said == list(line_hits(blocks).items())
    assert count_lines(runs) == (sum(1 for _line, count in said if count), len(said))
    text = NumberedLines("<", ":", ">").text(runs)
    assert text == "".join(f"<{line}:{count}>" for line, count in said)


def test_lines_far_down_are_written_like_any() -> None:
    far = 2**32 - 2
    assert NumberedLines("", " ", ";").text([(1, 2, 0), (far, far + 1, 7)]) == f"1 0;2 0;{far} 7;{far + 1} 7;"


def test_a_block_that_ends_before_it_begins_has_the_line_on_which_it_begins() -> None:
    blocks = [Block(9, 0, 3, 0, 1, 2), Block(17, 0, 5, 0, 1, 0)]
    assert line_hits(blocks) == {9: 2, 17: 0}
    assert line_runs(blocks) == [(9, 9, 2), (17, 17, 0)]


def test_a_block_of_billions_of_lines_is_damage() -> None:
    blocks = [Block(9, 1, 3, 1, 1, 0), Block(1, 1, 2**32 - 1, 1, 1, 0)]
    check_extent([FileCoverage.of_blocks("m/a.go", "m", blocks[:1], [])])
    with pytest.raises(CovdataError, match="m/a.go and of the files before it span 4,294,967,296 lines") as caught:
        check_extent([FileCoverage.of_blocks("m/a.go", "m", blocks, [])])
    assert caught.value.cause == "truncated-data"


def test_blocks_go_to_the_function_they_begin_in() -> None:
    functions = [FunctionCoverage("B", "m/p/f.go", 7, 1, 2), FunctionCoverage("A", "m/p/f.go", 3, 1, 1)]
    blocks = [Block(3, 14, 5, 2, 1, 4), Block(7, 14, 9, 2, 1, 0), Block(11, 14, 11, 20, 1, 2)]
    file = FileCoverage.of_blocks("m/p/f.go", "m/p", blocks, functions)
    assert [(f.name, [b.start_line for b in blocks]) for f, blocks in blocks_by_function(file)] == [
        ("A", [3]),
        ("B", [7, 11]),
    ]
