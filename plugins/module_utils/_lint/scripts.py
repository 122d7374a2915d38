# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shell scripts and the recipes of Makefiles: their commands in order."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from .sources import Source
from .syntax import Grammar, line_of, text_of

if t.TYPE_CHECKING:
    from tree_sitter import Node

#: Variables of make, which a shell would not understand; $$ is the shell's own dollar.
_MAKE_VARIABLE = re.compile(r"\$[({]([^(){}]*)[)}]")
_QUOTES = re.compile(r"""^(["'])(.*)\1$""", re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A simple command: its words without quotes.

    ``ignored`` says whether its failure is: by ``|| true``, or by the ``-`` of a Makefile's recipe.
    """

    line: int
    words: tuple[str, ...]
    ignored: bool = False
    #: Variables set for this command alone, as in GOFLAGS=-cover go build.
    environment: tuple[str, ...] = ()

    def starts_with(self, *words: str) -> bool:
        """Whether the command begins with ``words``."""
        return self.words[: len(words)] == words

    def on_line(self, line: int) -> Command:
        """The same command, on another line."""
        return replace(self, line=line)

    def with_environment(self, environment: tuple[str, ...]) -> Command:
        """The same command, with these variables."""
        return replace(self, environment=environment)

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True)
class Script:
    """The commands of a shell script, or of one target of a Makefile, in the order of the source."""

    source: Source
    commands: tuple[Command, ...]
    #: Assignments to variables: (line, name, value).
    variables: tuple[tuple[int, str, str], ...] = ()


def grammar() -> Grammar:
    """What ``read_script`` needs. Raises Failure if a library is missing."""
    return Grammar("bash", "command", "variable_assignment")


def read_script(source: Source, bash: Grammar) -> list[Script]:
    """The script of a shell file; one script for each target of a Makefile."""
    if source.kind == "shell":
        return [parse_script(source, source.text, bash)]
    return [parse_script(source, recipe, bash, line, ignored) for recipe, line, ignored in _recipes(source.lines)]


def _recipes(lines: list[str]) -> list[tuple[str, int, frozenset[int]]]:
    """The recipe of each target: its text for a shell, its first line from 0, and the lines that begin with ``-``."""
    recipes: list[tuple[str, int, frozenset[int]]] = []
    text: list[str] = []
    ignored: set[int] = set()
    for number, line in enumerate([*lines, ""]):
        if line.startswith("\t") or (text and text[-1].endswith("\\")):
            stripped = line.lstrip("\t @+-") if line.startswith("\t") else line
            if "-" in line[: len(line) - len(stripped)]:
                ignored.add(number)
            text.append(_MAKE_VARIABLE.sub(r"${\1}", stripped).replace("$$", "$"))
        elif text:
            recipes.append(("\n".join(text), number - len(text), frozenset(ignored)))
            text, ignored = [], set()
    return recipes


def parse_script(source: Source, text: str, bash: Grammar, offset: int = 0, ignored: t.Collection[int] = ()) -> Script:
    """The commands of ``text``, which starts behind line ``offset``; failures of ``ignored`` lines count as ignored."""
    nodes = bash.nodes(text)
    commands = []
    for node in nodes["command"]:
        line = line_of(node) + offset
        words = [
            child for child in node.named_children if child.type not in ("variable_assignment", "herestring_redirect")
        ]
        commands.append(
            Command(
                line,
                tuple(_unquoted(text_of(word)) for word in words),
                line - 1 in ignored or _failure_is_ignored(node),
                tuple(text_of(child) for child in node.named_children if child.type == "variable_assignment"),
            )
        )
    variables = [
        (
            line_of(node) + offset,
            text_of(node.child_by_field_name("name")),
            _unquoted(text_of(node.child_by_field_name("value"))),
        )
        for node in nodes["variable_assignment"]
    ]
    return Script(source, tuple(commands), tuple(variables))


def _failure_is_ignored(node: Node) -> bool:
    """Whether a list ``... || true`` (or ``|| :``) holds the command on its left side."""
    child, parent = node, node.parent
    while parent is not None:
        if parent.type == "list" and parent.children[0] == child and len(parent.children) == 3:
            operator, right = parent.children[1:]
            if operator.type == "||" and text_of(right).split()[0:1] in (["true"], [":"]):
                return True
        elif parent.type not in ("list", "redirected_statement", "pipeline"):
            return False
        child, parent = parent, parent.parent
    return False


def _unquoted(word: str) -> str:
    quoted = _QUOTES.match(word)
    return quoted[2] if quoted else word
