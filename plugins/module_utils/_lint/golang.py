# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go source: the calls, assignments and strings that rules look at."""

from __future__ import annotations

import bisect
import re
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field

from .scripts import Command
from .sources import Source
from .syntax import Grammar, line_of, text_of

if t.TYPE_CHECKING:
    from tree_sitter import Node

_STRINGS = ("interpreted_string_literal", "raw_string_literal")
_FUNCTIONS = ("function_declaration", "method_declaration")
_KINDS = (
    *("package_clause", "import_spec", "call_expression", "short_var_declaration", "assignment_statement"),
    *(*_FUNCTIONS, "const_spec", "var_spec", "keyed_element", "go_statement", *_STRINGS),
)
#: Files without any of these are not parsed, since no rule has a question about them: parsing is most of the work.
_WORDS = re.compile(
    r"signal\.Notify|SignalHandler|HandleSignal|WithSignal|NotifyContext"
    r"|_,[ \t]*\w+[ \t]*:?=[ \t]*[\w.]*[bB]uild\w*\(|func[^\n]*[bB]uild\w*\("
    r"|\"[\w.-]+/[\w.-]+:[\w.-]+/[\w.-]+\""
)
_WORDS_OF_TESTS = re.compile(
    r"(?i:deploy|image|load|install)\w*\([^)]*\"[a-z0-9][\w./-]*:[\w./-]+\"|\"(?:docker|podman|kubectl|oc|kind|go)\""
)
_PACKAGE = re.compile(r"^package[ \t]+(\w+)", re.MULTILINE)
#: Programs that a Go test runs by os/exec, or by a helper of its own.
_PROGRAMS = ("docker", "podman", "kubectl", "oc", "kind", "go", "cp", "rm")
_SECONDS = {"Nanosecond": 1e-9, "Microsecond": 1e-6, "Millisecond": 1e-3, "Second": 1.0, "Minute": 60.0, "Hour": 3600.0}
_DURATION = re.compile(r"^(?:(\d+(?:\.\d+)?)\s*\*\s*)?time\.(\w+)(?:\s*\*\s*(\d+(?:\.\d+)?))?$")


@dataclass(frozen=True)
class Call:
    """A call: the function and its arguments as they are written, and where in the file it is.

    ``arguments`` has the value of each string, and None for every other argument.
    """

    line: int
    function: str
    arguments: tuple[str | None, ...]
    in_goroutine: bool
    texts: tuple[str, ...] = ()
    #: The byte at which the function around it starts.
    inside: int = 0

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
    texts: tuple[str, ...] = ()


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
    #: Constants, variables and fields with a value that is one expression: (line, name, expression).
    values: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def is_test(self) -> bool:
        """Whether it is a test, or lies in a directory of tests."""
        directories = self.source.name.split("/")[:-1]
        return self.source.name.endswith("_test.go") or any(name in ("test", "tests", "e2e") for name in directories)

    def seconds(self, expression: str) -> float | None:
        """The seconds of a duration such as ``30 * time.Second``, or of a constant that has one; None for others."""
        if match := _DURATION.match(expression.strip()):
            unit = _SECONDS.get(match[2])
            return None if unit is None else float(match[1] or match[3] or 1) * unit
        values = [value for _line, name, value in self.values if name == expression.strip() and value != expression]
        return self.seconds(values[0]) if len(values) == 1 and _DURATION.match(values[0]) else None

    def commands(self) -> list[list[Command]]:
        """The programs that each function of the file runs, as a shell would write them; ``$`` is no string."""
        functions: dict[int, list[Command]] = {}
        for call in self.calls:
            if call.function == "time.Sleep":
                functions.setdefault(call.inside, []).append(Command(call.line, ("sleep", *call.texts)))
            first = next((index for index, word in enumerate(call.arguments) if word is not None), len(call.arguments))
            if first < 2 and call.arguments[first : first + 1] and call.arguments[first] in _PROGRAMS:
                words = tuple("$" if word is None else word for word in call.arguments[first:])
                if len(words) > 1:
                    functions.setdefault(call.inside, []).append(Command(call.line, words))
            elif call.function in ("os.RemoveAll", "os.MkdirTemp") or call.name == "TempDir":
                program = "rm" if call.name == "RemoveAll" else "mktemp"
                functions.setdefault(call.inside, []).append(Command(call.line, (program, *call.texts)))
        return list(functions.values())


def grammar() -> Grammar:
    """What ``read_go`` needs. Raises Failure if a library is missing."""
    return Grammar("go", *_KINDS)


def read_go(source: Source, go: Grammar) -> GoFile:
    """What rules need to know of a Go file; a broken file gives what could be read."""
    package = _PACKAGE.search(source.text)
    file = GoFile(source, package[1] if package else "")
    asked = file.package == "main" or _WORDS.search(source.text)
    if not asked and not (file.is_test and _WORDS_OF_TESTS.search(source.text)):
        return file
    nodes = go.nodes(source.text)
    for clause in nodes["package_clause"]:
        file.package = text_of(clause.named_children[0]) if clause.named_children else ""
    file.imports = {_unquoted(spec.child_by_field_name("path")) for spec in nodes["import_spec"]}
    functions = [node.start_byte for kind in _FUNCTIONS for node in nodes[kind]]
    goroutines = [(node.start_byte, node.end_byte) for node in nodes["go_statement"]]
    file.calls = [_call(node, sorted(functions), goroutines) for node in nodes["call_expression"]]
    file.assignments = list(_assignments([*nodes["short_var_declaration"], *nodes["assignment_statement"]]))
    file.strings = sorted((line_of(node), _unquoted(node)) for kind in _STRINGS for node in nodes[kind])
    file.values = list(_values([*nodes["const_spec"], *nodes["var_spec"], *nodes["keyed_element"]]))
    for function in (node for kind in _FUNCTIONS for node in nodes[kind]):
        file.results[text_of(function.child_by_field_name("name"))] = _result_types(function)
    return file


def _unquoted(node: Node | None) -> str:
    return text_of(node)[1:-1]


def _call(node: Node, functions: list[int], goroutines: list[tuple[int, int]]) -> Call:
    arguments = node.child_by_field_name("arguments")
    named = arguments.named_children if arguments else []
    at = node.start_byte
    before = bisect.bisect_right(functions, at)
    return Call(
        line_of(node),
        text_of(node.child_by_field_name("function")),
        tuple(_unquoted(argument) if argument.type in _STRINGS else None for argument in named),
        any(start <= at < end for start, end in goroutines),
        tuple(map(text_of, named)),
        functions[before - 1] if before else 0,
    )


def _assignments(nodes: t.Iterable[Node]) -> Iterator[Assignment]:
    for node in nodes:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or len(right.named_children) != 1:
            continue
        call = right.named_children[0]
        if call.type == "call_expression":
            targets = tuple(text_of(target) for target in left.named_children)
            arguments = call.child_by_field_name("arguments")
            texts = tuple(map(text_of, arguments.named_children if arguments else []))
            yield Assignment(line_of(node), targets, text_of(call.child_by_field_name("function")), texts)


def _values(nodes: t.Iterable[Node]) -> Iterator[tuple[int, str, str]]:
    for node in nodes:
        if node.type == "keyed_element":
            parts = node.named_children
            if len(parts) == 2:
                yield line_of(node), text_of(parts[0]), text_of(parts[1])
            continue
        value = node.child_by_field_name("value")
        names = node.children_by_field_name("name")
        if value is not None and len(names) == 1:
            yield line_of(node), text_of(names[0]), text_of(value)


def _result_types(function: Node) -> tuple[str, ...]:
    """The result types; (image string, err error) gives string and error."""
    result = function.child_by_field_name("result")
    if result is None:
        return ()
    if result.type != "parameter_list":
        return (text_of(result),)
    types: list[str] = []
    for parameter in result.named_children:
        names = len(parameter.children_by_field_name("name")) or 1
        types += [text_of(parameter.child_by_field_name("type"))] * names
    return tuple(types)
