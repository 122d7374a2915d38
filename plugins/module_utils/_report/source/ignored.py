# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments in Go source that take code out of the numbers.

    //coverage:ignore-file REASON               the whole file
    //coverage:ignore REASON                    on a line of its own: what begins on the next line with code
    if err != nil { //coverage:ignore REASON    behind a brace that stays open: what the braces enclose
    case 2: //coverage:ignore REASON            behind the colon of a clause: the statements of the clause
    panic("never") //coverage:ignore REASON     behind other code: that line, and all lines of a statement on it
    //coverage:ignore-start REASON ... //coverage:ignore-end

``// coverage-ignore`` means the same, since other tools read it. What begins on a line is the longest of the nodes of
gosyntax.py that begins first on it: a declaration, a statement, a clause, a branch, an element of a list.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Sequence

from ..numbers.model import Block
from .golexer import BYTE_ORDER_MARK, TOKEN, Lines, Position, Token, tokens
from .gosyntax import Node, nodes_of
from .line_directives import first_line_directive

_DIRECTIVE = re.compile(rb"//[ \t]*coverage[:-]ignore(?P<what>-[\w-]*)?(?::|(?![\w-]))[ \t]*(?P<reason>[^\r\n]*)")
_KNOWN = (b"", b"-file", b"-start", b"-end")
_LONGEST_REASON = 200
_END_OF_FILE: Position = (1 << 40, 0)

_UNKNOWN = "it is none of coverage:ignore, -file, -start and -end"
_NO_START = "no coverage:ignore-start stands above it"
_NO_NODE = "no statement, clause or declaration begins on the next line with code"
_UNREADABLE = "the file is no Go source that compiles"
_MOVED = "a //line directive above it moves the positions that Go counts"
_SHARED = "Go counts its code together with code beside it, as one block"
_NOTHING_RUNS = "Go counts no statement in what it means"


class Region(t.NamedTuple):
    """Source that does not count: from ``start`` to before ``end``, and why, in the words of the comment."""

    start: Position
    end: Position
    reason: str


class Comment(t.NamedTuple):
    """A comment of these on ``line``: what it takes out, or ``problem``: why it takes out nothing."""

    line: int
    region: Region | None
    problem: str = ""


class Ignored(t.NamedTuple):
    """What the comments of a file take out. ``spans`` has, by line, the columns of its first and last code."""

    whole_file: str | None
    comments: list[Comment]
    spans: dict[int, tuple[int, int]]

    def reason_for(self, block: Block) -> str | None:
        """Why ``block`` does not count, or None. All its code must lie in one region: a counter cannot be divided."""
        code = self._code_of(block)
        for comment in self.comments:
            if comment.region is not None and _holds(comment.region, code):
                return comment.region.reason
        return None

    def without_effect(self, blocks: Sequence[Block]) -> list[tuple[int, str]]:
        """The line of each comment that takes out none of ``blocks``, the blocks of the file, and why."""
        codes = [self._code_of(block) for block in blocks]
        found = []
        for line, region, problem in self.comments:
            if region is None:
                found.append((line, problem))
            elif not any(_holds(region, code) for code in codes):
                touched = any(start < region.end and region.start < end for start, end in codes)
                found.append((line, _SHARED if touched else _NOTHING_RUNS))
        return found

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


def _holds(region: Region, code: tuple[Position, Position]) -> bool:
    return region.start <= code[0] and code[1] <= region.end


def may_ignore(source: bytes) -> bool:
    """Whether it is worth to look for such comments."""
    return b"coverage:ignore" in source or b"coverage-ignore" in source


def ignored_by_comments(source: bytes) -> Ignored | None:
    """What comments in ``source`` take out of the numbers; None where there is no such comment, as nearly always."""
    if not may_ignore(source):
        return None
    file = _File(source)
    whole_file = None
    comments = []
    begun: tuple[int, str] | None = None
    for token, directive in file.directives:
        line = file.lines.position(token.start)[0]
        what, reason = directive["what"] or b"", _words(directive["reason"])
        if what == b"-file":
            whole_file = reason
        elif what not in _KNOWN:
            comments.append(Comment(line, None, _UNKNOWN))
        elif file.is_moved(token):
            comments.append(Comment(line, None, _MOVED))
        elif what == b"-start":
            begun = begun or (line, reason)
        elif what == b"-end":
            if begun is None:
                comments.append(Comment(line, None, _NO_START))
            else:
                comments.append(Comment(begun[0], Region((begun[0], 1), (line, 1), begun[1])))
            begun = None
        else:
            comments.append(file.meant(token, reason))
    if begun is not None:
        comments.append(Comment(begun[0], Region((begun[0], 1), _END_OF_FILE, begun[1])))
    if whole_file is None and not comments:
        return None
    return Ignored(whole_file, comments, code_by_line(source))


class _File:
    """A Go file read once: its tokens by line, its nodes by the line that they begin on, and the directives."""

    def __init__(self, source: bytes) -> None:
        self.lines = Lines(source)
        self.directives: list[tuple[Token, re.Match[bytes]]] = []
        self._moved = first_line_directive(source)
        self._code: dict[int, list[Token]] = {}
        # Braces that are closed on another line: from the offset behind the one that opens to that of the other.
        self._left_open: dict[int, tuple[int, int]] = {}
        open_braces: list[Token] = []
        for token in tokens(source):
            if token.kind == "comment":
                directive = _DIRECTIVE.match(token.text)
                if directive:
                    self.directives.append((token, directive))
            elif token.text and token.kind != "semicolon":
                for line in sorted({self._line(token.start), self._line(token.end)}):
                    self._code.setdefault(line, []).append(token)
                if token.kind == "mark" and token.text == b"{":
                    open_braces.append(token)
                elif token.kind == "mark" and token.text == b"}" and open_braces:
                    opened = open_braces.pop()
                    line = self._line(opened.start)
                    if line != self._line(token.start):
                        # The first that a line leaves open is closed last.
                        self._left_open[line] = (opened.end, token.start)
        self._nodes: list[Node] | None = None
        if self.directives:
            try:
                self._nodes = nodes_of(source)
            except ValueError:
                self._nodes = None

    def _line(self, offset: int) -> int:
        return self.lines.position(offset)[0]

    def is_moved(self, token: Token) -> bool:
        """Whether a line directive stands before ``token``."""
        return self._moved is not None and self._moved <= token.start

    def meant(self, token: Token, reason: str) -> Comment:
        """What a comment of the plain form means."""
        line = self._line(token.start)
        if self._nodes is None:
            return Comment(line, None, _UNREADABLE)
        before = self._code.get(line)
        extent = self._on_line(self._nodes, line, before[-1]) if before else self._below(self._nodes, line)
        if extent is None:
            return Comment(line, None, _NO_NODE)
        start, end = extent
        return Comment(line, Region(self.lines.position(start), self.lines.position(end), reason))

    def _below(self, nodes: Iterable[Node], line: int) -> tuple[int, int] | None:
        """The node that begins first on the next line with code, and of several the longest."""
        following = [number for number in self._code if number > line]
        if not following:
            return None
        begins, behind = self.lines.extent(min(following))
        on_line = [node for node in nodes if begins <= node.start < behind and node.kind != "body"]
        node = min(on_line, key=lambda node: (node.start, -node.end), default=None)
        return (node.start, node.end) if node else None

    def _on_line(self, nodes: Iterable[Node], line: int, last: Token) -> tuple[int, int]:
        """What braces or a clause enclose that open on the line, or the line, with all of each statement on it."""
        if line in self._left_open:
            return self._left_open[line]
        start, end = self.lines.extent(line)
        for node in nodes:
            if node.kind == "body" and node.start == last.end:
                return node.start, node.end
        simple = [node for node in nodes if node.kind == "simple" and node.start < last.end and start < node.end]
        return min([start, *(node.start for node in simple)]), max([end, *(node.end for node in simple)])


def code_by_line(source: bytes) -> dict[int, tuple[int, int]]:
    """For each line with code, the columns of the first byte of it and behind the last; braces alone are no code."""
    spans: dict[int, tuple[int, int]] = {}
    line, line_start = 1, 0
    for match in TOKEN.finditer(source, len(BYTE_ORDER_MARK) if source.startswith(BYTE_ORDER_MARK) else 0):
        text = match[0]
        if match.lastgroup != "comment" and text not in (b"\n", b"{", b"}"):
            column = match.start() - line_start + 1
            # A literal in back quotes may have several lines, all of them code.
            for index, part in enumerate(text.split(b"\n")):
                begin = column if index == 0 else 1
                spans[line + index] = (spans.get(line + index, (begin, 0))[0], begin + len(part))
        newlines = text.count(b"\n")
        if newlines:
            line += newlines
            line_start = match.start() + text.rfind(b"\n") + 1
    return spans


def _words(reason: bytes) -> str:
    text = reason.decode("utf-8", "replace").strip()
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST_REASON]


def merged_lines(blocks: Sequence[Block]) -> list[list[int]]:
    """The lines of ``blocks``, sorted, as [first, last] of each stretch."""
    stretches: list[list[int]] = []
    for block in sorted(blocks):
        last = block.end_line if block.end_col != 1 else max(block.start_line, block.end_line - 1)
        if stretches and block.start_line <= stretches[-1][1] + 1:
            stretches[-1][1] = max(stretches[-1][1], last)
        else:
            stretches.append([block.start_line, last])
    return stretches
