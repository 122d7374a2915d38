# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments in Go source that take code out of the numbers.

    //coverage:ignore-file REASON               the whole file
    //coverage:ignore REASON                    on a line of its own: what begins on the next line with code
    if err != nil { //coverage:ignore REASON    behind a brace that stays open: what the braces enclose
    panic("never") //coverage:ignore REASON     behind other code: that line
    //coverage:ignore-start REASON ... //coverage:ignore-end

``// coverage-ignore`` means the same, since other tools read it. What begins on a line ends with it, or with the brace
that closes the first one which the line leaves open: a function, a loop, a block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..numbers.model import Block

_DIRECTIVE = re.compile(rb"//\s?coverage[:-]ignore(?P<what>-file|-start|-end)?(?![\w:-])[ \t]*(?P<reason>[^\r\n]*)")
_TOKEN = re.compile(
    rb"""(?P<comment> //[^\n]* | /\*.*?(?:\*/|\Z) )
       | (?P<literal> "[^"\\\n]*(?:\\.[^"\\\n]*)*"? | `[^`]*(?:`|\Z) | '[^'\\\n]*(?:\\.[^'\\\n]*)*'? )
       | (?P<newline> \n ) | (?P<open> \{ ) | (?P<close> \} ) | (?P<code> [^\s{}"'`/]+ | / )""",
    re.VERBOSE | re.DOTALL,
)
_LONGEST_REASON = 200
# What may follow the brace that ends a statement: the end of a call, of a list.
_AFTER_BRACE = re.compile(rb"[()\],;. \t]*")

Position = tuple[int, int]
"""Line and column, both from 1, the column in bytes."""


class Region(NamedTuple):
    """Source that does not count: from ``start`` to before ``end``, and why, in the words of the comment."""

    start: Position
    end: Position
    reason: str


class Ignored(NamedTuple):
    """What the comments of a file take out. ``spans`` has, by line, the columns of its first and last code."""

    whole_file: str | None
    regions: list[Region]
    spans: dict[int, tuple[int, int]]

    def reason_for(self, block: Block) -> str | None:
        """Why ``block`` does not count, or None. All its code must lie in one region: a counter cannot be divided."""
        start, end = self._code_of(block)
        for region in self.regions:
            if region.start <= start and end <= region.end:
                return region.reason
        return None

    def _code_of(self, block: Block) -> tuple[Position, Position]:
        """Where the code of ``block`` begins and ends, without the braces, blanks and comments around it."""
        start, end = (block.start_line, block.start_col), (block.end_line, block.end_col)
        inside = []
        for line in range(block.start_line, block.end_line + 1):
            span = self.spans.get(line)
            if span is None:
                continue
            first, behind = (line, span[0]), (line, span[1])
            if behind > start and first < end:
                inside += [max(first, start), min(behind, end)]
        return (inside[0], inside[-1]) if inside else (start, end)


_END_OF_FILE: Position = (1 << 40, 0)


def may_ignore(source: bytes) -> bool:
    """Whether it is worth to look for such comments."""
    return b"coverage:ignore" in source or b"coverage-ignore" in source


def ignored_by_comments(source: bytes) -> Ignored | None:
    """What comments in ``source`` take out of the numbers; None where there is no such comment, as nearly always."""
    if not may_ignore(source):
        return None
    lines = _Lines(source)
    whole_file = None
    regions = []
    begun: Region | None = None
    for line, directive in lines.directives:
        what, reason = directive["what"] or b"", _words(directive["reason"])
        if what == b"-file":
            whole_file = reason
        elif what == b"-start":
            begun = begun or Region((line, 1), _END_OF_FILE, reason)
        elif what == b"-end":
            if begun is not None:
                regions.append(begun._replace(end=(line, 1)))
            begun = None
        else:
            region = lines.region(line, reason)
            regions += [region] if region else []
    if begun is not None:
        regions.append(begun)
    if whole_file is None and not regions:
        return None
    return Ignored(whole_file, regions, lines.spans)


class _Lines:
    """A Go file read once: the code on each line, the braces that each line leaves open, and the directives."""

    def __init__(self, source: bytes) -> None:
        self.spans: dict[int, tuple[int, int]] = {}
        self.directives: list[tuple[int, re.Match[bytes]]] = []
        # The first brace that a line leaves open, and where it is closed.
        self._left_open: dict[int, tuple[Position, Position]] = {}
        self._words: dict[int, int] = {}
        open_braces: list[Position] = []
        line, line_start = 1, 0
        for match in _TOKEN.finditer(source):
            kind = match.lastgroup
            at = (line, match.start() - line_start + 1)
            if kind == "open":
                open_braces.append(at)
            elif kind == "close" and open_braces:
                opened = open_braces.pop()
                if opened[0] != line:
                    known = self._left_open.get(opened[0])
                    if known is None or opened < known[0]:
                        behind = _AFTER_BRACE.match(source, match.end())
                        length = len(behind[0]) if behind else 0
                        self._left_open[opened[0]] = (opened, (line, at[1] + 1 + length))
            elif kind == "comment":
                directive = _DIRECTIVE.match(match[0])
                if directive:
                    self.directives.append((line, directive))
            newlines = match[0].count(b"\n")
            if kind in ("code", "literal"):
                self._code(line, at[1], match, newlines)
            elif kind in ("open", "close"):
                self._words.setdefault(line, at[1])
            if newlines:
                line += newlines
                line_start = match.start() + match[0].rfind(b"\n") + 1

    def _code(self, line: int, column: int, match: re.Match[bytes], newlines: int) -> None:
        self._words.setdefault(line, column)
        if not newlines:
            first, _last = self.spans.get(line, (column, 0))
            self.spans[line] = (first, column + len(match[0]))
            return
        # A literal in back quotes: all its lines are code.
        for index, text in enumerate(match[0].split(b"\n")):
            begin = column if index == 0 else 1
            first, _last = self.spans.get(line + index, (begin, 0))
            self.spans[line + index] = (first, begin + len(text))

    def region(self, line: int, reason: str) -> Region | None:
        """What a directive on ``line`` means; None where no code follows it."""
        own_line = line not in self._words
        if own_line:
            following = [number for number in self._words if number > line]
            if not following:
                return None
            line = min(following)
        opened = self._left_open.get(line)
        if opened is None:
            return Region((line, 1), (line + 1, 1), reason)
        return Region((line, 1) if own_line else opened[0], opened[1], reason)


def code_by_line(source: bytes) -> dict[int, tuple[int, int]]:
    """For each line with code, the columns of the first byte of it and behind the last; braces alone are no code."""
    return _Lines(source).spans


def _words(reason: bytes) -> str:
    text = reason.decode("utf-8", "replace").strip()
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST_REASON]


def merged_lines(blocks: Sequence[Block]) -> list[list[int]]:
    """The lines of ``blocks``, sorted, as [first, last] of each stretch."""
    stretches: list[list[int]] = []
    for block in sorted(blocks):
        last = block.end_line if block.end_col > 1 else max(block.start_line, block.end_line - 1)
        if stretches and block.start_line <= stretches[-1][1] + 1:
            stretches[-1][1] = max(stretches[-1][1], last)
        else:
            stretches.append([block.start_line, last])
    return stretches
