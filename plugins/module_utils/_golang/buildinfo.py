# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go's build information, read from an executable without Go.

The format is that of debug/buildinfo in GOROOT/src: a 32-byte header that starts with the magic, aligned to 16
bytes in the data segment. Since Go 1.18 (flag 0x2) two strings follow it, each with a varint length: the Go version,
and the module information as ``go version -m`` prints it, between two sentinels of 16 bytes.
"""

from __future__ import annotations

import mmap
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT = 16
_HEADER = 32
_FLAGS_AT = 15
_INLINE_STRINGS = 0x2
_SENTINEL = 16
#: Longer than any module information that was ever seen: a bound for damaged files, in bytes.
_LONGEST = 16 << 20


@dataclass(frozen=True)
class BuildInfo:
    """What ``go version -m`` prints: ``path`` is that of the main package, ``module`` that of the main module."""

    go_version: str
    path: str = ""
    module: str = ""
    settings: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def instrumented(self) -> bool:
        """Whether the executable was built with ``-cover``."""
        return self.settings.get("-cover") == "true"


def read(path: Path) -> BuildInfo | None:
    """The build information of the executable at ``path``; None if it has none (not built by Go, or packed)."""
    with open(path, "rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            return None  # an empty file cannot be mapped
        with data:
            return find(data)


def find(data: mmap.mmap | bytes) -> BuildInfo | None:
    """The build information in ``data``, the content of an executable of any format."""
    at = data.find(_MAGIC)
    while at >= 0:
        # The magic may also stand in the code of a program that looks for it: only an aligned, sound one counts.
        if at % _ALIGNMENT == 0 and len(data) >= at + _HEADER and data[at + _FLAGS_AT] & _INLINE_STRINGS:
            version, end = _string(data, at + _HEADER)
            if version is not None and version.startswith((b"go", b"devel")):
                module_info, _end = _string(data, end)
                return parse(version.decode(errors="replace"), _unframed(module_info or b""))
        at = data.find(_MAGIC, at + 1)
    return None


def parse(go_version: str, module_info: str) -> BuildInfo:
    """The build information from its text: lines of ``path``, ``mod``, ``dep`` and ``build``, separated by tabs."""
    path = module = ""
    settings = {}
    for line in module_info.splitlines():
        kind, _tab, rest = line.partition("\t")
        if kind == "path":
            path = rest
        elif kind == "mod":
            module = rest.partition("\t")[0]
        elif kind == "build":
            key, _equals, value = rest.partition("=")
            settings[key.strip('"')] = value.strip('"`')
    # "devel go1.22-0a1b2c3 Tue Jan 2" for a toolchain built from its source; "go1.26.8 X:jsonv2" with experiments.
    return BuildInfo(go_version.removeprefix("devel ").split(" ")[0], path, module, settings)


def _unframed(module_info: bytes) -> str:
    framed = len(module_info) >= 2 * _SENTINEL + 1 and module_info[-_SENTINEL - 1 : -_SENTINEL] == b"\n"
    return module_info[_SENTINEL:-_SENTINEL].decode("utf-8", errors="replace") if framed else ""


def _string(data: mmap.mmap | bytes, at: int) -> tuple[bytes | None, int]:
    """A string with a varint length (encoding/binary, unsigned) at ``at``, and where it ends."""
    length = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    else:
        return None, at
    if length > min(_LONGEST, len(data) - at):
        return None, at
    return bytes(data[at : at + length]), at + length
