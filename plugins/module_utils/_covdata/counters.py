# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoder for covcounters.<hash>.<pid>.<ns>: how often each unit of a program ran.

The format is that of GOROOT/src/internal/coverage/defs.go (CounterFileHeader, CounterSegmentHeader,
CounterFileFooter), as decodecounter reads and encodecounter writes it: a header, then one or more segments, each
followed by a footer. Numbers of headers and footers are little-endian; counters are of a flavour, ULEB128 or raw (32
bits each), the raw one of either endianness.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import damaged
from .stringtab import decode_stringtab
from .uleb128 import decode_all, decode_one

MAGIC = b"\x00cwm"
VERSION = 1
RAW, ULEB128 = 1, 2

_FILE_HEADER = struct.Struct("<4sI16sB?6x")
_SEGMENT_HEADER = struct.Struct("<QII")
_FOOTER = struct.Struct("<4s4xI4x")

FunctionCounters = tuple[int, int, list[int]]
"""Package index, function index, counters: one for each unit of the function."""


@dataclass(frozen=True)
class Segment:
    """One run of the program.

    ``payload`` holds the counters of the ``function_count`` functions that ran, still encoded.
    """

    flavour: int
    big_endian: bool
    function_count: int
    payload: bytes
    encoded_strings: bytes
    encoded_args: bytes

    def functions(self) -> Iterator[FunctionCounters]:
        """The functions that ran. Raises ValueError where the payload is not what `function_count` promises."""
        return split_functions(self.values(), self.function_count)

    def values(self) -> list[int]:
        """The payload as numbers. Raises ValueError where it does not end with a number."""
        if self.flavour == ULEB128:
            return decode_all(self.payload)
        count, rest = divmod(len(self.payload), 4)
        if rest:
            raise ValueError("a counter is cut off")
        return list(struct.unpack(f"{'>' if self.big_endian else '<'}{count}I", self.payload))

    def args(self) -> dict[str, str]:
        """What the run says about itself: ``argc``, ``argv0``, ..., ``GOOS``, ``GOARCH``. It may hold secrets.

        Merged files have none. Raises ValueError where the section is damaged.
        """
        strings, _end = decode_stringtab(self.encoded_strings, 0)
        count, offset = decode_one(self.encoded_args, 0)
        pairs: dict[str, str] = {}
        for _index in range(min(count, len(self.encoded_args))):
            key, offset = decode_one(self.encoded_args, offset)
            value, offset = decode_one(self.encoded_args, offset)
            if max(key, value) >= len(strings) or strings[key] in pairs:
                raise ValueError("the args section does not fit its string table")
            pairs[strings[key]] = strings[value]
        return pairs


@dataclass(frozen=True)
class CounterFile:
    """A decoded covcounters file: the hash, in hex, of the covmeta file that it belongs to, and its segments."""

    meta_hash: str
    segments: list[Segment]


def decode_counters(data: bytes, file: str = "covcounters") -> CounterFile:
    """Decode the bytes of a covcounters file; ``file`` names it in errors. Raises CovdataError (``truncated-data``).

    The payloads stay encoded, so that many files of one program can be added up without decoding each of them.
    """
    if data[:4] != MAGIC:
        raise damaged(file, "it does not begin as a covcounters file does")
    if len(data) < _FILE_HEADER.size + _SEGMENT_HEADER.size + _FOOTER.size:
        raise damaged(file, f"{len(data)} bytes are less than its header and footer")
    _magic, version, meta_hash, flavour, big_endian = _FILE_HEADER.unpack_from(data)
    footer_magic, segment_count = _FOOTER.unpack_from(data, len(data) - _FOOTER.size)
    if version > VERSION:
        raise damaged(file, f"format version {version} is not known, only up to {VERSION}")
    if flavour not in (RAW, ULEB128):
        raise damaged(file, f"counter flavour {flavour} is not known")
    if footer_magic != MAGIC or segment_count == 0:
        raise damaged(file, "its footer is missing")
    segments: list[Segment] = []
    try:
        offset = _FILE_HEADER.size
        for index in range(segment_count):
            last = index + 1 == segment_count
            segment, offset = _decode_segment(data, offset, flavour, big_endian, last)
            segments.append(segment)
    except (ValueError, struct.error) as error:
        raise damaged(file, f"segment {len(segments)}: {error}") from None
    return CounterFile(meta_hash.hex(), segments)


def split_functions(values: list[int], function_count: int) -> Iterator[FunctionCounters]:
    """Split the numbers of a payload into ``function_count`` functions. Raises ValueError where they do not fit.

    A function is the number of its counters, package index, function index, and the counters.
    """
    start, end = 0, len(values)
    for _index in range(function_count):
        if start + 3 > end:
            raise ValueError("it has fewer functions than it says")
        length, package, function = values[start : start + 3]
        start += 3 + length
        if start > end:
            raise ValueError("the counters of a function are cut off")
        yield package, function, values[start - length : start]
    if start != end:
        raise ValueError("it has more functions than it says")


def _decode_segment(data: bytes, offset: int, flavour: int, big_endian: bool, last: bool) -> tuple[Segment, int]:
    """The segment at ``offset`` and the offset behind its footer. Raises ValueError, struct.error."""
    function_count, strings_length, args_length = _SEGMENT_HEADER.unpack_from(data, offset)
    strings_start = offset + _SEGMENT_HEADER.size
    args_start = strings_start + strings_length
    start = args_start + args_length  # the padding that defs.go speaks of is within args_length
    limit = len(data) - _FOOTER.size
    if start > limit or 3 * function_count > limit - start:
        raise ValueError(f"{function_count} functions do not fit")
    if last:
        end = limit
    else:
        end = _payload_end(data, start, flavour, big_endian, function_count)
        if data[end : end + 4] != MAGIC:
            raise ValueError("its footer is missing")
    segment = Segment(
        flavour, big_endian, function_count, data[start:end], data[strings_start:args_start], data[args_start:start]
    )
    return segment, end + _FOOTER.size


def _payload_end(data: bytes, offset: int, flavour: int, big_endian: bool, function_count: int) -> int:
    """Where the counters end that begin at ``offset``; their length in bytes is written nowhere.

    Raises ValueError, struct.error.
    """
    raw = struct.Struct(">I" if big_endian else "<I")

    def number(offset: int) -> tuple[int, int]:
        if flavour == ULEB128:
            return decode_one(data, offset)
        return raw.unpack_from(data, offset)[0], offset + raw.size

    for _index in range(function_count):
        length, offset = number(offset)
        if length > len(data) - offset:
            raise ValueError("the counters of a function are cut off")
        for _number in range(2 + length):
            _value, offset = number(offset)
    return offset
