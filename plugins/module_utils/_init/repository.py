# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a repository, read once and only where somebody asks."""

from __future__ import annotations

import os
import posixpath
import typing as t
from pathlib import Path

_SKIPPED = frozenset(("vendor", "node_modules", "testdata", "coverage", "dist", "bin"))
#: Hidden directories that say how a project is built.
_HIDDEN = frozenset((".github", ".gitlab", ".circleci", ".tekton"))
_MOST_FILES = 50_000
_LARGEST = 1 << 20  # bytes


class Repository:
    """A directory; names are relative to it and separated by ``/``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = tuple(_walk(root))
        self._known = frozenset(self.files)
        self._texts: dict[str, str] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def text(self, name: str) -> str:
        """The text of a file; empty for one that is missing, unreadable, or too large for a person to have written."""
        if name not in self._texts:
            self._texts[name] = _read(self.root / name)
        return self._texts[name]

    def named(self, *endings: str) -> t.Iterator[str]:
        """The files whose name ends so, in the order of their names."""
        return (name for name in self.files if name.endswith(endings))

    def within(self, directory: str) -> t.Iterator[str]:
        """The files of one directory, without those of the directories below it."""
        return (name for name in self.files if posixpath.dirname(name) == directory)

    def below(self, directory: str) -> t.Iterator[str]:
        """The files of a directory and of those below it."""
        return (name for name in self.files if not directory or name.startswith(f"{directory}/"))


def line_number(text: str, position: int) -> int:
    """The line, from 1, in which ``position`` lies."""
    return text.count("\n", 0, position) + 1


def _walk(root: Path) -> t.Iterator[str]:
    seen = 0
    for directory, names, files in os.walk(root):
        names[:] = sorted(name for name in names if _searched(directory, name))
        place = os.path.relpath(directory, root)
        for name in sorted(files):
            seen += 1
            yield name if place == "." else f"{place}/{name}".replace(os.sep, "/")
        if seen > _MOST_FILES:
            return


def _searched(directory: str, name: str) -> bool:
    if name.startswith((".", "_")):
        return name in _HIDDEN
    # A Python environment may have any name.
    return name not in _SKIPPED and not os.path.exists(os.path.join(directory, name, "pyvenv.cfg"))


def _read(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError:
        return ""
    return content.decode("utf-8", errors="replace") if len(content) <= _LARGEST else ""
