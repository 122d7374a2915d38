# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Go file that was compiled, where its line directives make coverage data name another: a grammar, a template.

The data has the import path of the package and the base name of the file that a directive names, so that the compiled
file lies in the directory of the package, wherever the other one does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from .gosource import Declaration, declarations_in, is_generated
from .line_directives import line_directives

_LARGEST = 32 * 1024 * 1024


class CompiledFiles:
    """The Go files of directories that have line directives, read once for each directory."""

    def __init__(self) -> None:
        self._by_folder: dict[str, list[bytes]] = {}

    def declarations(self, folder: str, base: str) -> tuple[bool, list[Declaration]] | None:
        """Whether the file that the data calls ``base`` comes from generated code alone, and the functions that begin
        in it, by line; None where no Go file of ``folder`` names it in a line directive."""
        generated = True
        declarations: list[Declaration] = []
        if folder not in self._by_folder:
            self._by_folder[folder] = list(_with_directives(folder))
        for source in self._by_folder[folder]:
            if any(directive.name == base for directive in line_directives(source)):
                try:
                    declarations += declarations_in(source, base)
                except ValueError:
                    continue
                generated = generated and is_generated(source)
        if not declarations:
            return None
        return generated, sorted(declarations, key=lambda declaration: declaration.start_line)


def _with_directives(folder: str) -> Iterator[bytes]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.endswith(".go") and not name.endswith("_test.go"):
            try:
                with open(os.path.join(folder, name), "rb") as stream:
                    source = stream.read(_LARGEST)
            except OSError:
                continue
            if line_directives(source):
                yield source
