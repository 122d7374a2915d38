# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing coverage files together, from wherever they were written, into one directory that appears whole.

What was fetched lies in ``.NAME.partial`` beside the directory until all of it is complete. After an interruption the
next attempt goes on from there: a source fetches only what is missing or has changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import os
import re
import shutil
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from .. import _files
from .._covdata.arguments import blank_arguments
from .._covdata.counters import decode_counters
from .._covdata.errors import CovdataError
from .._covdata.meta import decode_meta
from .._covdata.runtime import COUNTERS_NAME, COVERAGE_FILE
from .._diagnosis import Failure, failure
from .binaries import Binary, Counters, Files, Meta, Wanted, choose

_NAMED_HASH = re.compile(r"cov(?:meta|counters)\.([0-9a-f]{32})(?:\.|$)")
#: GOROOT/src/internal/coverage/cfile: the hash and, for meta-data without anything between, the time follow.
_LEFTOVER_HASH = re.compile(r"tmp\.cov(?:meta|counters)\.([0-9a-f]{32})")
_MOST_SOURCES_AT_ONCE = 8
_TOGETHER = "together"


class Source(t.Protocol):
    """A place where coverage files lie: a directory of this machine, or one of a node."""

    @property
    def name(self) -> str:
        """What to call it: that of the node."""

    def fetch(self, dest: Path) -> None:
        """Make the coverage files that lie there the content of the directory ``dest``. Raises Failure.

        ``dest`` may hold files of an earlier attempt.
        """

    def discard(self, names: t.Collection[str]) -> None:
        """Remove these files there, and the directory if nothing else is left in it. Raises Failure."""


@dataclass(frozen=True)
class LocalSource:
    """A directory of this machine."""

    name: str
    directory: Path

    def fetch(self, dest: Path) -> None:
        """Copy, with the times of the files but not their modes; what is no coverage file stays where it is."""
        try:
            for former in dest.iterdir():
                former.unlink()
            for entry in sorted(self.directory.iterdir()):
                if entry.is_file() and COVERAGE_FILE.fullmatch(entry.name):
                    shutil.copyfile(entry, dest / entry.name)
                    shutil.copystat(entry, dest / entry.name)
                    os.chmod(dest / entry.name, 0o644)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unreadable(self.directory, error) from error

    def discard(self, names: t.Collection[str]) -> None:
        """Remove; a directory that others write to stays."""
        try:
            for name in names:
                (self.directory / name).unlink(missing_ok=True)
        except OSError as error:
            raise _files.unwritable(self.directory, error) from error
        with contextlib.suppress(OSError):
            self.directory.rmdir()


@dataclass(frozen=True)
class Gathered:
    """What was brought: numbers of files, bytes in all, builds, and leftovers of dying programs.

    ``by_source`` has the number of finished files of each source, ``counters_by_source`` and ``metas_by_source`` how
    many of them are counters and meta-data. ``taken`` has the names of what may be removed at each source now.
    ``orphans`` are counters without meta-data, ``others`` builds whose files were not wanted.
    """

    meta_files: int
    counter_files: int
    size: int
    by_source: dict[str, int]
    binaries: list[Binary]
    leftovers: list[str]
    changed: bool
    counters_by_source: dict[str, int] = field(default_factory=dict)
    metas_by_source: dict[str, int] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    others: list[Binary] = field(default_factory=list)
    taken: dict[str, list[str]] = field(default_factory=dict)
    leftovers_by_source: dict[str, list[str]] = field(default_factory=dict)


#: Given the hashes of builds whose covmeta is not there: the bytes of those covmeta files that can be had.
Recover = t.Callable[[t.Collection[str]], t.Iterable[bytes]]


def gather(
    sources: t.Sequence[Source],
    dest: Path,
    keep_arguments: bool = False,
    wanted: Wanted | None = None,
    recover: Recover = lambda _hashes: (),
    where: str = "The directory",
) -> Gathered:
    """Fetch from all ``sources`` at once, check every file, and make them the content of the directory ``dest``.

    With ``wanted``, only the files of those programs. Command lines are blanked in counter files (see
    covdata.arguments), unless ``keep_arguments``. ``recover`` is asked where counters came without their meta-data.

    Files that were in ``dest`` before are replaced as a whole, and only once the new ones are complete. Raises Failure
    with ``truncated-data`` for a file that is not what Go writes, ``mixed-binaries`` where wanted files cannot be told
    from others, ``orphan-counters`` where no counters have their meta-data, ``disk-full`` and ``results-unwritable``.
    """
    wanted = wanted or Wanted()
    partial = dest.with_name(f".{dest.name}.partial")
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        with _held(partial):
            fetched = _fetch(sources, partial)
            staged = partial / _TOGETHER
            together = staged / dest.name
            together.mkdir(parents=True)
            os.chmod(together, 0o755)
            origins = _bring_together(fetched, together)
            inspected = _inspect(together, origins, keep_arguments, wanted, recover, where)
            everywhere = {source.name: 0 for source in sources}
            changed = bool(inspected.counter_files) and not same_content(together, dest)
            if changed:
                _files.replace_entries(staged, dest.parent)
            shutil.rmtree(partial)
            return replace(inspected, by_source=everywhere | inspected.by_source, changed=changed)
    except OSError as error:
        raise _files.unwritable(dest, error) from error


@contextlib.contextmanager
def _held(directory: Path) -> t.Iterator[None]:
    """Make ``directory`` and be the only one to work in it; it may be gone at the end."""
    while True:
        directory.mkdir(exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held it may have removed it meanwhile, and then it is not the one of this name.
            if directory.exists() and os.path.samestat(os.fstat(descriptor), directory.stat()):
                yield
                return
        except BlockingIOError:
            time.sleep(0.1)
        finally:
            os.close(descriptor)


def _fetch(sources: t.Sequence[Source], partial: Path) -> list[tuple[Source, Path]]:
    """Fetch each source into a directory of its own, which a former attempt may have begun."""
    places = [(source, partial / f"{number:03d}-{source.name}") for number, source in enumerate(sources)]
    known = {place for _source, place in places}
    for former in partial.iterdir():
        if former not in known:
            shutil.rmtree(former)
    for place in known:
        place.mkdir(exist_ok=True)
    with ThreadPoolExecutor(max_workers=_MOST_SOURCES_AT_ONCE) as pool:
        # list() so that the first failure comes out here.
        list(pool.map(lambda pair: pair[0].fetch(pair[1]), places))
    return places


def _bring_together(fetched: t.Sequence[tuple[Source, Path]], together: Path) -> dict[str, list[tuple[str, str]]]:
    """Link what was fetched into one directory; by the name of each file there, the sources and their names for it."""
    origins: dict[str, list[tuple[str, str]]] = {}
    for source, directory in fetched:
        for name in sorted(os.listdir(directory)):
            if COVERAGE_FILE.fullmatch(name):
                placed = _place(directory / name, together)
                origins.setdefault(placed, []).append((source.name, name))
    return origins


def _place(file: Path, directory: Path) -> str:
    """Link ``file`` into ``directory`` without losing one of the same name; the name that it has there.

    The same meta-data comes from every node. Counters carry the process and the time; should two nodes agree in
    both, the second gets the next free time.
    """
    target = directory / file.name
    while target.exists():
        if filecmp.cmp(file, target, shallow=False):
            return target.name
        match = COUNTERS_NAME.fullmatch(target.name)
        other = f"{target.stem}.{int(match['nanoseconds']) + 1}" if match else f"{target.name}.other"
        target = directory / other
    os.link(file, target)
    return target.name


def _inspect(
    directory: Path,
    origins: t.Mapping[str, t.Sequence[tuple[str, str]]],
    keep_arguments: bool,
    wanted: Wanted,
    recover: Recover,
    where: str,
) -> Gathered:
    """Check every file, keep those that are wanted, and blank command lines; counts, sizes and builds."""
    found = Files()
    for name in sorted(origins):
        if not name.startswith("tmp."):
            _read(directory / name, found, keep_arguments)
    chosen = choose(found, wanted, where)
    for name in {*found.metas, *found.counters} - {*chosen.metas, *chosen.counters}:
        (directory / name).unlink()
    _recover(directory, chosen, recover)
    kept_hashes = {binary.meta_hash for binary in chosen.binaries()}
    leftovers = []
    for name in sorted(name for name in origins if name.startswith("tmp.")):
        match = _LEFTOVER_HASH.match(name)
        if not wanted or (match is not None and match[1] in kept_hashes):
            leftovers.append(name)
        else:
            (directory / name).unlink()
    size = sum((directory / name).stat().st_size for name in (*chosen.metas, *chosen.counters))
    sources: dict[str, int] = {}
    counters: dict[str, int] = {}
    metas: dict[str, int] = {}
    left: dict[str, list[str]] = {}
    taken: dict[str, list[str]] = {}
    for name, places in origins.items():
        kept = name in chosen.metas or name in chosen.counters
        if name in leftovers:
            for source, there in places:
                left.setdefault(source, []).append(there)
                taken.setdefault(source, []).append(there)
        if not kept:
            # Meta-data without counters tells nothing that anybody would miss; other programs still need theirs.
            for source, there in places if not wanted and name in found.metas else ():
                taken.setdefault(source, []).append(there)
            continue
        kind = counters if name in chosen.counters else metas
        for source, there in places:
            sources[source] = sources.get(source, 0) + 1
            kind[source] = kind.get(source, 0) + 1
            # The meta-data of a program that others still run is needed by them: it is written at their start only.
            if name in chosen.counters or not wanted:
                taken.setdefault(source, []).append(there)
    return Gathered(
        meta_files=len({meta.meta_hash for meta in chosen.metas.values()}),
        counter_files=len(chosen.counters),
        size=size,
        by_source=sources,
        binaries=chosen.binaries(),
        leftovers=leftovers,
        changed=True,
        counters_by_source=counters,
        metas_by_source=metas,
        orphans=chosen.orphans(),
        others=[binary for binary in found.binaries() if binary.meta_hash not in kept_hashes],
        taken=taken,
        leftovers_by_source=left,
    )


def _read(file: Path, found: Files, keep_arguments: bool = True) -> None:
    """Check a file, note what it says of itself, and blank its command line. Raises Failure."""
    try:
        data = file.read_bytes()
        if file.name.startswith("covmeta."):
            meta = decode_meta(data, file.name)
            main = next((package.path for package in meta.packages if package.name == "main"), None)
            modules = frozenset(package.module for package in meta.packages if package.module)
            found.metas[file.name] = Meta(meta.hash, main, modules)
            said = meta.hash
        else:
            counted = decode_counters(data, file.name)
            said = counted.meta_hash
            arguments = [segment.args() for segment in counted.segments]
            found.counters[file.name] = Counters(said, _program(arguments[0]))
            if not keep_arguments and any("argv1" in entry for entry in arguments):
                blanked = blank_arguments(data, file.name)
                # Another file, not other content: what was fetched is linked, and stays as it came.
                file.unlink()
                file.write_bytes(blanked)
    except CovdataError as error:
        raise failure("Coverage data came back damaged", error.cause, error.evidence, error.remedy) from error
    except ValueError as error:
        raise _damaged(file.name, "truncated-data", f"its command line: {error}") from error
    named = _NAMED_HASH.match(file.name)
    if named is not None and named[1] != said:
        raise _damaged(file.name, "mixed-binaries", f"it belongs to the build {said}, not to the one in its name")


def _program(arguments: t.Mapping[str, str]) -> str:
    return os.path.basename(arguments.get("argv0", ""))


def _recover(directory: Path, chosen: Files, recover: Recover) -> None:
    """Write the meta-data of counters that came without, as far as it can be had."""
    missing = {chosen.counters[name].meta_hash for name in chosen.orphans()}
    if not missing:
        return
    for data in recover(missing):
        meta = decode_meta(data)
        if meta.hash in missing:
            _files.write_file(directory / f"covmeta.{meta.hash}", data)
            _read(directory / f"covmeta.{meta.hash}", chosen)


def same_content(left: Path, right: Path) -> bool:
    """Whether two directories hold the same files; False if ``right`` does not exist."""
    if not right.is_dir():
        return False
    names = sorted(entry.name for entry in left.iterdir())
    if names != sorted(entry.name for entry in right.iterdir()):
        return False
    return not any(filecmp.cmpfiles(left, right, names, shallow=False)[1:])


def _damaged(name: str, cause: str, what: str) -> Failure:
    return failure(
        "Coverage data came back damaged", cause, f"{name} is not what Go wrote: {what}", "Remove it, or run again"
    )


def _unreadable(directory: Path, error: OSError) -> Failure:
    return failure(
        f"The coverage data in {directory} cannot be read",
        "no-counters",
        f"Reading it failed with: {error.strerror}",
        "Make it readable for this user",
    )
