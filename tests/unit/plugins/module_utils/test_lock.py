# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock between real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._files import locked

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def release(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize("end", [release, subprocess.Popen.kill], ids=["released", "killed"])
def test_a_lock_is_waited_for(end: t.Callable[[subprocess.Popen[bytes]], None], tmp_path: Path) -> None:
    path = tmp_path / "lock"
    waits: list[str] = []
    with hold(path) as other:

        def on_wait() -> None:
            waits.append("once")
            end(other)

        with locked(path, on_wait):
            # The other one is gone, or this would not be reached.
            assert other.wait() in (0, -9)
    assert waits == ["once"]


def test_a_free_lock_is_taken_at_once_and_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "directory" / "lock"
    waits: list[str] = []
    for _time in range(2):
        with locked(path, lambda: waits.append("wait")):
            assert path.exists()
    assert waits == []
    assert len(os.listdir("/proc/self/fd")) < 100


def test_an_exception_releases_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(KeyError), locked(path):
        raise KeyError
    with hold(path) as other:
        release(other)
