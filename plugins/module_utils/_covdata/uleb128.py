# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unsigned LEB128 numbers, as GOROOT/src/internal/coverage/uleb128 writes them.

Seven bits to a byte, lowest first; the highest bit of a byte says that another one follows. Coverage data holds nothing
wider than 32 bits, so a number has at most five bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

_MAX_UINT32 = 0xFFFFFFFF
# One object for each: the line numbers of a big program are millions, and mostly the same.
_OF_TWO_BYTES = list(range(1 << 14))


def decode_all(data: bytes) -> list[int]:
    """All numbers of ``data``, which must end with the last byte of a number.

    Raises ValueError where a number is cut off by the end of ``data`` or does not fit into 32 bits.
    """
    if data.isascii():  # no continuation bit anywhere: each byte is a number
        return list(data)
    values: list[int] = []
    append = values.append
    following = iter(data)
    for byte in following:
        if byte < 0x80:
            append(byte)
        elif (second := next(following, 0x80)) < 0x80:  # two bytes: line numbers and indices mostly
            append(_OF_TWO_BYTES[byte - 0x80 | second << 7])
        else:
            append(_decode_longer(byte, second, following))
    return values


def decode_one(data: bytes, offset: int) -> tuple[int, int]:
    """The number at ``offset`` and the offset behind it. Raises ValueError as `decode_all` does."""
    following = iter(data[offset : offset + 5])
    for byte in following:
        if byte < 0x80:
            return byte, offset + 1
        value, length = _decode_long(byte, following)
        return value, offset + length
    raise ValueError("a number is missing")


def _decode_longer(first: int, second: int, following: Iterator[int]) -> int:
    """A number of three bytes or more, or one that is cut off."""
    return _decode_long(first, chain((second,), following))[0]


def _decode_long(first: int, following: Iterator[int]) -> tuple[int, int]:
    """A number of two bytes or more, given its first byte and those that follow; and how many bytes it has."""
    value = first & 0x7F
    shift = 7
    for byte in following:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 and value <= _MAX_UINT32:
            return value, shift // 7
        if byte < 0x80 or shift > 28:
            raise ValueError("a number is wider than 32 bits")
    raise ValueError("a number is cut off")
