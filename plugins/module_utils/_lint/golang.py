# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go source: the calls, assignments and strings that rules look at."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field

from . import syntax
from .sources import Source

if t.TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True)
class Call:
    """A call: the function as it is written, and its string arguments (None for every other argument)."""

    line: int
    function: str
    arguments: tuple[str | None, ...]
    in_goroutine: bool

    @property
    def name(self) -> str:
        """The function without its package or receiver."""
        return self.function.rpartition(".")[2]


@dataclass(frozen=True)
class Assignment:
    """An assignment of a call's results: the names on the left, and the call."""

    line: int
    targets: tuple[str, ...]
    function: str


@dataclass
class GoFile:
    """What rules need to know of a Go file."""

    source: Source
    package: str = ""
    imports: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    strings: list[tuple[int, str]] = field(default_factory=list)
    #: Result types of each function that the file declares.
    results: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_test(self) -> bool:
        """Whether it is a test, or lies in a directory of tests."""
        directories = self.source.name.split("/")[:-1]
        return self.source.name.endswith("_test.go") or any(name in ("test", "tests", "e2e") for name in directories)


def read_go(source: Source) -> GoFile:
    """Parse a file; a file with syntax errors gives what can be read of it."""
    root = syntax.parse("go", source.text)
    file = GoFile(source)
    for clause in syntax.descendants(root, "package_clause"):
        file.package = syntax.text_of(clause.named_children[0]) if clause.named_children else ""
    file.imports = {_unquoted(spec.child_by_field_name("path")) for spec in syntax.descendants(root, "import_spec")}
    file.calls = [_call(node) for node in syntax.descendants(root, "call_expression")]
    file.assignments = list(_assignments(root))
    file.strings = [
        (syntax.line_of(node), _unquoted(node))
        for node in syntax.descendants(root, "interpreted_string_literal", "raw_string_literal")
    ]
    for function in syntax.descendants(root, "function_declaration", "method_declaration"):
        file.results[syntax.text_of(function.child_by_field_name("name"))] = _result_types(function)
    return file


def _unquoted(node: Node | None) -> str:
    return syntax.text_of(node)[1:-1]


def _call(node: Node) -> Call:
    arguments = node.child_by_field_name("arguments")
    strings = ("interpreted_string_literal", "raw_string_literal")
    return Call(
        syntax.line_of(node),
        syntax.text_of(node.child_by_field_name("function")),
        tuple(
            _unquoted(argument) if argument.type in strings else None
            for argument in (arguments.named_children if arguments else [])
        ),
        _in_goroutine(node),
    )


def _in_goroutine(node: Node) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.type == "go_statement":
            return True
        if parent.type in ("function_declaration", "method_declaration"):
            return False
        parent = parent.parent
    return False


def _assignments(root: Node) -> Iterator[Assignment]:
    for node in syntax.descendants(root, "short_var_declaration", "assignment_statement"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or len(right.named_children) != 1:
            continue
        call = right.named_children[0]
        if call.type == "call_expression":
            targets = tuple(syntax.text_of(target) for target in left.named_children)
            function = syntax.text_of(call.child_by_field_name("function"))
            yield Assignment(syntax.line_of(node), targets, function)


def _result_types(function: Node) -> tuple[str, ...]:
    """The result types; (image string, err error) gives string and error."""
    result = function.child_by_field_name("result")
    if result is None:
        return ()
    if result.type != "parameter_list":
        return (syntax.text_of(result),)
    types: list[str] = []
    for parameter in result.named_children:
        names = len(parameter.children_by_field_name("name")) or 1
        types += [syntax.text_of(parameter.child_by_field_name("type"))] * names
    return tuple(types)
