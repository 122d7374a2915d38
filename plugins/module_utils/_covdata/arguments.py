# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines in covcounters files, and files without them.

Go writes os.Args into each counter file, so that a secret on a command line would end up in an artifact of CI. The
values are blanked in place, byte for byte, so that lengths and offsets of the file stay as they are. The name of the
program (argv0) stays: it tells programs apart whose main package was built by file name.
"""

from __future__ import annotations

import re

from .counters import Segment, decode_counters
from .stringtab import string_spans
from .uleb128 import decode_one

_ARGUMENT = re.compile(r"argv[1-9][0-9]*")
_BLANK = b"*"


def blank_arguments(data: bytes, file: str = "covcounters") -> bytes:
    """The bytes of a counter file with every argument but argv0 replaced by asterisks. Raises CovdataError."""
    blanked = bytearray(data)
    behind = 0
    for segment in decode_counters(data, file).segments:
        start = data.index(segment.encoded_strings + segment.encoded_args, behind)
        behind = start + len(segment.encoded_strings)
        for begin, end in _argument_spans(segment):
            blanked[start + begin : start + end] = _BLANK * (end - begin)
    return bytes(blanked)


def _argument_spans(segment: Segment) -> list[tuple[int, int]]:
    """Where in the string table the arguments stand; what is also a key, or the program's name, is left alone."""
    spans = string_spans(segment.encoded_strings)
    count, offset = decode_one(segment.encoded_args, 0)
    arguments: set[int] = set()
    others: set[int] = set()
    for _index in range(min(count, len(segment.encoded_args))):
        key, offset = decode_one(segment.encoded_args, offset)
        value, offset = decode_one(segment.encoded_args, offset)
        begin, end = spans[key]
        name = segment.encoded_strings[begin:end].decode("utf-8", "replace")
        (arguments if _ARGUMENT.fullmatch(name) else others).add(value)
        others.add(key)
    return [spans[index] for index in sorted(arguments - others)]
