# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counter files of all kinds, made here byte by byte: Go's runtime writes one segment, little-endian, in ULEB128."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.accumulator import CounterAccumulator
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.counters import (
    RAW,
    ULEB128,
    CounterFile,
    decode_counters,
)
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.errors import CovdataError

HASH = bytes(range(16))
MAGIC = b"\x00cwm"
Functions = list[tuple[int, int, list[int]]]


def uleb(value: int) -> bytes:
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def counter_file(*segments: Functions, flavour: int = ULEB128, big_endian: bool = False) -> bytes:
    """A counter file as encodecounter writes it; each segment has the arguments {"argc": "0"}."""
    data = struct.pack("<4sI16sB?6x", MAGIC, 1, HASH, flavour, big_endian)
    strings = uleb(3) + b"".join(uleb(len(s)) + s for s in (b"", b"argc", b"0"))
    for number, functions in enumerate(segments, 1):
        args = uleb(1) + uleb(1) + uleb(2)
        args += bytes(-(len(strings) + len(args)) % 4)
        data += struct.pack("<QII", len(functions), len(strings), len(args)) + strings + args
        for package, function, counters in functions:
            for value in (len(counters), package, function, *counters):
                data += uleb(value) if flavour == ULEB128 else struct.pack(">I" if big_endian else "<I", value)
        data += struct.pack("<4s4xI4x", MAGIC, number)
    return data


def functions_of(counter_file: CounterFile) -> list[Functions]:
    return [list(segment.functions()) for segment in counter_file.segments]


ONE_RUN: Functions = [(0, 0, [1]), (0, 300, [0, 127, 128]), (200, 1, []), (3, 2, [2**32 - 1, 16384])]
OTHER_RUN: Functions = [(0, 1, [5, 6]), (0, 0, [2])]


@pytest.mark.parametrize("flavour, big_endian", [(ULEB128, False), (ULEB128, True), (RAW, False), (RAW, True)])
@pytest.mark.parametrize("segments", [[ONE_RUN], [ONE_RUN, OTHER_RUN], [OTHER_RUN, [], ONE_RUN], [[]]])
def test_segments_come_back_as_they_were_written(segments: list[Functions], flavour: int, big_endian: bool) -> None:
    decoded = decode_counters(counter_file(*segments, flavour=flavour, big_endian=big_endian))
    assert decoded.meta_hash == HASH.hex()
    assert functions_of(decoded) == segments
    assert [segment.args() for segment in decoded.segments] == [{"argc": "0"}] * len(segments)


@pytest.mark.parametrize("flavour", [ULEB128, RAW])
def test_a_file_cut_short_anywhere_is_damaged(flavour: int) -> None:
    data = counter_file(ONE_RUN, OTHER_RUN, flavour=flavour)
    whole_files = {len(counter_file(ONE_RUN, flavour=flavour)), len(data)}
    for length in set(range(len(data))) - whole_files:
        with pytest.raises(CovdataError) as caught:
            functions_of(decode_counters(data[:length], "c.1"))
        assert caught.value.cause == "truncated-data"
        assert "c.1" in str(caught.value)


@pytest.mark.parametrize(
    "offset, value, evidence",
    [
        (0, 1, "does not begin as a covcounters file does"),
        (4, 2, "format version 2 is not known"),
        (24, 9, "counter flavour 9 is not known"),
        (32 + 7, 255, "functions do not fit"),
        (-4 - 12, 1, "its footer is missing"),
    ],
)
def test_what_is_wrong_is_said(offset: int, value: int, evidence: str) -> None:
    data = bytearray(counter_file(ONE_RUN))
    data[offset] = value
    with pytest.raises(CovdataError, match=evidence):
        decode_counters(bytes(data))


def accumulated(*runs: Functions, limit: int = 2**32 - 1) -> dict[tuple[int, int], list[int]]:
    accumulator = CounterAccumulator()
    for run in runs:
        accumulator.add(decode_counters(counter_file(run)).segments[0])
    return accumulator.sums(limit)


def test_runs_are_added_up() -> None:
    assert accumulated(ONE_RUN, OTHER_RUN) == {
        (0, 0): [3],
        (0, 300): [0, 127, 128],
        (200, 1): [],
        (3, 2): [2**32 - 1, 16384],
        (0, 1): [5, 6],
    }


def test_sums_are_limited() -> None:
    assert accumulated([(0, 0, [2**32 - 1, 3])], [(0, 0, [1, 0])]) == {(0, 0): [2**32 - 1, 3]}
    assert accumulated([(0, 0, [1, 0, 0])], [(0, 0, [1, 1, 0])], limit=1) == {(0, 0): [1, 1, 0]}


@pytest.mark.parametrize("runs", [1, 2, 3, 513, 514, 515, 1030])
def test_many_runs_of_one_layout_are_added_up(runs: int) -> None:
    each: Functions = [(1, 200, [127, 0, 300, 70000]), (0, 5, [1]), (0, 6, [])]
    expected = {(p, f): [runs * counter for counter in counters] for p, f, counters in each}
    assert accumulated(*[each] * runs) == expected


def test_runs_of_one_length_but_another_layout_stay_apart() -> None:
    runs: list[Functions] = [[(0, 1, [7, 0])], [(0, 2, [7, 0])], [(0, 1, [200])], [(0, 1, [1, 1])], [(0, 2, [1, 1])]]
    assert accumulated(*runs[:2], *runs[3:]) == {(0, 1): [8, 1], (0, 2): [8, 1]}
    with pytest.raises(ValueError, match="function 1 of package 0 has 1 counters, not 2"):
        accumulated(*runs)
