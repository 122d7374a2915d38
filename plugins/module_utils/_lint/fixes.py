# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixes of findings: words of one line that are replaced, and nothing else of the file."""

from __future__ import annotations

import difflib
import typing as t
from collections.abc import Iterable, Sequence
from pathlib import Path

from .. import _files
from .finding import Finding
from .sources import Source


class FixedFile(t.NamedTuple):
    """A file with its fixes: its name, its text before and after."""

    name: str
    before: str
    after: str


def fix(findings: Iterable[Finding], sources: Sequence[Source]) -> tuple[list[FixedFile], list[Finding]]:
    """The files that change, and the findings that are fixed in them."""
    files: list[FixedFile] = []
    fixed: list[Finding] = []
    chosen = list(findings)
    for source in sources:
        lines = source.lines
        for entry in chosen:
            if entry.file != source.name or entry.fix is None or entry.line > len(lines):
                continue
            old, new = entry.fix
            line = lines[entry.line - 1]
            # Words that stand twice, or on a line that continues this one, may mean something else.
            if line.count(old) == 1:
                lines[entry.line - 1] = line.replace(old, new).rstrip(" \t") if not new else line.replace(old, new)
                fixed.append(entry)
        after = "\n".join(lines)
        if after != source.text:
            files.append(FixedFile(source.name, source.text, after))
    return files, fixed


def write(files: Iterable[FixedFile], root: str) -> None:
    """Write the changed files; their modes and links stay. Raises Failure."""
    for file in files:
        path = Path(root, file.name).resolve()
        try:
            mode = path.stat().st_mode & 0o7777
            _files.write_file(path, file.after)
            path.chmod(mode)
        except OSError as error:
            raise _files.unwritable(path, error) from error


def unified(file: FixedFile) -> str:
    """The change of a file, as diff -u shows it."""
    names = (f"a/{file.name}", f"b/{file.name}")
    return "".join(difflib.unified_diff(file.before.splitlines(True), file.after.splitlines(True), *names))
