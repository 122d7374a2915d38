# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoder for covmeta.<hash>: what a coverage-instrumented program consists of.

The format is that of GOROOT/src/internal/coverage/defs.go (MetaFileHeader, MetaSymbolHeader), as decodemeta reads and
encodemeta writes it. All numbers are little-endian. Neither the Go version nor the source is in it.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import NamedTuple

from .errors import damaged
from .stringtab import decode_stringtab, reject_control_characters
from .uleb128 import decode_all

MAGIC = b"\x00cvm"
VERSION = 1
MODES = {1: "set", 2: "count", 3: "atomic", 4: "regonly", 5: "testmain"}
COUNTING_MODES = ("set", "count", "atomic")
GRANULARITIES = {1: "perblock", 2: "perfunc"}

_FILE_HEADER = struct.Struct("<4sIQQ16sIIBB6x")
_PACKAGE_HEADER = struct.Struct("<IIII16s4xII")

Unit = tuple[int, int, int, int, int]
"""A coverable unit: start line, start column, end line, end column (in bytes, from 1), number of statements."""


class FunctionMeta(NamedTuple):
    """A function: ``name`` is "Name", "T.Name" or "*T.Name", and for a literal outside any function "func.L12.C9".

    ``file`` is import path + "/" + base name; an absolute path where the package was named by its files.
    Literals inside a function belong to that function.
    """

    name: str
    file: str
    literal: bool
    units: list[Unit]


@dataclass(frozen=True)
class PackageMeta:
    """A package; the index of a function in ``functions`` is what counter files call it by."""

    path: str
    name: str
    module: str
    functions: list[FunctionMeta]


@dataclass(frozen=True)
class MetaFile:
    """A decoded covmeta file; the index of a package in ``packages`` is what counter files call it by.

    ``hash`` is that of the header, in hex. ``hash_verified`` says whether it is one that Go computes from the hashes
    of these packages; it is False for the output of ``go tool covdata merge``, which hashes otherwise.
    """

    hash: str
    hash_verified: bool
    mode: str
    granularity: str
    packages: list[PackageMeta]


def decode_meta(data: bytes, file: str = "covmeta") -> MetaFile:
    """Decode the bytes of a covmeta file; ``file`` names it in errors. Raises CovdataError (``truncated-data``)."""
    if data[:4] != MAGIC:
        raise damaged(file, "it does not begin as a covmeta file does")
    if len(data) < _FILE_HEADER.size:
        raise damaged(file, f"{len(data)} bytes are less than its header")
    header = _FILE_HEADER.unpack_from(data)
    _magic, version, total_length, package_count, meta_hash, strings_offset, strings_length, mode, granularity = header
    if version > VERSION:
        raise damaged(file, f"format version {version} is not known, only up to {VERSION}")
    if total_length != len(data):
        raise damaged(file, f"{len(data)} bytes, but its header says {total_length}")
    if mode not in MODES or granularity not in GRANULARITIES:
        raise damaged(file, f"counter mode {mode} with granularity {granularity} is not known")
    if package_count * 16 > len(data) - _FILE_HEADER.size or strings_offset + strings_length > len(data):
        raise damaged(file, f"tables for {package_count} packages do not fit")
    offsets = struct.unpack_from(f"<{package_count}Q", data, _FILE_HEADER.size)
    lengths = struct.unpack_from(f"<{package_count}Q", data, _FILE_HEADER.size + 8 * package_count)
    packages: list[PackageMeta] = []
    package_hashes: list[bytes] = []
    end = strings_offset + strings_length
    for index, (offset, length) in enumerate(zip(offsets, lengths, strict=True)):
        if offset < end or length > len(data) - offset:
            raise damaged(file, f"package {index} lies at {offset}, outside of its place")
        end = offset + length
        try:
            package, package_hash = _decode_package(data[offset:end])
        except ValueError as error:
            raise damaged(file, f"package {index}: {error}") from None
        packages.append(package)
        package_hashes.append(package_hash)
    return MetaFile(
        hash=meta_hash.hex(),
        hash_verified=_is_hash_of(meta_hash, b"".join(package_hashes), MODES[mode], GRANULARITIES[granularity]),
        mode=MODES[mode],
        granularity=GRANULARITIES[granularity],
        packages=packages,
    )


def _decode_package(blob: bytes) -> tuple[PackageMeta, bytes]:
    """A package's meta-data symbol and the hash that its header states. Raises ValueError."""
    if len(blob) < _PACKAGE_HEADER.size:
        raise ValueError("its header is cut off")
    length, name, path, module, package_hash, _files, function_count = _PACKAGE_HEADER.unpack_from(blob)
    if length != len(blob):
        raise ValueError(f"{len(blob)} bytes, but its header says {length}")
    if 4 * function_count > len(blob) - _PACKAGE_HEADER.size:
        raise ValueError(f"{function_count} functions do not fit")
    offsets = struct.unpack_from(f"<{function_count}I", blob, _PACKAGE_HEADER.size)
    strings, functions_start = decode_stringtab(blob, _PACKAGE_HEADER.size + 4 * function_count)
    reject_control_characters(strings)
    if max(name, path, module) >= len(strings):
        raise ValueError("its names are not in its string table")
    functions: list[FunctionMeta] = []
    start = functions_start
    for index, offset in enumerate(offsets):
        if offset < start:  # Go writes them one behind another; anything else could make the work unbounded
            raise ValueError(f"function {index} overlaps what comes before it")
        start = offset
        end = offsets[index + 1] if index + 1 < function_count else len(blob)
        try:
            functions.append(_decode_function(blob[start:end], strings))
        except ValueError as error:
            raise ValueError(f"function {index}: {error}") from None
        start += 1
    return PackageMeta(strings[path], strings[name], strings[module], functions), package_hash


def _decode_function(encoded: bytes, strings: list[str]) -> FunctionMeta:
    """Number of units, name, file, five numbers for each unit, and whether it is a literal. Raises ValueError."""
    values = decode_all(encoded)
    if len(values) < 4 or len(values) < 4 + 5 * values[0]:
        raise ValueError("it is cut off")
    unit_count, name, file = values[:3]
    if max(name, file) >= len(strings):
        raise ValueError("its names are not in the string table")
    if unit_count and not strings[file]:
        raise ValueError("it is in a file without a name")
    numbers = iter(values[3 : 3 + 5 * unit_count])
    units = list(zip(numbers, numbers, numbers, numbers, numbers, strict=True))
    return FunctionMeta(strings[name], strings[file], values[3 + 5 * unit_count] != 0, units)


def _is_hash_of(meta_hash: bytes, package_hashes: bytes, mode: str, granularity: str) -> bool:
    """Whether the runtime of Go computes ``meta_hash`` (cfile/emit.go, prepareForMetaEmit).

    It hashes the packages' hashes, mode and granularity: with MD5 up to Go 1.23, with FNV-1a from 1.24 on.
    """
    hashed = package_hashes + mode.encode() + granularity.encode()
    return meta_hash in (_fnv128a(hashed), hashlib.md5(hashed, usedforsecurity=False).digest())


def _fnv128a(data: bytes) -> bytes:
    value = 0x6C62272E07BB014262B821756295C58D
    for byte in data:
        value = (value ^ byte) * 0x0000000001000000000000000000013B & 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
    return value.to_bytes(16, "big")
