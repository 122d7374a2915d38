# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process a number means."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import (
    Identity,
    identify,
    ignores_sigterm,
    owner_alive,
)


def test_a_process_is_the_same_for_as_long_as_it_runs() -> None:
    itself = identify(os.getpid())
    assert itself is not None
    assert itself.pid == os.getpid()
    assert itself.alive()


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1])
def test_no_process(pid: int) -> None:
    assert identify(pid) is None


def test_the_same_number_with_another_beginning_is_another_process() -> None:
    itself = identify(os.getpid())
    assert itself is not None
    assert not Identity(itself.pid, str(int(itself.began) - 1)).alive()
    assert not Identity(itself.pid, "").alive()


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        running = identify(process.pid)
        assert running is not None
        process.kill()
        for _attempt in range(100):
            if not running.alive():
                break
            time.sleep(0.02)
        # Not reaped yet: the number still has an entry in /proc.
        assert os.path.exists(f"/proc/{process.pid}")
        assert identify(process.pid) is None
    assert not running.alive()


def test_a_name_with_spaces_and_parentheses(tmp_path: os.PathLike[str]) -> None:
    odd = os.path.join(tmp_path, "a) Z 1 (b")
    os.symlink("/bin/sleep", odd)
    with subprocess.Popen([odd, "600"]) as process:
        try:
            found = identify(process.pid)
            assert found is not None
            assert found.began.isdigit()
        finally:
            process.kill()


def test_owner() -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        alive = owner_alive(process.pid)
        assert alive()
        process.kill()
    assert not alive()
    assert owner_alive(None)()
    assert owner_alive(0)()


@pytest.mark.parametrize(("trap", "expected"), [("trap '' TERM", True), ("trap : TERM", False), (":", False)])
def test_ignores_sigterm(trap: str, expected: bool) -> None:
    with subprocess.Popen(["/bin/sh", "-c", f"{trap}; echo set; cat"], stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert ignores_sigterm(process.pid) is expected
        assert process.stdin is not None
        process.stdin.close()


def test_nobody_ignores_nothing() -> None:
    assert ignores_sigterm(2**22 + 1) is False
