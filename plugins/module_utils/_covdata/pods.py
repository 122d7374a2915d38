# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files belong together: a pod is a covmeta file and the covcounters files of its runs.

Names are parsed as GOROOT/src/internal/coverage/pods does; this module is the only one of the package that reads files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from .errors import CovdataError
from .runtime import COUNTERS_NAME, META_NAME, TEMPORARY_NAME

_MAX_FILE_SIZE = 512 * 1024 * 1024


@dataclass
class Pod:
    """A covmeta file, as a path, and its covcounters files in the order of directories, then names."""

    meta_hash: str
    meta_file: str
    counter_files: list[str] = field(default_factory=list)

    @property
    def last_run(self) -> int:
        """When the last of its runs ended, in nanoseconds since 1970, as the names say it; 0 where none did."""
        return max((int(path.rpartition(".")[2]) for path in self.counter_files), default=0)


@dataclass
class PodSet:
    """What was found: the pods in the order of their covmeta paths, and what is in none.

    ``orphans`` are covcounters files without their covmeta; ``leftovers`` are temporary files of programs that died
    while they wrote.
    """

    pods: list[Pod]
    orphans: list[str]
    leftovers: list[str]

    @property
    def counter_file_count(self) -> int:
        return sum(len(pod.counter_files) for pod in self.pods)


def collect_pods(directories: Iterable[str]) -> PodSet:
    """Group the coverage files that lie in ``directories`` (not below them) into pods.

    The same covmeta file in several directories makes one pod. Raises CovdataError where a directory cannot be read,
    where none holds counters (``no-counters``), and where no counters have their covmeta (``orphan-counters``).
    """
    names_by_directory = [(directory, _file_names(directory)) for directory in directories]
    pods: dict[str, Pod] = {}
    leftovers: list[str] = []
    for directory, names in names_by_directory:
        for name in names:
            if match := META_NAME.fullmatch(name):
                pods.setdefault(match["hash"], Pod(match["hash"], os.path.join(directory, name)))
            elif TEMPORARY_NAME.fullmatch(name):
                leftovers.append(os.path.join(directory, name))
    orphans: list[str] = []
    for directory, names in names_by_directory:
        for name in names:
            if match := COUNTERS_NAME.fullmatch(name):
                pod = pods.get(match["hash"])
                (orphans if pod is None else pod.counter_files).append(os.path.join(directory, name))
    found = PodSet(sorted(pods.values(), key=lambda pod: pod.meta_file), orphans, leftovers)
    if found.counter_file_count == 0:
        raise _nothing_ran(found, [directory for directory, _names in names_by_directory])
    return found


def read_file(path: str) -> bytes:
    """The bytes of a coverage file.

    Raises CovdataError where it cannot be read or is larger than any that Go writes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size
            if size > _MAX_FILE_SIZE:
                raise CovdataError(
                    "truncated-data",
                    f"{path} has {size} bytes, more than a coverage file can have",
                    "remove it, or collect the data again",
                )
            data = os.read(descriptor, size)
            while len(data) < size and (rest := os.read(descriptor, size - len(data))):
                data += rest
            return data
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(path, error) from None


def coverage_files(directory: str) -> list[str]:
    """The paths in ``directory`` that coverage data can have, in the order of their names; CovdataError if unreadable.

    Everything else beside them is left out, as ``go tool covdata`` leaves it out: directories, foreign files, and links
    that lead to no file.
    """
    names = (META_NAME, COUNTERS_NAME, TEMPORARY_NAME)
    return [
        os.path.join(directory, name)
        for name in _file_names(directory)
        if any(pattern.fullmatch(name) for pattern in names)
    ]


def _file_names(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            # Neither a pipe nor a device: reading one may never end.
            return sorted(
                entry.name for entry in entries if entry.is_file(follow_symlinks=False) or os.path.isfile(entry.path)
            )
    except OSError as error:
        raise _unreadable(directory, error) from None


def _unreadable(path: str, error: OSError) -> CovdataError:
    return CovdataError(
        "no-counters", f"{path} cannot be read ({error.strerror})", "check that it exists and who may read it"
    )


def _nothing_ran(found: PodSet, directories: list[str]) -> CovdataError:
    """The error for directories from which not one counter can be counted: say the nearest reason."""
    where = ", ".join(directories) or "an empty list of directories"
    if found.orphans:
        return CovdataError(
            "orphan-counters",
            f"{len(found.orphans)} counter files, such as {found.orphans[0]}, have no covmeta file beside them",
            "collect covmeta files together with the counters; a program writes its own when it starts",
        )
    if found.leftovers:
        return CovdataError(
            "no-counters",
            f"{where} has temporary files only, such as {found.leftovers[0]}",
            "the program was killed while it wrote its counters; give it a longer grace period",
        )
    if found.pods:
        return CovdataError(
            "no-counters",
            f"{where} has {found.pods[0].meta_file} but no counters",
            "counters are written when the program exits by itself: end it with SIGTERM and wait for it",
        )
    return CovdataError(
        "no-counters",
        f"{where} has no coverage data",
        "check that the program was built with -cover and ran with GOCOVERDIR set to this directory",
    )
