# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding up the counters of many runs of one program.

A program that ran ten thousand times leaves ten thousand payloads that are mostly alike: the same functions in the
same order, and only the counters differ. Such payloads share a layout: the bytes that say which function comes next,
and the continuation bit of each byte. Payloads of one layout are added as one long integer, all counters at once: the
ULEB128 value of a counter is a sum over its bytes of seven bits each, so the sums may be taken byte by byte.

A payload of its own kind is cut into functions by one regular expression, made of the numbers of counters that were
seen before; the same bytes are the same function with the same counters, and are only counted until the end. What
such an expression cannot cut is decoded number by number.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from operator import add

from .counters import ULEB128, Segment, split_functions
from .uleb128 import decode_all

_MAX_LAYOUT_BYTES = 1_000_000  # of payloads; a layout takes some 30 times its payload
_MAX_LAYOUTS_OF_A_LENGTH = 8
_LIKE_PAYLOADS_FOR_A_LAYOUT = 16
_CONTINUATION_BITS = bytes(byte & 0x80 for byte in range(256))
_ADDITIONS_PER_LANE = 0xFFFF // 0x7F
_MAX_PIECES = 100_000  # a piece takes some 150 bytes
_MAX_LENGTHS = 1000
# A number of at most four bytes: what does not match is left to the decoder, which knows what is too wide.
_NUMBER = rb"[\x80-\xff]{0,3}[\x00-\x7f]"

FunctionKey = tuple[int, int]
"""Package index and function index."""


class Contradiction(ValueError):
    """A function that has one number of counters here and another there."""


class CounterAccumulator:
    """The sums of the counters of any number of segments of one program; memory does not grow with their number."""

    def __init__(self) -> None:
        self._sums: dict[FunctionKey, list[int]] = {}
        self._layouts: dict[tuple[int, int], list[_Layout]] = {}
        self._likenesses: Counter[int] = Counter()
        self._layout_bytes = 0
        self._pieces: Counter[bytes] = Counter()
        self._lengths: set[int] = set()
        self._functions_of: re.Pattern[bytes] | None = None

    def add(self, segment: Segment) -> None:
        """Add the counters of a segment.

        Raises ValueError where its payload is damaged, Contradiction where it or an earlier one contradicts another.
        """
        if segment.flavour != ULEB128:
            self._add_functions(segment.values(), segment.function_count)
            return
        payload = segment.payload
        layouts = self._layouts.setdefault((segment.function_count, len(payload)), [])
        for layout in layouts:
            if layout.add(payload):
                return
        # A layout takes as long to make as dozens of payloads to cut up, and those of programs with random behaviour
        # hardly ever come back: one is made only when payloads of its likeness have been seen often enough.
        likeness = hash(payload.translate(_CONTINUATION_BITS))
        self._likenesses[likeness] += 1
        if (
            self._likenesses[likeness] > _LIKE_PAYLOADS_FOR_A_LAYOUT
            and len(layouts) < _MAX_LAYOUTS_OF_A_LENGTH
            and self._layout_bytes + len(payload) <= _MAX_LAYOUT_BYTES
        ):
            layouts.append(_Layout.of(payload, segment.function_count))
            self._layout_bytes += len(payload)
            return
        if not self._add_pieces(payload, segment.function_count):
            self._learn(self._add_functions(decode_all(payload), segment.function_count))

    def sums(self, limit: int) -> dict[FunctionKey, list[int]]:
        """For each function that ran, the sums of its counters, each at most ``limit``. Call it once, at the end.

        Raises Contradiction.
        """
        self._decode_pieces()
        for layouts in self._layouts.values():
            for layout in layouts:
                self._add_functions(layout.values(), layout.function_count)
        return {
            key: counters if max(counters, default=0) <= limit else [min(value, limit) for value in counters]
            for key, counters in self._sums.items()
        }

    def _add_functions(self, values: list[int], function_count: int) -> set[int]:
        """Add the functions of a payload; returns which numbers of counters they have."""
        lengths = set()
        for package, function, counters in split_functions(values, function_count):
            self._add_function((package, function), counters)
            lengths.add(len(counters))
        return lengths

    def _add_function(self, key: FunctionKey, counters: list[int]) -> None:
        known = self._sums.get(key)
        if known is None:
            self._sums[key] = counters
        elif len(known) == len(counters):
            self._sums[key] = list(map(add, known, counters))
        else:
            package, function = key
            raise Contradiction(
                f"function {function} of package {package} has {len(counters)} counters, not {len(known)}"
            )

    def _learn(self, lengths: set[int]) -> None:
        known = len(self._lengths)
        self._lengths |= lengths
        if known < len(self._lengths) <= _MAX_LENGTHS:
            self._functions_of = _pattern_of(self._lengths)

    def _add_pieces(self, payload: bytes, function_count: int) -> bool:
        """Cut a payload into functions and remember those, or return False if that cannot be done."""
        if self._functions_of is None:
            return False
        pieces = self._functions_of.findall(payload)
        if len(pieces) != function_count or sum(map(len, pieces)) != len(payload):
            return False
        self._pieces.update(pieces)
        if len(self._pieces) > _MAX_PIECES:
            self._decode_pieces()
        return True

    def _decode_pieces(self) -> None:
        for piece, times in self._pieces.items():
            _length, package, function, *counters = decode_all(piece)
            self._add_function((package, function), counters if times == 1 else [times * count for count in counters])
        self._pieces.clear()


def _pattern_of(lengths: Iterable[int]) -> re.Pattern[bytes]:
    """What matches a function with one of these numbers of counters: that number, two indices and the counters.

    The alternatives with nothing but small counters come first, since a single class of bytes repeats the fastest.
    """
    functions = []
    for length in sorted(lengths):
        small = b"[\\x00-\\x7f]{%d}" % length
        functions.append(
            rb"%s(?:[\x00-\x7f]{2}%s|%s%s%s|(?:%s){%d})"
            % (re.escape(_encoded(length)), small, _NUMBER, _NUMBER, small, _NUMBER, 2 + length)
        )
    return re.compile(b"|".join(functions), re.DOTALL)


def _encoded(number: int) -> bytes:
    """The shortest ULEB128 form of a number."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


@dataclass
class _Layout:
    """Payloads that differ in nothing but the seven value bits of their counters' bytes, and the sums of those.

    The sums of bytes 0, 2, 4, ... are lanes of 16 bits in ``even``, those of bytes 1, 3, 5, ... in ``odd``; before a
    lane can overflow they move to ``carried``.
    """

    example: bytes
    function_count: int
    fixed_mask: int
    fixed: int
    even_mask: int
    odd_mask: int
    carried: list[int]
    even: int = 0
    odd: int = 0
    additions: int = 0

    @classmethod
    def of(cls, payload: bytes, function_count: int) -> _Layout:
        """The layout of ``payload``, whose counters are its first sums.

        Raises ValueError where the payload is damaged.
        """
        values = decode_all(payload)
        ends = [offset + 1 for offset, byte in enumerate(payload) if byte < 0x80]
        counter_bits = bytearray(len(payload))
        index = 0
        for _package, _function, counters in split_functions(values, function_count):
            start, stop = ends[index + 2], ends[index + 2 + len(counters)]
            counter_bits[start:stop] = b"\x7f" * (stop - start)
            index += 3 + len(counters)
        value_bits = int.from_bytes(counter_bits, "little")
        fixed_mask = ~value_bits & ((1 << 8 * len(payload)) - 1)
        lanes = int.from_bytes(b"\x7f\x00" * (len(payload) // 2 + 1), "little")
        return cls(
            example=payload,
            function_count=function_count,
            fixed_mask=fixed_mask,
            fixed=int.from_bytes(payload, "little") & fixed_mask,
            even_mask=value_bits & lanes,
            odd_mask=value_bits >> 8 & lanes,
            carried=[byte & 0x7F for byte in payload],
        )

    def add(self, payload: bytes) -> bool:
        """Add the counters of ``payload``, or return False if it has another layout."""
        number = int.from_bytes(payload, "little")
        if number & self.fixed_mask != self.fixed:
            return False
        if self.additions == _ADDITIONS_PER_LANE:
            self._carry()
        self.even += number & self.even_mask
        self.odd += number >> 8 & self.odd_mask
        self.additions += 1
        return True

    def values(self) -> list[int]:
        """The numbers of the payload, with the sums in place of the counters."""
        self._carry()
        values: list[int] = []
        value = shift = 0
        for byte, bits in zip(self.example, self.carried, strict=True):
            value += bits << shift
            shift += 7
            if byte < 0x80:
                values.append(value)
                value = shift = 0
        return values

    def _carry(self) -> None:
        lane_count = len(self.example) // 2 + 1
        for parity, sums in enumerate((self.even, self.odd)):
            lanes = struct.unpack(f"<{lane_count}H", sums.to_bytes(2 * lane_count, "little"))
            self.carried[parity::2] = map(add, self.carried[parity::2], lanes)
        self.even = self.odd = self.additions = 0
