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
from collections.abc import Iterator
from typing import NamedTuple

from .golexer import BYTE_ORDER_MARK, COMMENT, CONTINUING_KEYWORDS, PAIRS, TOKEN, TOKENS, WORD, behind_closing
from .line_directives import line_directives, positions

_GENERATED = re.compile(rb"^// Code generated .* DO NOT EDIT\.\r?$", re.MULTILINE)

# A token where a statement begins: what may stand before it is passed over at once. With the end of the file it
# matches always, so that it never has to go back.
_BEGINNING = re.compile(rb"(?: \s+ | //[^\n]* )* (?: %s | (?P<end> \Z ) )" % TOKENS, re.VERBOSE | re.DOTALL)
# The head of a function as gofmt leaves most of them. Where a type holds parentheses, or braces that are not empty, and
# where there is a comment, it does not match.
_PLAIN = rb"(?:[^(){}\"'`/\n]|\{\})*"
_PLAIN_HEAD = re.compile(
    rb"func (?:\((?P<receiver>%s)\) )?(?P<name>[\w\x80-\xff]+)"
    rb"\(%s\)(?: \(%s\)| [^(){}\"'`/\s]+)?(?<!struct)(?<!interface) \{" % (_PLAIN, _PLAIN, _PLAIN)
)
_WITHIN_A_LINE = re.compile(rb"//[^\n]*|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'")
_ALL_BUT_BRACES = bytes(set(range(256)) - set(b"{}"))

_CLOSED = b")"


class Declaration(NamedTuple):
    """A function declaration with a body, from ``func`` to behind the closing brace. Columns count bytes from 1.

    Line directives are obeyed as go/token does: behind one without a column, columns are 0. ``name`` is "Name", and
    "T.Name" where coverage data leaves the type out: for methods of generic types, and of types in parentheses.
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
    source = source.removeprefix(BYTE_ORDER_MARK)
    match = _GENERATED.search(source) if b"// Code generated " in source else None
    return match is not None and not any(
        token.lastgroup == "word" for token in TOKEN.finditer(source, 0, match.start())
    )


def function_declarations(source: bytes) -> list[Declaration]:
    """The function declarations of a Go file that have a body, in their order.

    Raises ValueError where a bracket is not closed. Other mistakes in the source are for the compiler to find.
    """
    position_of = positions(source)
    return [
        Declaration(name.decode("utf-8", "replace"), *position_of(start), *position_of(end))
        for name, start, end in _functions(source)
    ]


def declarations_in(source: bytes, base: str, own: str = "") -> list[Declaration]:
    """The function declarations that line directives of ``source``, the file ``own``, leave or put into ``base``.

    Both are base names. Raises ValueError as `function_declarations`.
    """
    directives = line_directives(source)
    begins = [directive.offset for directive in directives]
    position_of = positions(source)
    declarations = []
    for name, start, end in _functions(source):
        index = bisect_right(begins, start) - 1
        extent = (*position_of(start), *position_of(end))
        if base == (directives[index].name if index >= 0 else own):
            declarations.append(Declaration(name.decode("utf-8", "replace"), *extent))
    return declarations


def _functions(source: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each function declaration: its name, the offset of ``func``, the offset behind its body."""
    offset = 0
    start = -1  # of the declaration that is being read, if that is one of a function
    name = previous = receiver = b""
    statement_begins, statement_may_end = True, False
    while match := (_BEGINNING if statement_begins else TOKEN).search(source, offset):
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
            start, name, receiver = match.start("word"), b"", b""
            if head := _PLAIN_HEAD.match(source, start):
                name, offset, receiver = head["name"], head.end(), head["receiver"] or b""
                text, previous = b"{", b""
        elif start >= 0 and not name and kind == "word":
            name = text
        if text in PAIRS:
            begin = offset
            offset = (text == b"{" and _behind_formatted_body(source, offset)) or behind_closing(source, offset, text)
            if start >= 0 and not name:
                receiver = source[begin : offset - 1]
            if start >= 0 and text == b"{" and previous not in (b"struct", b"interface"):
                if b"[" in receiver or b"(" in receiver:
                    name = _type_of(receiver) + b"." + name
                yield name, start, offset
                start = -1
                if source[offset : offset + 1] == b"\n":
                    statement_begins, statement_may_end = True, False
                    continue
            text = _CLOSED
        statement_begins = False
        statement_may_end = (
            text == _CLOSED or kind in ("literal", "number") or (kind == "word" and text not in CONTINUING_KEYWORDS)
        )
        previous = text


def _type_of(receiver: bytes) -> bytes:
    """The name of the type in what stands between the parentheses of a receiver, such as ``b *Box[T]``."""
    words = WORD.findall(COMMENT.sub(b" ", receiver).partition(b"[")[0])
    return words[-1] if words else b"_"


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
