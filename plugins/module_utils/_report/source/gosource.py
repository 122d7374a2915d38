# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the functions of a Go file begin and end, as go/parser finds them, without Go.

``go tool cover -func`` attributes blocks to declarations that it finds by parsing the source. All that it takes from
the syntax tree is the extent of each function declaration with a body, and for that a scanner is enough: comments,
strings and runes are skipped, brackets matched, and semicolons inserted at line ends by the rule of the language
specification.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

_GENERATED = re.compile(rb"^// Code generated .* DO NOT EDIT\.\r?$", re.MULTILINE)
_DIRECTIVE_NUMBERS = re.compile(rb"(?::(?P<first>[0-9]{1,9}))?:(?P<last>[0-9]{1,9})$")

# What is not closed extends to the end of the file, so that no input makes the search start over and over.
_SKIPPED = rb"""
    (?P<comment> //[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<literal> "[^"\\\n]*(?:\\.[^"\\\n]*)*" | `[^`]*(?:`|\Z) | '[^'\\\n]*(?:\\.[^'\\\n]*)*' )
"""
_TOKENS = (
    _SKIPPED + rb"| (?P<newline> \n ) | (?P<number> [0-9][\w.]* ) | (?P<word> [\w\x80-\xff]+ ) | (?P<mark> [^\s] )"
)
_TOKEN = re.compile(_TOKENS, re.VERBOSE | re.DOTALL)
# The same where a statement begins: what may stand before it is passed over at once. With the end of the file it
# matches always, so that it never has to go back.
_BEGINNING = re.compile(rb"(?: \s+ | //[^\n]* )* (?: %s | (?P<end> \Z ) )" % _TOKENS, re.VERBOSE | re.DOTALL)
# Brackets nest, so that of the three kinds only the one that was opened needs to be counted.
_PAIR = {
    opening: re.compile(
        _SKIPPED + rb"| (?P<opening> \%b ) | (?P<closing> \%b )" % (opening, closing), re.VERBOSE | re.DOTALL
    )
    for opening, closing in ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
}
# The head of a function as gofmt leaves most of them. Where a type holds parentheses, or braces that are not empty, and
# where there is a comment, it does not match.
_PLAIN = rb"(?:[^(){}\"'`/\n]|\{\})*"
_PLAIN_HEAD = re.compile(
    rb"func (?:\(%s\) )?(?P<name>[\w\x80-\xff]+)\(%s\)(?: \(%s\)| [^(){}\"'`/\s]+)?(?<!struct)(?<!interface) \{"
    % (_PLAIN, _PLAIN, _PLAIN)
)
_COMMENT = re.compile(_SKIPPED, re.VERBOSE | re.DOTALL)
_WITHIN_A_LINE = re.compile(rb"//[^\n]*|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'")
_ALL_BUT_BRACES = bytes(set(range(256)) - set(b"{}"))

# A newline behind one of these, a name or a literal ends a statement; behind any other keyword or operator it does not.
_CLOSED = b")"
_CONTINUING_KEYWORDS = frozenset(
    b"case chan const default defer else for func go goto if import interface map package range select struct switch"
    b" type var".split()
)


class Declaration(NamedTuple):
    """A function declaration with a body, from ``func`` to behind the closing brace. Columns count bytes from 1.

    Line directives are obeyed as go/token does: behind one without a column, columns are 0.
    """

    name: str
    start_line: int
    start_col: int
    end_line: int
    end_col: int


def is_generated(source: bytes) -> bool:
    """Whether the file says that it is generated.

    by the line of golang.org/s/generatedcode, before the package clause.
    """
    match = _GENERATED.search(source) if b"// Code generated " in source else None
    return match is not None and not any(
        token.lastgroup == "word" for token in _TOKEN.finditer(source, 0, match.start())
    )


def function_declarations(source: bytes) -> list[Declaration]:
    """The function declarations of a Go file that have a body, in their order.

    Raises ValueError where a bracket is not closed. Other mistakes in the source are for the compiler to find.
    """
    position_of = _positions(source)
    declarations: list[Declaration] = []
    offset = 0
    start = -1  # of the declaration that is being read, if that is one of a function
    name = previous = b""
    statement_begins, statement_may_end = True, False
    while match := (_BEGINNING if statement_begins else _TOKEN).search(source, offset):
        offset = match.end()
        kind, text = match.lastgroup, match[match.lastgroup or 0]
        if kind == "end":
            break
        if kind == "newline" or kind == "comment":
            if not statement_may_end or b"\n" not in text:
                continue
            text = b";"
        if text == b";":
            start = -1
            statement_begins, statement_may_end = True, False
            continue
        if statement_begins and text == b"func":
            start, name = match.start("word"), b""
            if head := _PLAIN_HEAD.match(source, start):
                name, offset = head["name"], head.end()
                text, previous = b"{", b""
        elif start >= 0 and not name and kind == "word":
            name = text
        if text in _PAIR:
            offset = (text == b"{" and _behind_formatted_body(source, offset)) or _behind_closing(source, offset, text)
            if start >= 0 and text == b"{" and previous not in (b"struct", b"interface"):
                extent = (*position_of(start), *position_of(offset))
                declarations.append(Declaration(name.decode("utf-8", "replace"), *extent))
                start = -1
                if source[offset : offset + 1] == b"\n":
                    statement_begins, statement_may_end = True, False
                    continue
            text = _CLOSED
        statement_begins = False
        statement_may_end = (
            text == _CLOSED or kind in ("literal", "number") or (kind == "word" and text not in _CONTINUING_KEYWORDS)
        )
        previous = text
    return declarations


def _behind_closing(source: bytes, offset: int, opening: bytes) -> int:
    """The offset behind the bracket that closes ``opening``, which ends at ``offset``.

    Raises ValueError if there is none.
    """
    depth = 1
    for match in _PAIR[opening].finditer(source, offset):
        kind = match.lastgroup
        if kind == "opening":
            depth += 1
        elif kind == "closing":
            depth -= 1
            if not depth:
                return match.end()
    raise ValueError("a bracket is not closed")


def _behind_formatted_body(source: bytes, offset: int) -> int:
    """The same for a brace that is closed at the beginning of a line, as gofmt leaves it; 0 where that is not certain.

    It is a shortcut: nearly all bodies are of this form, and a few searches do where a scan takes a step for each
    token.
    """
    closing = source.find(b"\n}", offset)
    body = source[offset:closing]
    if closing < 0 or b"`" in body or b"/*" in body:
        return 0
    if b'"' in body or b"'" in body or b"//" in body:
        body = _WITHIN_A_LINE.sub(b"", body)
    braces = body.translate(None, _ALL_BUT_BRACES)
    while b"{}" in braces:
        braces = braces.replace(b"{}", b"")
    return 0 if braces else closing + 2


def _positions(source: bytes) -> Callable[[int], tuple[int, int]]:
    """From an offset to line and column; each call with an offset behind that of the call before."""
    directives = _line_directives(source)
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


class _LineDirective(NamedTuple):
    """From ``offset`` on, positions count from ``line`` and, unless it is 0, from ``column``."""

    offset: int
    line: int
    column: int


def _line_directives(source: bytes) -> list[_LineDirective]:
    """The directives ``//line file:line[:column]``, at the beginning of a line, and ``/*line file:line[:column]*/``."""
    directives: list[_LineDirective] = []
    if b"/line " not in source and b"*line " not in source:
        return directives
    for match in _COMMENT.finditer(source):
        if match.lastgroup != "comment" or match[0][2:7] != b"line ":
            continue
        whole_line = match[0][1:2] == b"/"
        if whole_line and match.start() and source[match.start() - 1 : match.start()] != b"\n":
            continue
        numbers = _DIRECTIVE_NUMBERS.search(match[0].rstrip(b"\r").removesuffix(b"*/"))
        offset = match.end() + whole_line
        if numbers and offset < len(source):
            line, column = (numbers["first"], numbers["last"]) if numbers["first"] else (numbers["last"], b"0")
            directives.append(_LineDirective(offset, int(line), int(column)))
    return directives
