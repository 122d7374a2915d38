# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Syntax trees of Go and of shell, by tree-sitter.

tree-sitter reads broken files too and its grammars come as wheels; Go's own parser would need a toolchain. A test
compares its answers with those of go/parser.
"""

from __future__ import annotations

import importlib
import typing as t
from collections.abc import Iterator

from .._diagnosis import library_missing

if t.TYPE_CHECKING:
    from tree_sitter import Node, Parser

_GRAMMARS = {"go": "tree_sitter_go", "bash": "tree_sitter_bash"}


def parse(language: t.Literal["go", "bash"], text: str) -> Node:
    """The root of the syntax tree. Raises Failure if a library is missing."""
    return _parser(language).parse(text.encode()).root_node


def _parser(language: str) -> Parser:
    try:
        tree_sitter = importlib.import_module("tree_sitter")
        grammar = importlib.import_module(_GRAMMARS[language])
    except ImportError as error:
        library = str(error.name or "tree_sitter").replace("_", "-")
        raise library_missing(library, error, "Go code and scripts cannot be checked") from error
    return t.cast("Parser", tree_sitter.Parser(tree_sitter.Language(grammar.language())))


def line_of(node: Node) -> int:
    """The line on which ``node`` starts, counted from 1."""
    return int(node.start_point[0]) + 1


def text_of(node: Node | None) -> str:
    """The source text of ``node``; empty for None."""
    return node.text.decode() if node is not None and node.text is not None else ""


def descendants(node: Node, *kinds: str) -> Iterator[Node]:
    """The nodes of ``kinds`` at and below ``node``, in the order of the source."""
    pending = [node]
    while pending:
        current = pending.pop()
        if current.type in kinds:
            yield current
        pending.extend(reversed(current.children))
