# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""String tables of meta-data and counter files (GOROOT/src/internal/coverage/stringtab)."""

from __future__ import annotations

import re

from .uleb128 import decode_one

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def decode_stringtab(data: bytes, offset: int) -> tuple[list[str], int]:
    """The strings of the table that begins at ``offset`` of ``data``, and the offset behind it.

    A table is the number of its strings, then for each its length in bytes and its bytes. Bytes that are not UTF-8
    become U+FFFD. Raises ValueError where the table does not end within ``data``.
    """
    spans = string_spans(data, offset)
    strings = [data[start:end].decode("utf-8", "replace") for start, end in spans]
    return strings, spans[-1][1] if spans else decode_one(data, offset)[1]


def string_spans(data: bytes, offset: int = 0) -> list[tuple[int, int]]:
    """Where each string of the table begins and ends in ``data``. Raises ValueError as `decode_stringtab` does."""
    count, offset = decode_one(data, offset)
    if count > len(data) - offset:  # each string takes a byte at least
        raise ValueError(f"a table of {count} strings does not fit")
    spans: list[tuple[int, int]] = []
    for _index in range(count):
        length, start = decode_one(data, offset)
        offset = start + length
        if offset > len(data):
            raise ValueError("a string is cut off")
        spans.append((start, offset))
    return spans


def reject_control_characters(strings: list[str]) -> None:
    """Raise ValueError where a name has a character that could forge a line of a text report."""
    for string in strings:
        if _CONTROL.search(string):
            raise ValueError(f"the name {string!r:.80} has control characters")
