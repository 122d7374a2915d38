# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged and hostile bytes: a decode, or the one error; never another exception, never unbounded work."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._covdata.accumulator import CounterAccumulator
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.counters import Segment, decode_counters
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.errors import CovdataError
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.meta import decode_meta
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.profile import parse_profile
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.gosource import (
    function_declarations,
    is_generated,
)
from hypothesis import given, settings
from hypothesis import strategies as st

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "covdata"
CASE = FIXTURES / "go1.26.6-count"
META = next((CASE / "covdata").glob("covmeta.*")).read_bytes()
COUNTERS = next((CASE / "covdata").glob("covcounters.*")).read_bytes()
PROFILE = (CASE / "profile.out").read_bytes()
SOURCE = (FIXTURES / "declarations.input").read_bytes()

# Number by number, then in pieces, then as a layout.
RUNS_FOR_A_LAYOUT = 20

bounded = settings(max_examples=300, deadline=None, derandomize=True)


def mutations(data: bytes) -> st.SearchStrategy[bytes]:
    """``data`` with some bytes overwritten, a part taken out or doubled, and cut short."""
    place = st.integers(0, len(data))
    edit = st.tuples(place, st.binary(max_size=8), st.integers(0, 8))

    def apply(edits: list[tuple[int, bytes, int]], length: int) -> bytes:
        mutated = bytearray(data)
        for offset, replacement, taken_out in edits:
            mutated[offset : offset + taken_out] = replacement
        return bytes(mutated[:length])

    return st.builds(apply, st.lists(edit, max_size=4), st.one_of(st.just(2 * len(data)), place))


@bounded
@given(st.one_of(mutations(META), st.binary(max_size=200).map(lambda tail: META[:56] + tail)))
def test_meta(data: bytes) -> None:
    try:
        meta = decode_meta(data, "covmeta.x")
    except CovdataError as error:
        assert error.cause == "truncated-data"
        assert "covmeta.x" in str(error) and "\n" not in str(error)
    else:
        assert sum(len(f.units) for package in meta.packages for f in package.functions) * 5 <= len(data)


@bounded
@given(st.one_of(mutations(COUNTERS), st.binary(max_size=200).map(lambda tail: COUNTERS[:32] + tail + COUNTERS[-16:])))
def test_counters(data: bytes) -> None:
    try:
        counter_file = decode_counters(data, "covcounters.x")
    except CovdataError as error:
        assert error.cause == "truncated-data"
        assert "covcounters.x" in str(error) and "\n" not in str(error)
        return
    for segment in counter_file.segments:
        once = _sums_of(segment)
        assert once is None or 3 * segment.function_count <= len(data)
        for_a_layout = CounterAccumulator()
        try:
            for _run in range(RUNS_FOR_A_LAYOUT):
                for_a_layout.add(segment)
        except ValueError:
            assert once is None
            continue
        assert once is not None
        assert for_a_layout.sums(2**40) == {
            key: [RUNS_FOR_A_LAYOUT * count for count in counts] for key, counts in once.items()
        }


def _sums_of(segment: Segment) -> dict[tuple[int, int], list[int]] | None:
    """The counters of a segment, decoded the plain way; None where they are damaged."""
    sums: dict[tuple[int, int], list[int]] = {}
    try:
        for package, function, counters in segment.functions():
            known = sums.setdefault((package, function), [0] * len(counters))
            sums[package, function] = [a + b for a, b in zip(known, counters, strict=True)]
    except ValueError:
        return None
    return sums


@bounded
@given(st.one_of(mutations(COUNTERS), st.binary(max_size=60)))
def test_args(data: bytes) -> None:
    try:
        for segment in decode_counters(data).segments:
            segment.args()
    except (CovdataError, ValueError) as error:
        assert str(error)


@bounded
@given(mutations(PROFILE))
def test_profile(data: bytes) -> None:
    try:
        coverage = parse_profile(data.decode("utf-8", "replace").splitlines())
    except CovdataError as error:
        assert error.cause in ("truncated-data", "block-mismatch")
        assert "\n" not in str(error)
    else:
        assert 0 <= coverage.covered <= coverage.total


@bounded
@given(mutations(SOURCE))
def test_source(data: bytes) -> None:
    is_generated(data)
    try:
        declarations = function_declarations(data)
    except ValueError as error:
        assert str(error) == "a bracket is not closed"
    else:
        assert len(declarations) <= data.count(b"func")
