# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which coverage is linked into an executable, read from it without Go; ``-cover=true`` alone proves nothing.

Go records ``-cover=true`` whatever it has instrumented. Coverage data is written by a call that the compiler adds to
the init function of package main, and only if -coverpkg selects that package (cmd/compile/internal/coverage/cover.go,
addInitHookCall). The linker drops the called function where nothing calls it. Its name is in the function table, which
``-ldflags="-s -w"`` keeps because the runtime needs it for stack traces.

The meta-data of each instrumented package is a read-only blob (internal/coverage/defs.go, MetaSymbolHeader). It has no
magic number, but its header and string table begin alike in every package.
"""

from __future__ import annotations

import mmap
import struct
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._covdata.stringtab import decode_stringtab

#: The function that makes a program write coverage; its home moved with Go 1.23.
_HOOKS = (b"\0runtime/coverage.initHook\0", b"\0internal/coverage/cfile.InitHook\0")
_HEADER = struct.Struct("<IIII16s4sII")
#: Where the indexes of package name, package path and module path lie in the header.
_INDEXES_AT = 4
#: These indexes: the empty string is 0, then come path, name and module, each where it differs from the ones before.
_INDEXES = tuple(
    struct.pack("<III", *indexes)
    for indexes in ((2, 1, 3), (2, 1, 1), (2, 1, 0), (1, 1, 2), (1, 1, 1), (1, 1, 0), (2, 1, 2))
)
#: More than any package has, in bytes: a bound for data that only looks like a header.
_LARGEST_BLOB = 64 << 20


@dataclass(frozen=True)
class Linked:
    """``packages``: import paths of the instrumented packages, sorted; ``writes``: the program writes coverage."""

    packages: tuple[str, ...] = ()
    writes: bool = False


def read(path: Path) -> Linked:
    """What is linked into the executable at ``path``. Raises OSError."""
    with open(path, "rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            return Linked()  # an empty file cannot be mapped
        with data:
            return find(data)


def find(data: mmap.mmap | bytes) -> Linked:
    """What is linked into an executable with this content, of whatever format."""
    return Linked(tuple(sorted(set(_packages(data)))), any(data.find(hook) >= 0 for hook in _HOOKS))


def _packages(data: mmap.mmap | bytes) -> t.Iterator[str]:
    for indexes in _INDEXES:
        at = data.find(indexes)
        while at >= 0:
            package = _package(data, at - _INDEXES_AT)
            if package is not None:
                yield package
            at = data.find(indexes, at + 1)


def _package(data: mmap.mmap | bytes, at: int) -> str | None:
    """The import path of the package whose blob begins at ``at``; None if no blob begins there."""
    if at < 0 or at + _HEADER.size > len(data):
        return None
    header: tuple[int, int, int, int, bytes, bytes, int, int] = _HEADER.unpack(data[at : at + _HEADER.size])
    length, name, path, module, _hash, padding, files, functions = header
    strings_at = _HEADER.size + 4 * functions
    if padding != bytes(4) or not functions or not files or not strings_at < length <= min(_LARGEST_BLOB, len(data)):
        return None
    # The first function begins where the string table ends, so that a table that fits is no coincidence.
    first = int.from_bytes(data[at + _HEADER.size : at + _HEADER.size + 4], "little")
    if not strings_at < first < length or at + length > len(data):
        return None
    try:
        strings, end = decode_stringtab(bytes(data[at + strings_at : at + first]), 0)
    except ValueError:
        return None
    if strings_at + end != first or max(name, path, module) >= len(strings) or not strings[path].isprintable():
        return None
    return strings[path]
