# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a Go file outside functions: a function literal in the value of one is known by its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .golexer import PAIRS, TOKEN, WORD, behind_closing, ends_statement
from .line_directives import line_directives, positions


class Variable(NamedTuple):
    """A variable outside functions, and where its value begins, as line and column: behind ``=`` or a comma."""

    name: str
    line: int
    column: int


def variables(source: bytes) -> list[Variable]:
    """The variables outside functions that have a value, in their order; none where line directives move positions.

    Raises ValueError where a bracket is not closed.
    """
    if line_directives(source):
        return []
    position_of = positions(source)
    found: list[Variable] = []
    for statement in _variable_specs(source):
        names: list[bytes] = []
        value = 0
        # Names with commas, perhaps a type, then the values with commas; what brackets hold is passed over.
        part = "names"
        for text, offset in statement:
            if text == b"=" and part != "values":
                part, value = "values", 0
            elif text == b"," and part == "values":
                value += 1
            elif part == "names" and WORD.fullmatch(text) and len(names) == value:
                names.append(text)
                continue
            elif part == "names" and text == b",":
                value += 1
                continue
            else:
                part = part if part == "values" else "type"
                continue
            if names:
                name = names[min(value, len(names) - 1)]
                found.append(Variable(name.decode("utf-8", "replace"), *position_of(offset)))
    return found


def _variable_specs(source: bytes) -> Iterator[list[tuple[bytes, int]]]:
    """The tokens behind ``var`` of each variable statement outside functions, with the offset behind each."""
    offset = 0
    spec: list[tuple[bytes, int]] | None = None
    begins, grouped, may_end = True, False, False
    while match := TOKEN.search(source, offset):
        offset = match.end()
        kind, text = match.lastgroup or "", match[0]
        if kind in ("newline", "comment"):
            if not may_end or b"\n" not in text:
                continue
            text = b";"
        if text == b";":
            if spec:
                yield spec
            spec, begins, may_end = [] if grouped else None, not grouped, False
            continue
        if text == b"var" and begins:
            spec = []
        elif text == b"(" and spec == [] and not grouped:
            grouped, may_end = True, False
            continue
        elif text == b")" and grouped:
            if spec:
                yield spec
            spec, grouped, may_end = None, False, True
            continue
        elif text in PAIRS:
            offset = behind_closing(source, offset, text)
            may_end, begins = True, False
            continue
        elif spec is not None:
            spec.append((text, offset))
        begins, may_end = False, ends_statement(kind, text)
    if spec:
        yield spec
