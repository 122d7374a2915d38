# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which counter file may be of which run, by the time of its writing."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._losses.assignment import assign, time_of

#: 2026-11-26T01:00:00Z
_BASE = 1795654800


def at(second: int) -> float:
    return _BASE + float(second)


def run(started: int | None = None, finished: int | None = None) -> dict[str, str | None]:
    def text(second: int | None) -> str | None:
        return None if second is None else f"2026-11-26T01:{second // 60:02d}:{second % 60:02d}Z"

    return {"started_at": text(started), "finished_at": text(finished)}


@pytest.mark.parametrize(
    ("files", "runs", "last", "counted", "doubtful"),
    [
        pytest.param([at(60)], [run(10, 60)], (), {0}, {}, id="one of one"),
        pytest.param([], [run(10, 60)], (), set(), {0: {0}}, id="none"),
        pytest.param([None], [run(10, 60)], (), {0}, {}, id="a time that nobody knows may be any"),
        pytest.param([at(60)], [{}], (), {0}, {}, id="a run without times may be any"),
        # A container that crashed as it started wrote counters; they are not those of the pod that was lost later.
        pytest.param([at(5)], [run(10, None)], (), set(), {0: {0}}, id="written before it began"),
        pytest.param([at(90)], [run(10, 60)], (), set(), {0: {0}}, id="written after it ended"),
        pytest.param([at(61)], [run(10, 60)], (), {0}, {}, id="whole seconds"),
        # Two in turn on one node: the file tells of which it is.
        pytest.param([at(120)], [run(10, 60), run(70, 120)], (), {1}, {0: {0}}, id="the first is lost"),
        pytest.param([at(60)], [run(10, 60), run(70, 120)], (), {0}, {1: {1}}, id="the second is lost"),
        # One after the other would be greedy: the open run must leave the early file to the closed one.
        pytest.param([at(60), at(200)], [run(10, None), run(20, 60)], (), {0, 1}, {}, id="a chain"),
        pytest.param([at(100)], [run(10, None), run(20, None)], (), {0}, {1: {0, 1}}, id="either"),
        pytest.param([at(100)], [run(10, None), run(20, None)], (0,), {1}, {0: {0}}, id="the suspect is meant"),
        pytest.param(
            [at(100)], [run(10, None), run(20, None), run(30, 60)], (2,), {0}, {1: {0, 1}, 2: {2}}, id="both kinds"
        ),
        pytest.param([at(10), at(20), at(30)], [run(0, 30)], (), {0}, {}, id="more files than runs"),
    ],
)
def test_runs_get_files(
    files: list[float | None], runs: t.Any, last: tuple[int, ...], counted: set[int], doubtful: dict[int, set[int]]
) -> None:
    found = assign(files, runs, last)
    assert found.counted == counted
    assert found.doubtful == doubtful


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("covcounters.0123456789abcdef0123456789abcdef.1.1795654860500000000", 1795654860.5),
        ("covcounters.0123456789abcdef0123456789abcdef.1", None),
        ("covmeta.0123456789abcdef0123456789abcdef", None),
        ("tmp.covcounters.0123456789abcdef0123456789abcdef1795654860500000000", None),
    ],
)
def test_a_name_tells_when_the_file_was_written(name: str, seconds: float | None) -> None:
    assert time_of(name) == seconds
