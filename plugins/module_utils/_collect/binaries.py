# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which coverage files are of which program, so that a directory which several programs share comes apart. Pure.

A covmeta file names the import path of its main package, and each covcounters file names its covmeta by hash. Where a
program was built by file names the main package is ``command-line-arguments``, and where -coverpkg leaves it out there
is none: such programs are told apart by the name that they were started with (argv0 in their counters).
"""

from __future__ import annotations

import posixpath
import typing as t
from dataclasses import dataclass, field

from .._diagnosis import Failure, failure

#: What Go calls a main package that was built by file names.
UNNAMED = "command-line-arguments"


@dataclass(frozen=True)
class Meta:
    """What a covmeta file says of its build: hash, import path of its main package, modules of its packages."""

    meta_hash: str
    main: str | None
    modules: frozenset[str] = frozenset()

    @property
    def named(self) -> bool:
        """Whether the main package tells which program it is."""
        return self.main not in (None, UNNAMED)


@dataclass(frozen=True)
class Counters:
    """What a covcounters file says: the hash of its build, and the base name of the program that wrote it."""

    meta_hash: str
    program: str


@dataclass(frozen=True)
class Binary:
    """One build: its meta-data hash, import path of its main package, number of counter files, names it ran under."""

    meta_hash: str
    main: str | None
    counter_files: int
    programs: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, t.Any]:
        """The form in which the module returns it."""
        return {
            "hash": self.meta_hash,
            "main": self.main,
            "counter_files": self.counter_files,
            "programs": list(self.programs),
        }

    @property
    def title(self) -> str:
        """What a reader knows it by."""
        if self.main not in (None, UNNAMED):
            return str(self.main)
        return f"{' or '.join(self.programs) or 'a program'} ({self.main or 'no main package'}, {self.meta_hash[:8]})"


@dataclass(frozen=True)
class Wanted:
    """The programs whose files are to be taken: main packages, and names of executables for those without a name.

    Nothing wanted means everything.
    """

    mains: t.Collection[str] = ()
    programs: t.Collection[str] = ()

    def __bool__(self) -> bool:
        return bool(self.mains or self.programs)

    @property
    def names(self) -> set[str]:
        """The base names of executables; by Go's convention, unless said otherwise, those of the main packages."""
        given = {posixpath.basename(name) for name in self.programs}
        return given or {posixpath.basename(name) for name in self.mains if name != UNNAMED}

    @property
    def title(self) -> str:
        """What a reader knows them by."""
        return " or ".join([*sorted(self.mains), *sorted(self.programs)])


@dataclass
class Files:
    """What is known of the files of a directory, by their names."""

    metas: dict[str, Meta] = field(default_factory=dict)
    counters: dict[str, Counters] = field(default_factory=dict)

    def binaries(self) -> list[Binary]:
        """The builds that wrote them, by hash."""
        mains = {meta.meta_hash: meta.main for meta in self.metas.values()}
        files: dict[str, list[Counters]] = {meta_hash: [] for meta_hash in mains}
        for entry in self.counters.values():
            files.setdefault(entry.meta_hash, []).append(entry)
        return [
            Binary(found, mains.get(found), len(written), tuple(sorted({entry.program for entry in written})))
            for found, written in sorted(files.items())
        ]

    def orphans(self) -> list[str]:
        """The names of counter files whose covmeta is not there."""
        known = {meta.meta_hash for meta in self.metas.values()}
        return sorted(name for name, entry in self.counters.items() if entry.meta_hash not in known)


def choose(files: Files, wanted: Wanted, where: str) -> Files:
    """The files that the wanted programs wrote. Raises Failure ``mixed-binaries`` where that cannot be told.

    It cannot be told where two different builds ran under a wanted name and neither says more of itself. Where nothing
    is wanted in particular, every program counts that has left counters; meta-data of another that has left none would
    only add statements that nobody could have run.
    """
    if not wanted:
        return _with_counters(files)
    by_hash = {meta.meta_hash: meta for meta in files.metas.values()}
    named = {found for found, meta in by_hash.items() if meta.named and meta.main in wanted.mains}
    unsure = {
        entry.meta_hash
        for entry in files.counters.values()
        if entry.program in wanted.names and _could_be(by_hash.get(entry.meta_hash), wanted)
    }
    unsure |= _silent(files, by_hash, wanted) if not (named or unsure) else set()
    kin = {found for found in unsure if found in by_hash and _of_the_module(by_hash[found], wanted)}
    unsure = kin or unsure
    if len(unsure) > 1:
        raise _mixed([entry for entry in files.binaries() if entry.meta_hash in unsure], wanted, where)
    return Files(
        {name: meta for name, meta in files.metas.items() if meta.meta_hash in named | unsure},
        {
            name: entry
            for name, entry in files.counters.items()
            if entry.meta_hash in named or (entry.meta_hash in unsure and entry.program in wanted.names)
        },
    )


def _with_counters(files: Files) -> Files:
    """The files of those builds that have left counters; all of them where none has."""
    counted = {entry.meta_hash for entry in files.counters.values()}
    if not counted:
        return files
    return Files({name: meta for name, meta in files.metas.items() if meta.meta_hash in counted}, dict(files.counters))


def _could_be(meta: Meta | None, wanted: Wanted) -> bool:
    """Whether a build that does not name its program may be of one that is wanted."""
    if meta is None or meta.main is None:
        return True
    return meta.main == UNNAMED and (UNNAMED in wanted.mains or not wanted.mains)


def _silent(files: Files, by_hash: t.Mapping[str, Meta], wanted: Wanted) -> set[str]:
    """The one build without counters that may be of a wanted program, so that why there are none can be said."""
    counted = {entry.meta_hash for entry in files.counters.values()}
    found = {one for one, meta in by_hash.items() if one not in counted and _could_be(meta, wanted)}
    return found if len(found) == 1 else set()


def _of_the_module(meta: Meta, wanted: Wanted) -> bool:
    """Whether the build holds packages of the module that a wanted main package lies in."""
    return any(main == module or main.startswith(f"{module}/") for main in wanted.mains for module in meta.modules)


def _mixed(binaries: t.Sequence[Binary], wanted: Wanted, where: str) -> Failure:
    return failure(
        f"The files of {wanted.title} cannot be told from those of others",
        "mixed-binaries",
        f"{where} has files of {len(binaries)} builds that say no more of themselves: "
        + ", ".join(entry.title for entry in binaries),
        "Build by package instead of by file (go build ./cmd/NAME) and with the main package in -coverpkg, "
        "or give each program a directory of its own",
    )
