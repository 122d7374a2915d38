# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime of a program that was built with ``go build -cover``: its variable, its files and its messages. Pure.

The names of the files are those of GOROOT/src/internal/coverage/defs.go, the messages those of cfile/emit.go there.
"""

from __future__ import annotations

import re
import typing as t

from .._diagnosis import FULL_DISK

#: The environment variable that names the directory to which the program writes.
VARIABLE = "GOCOVERDIR"
#: The hash of the build.
META_NAME = re.compile(r"covmeta\.(?P<hash>\S+)")
#: The hash of the build, the process, and nanoseconds since 1970. Go skips a file whose process fits into no int.
COUNTERS_NAME = re.compile(r"covcounters\.(?P<hash>\S+)\.(?P<pid>[0-9]{1,18})\.(?P<nanoseconds>[0-9]+)")
#: A file as it is written, which keeps this name if the program dies meanwhile.
TEMPORARY_NAME = re.compile(r"tmp\.cov(?:meta|counters)\.\S+")
#: Each file that may be one of these; names are read strictly only where their parts are needed.
COVERAGE_FILE = re.compile(r"cov(meta|counters)\.[^/\n]+|tmp\.cov[^/\n]+")
#: The same files right in a directory, as an expression of find(1).
FIND_EXPRESSION = "-maxdepth 1 -type f \\( -name 'covmeta.*' -o -name 'covcounters.*' -o -name 'tmp.cov*' \\)"

_UNSET = "GOCOVERDIR not set"
_NOT_WRITTEN = ("coverage meta-data emit failed", "coverage counter data emit failed")


def cause_of(line: str) -> str | None:
    """The cause that this line of a program's output gives for missing coverage data; None if it gives none.

    ``coverage-dir-unset``, ``coverage-dir-unwritable`` or ``disk-full``.
    """
    if _UNSET in line:
        return "coverage-dir-unset"
    if any(words in line for words in _NOT_WRITTEN):
        return "disk-full" if FULL_DISK.search(line) else "coverage-dir-unwritable"
    return None


def warning(lines: t.Iterable[str]) -> tuple[str, str] | None:
    """The cause and the line, for the first line that says that coverage data is lost."""
    return next(((cause, line.strip()) for line in lines if (cause := cause_of(line)) is not None), None)
