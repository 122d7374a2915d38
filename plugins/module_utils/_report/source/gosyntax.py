# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The extents of what a comment can mean in a Go file, as go/parser finds them, without Go.

These are declarations, statements, clauses, the branches of an if, the elements of calls and of composite literals,
and function literals. Expressions are read for the brackets and the function literals in them alone. A file that
compiles is read as go/parser reads it; what would not compile is for the compiler to find.
"""

from __future__ import annotations

import typing as t

from .golexer import KEYWORDS, Token, tokens

_OPENING = {b"(": b")", b"[": b"]", b"{": b"}"}
_CLOSING = frozenset(_OPENING.values())
_TYPE_WORDS = frozenset((b"struct", b"interface", b"map", b"chan", b"func"))
# What stands in a type before the name of one.
_TYPE_PREFIXES = frozenset((b"*", b"<", b"-", b".", b"chan"))
# Deeper code than this does not come from people; each level takes a few frames of Python's stack.
_DEEPEST = 100
# Where an expression ends.
_STATEMENT = frozenset((b":",))
_ELEMENT = frozenset((b",",))
_NOTHING: frozenset[bytes] = frozenset()
_END = Token("end", b"", 0, 0)


class Node(t.NamedTuple):
    """Source from the offset ``start`` to before ``end``.

    ``kind`` is declaration, statement, simple (a statement that holds no other), clause, body (of a clause, from behind
    its colon), branch (from else on), element or function (a literal).
    """

    kind: str
    start: int
    end: int


def nodes_of(source: bytes) -> list[Node]:
    """All nodes of a Go file. Raises ValueError for what is not Go, or nests too deeply."""
    return _Parser(source).file()


class _Parser:
    """A parser by recursive descent. Methods begin at the next token and leave what follows theirs."""

    def __init__(self, source: bytes) -> None:
        self._tokens = [token for token in tokens(source) if token.kind != "comment"]
        self._at = 0
        self._depth = 0
        self._nodes: list[Node] = []

    # Tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _is(self, text: bytes) -> bool:
        token = self._next
        return token.text == text and token.kind in ("mark", "word")

    def _take(self, text: bytes) -> Token:
        if not self._is(text):
            raise ValueError(f"{text.decode()} expected at offset {self._next.start}")
        return self._advance()

    def _advance(self) -> Token:
        token = self._next
        if token is _END:
            raise ValueError("a bracket is not closed")
        self._at += 1
        return token

    def _node(self, kind: str, first: Token) -> None:
        """The node from ``first`` to the token before the next one."""
        last = self._at - 1
        while self._tokens[last].kind == "semicolon":
            last -= 1
        self._nodes.append(Node(kind, first.start, self._tokens[last].end))

    def _semicolons(self) -> None:
        while self._next.kind == "semicolon":
            self._at += 1

    def _skip_brackets(self) -> None:
        """Pass over a bracket and what it holds; nothing in it runs."""
        depth = 0
        while True:
            token = self._advance()
            if token.kind == "mark":
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
                if depth <= 0:
                    return

    # Declarations

    def file(self) -> list[Node]:
        """The nodes of the file."""
        self._semicolons()
        while self._next is not _END:
            first = self._next
            if self._is(b"func"):
                self._function_declaration()
            elif first.text in (b"var", b"const", b"type", b"import"):
                self._general_declaration()
            elif self._is(b"package"):
                self._advance()
                self._expression()
            else:
                raise ValueError(f"no declaration at offset {first.start}")
            if self._next.kind not in ("semicolon", "end"):
                raise ValueError(f"no end of a declaration at offset {self._next.start}")
            self._semicolons()
        return self._nodes

    def _function_declaration(self) -> None:
        first = self._advance()
        if self._is(b"("):
            self._skip_brackets()
        self._advance()
        if self._is(b"["):
            self._skip_brackets()
        self._signature()
        if self._is(b"{"):
            self._block()
            self._node("declaration", first)

    def _general_declaration(self) -> None:
        first = self._advance()
        if not self._is(b"("):
            self._declaration_spec(None)
        else:
            self._advance()
            self._semicolons()
            while not self._is(b")"):
                self._declaration_spec(self._next)
                self._semicolons()
            self._advance()
        self._node("declaration", first)

    def _declaration_spec(self, first: Token | None) -> None:
        before = self._at
        self._expression()
        if self._at == before:
            raise ValueError(f"no name at offset {self._next.start}")
        if first is not None:
            self._node("declaration", first)

    # Types

    def _signature(self) -> None:
        """Parameters and results."""
        if not self._is(b"("):
            raise ValueError(f"no parameters at offset {self._next.start}")
        self._skip_brackets()
        self._type()

    def _type(self) -> bool:
        """Pass over a type, if there is one; returns whether a brace behind it always opens a composite literal."""
        literal = False
        while True:
            text = self._next.text
            if text == b"[" or text == b"map":
                literal = True
                if text == b"map":
                    self._advance()
                if not self._is(b"["):
                    return False
                self._group(b"]")
            elif text in _TYPE_PREFIXES:
                self._advance()
            else:
                break
        if self._is(b"("):
            self._skip_brackets()
        elif text in (b"struct", b"interface"):
            self._advance()
            if self._is(b"{"):
                self._skip_brackets()
            return literal or text == b"struct"
        elif text == b"func":
            self._advance()
            self._signature()
        elif self._next.kind == "word" and text not in KEYWORDS:
            self._advance()
            while self._is(b"."):
                self._advance()
                self._advance()
            if self._is(b"["):
                self._skip_brackets()
        return literal

    # Statements

    def _block(self) -> None:
        self._take(b"{")
        self._nested(self._statements)
        self._take(b"}")

    def _nested(self, method: t.Callable[[], None]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("it nests too deeply")
        method()
        self._depth -= 1

    def _statements(self) -> None:
        self._semicolons()
        while not (self._is(b"}") or self._is(b"case") or self._is(b"default")):
            self._statement()
            if self._next.kind == "semicolon":
                self._semicolons()
            elif not self._is(b"}"):
                raise ValueError(f"no end of a statement at offset {self._next.start}")

    def _statement(self) -> None:
        first, known = self._next, len(self._nodes)
        if self._labelled():
            self._advance()
            self._advance()
            if self._next.kind != "semicolon" and not self._is(b"}"):
                self._nested(self._statement)
            self._node("statement", first)
            return
        if self._is(b"{"):
            self._block()
        elif self._is(b"if"):
            self._if()
        elif self._is(b"for"):
            self._head()
            self._block()
        elif self._is(b"switch") or self._is(b"select"):
            self._head()
            self._clauses()
        elif self._is(b"var") or self._is(b"const") or self._is(b"type"):
            self._general_declaration()
        else:
            before = self._at
            self._expression()
            if self._at == before:
                raise ValueError(f"no statement at offset {first.start}")
            nested = any(node.kind != "element" for node in self._nodes[known:])
            self._node("statement" if nested else "simple", first)
            return
        self._node("statement", first)

    def _labelled(self) -> bool:
        token, behind = self._next, self._tokens[self._at + 1 : self._at + 2]
        return token.kind == "word" and token.text not in KEYWORDS and bool(behind) and behind[0].text == b":"

    def _head(self) -> None:
        """A keyword and what stands before its brace."""
        self._advance()
        while not self._is(b"{"):
            before = self._at
            self._expression(composites=False)
            if self._next.kind == "semicolon":
                self._advance()
            elif self._at == before:
                raise ValueError(f"no brace at offset {self._next.start}")

    def _if(self) -> None:
        branches = []
        while True:
            self._head()
            self._block()
            if not self._is(b"else"):
                break
            branches.append(self._advance())
            if not self._is(b"if"):
                self._block()
                break
        for branch in branches:
            self._node("branch", branch)

    def _clauses(self) -> None:
        self._take(b"{")
        self._semicolons()
        while not self._is(b"}"):
            first = self._next
            if not (self._is(b"case") or self._is(b"default")):
                raise ValueError(f"no clause at offset {first.start}")
            self._advance()
            self._expression()
            colon = self._take(b":")
            self._nested(self._statements)
            self._node("clause", first)
            self._nodes.append(self._nodes[-1]._replace(kind="body", start=colon.end))
        self._advance()

    # Expressions

    def _expression(self, composites: bool = True, stops: frozenset[bytes] = _STATEMENT) -> None:
        """Pass over expressions and what joins them, to a semicolon, one of the ``stops`` or a bracket that closes.

        Without ``composites``, as in the head of a statement, a brace behind a name ends it too.
        """
        operand = True  # whether one may begin here
        while True:
            token = self._next
            kind, text = token.kind, token.text
            if kind in ("semicolon", "end"):
                return
            if kind == "mark":
                if text in stops or text in _CLOSING:
                    return
                if text not in _OPENING:
                    self._advance()
                    operand = text not in (b"++", b"--")
                    continue
                if text == b"{":
                    if stops is not _ELEMENT and (operand or not composites):
                        return
                    self._elements(b"}")
                elif text == b"[" and operand:
                    self._typed_operand()
                elif operand or text == b"[":
                    self._group(_OPENING[text])
                else:
                    self._elements(b")")
                operand = False
            elif kind == "word" and text in _TYPE_WORDS:
                if text == b"func":
                    self._advance()
                    self._signature()
                    if self._is(b"{"):
                        self._block()
                        self._node("function", token)
                else:
                    self._typed_operand()
                operand = False
            else:
                self._advance()
                operand = kind == "word" and text in KEYWORDS

    def _typed_operand(self) -> None:
        """A type that begins with a bracket or a keyword, and the composite literal of it, if there is one."""
        if self._type() and self._is(b"{"):
            self._elements(b"}")

    def _group(self, closing: bytes) -> None:
        """A bracket around an expression, or around an index or a slice."""
        self._advance()
        self._nested(lambda: self._expression(stops=_NOTHING))
        self._take(closing)

    def _elements(self, closing: bytes) -> None:
        """The arguments of a call, or the elements of a composite literal."""
        self._advance()
        while not self._is(closing):
            first, before = self._next, self._at
            self._nested(lambda: self._expression(stops=_ELEMENT))
            if self._at == before:
                raise ValueError(f"no element at offset {first.start}")
            self._node("element", first)
            if not self._is(b","):
                break
            self._advance()
        self._take(closing)
