# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Syntax trees of Go and shell.

tree-sitter reads broken files too and its grammars come as wheels; Go's own parser would need a toolchain. A test
compares its answers with those of go/parser.
"""

from __future__ import annotations

import importlib
import typing as t

from .._diagnosis import library_missing

if t.TYPE_CHECKING:
    from tree_sitter import Node

_GRAMMARS = {"go": "tree_sitter_go", "bash": "tree_sitter_bash"}


class Grammar:
    """The parser of one language, and the kinds of nodes that its reader asks for.

    Nodes are found by a query, which runs in C: a walk in Python takes ten times as long as the parser.
    """

    def __init__(self, language: t.Literal["go", "bash"], *kinds: str) -> None:
        """Raises Failure (``library-missing``) without tree-sitter."""
        try:
            self._library = importlib.import_module("tree_sitter")
            grammar = importlib.import_module(_GRAMMARS[language])
        except ImportError as error:
            library = str(error.name or "tree_sitter").replace("_", "-")
            raise library_missing(library, error, "Go code and scripts cannot be checked") from error
        loaded = self._library.Language(grammar.language())
        self._parser = self._library.Parser(loaded)
        self._query = self._library.Query(loaded, "\n".join(f"({kind}) @{kind}" for kind in kinds))
        self._kinds = kinds

    def nodes(self, text: str) -> dict[str, list[Node]]:
        """The nodes of each kind, in the order of the source."""
        # A lone surrogate is no UTF-8; it can only stand in a string or a comment.
        root = self._parser.parse(text.encode("utf-8", "replace")).root_node
        found = self._library.QueryCursor(self._query).captures(root)
        return {kind: sorted(found.get(kind, ()), key=lambda node: node.start_byte) for kind in self._kinds}


def line_of(node: Node) -> int:
    """The line on which ``node`` starts, counted from 1."""
    return int(node.start_point[0]) + 1


def text_of(node: Node | None) -> str:
    """The source text of ``node``; empty for None."""
    return node.text.decode() if node is not None and node.text is not None else ""
