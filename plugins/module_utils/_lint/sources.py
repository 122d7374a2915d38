# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are checked, what kind of file each is, and which are skipped with a note."""

from __future__ import annotations

import os
import re
import stat
import typing as t
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import failure
from .finding import Note

Kind = t.Literal["yaml", "go", "dockerfile", "makefile", "shell"]

#: A larger file is generated: nobody writes a megabyte by hand.
_LARGEST = 1 << 20
_SKIPPED_DIRECTORIES = {".git", "vendor", "third_party", "node_modules", "testdata", ".venv", "__pycache__"}
_DOCKERFILE = re.compile(r"^(?:Docker|Container)file(?:\..+)?$|^.+\.(?:Docker|Container)file$", re.IGNORECASE)
_MAKEFILE = re.compile(r"^(?:GNU)?makefile$|^Makefile\..+$|^.+\.mk$", re.IGNORECASE)
_SHEBANG = re.compile(rb"#!.*\b(?:ba|da|k|z)?sh\b")
_ENDINGS: dict[str, Kind] = {".yaml": "yaml", ".yml": "yaml", ".go": "go", ".sh": "shell", ".bash": "shell"}
_GENERATED = re.compile(r"^// Code generated .* DO NOT EDIT\.$", re.MULTILINE)


class _Unreadable(Exception):
    """A file that rules cannot read; the text says why."""


@dataclass(frozen=True)
class Source:
    """A file to check; ``name`` is its path as findings show it."""

    name: str
    kind: Kind
    text: str

    @property
    def lines(self) -> list[str]:
        """Its lines; only a line feed ends one."""
        return self.text.split("\n")


def read_sources(paths: Sequence[str | Path], root: str = "") -> tuple[list[Source], list[Note]]:
    """The files at and below ``paths`` that rules can read, and notes on skipped files.

    Names are relative to ``root``; without it they begin as ``paths`` do. Raises Failure for a missing path.
    """
    for start in paths:
        if not Path(start).exists():
            raise failure(
                "The files cannot be checked",
                "source-missing",
                f"{start} does not exist",
                "Correct the path in the option paths",
            )
    sources: list[Source] = []
    notes: list[Note] = []
    for path in sorted({file for start in paths for file in _files(Path(start))}):
        name = os.path.relpath(path, root) if root else str(path)
        kind = _kind_of(path)
        if kind is None:
            continue
        try:
            text = _read(path)
        except _Unreadable as error:
            notes.append(Note(name, str(error)))
            continue
        if kind != "go" or not _GENERATED.search(text[:4096]):
            sources.append(Source(name, kind, text))
    return sources, notes


def _files(start: Path) -> Iterator[Path]:
    if not start.is_dir():
        yield start
        return
    for directory, subdirectories, names in os.walk(start):
        subdirectories[:] = sorted(set(subdirectories) - _SKIPPED_DIRECTORIES)
        for name in names:
            yield Path(directory, name)


def kind_of_name(path: Path) -> Kind | None:
    """The kind of a file by its name; None where the name does not say it."""
    if _DOCKERFILE.match(path.name) and not path.name.lower().endswith(".dockerignore"):
        return "dockerfile"
    if _MAKEFILE.match(path.name):
        return "makefile"
    return _ENDINGS.get(path.suffix)


def _kind_of(path: Path) -> Kind | None:
    """The kind of a file by its name, or by its first line where the name has no ending."""
    kind = kind_of_name(path)
    if kind or path.suffix or not path.is_file():
        return kind
    try:
        with open(path, "rb") as file:
            return "shell" if _SHEBANG.match(file.read(64)) else None
    except OSError:
        return None


def _read(path: Path) -> str:
    try:
        # Reading a pipe would wait for its writer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _Unreadable("is no regular file")
        if path.stat().st_size > _LARGEST:
            raise _Unreadable("is larger than 1 MiB")
        data = path.read_bytes()
    except OSError as error:
        raise _Unreadable(f"cannot be read: {error.strerror}") from error
    if b"\0" in data:
        raise _Unreadable("is binary")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _Unreadable("is not UTF-8") from error
