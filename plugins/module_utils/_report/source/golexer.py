# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tokens of Go source, as the language specification defines them, without Go.

Lines end with a line feed and with nothing else: a carriage return, a form feed or U+2028 ends none.
"""

from __future__ import annotations

import re
import typing as t
from bisect import bisect_right

# What is not closed extends to the end of the file, so that no input makes the search start over and over.
SKIPPED = rb"""
    (?P<comment> //[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<literal> "[^"\\\n]*(?:\\.[^"\\\n]*)*" | `[^`]*(?:`|\Z) | '[^'\\\n]*(?:\\.[^'\\\n]*)*' )
"""
TOKENS = (
    SKIPPED
    + rb"""| (?P<newline> \n ) | (?P<number> [0-9][\w.]* ) | (?P<word> [\w\x80-\xff]+ )
           | (?P<mark> \+\+ | -- | := | [^\s] )"""
)
TOKEN = re.compile(TOKENS, re.VERBOSE | re.DOTALL)
WORD = re.compile(rb"[\w\x80-\xff]+")
COMMENT = re.compile(SKIPPED, re.VERBOSE | re.DOTALL)
# Brackets nest, so that of the three kinds only the one that was opened needs to be counted.
PAIRS = {
    opening: re.compile(
        SKIPPED + rb"| (?P<opening> \%b ) | (?P<closing> \%b )" % (opening, closing), re.VERBOSE | re.DOTALL
    )
    for opening, closing in ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
}
KEYWORDS = frozenset(
    b"break case chan const continue default defer else fallthrough for func go goto if import interface map package"
    b" range return select struct switch type var".split()
)
# A newline behind a name, a literal or one of these ends a statement; behind any other keyword or mark it does not.
_ENDING_KEYWORDS = frozenset((b"break", b"continue", b"fallthrough", b"return"))
_ENDING_MARKS = frozenset((b")", b"]", b"}", b"++", b"--"))
CONTINUING_KEYWORDS = KEYWORDS - _ENDING_KEYWORDS
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Position = tuple[int, int]
"""Line and column, both from 1, the column in bytes."""


class Token(t.NamedTuple):
    """A token from the offset ``start`` to before ``end``.

    ``kind`` is comment, literal, number, word, mark or semicolon; the text of a semicolon that a newline stands for is
    empty.
    """

    kind: str
    text: bytes
    start: int
    end: int


def tokens(source: bytes) -> t.Iterator[Token]:
    """The tokens of ``source`` with its comments, and with the semicolons that newlines stand for."""
    may_end = False
    end = len(BYTE_ORDER_MARK) if source.startswith(BYTE_ORDER_MARK) else 0
    for match in TOKEN.finditer(source, end):
        kind, text = match.lastgroup or "", match[0]
        if kind == "newline" or (kind == "comment" and b"\n" in text):
            if may_end:
                yield Token("semicolon", b"", end, end)
            may_end = False
        if kind == "newline":
            continue
        yield Token("semicolon" if text == b";" else kind, text, match.start(), match.end())
        if kind != "comment":
            end = match.end()
            may_end = ends_statement(kind, text)
    if may_end:
        yield Token("semicolon", b"", end, end)


def ends_statement(kind: str, text: bytes) -> bool:
    """Whether a newline behind this token ends a statement."""
    if kind == "word":
        return text not in CONTINUING_KEYWORDS
    return text in _ENDING_MARKS if kind == "mark" else kind in ("literal", "number")


class Lines:
    """From an offset in ``source`` to its line and column."""

    def __init__(self, source: bytes) -> None:
        self._size = len(source)
        self._starts = [0, *(match.end() for match in re.finditer(rb"\n", source))]

    def position(self, offset: int) -> Position:
        """The line and column of ``offset``, without regard to line directives."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def extent(self, line: int) -> tuple[int, int]:
        """The offsets at which ``line`` and the line behind it begin."""
        return self._starts[line - 1], self._starts[line] if line < len(self._starts) else self._size


def behind_closing(source: bytes, offset: int, opening: bytes) -> int:
    """The offset behind the bracket that closes ``opening``, which ends at ``offset``.

    Raises ValueError if there is none.
    """
    depth = 1
    for match in PAIRS[opening].finditer(source, offset):
        kind = match.lastgroup
        if kind == "opening":
            depth += 1
        elif kind == "closing":
            depth -= 1
            if not depth:
                return match.end()
    raise ValueError("a bracket is not closed")
