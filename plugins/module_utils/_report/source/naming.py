# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names and lines of functions, where the source says more than the coverage data.

Data has no receiver of a generic type, and "func.L12.C9" for a function literal outside functions. Users know the first
as "Box.Get" and the second by the variable that holds it: "handlers.func1".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence

from ..numbers.model import FileCoverage, FunctionCoverage
from .gosource import Declaration
from .variables import Variable

_LITERAL = re.compile(r"func\.L([0-9]{1,9})\.C([0-9]{1,9})")


def bare_name(name: str) -> str:
    """A function's name without its receiver: "Name" of "T.Name"."""
    return name.rpartition(".")[2]


def declared_functions(file: FileCoverage) -> list[FunctionCoverage]:
    """The functions of ``file`` that a declaration stands for: all but literals."""
    return [function for function in file.functions if not function.literal]


def are_declared_by(file: FileCoverage, declarations: Sequence[Declaration]) -> bool:
    """Whether the functions of ``file`` are just these, in their order."""
    functions = declared_functions(file)
    return len(functions) == len(declarations) and all(map(_is_declared_by, functions, declarations))


def name_declared(file: FileCoverage, declarations: Sequence[Declaration]) -> None:
    """Give functions the receiver and the line of their declaration.

    That is the last declaration of its name that is not behind its first block.
    """
    if are_declared_by(file, declarations):
        for function, declaration in zip(declared_functions(file), declarations, strict=True):
            _name(function, declaration)
        return
    by_name: dict[str, list[Declaration]] = {}
    for declaration in declarations:
        by_name.setdefault(bare_name(declaration.name), []).append(declaration)
    for function in declared_functions(file):
        before = [known for known in by_name.get(bare_name(function.name), ()) if known.start_line <= function.line]
        if before:
            _name(function, max(before, key=lambda known: known.start_line))


def name_literals(file: FileCoverage, variables_of: Callable[[], Sequence[Variable]]) -> None:
    """Name each function literal outside functions after the variable that holds it, counted as Go counts closures."""
    literals = [(function, match) for function in file.functions if (match := _LITERAL.fullmatch(function.name))]
    variables = variables_of() if literals else ()
    counts: Counter[str] = Counter()
    for function, match in sorted(literals, key=lambda literal: (int(literal[1][1]), int(literal[1][2]))):
        place = (int(match[1]), int(match[2]))
        index = bisect_right(variables, place, key=lambda variable: variable[1:]) - 1
        if function.literal and index >= 0:
            name = variables[index].name
            counts[name] += 1
            function.name = f"{name}.func{counts[name]}"


def _is_declared_by(function: FunctionCoverage, declaration: Declaration) -> bool:
    """Whether this is the declaration of a function, given that both have the same place among those of the file.

    A line directive within a function may put its end before its beginning.
    """
    name, start_line, _start_col, end_line, _end_col = declaration
    inside = start_line <= function.line and (function.line <= end_line or end_line < start_line)
    return inside and bare_name(name) == bare_name(function.name)


def _name(function: FunctionCoverage, declaration: Declaration) -> None:
    function.line = declaration.start_line
    if "." in declaration.name:
        function.name = declaration.name
