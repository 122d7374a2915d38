# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""lcov.info: the tracefile format of lcov, from man 1 geninfo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..numbers.model import Coverage, FileCoverage
from .lines import NumberedLines, blocks_by_function, count_lines, line_runs


def repo_relative(modules: Mapping[str, str]) -> Callable[[str], str]:
    """A function from a file's name in the profile to its path in the repository.

    `modules` maps the path of a Go module to its directory in the repository ("" or "." for the root); the longest
    module that holds the file decides, and a file of no such module keeps its name.
    """
    ordered = sorted(modules.items(), key=lambda item: (-len(item[0]), item[0]))

    def path_of(name: str) -> str:
        for module, directory in ordered:
            if name.startswith(module + "/"):
                folder = directory.strip("/")
                rest = name[len(module) + 1 :]
                return rest if folder in ("", ".") else f"{folder}/{rest}"
        return name

    return path_of


def render_lcov(coverage: Coverage, path_of: Callable[[str], str] = str, test_name: str = "e2e") -> str:
    """The tracefile, see `lcov_records`."""
    return "".join(lcov_records(coverage, path_of, test_name))


def lcov_records(coverage: Coverage, path_of: Callable[[str], str] = str, test_name: str = "e2e") -> Iterator[str]:
    """The tracefile: one record a file, sorted by name; `path_of` gives the path for SF (see repo_relative)."""
    yield f"TN:{_word(test_name)}\n"
    data = NumberedLines("DA:", ",", "\n")
    for file in sorted((f for package in coverage.packages for f in package.files), key=lambda f: f.name):
        yield _record(file, _line(path_of(file.name)), data)


def _record(file: FileCoverage, path: str, data: NumberedLines) -> str:
    out = [f"SF:{path}"]
    functions = []
    seen: set[str] = set()
    for function, blocks in blocks_by_function(file):
        # The format tells functions apart by name alone, and Go allows any number of init() and _().
        name = _line(function.name)
        if name in seen:
            name = f"{name}:{function.line}"
        seen.add(name)
        entered = max([function.count, *(block.count for block in blocks[:1])])
        functions.append((function.line, name, entered))
    # lcov 2 would take the last line of a function too; lcov 1 takes that for a part of its name.
    out += [f"FN:{line},{name}" for line, name, _entered in functions]
    out += [f"FNDA:{entered},{name}" for _first, name, entered in functions]
    out += [f"FNF:{len(functions)}", f"FNH:{sum(1 for function in functions if function[2])}"]
    runs = line_runs(file.blocks)
    covered, total = count_lines(runs)
    return "\n".join([*out, f"{data.text(runs)}LF:{total}", f"LH:{covered}", "end_of_record\n"])


def _line(value: str) -> str:
    """`value` without what would end the line, or begin another record."""
    return value if value.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in value)


def _word(value: str) -> str:
    """A test's name, in which lcov takes only letters, digits and underscores."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in value)
