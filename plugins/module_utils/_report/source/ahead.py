# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scanning the source on another processor while the counters are read.

Both take about the same time, and neither needs the other: the meta-data says which files there are.

    with ScanAhead(sources) as scan:
        merged = merge_directories(directories, on_meta=scan.begin)  # a child scans while this process reads counters
        scan.finish()  # sources.scan(name) now answers at once for each file of the meta-data
"""

from __future__ import annotations

import marshal
import os
import signal
from collections.abc import Iterable
from itertools import starmap

from ..._covdata.meta import MetaFile
from ..writing import fork, processor_count
from .gosource import Declaration
from .sources import ScannedSource, Sources

_LEAST_FILES = 50  # with fewer, a fork takes longer than it saves


class ScanAhead:
    """Scans the files of ``sources`` that meta-data names; a context, since a child may have to be ended."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._child: int | None = None
        self._answer = -1

    def __enter__(self) -> ScanAhead:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._child is not None:
            os.close(self._answer)
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)

    def begin(self, meta: MetaFile) -> None:
        """Begin to scan the files of ``meta``, unless that was begun for other meta-data or is not worth it."""
        names = dict.fromkeys(function.file for package in meta.packages for function in package.functions)
        if self._child is not None or len(names) < _LEAST_FILES or processor_count() < 2 or self._sources.root is None:
            return
        self._sources.know_packages({package.path: package.module for package in meta.packages})
        self._answer, answer = os.pipe()
        self._child = fork()
        if self._child == 0:
            _scan_as_child(self._sources, names, answer)
        os.close(answer)
        if self._child is None:
            os.close(self._answer)

    def finish(self) -> None:
        """Hand what was scanned to ``sources``, which scan by themselves what is missing."""
        if self._child is None:
            return
        with os.fdopen(self._answer, "rb") as stream:
            answer = stream.read()
        child, self._child = self._child, None
        if os.waitpid(child, 0)[1] == 0:
            for name, generated, declarations, *flags in marshal.loads(answer):
                known = list(starmap(Declaration, declarations))
                self._sources.remember(name, ScannedSource(generated, known, *flags))


def _scan_as_child(sources: Sources, names: Iterable[str], answer: int) -> None:
    status = 1
    try:
        found = []
        for name in names:
            scanned = sources.scan(name)
            if scanned is not None:
                generated, declarations, *flags = scanned
                found.append((name, generated, list(map(tuple, declarations)), *flags))
        with os.fdopen(answer, "wb") as stream:
            stream.write(marshal.dumps(found))
        status = 0
    finally:
        os._exit(status)  # whatever happened: what stands above in the stack is the parent's
