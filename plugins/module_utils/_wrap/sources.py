# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the source of a program lies: the directory of its Go module, among the places that a command has worked in."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

_MODULE = re.compile(r"^module\s+[\"`]?([^\s\"`]+)", re.MULTILINE)
#: Directories that hold modules of others.
_SKIPPED = ("vendor", "node_modules", "testdata", ".git")
#: How far below a place modules are looked for.
_DEPTH = 4


def modules_in(places: t.Iterable[Path]) -> dict[str, Path]:
    """The Go modules above and below ``places``: their directories by module path. The first place wins."""
    found: dict[str, Path] = {}
    for place in dict.fromkeys(places):
        for directory in _above(place):
            _add(found, directory)
    for place in dict.fromkeys(places):
        for directory in _below(place):
            _add(found, directory)
    return found


def source_of(package: str, modules: t.Mapping[str, Path]) -> Path | None:
    """The directory of the module that ``package`` (an import path, or a module) is of; None if it is not there."""
    fitting = [name for name in modules if package == name or package.startswith(f"{name}/")]
    return modules[max(fitting, key=len)] if fitting else None


def _above(place: Path) -> list[Path]:
    return [place, *place.parents]


def _below(place: Path) -> t.Iterator[Path]:
    for directory, names, _files in os.walk(place):
        depth = len(Path(directory).relative_to(place).parts)
        names[:] = sorted(name for name in names if name not in _SKIPPED) if depth < _DEPTH else []
        yield Path(directory)


def _add(found: dict[str, Path], directory: Path) -> None:
    try:
        text = (directory / "go.mod").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    match = _MODULE.search(text)
    if match:
        found.setdefault(match[1], directory)
