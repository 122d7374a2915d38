# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that coverage files are of: told apart by their builds, named by main package or executable. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._collect.binaries import UNNAMED, Binary

#: Elements of an import path that name no program.
_SAID_OF_ALL = ("cmd", "main", "app")
_VERSION = re.compile(r"v[0-9]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Program:
    """A program: its ``name`` is that of its report. ``main`` is None where its builds do not say it."""

    name: str
    main: str | None
    builds: tuple[Binary, ...]

    @property
    def hashes(self) -> frozenset[str]:
        """The builds by the hash of their meta-data."""
        return frozenset(build.meta_hash for build in self.builds)

    @property
    def counter_files(self) -> int:
        """How many processes have left counters."""
        return sum(build.counter_files for build in self.builds)


def programs_of(builds: t.Sequence[Binary], modules: t.Mapping[str, str]) -> list[Program]:
    """The programs, by name. ``modules`` has the module of each build, by hash, where it is known.

    Builds of one main package are one program. A build that does not name its main package goes by its executable.
    """
    groups: dict[tuple[str, str], list[Binary]] = {}
    for build in builds:
        named = build.main not in (None, UNNAMED)
        module = modules.get(build.meta_hash, "")
        key = (str(build.main), "") if named else (module, " ".join(build.programs) or build.meta_hash)
        groups.setdefault(key, []).append(build)
    entries = [(_parts(group, modules), group) for _key, group in sorted(groups.items())]
    shortest: dict[str, int] = {}
    for parts, _group in entries:
        shortest[parts[-1]] = shortest.get(parts[-1], 0) + 1
    found: list[Program] = []
    taken: set[str] = set()
    for parts, group in entries:
        wanted = parts[-1] if shortest[parts[-1]] == 1 else "-".join(parts[-2:])
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}-{number}", number + 1
        taken.add(name)
        main = group[0].main if group[0].main != UNNAMED else None
        found.append(Program(name, main, tuple(group)))
    return sorted(found, key=lambda program: program.name)


def _parts(group: t.Sequence[Binary], modules: t.Mapping[str, str]) -> list[str]:
    """What may name a program, the most telling last: its module, and its main package or executable."""
    main, module = group[0].main, modules.get(group[0].meta_hash, "")
    of_module = _elements(module)[-1:]
    executables = sorted({name for build in group for name in build.programs if name})
    path = _elements(main) if main not in (None, UNNAMED) else []
    own = [element for element in path if element not in _SAID_OF_ALL][-1:]
    if path and path[-1] in _SAID_OF_ALL and len(executables) == 1:
        own = executables
    own = own or executables[:1] or of_module or [group[0].meta_hash[:8]]
    return [_safe(part) for part in [*of_module, *own]]


def _elements(path: str | None) -> list[str]:
    """The elements of an import path, less a major version at its end."""
    return [element for element in (path or "").split("/") if element and not _VERSION.fullmatch(element)]


def _safe(name: str) -> str:
    return _UNSAFE.sub("-", name).strip(".-") or "program"
