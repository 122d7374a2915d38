# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments that take code out of the numbers: which blocks, of the positions that Go gives them."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import Block
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.ignored import (
    code_by_line,
    ignored_by_comments,
    merged_lines,
)

# A function with an if: the positions are those of go1.26, then of go1.27.
FUNCTION = """package p

func f(err error) int {{
\ta := 1{first}
\t{above}
\tif err != nil {{{inside}
\t\tpanic("never"){line}
\t}}
\treturn a
}}
"""
OLD = [Block(3, 23, 6, 16, 2, 1), Block(6, 16, 8, 3, 1, 0), Block(9, 2, 9, 10, 1, 1)]
NEW = [Block(4, 2, 6, 16, 2, 1), Block(7, 3, 8, 1, 1, 0), Block(9, 2, 9, 10, 1, 1)]


def source(**comments: str) -> bytes:
    given = dict.fromkeys(("first", "above", "inside", "line"), "")
    return FUNCTION.format(**{**given, **comments}).encode()


def ignored(text: bytes, blocks: list[Block]) -> list[int]:
    found = ignored_by_comments(text)
    return [] if found is None else [index for index, block in enumerate(blocks) if found.reason_for(block) is not None]


@pytest.mark.parametrize("blocks", [OLD, NEW], ids=["go1.26", "go1.27"])
@pytest.mark.parametrize(
    "comments, gone",
    [
        ({}, []),
        ({"inside": " //coverage:ignore it cannot be"}, [1]),
        ({"inside": " // coverage:ignore"}, [1]),
        ({"inside": " // coverage-ignore"}, [1]),
        ({"line": " //coverage:ignore"}, [1]),
        ({"above": "//coverage:ignore"}, [1]),
        # A counter cannot be divided: the block has another statement too.
        ({"first": " //coverage:ignore"}, []),
        ({"inside": " //coverage:ignored"}, []),
        ({"inside": " // see coverage:ignore"}, []),
        ({"line": ' // "//coverage:ignore"'}, []),
    ],
)
def test_blocks(blocks: list[Block], comments: dict[str, str], gone: list[int]) -> None:
    assert ignored(source(**comments), blocks) == gone


@pytest.mark.parametrize("blocks", [OLD, NEW], ids=["go1.26", "go1.27"])
def test_a_function(blocks: list[Block]) -> None:
    text = source().decode()
    assert ignored(text.replace("{\n", "{ //coverage:ignore\n", 1).encode(), blocks) == [0, 1, 2]
    assert ignored(text.replace("\n\nfunc", "\n//coverage:ignore\nfunc").encode(), blocks) == [0, 1, 2]


@pytest.mark.parametrize("blocks", [OLD, NEW], ids=["go1.26", "go1.27"])
def test_a_stretch(blocks: list[Block]) -> None:
    lines = source().decode().split("\n")
    lines[4], lines[8] = "\t//coverage:ignore-start", "\treturn a //coverage:ignore-end"
    assert ignored("\n".join(lines).encode(), blocks) == [1]
    # What is begun and never ended goes to the end of the file.
    lines[8] = "\treturn a"
    assert ignored("\n".join(lines).encode(), blocks) == [1, 2]


def test_a_file() -> None:
    found = ignored_by_comments(b"//coverage:ignore-file made by hand\n" + source())
    assert found is not None and found.whole_file == "made by hand"


@pytest.mark.parametrize("text", [b'var s = "//coverage:ignore"\n', b"var s = `\n//coverage:ignore\n`\n", b""])
def test_what_is_no_comment(text: bytes) -> None:
    assert ignored_by_comments(b"package p\n" + text) is None


def test_the_end_of_a_call_belongs_to_it() -> None:
    text = b"package p\n\nfunc f() {\n\t//coverage:ignore\n\tdefer func() {\n\t\trecover()\n\t}()\n}\n"
    assert ignored(text, [Block(3, 10, 5, 15, 1, 1), Block(5, 15, 7, 3, 1, 0)]) == [0, 1]


def test_the_reason_is_that_of_the_comment() -> None:
    found = ignored_by_comments(source(inside=" //coverage:ignore  only on other systems\r"))
    assert found is not None
    assert found.reason_for(OLD[1]) == "only on other systems"


def test_nothing_hostile_takes_long_or_fails() -> None:
    for text in (b"}" * 100_000, b"{" * 100_000, b"/*" * 50_000, b'"' * 100_001, b"`", b"'", b"\xff\n" * 1000):
        ignored_by_comments(text + b"\n//coverage:ignore\n" + text)


def test_code_is_what_is_neither_blank_nor_brace_nor_comment() -> None:
    text = b"func f() {\n\n\t// words\n\ta /* b */ = c // d\n\t}\n\t`x\n y`\n}\n"
    assert code_by_line(text) == {1: (1, 9), 4: (2, 15), 6: (2, 4), 7: (1, 4)}


def test_lines_of_blocks_are_joined() -> None:
    blocks = [Block(9, 1, 9, 5, 1, 0), Block(1, 1, 3, 1, 1, 0), Block(3, 2, 4, 2, 1, 0)]
    assert merged_lines(blocks) == [[1, 4], [9, 9]]
