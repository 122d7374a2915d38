# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the name of a file in a profile to its source, without Go.

A profile names a file by import path and base name. The module path is the first part of the import path; what
remains is the file's place below the directory of go.mod.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from ..numbers.model import Coverage, FileCoverage, FunctionCoverage
from .gosource import Declaration, function_declarations, is_generated
from .ignored import Ignored, ignored_by_comments, may_ignore

_MODULE_LINE = re.compile(r'^\s*module\s+(?:"([^"\n]+)"|`([^`\n]+)`|([^\s"`]\S*))', re.MULTILINE)
_MAX_SOURCE_SIZE = 32 * 1024 * 1024


class ScannedSource(NamedTuple):
    """A Go file: whether it says that it is generated, its function declarations, and whether comments may ignore some
    of it."""

    generated: bool
    declarations: list[Declaration]
    may_ignore: bool = False


class Sources:
    """The source of the module that lies at ``root``; without a root, there is none.

    ``module`` is the path of the module, as go.mod says it; it is needed for data that does not name it (text
    profiles).
    """

    def __init__(self, root: str | None, module: str | None = None) -> None:
        self.root = os.path.realpath(root) if root else None
        self.module = module or (_module_at(self.root) if self.root else "")
        self._scanned: dict[str, ScannedSource | None] = {}
        self._folders: dict[str, str] = {}

    def path_of(self, name: str) -> str | None:
        """The path of the file that a profile calls ``name``, or None where it is not below the root."""
        if self.root is None:
            return None
        if os.path.isabs(name):
            relative = os.path.relpath(name, self.root)
        elif self.module and name.startswith(self.module + "/"):
            relative = name[len(self.module) + 1 :]
        else:
            return None
        folder, name = os.path.split(relative)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(os.path.join(self.root, folder))
        path = os.path.join(self._folders[folder], name)
        if name in ("", os.curdir, os.pardir) or os.path.islink(path):
            path = os.path.realpath(path)
        inside = path.startswith(self.root + os.sep)
        return path if inside and os.path.isfile(path) else None

    def read(self, name: str) -> bytes | None:
        """The source of the file that a profile calls ``name``, or None where it is not at hand."""
        path = self.path_of(name)
        if path is None:
            return None
        try:
            with open(path, "rb") as stream:
                source = stream.read(_MAX_SOURCE_SIZE + 1)
        except OSError:
            return None
        return source if len(source) <= _MAX_SOURCE_SIZE else None

    def scan(self, name: str) -> ScannedSource | None:
        """What a scan of the file finds, done once; None where its source is not at hand or not Go."""
        if name not in self._scanned:
            source = self.read(name)
            self._scanned[name] = None if source is None else _scan(source)
        return self._scanned[name]

    def remember(self, name: str, scanned: ScannedSource) -> None:
        """Keep what another process found in the file."""
        self._scanned[name] = scanned

    def ignored(self, name: str) -> Ignored | None:
        """What comments in the file take out of the numbers; None where nothing does, or the source is not at hand."""
        scanned = self.scan(name)
        if scanned is None or not scanned.may_ignore:
            return None
        return ignored_by_comments(self.read(name) or b"")

    def annotate(self, coverage: Coverage) -> None:
        """Set what only the source knows: which files are generated, and the lines at which functions are declared."""
        for file in coverage.files():
            scanned = self.scan(file.name)
            if scanned is not None:
                file.generated = scanned.generated
                _move_to_declarations(file, scanned.declarations)


def _scan(source: bytes) -> ScannedSource | None:
    try:
        return ScannedSource(is_generated(source), function_declarations(source), may_ignore(source))
    except ValueError:
        return None


def _move_to_declarations(file: FileCoverage, declarations: list[Declaration]) -> None:
    """Set the line of each function to that of its declaration.

    That is the last declaration of its name that is not behind its first block.
    """
    functions = [function for function in file.functions if not function.literal]
    if len(functions) == len(declarations) and all(map(_is_declared_by, functions, declarations)):
        for function, declaration in zip(functions, declarations, strict=True):
            function.line = declaration[1]
        return
    lines: dict[str, list[int]] = {}
    for declaration in declarations:
        lines.setdefault(declaration.name, []).append(declaration.start_line)
    for function in functions:
        before = [line for line in lines.get(bare_name(function.name), ()) if line <= function.line]
        function.line = max(before, default=function.line)


def _is_declared_by(function: FunctionCoverage, declaration: Declaration) -> bool:
    """Whether this is the declaration of a function, given that both have the same place among those of the file."""
    name, start_line, _start_col, end_line, _end_col = declaration
    return start_line <= function.line <= end_line and name == bare_name(function.name)


def bare_name(name: str) -> str:
    """A function's name without its receiver: "Name" of "*T.Name"."""
    return name.rpartition(".")[2]


def _module_at(root: str) -> str:
    try:
        with open(os.path.join(root, "go.mod"), encoding="utf-8", errors="replace") as stream:
            match = _MODULE_LINE.search(stream.read(_MAX_SOURCE_SIZE))
    except OSError:
        return ""
    return next(filter(None, match.groups()), "") if match else ""
