# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Line directives of Go source: a file's own say of which file and line its code comes from.

Generators write them (goyacc, Ragel, templates, cgo), and the compiler, the coverage data and go/token obey them. The
format is that of https://pkg.go.dev/cmd/compile#hdr-Line_Directives.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

from .golexer import COMMENT

_DIRECTIVE_NUMBERS = re.compile(rb"(?::(?P<first>[0-9]{1,9}))?:(?P<last>[0-9]{1,9})$")


class LineDirective(NamedTuple):
    """From ``offset`` on, positions count from ``line`` and, unless it is 0, from ``column``, in the file ``name``.

    ``name`` is a base name.
    """

    offset: int
    line: int
    column: int
    name: str = ""


def line_directives(source: bytes) -> list[LineDirective]:
    """The directives ``//line file:line[:column]``, at the beginning of a line, and ``/*line file:line[:column]*/``."""
    directives: list[LineDirective] = []
    if b"/line " not in source and b"*line " not in source:
        return directives
    for match in COMMENT.finditer(source):
        if match.lastgroup != "comment" or match[0][2:7] != b"line ":
            continue
        whole_line = match[0][1:2] == b"/"
        if whole_line and match.start() and source[match.start() - 1 : match.start()] != b"\n":
            continue
        text = match[0].rstrip(b"\r").removesuffix(b"*/")[len(b"//line ") :]
        numbers = _DIRECTIVE_NUMBERS.search(text)
        offset = match.end() + whole_line
        if numbers and offset < len(source):
            line, column = (numbers["first"], numbers["last"]) if numbers["first"] else (numbers["last"], None)
            if int(line) and (column is None or int(column)):
                name = text[: numbers.start()].rpartition(b"/")[2].decode("utf-8", "replace")
                if not name and directives:
                    name = directives[-1].name
                directives.append(LineDirective(offset, int(line), int(column or 0), name))
    return directives


def first_line_directive(source: bytes) -> int | None:
    """The offset from which on line directives move positions; None where there is none."""
    directives = line_directives(source)
    return directives[0].offset if directives else None


def positions(source: bytes) -> Callable[[int], tuple[int, int]]:
    """From an offset to line and column; each call with an offset behind that of the call before."""
    directives = line_directives(source)
    known_offset = known_line = 0

    def place(offset: int) -> tuple[int, int]:
        nonlocal known_offset, known_line
        known_line += source.count(b"\n", known_offset, offset)
        known_offset = offset
        return known_line + 1, offset - source.rfind(b"\n", 0, offset)

    def adjusted(offset: int) -> tuple[int, int]:
        line, column = place(offset)
        index = bisect_right(directives, offset, key=attrgetter("offset")) - 1
        if index < 0:
            return line, column
        directive = directives[index]
        distance = line - 1 - source.count(b"\n", 0, directive.offset)
        if directive.column == 0:
            column = 0
        elif distance == 0:
            column = directive.column + offset - directive.offset
        return directive.line + distance, column

    return adjusted if directives else place
