# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor, with real processes: it keeps the exit status, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._process import supervisor
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import Identity, identify

FOREVER = 600


def program(script: str, tmp_path: Path, grace_period: float = FOREVER) -> supervisor.Program:
    return supervisor.Program(("/bin/sh", "-c", script), str(tmp_path), {"PATH": os.environ["PATH"]}, grace_period, "f")


def eventually(condition: t.Callable[[], bool]) -> bool:
    for _attempt in range(400):
        if condition():
            return True
        time.sleep(0.05)
    return False


def ended_state(directory: Path) -> supervisor.State:
    def ended() -> bool:
        state = supervisor.read_state(directory)
        return state is not None and state.ended is not None

    assert eventually(ended)
    state = supervisor.read_state(directory)
    assert state is not None
    return state


@pytest.fixture
def directory(tmp_path: Path) -> t.Iterator[Path]:
    """A state directory; whatever runs there at the end of the test is ended."""
    place = tmp_path / "state"
    yield place
    supervisor.stop(place, grace_period=0)


@pytest.mark.parametrize(
    ("script", "exit_code"),
    [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -SEGV $$", 139), ("kill -TERM $$", 143)],
)
def test_it_keeps_how_the_process_ended(script: str, exit_code: int, directory: Path, tmp_path: Path) -> None:
    supervisor.start(program(script, tmp_path), directory, None)
    state = ended_state(directory)
    assert (state.exit_code, state.killed, state.running()) == (exit_code, False, False)


def test_environment_directory_and_log(directory: Path, tmp_path: Path) -> None:
    supervisor.start(program("pwd; env | sort >&2; read x || echo no input", tmp_path), directory, None)
    ended_state(directory)
    lines = supervisor.tail(directory, 10)
    assert lines[0] == str(tmp_path)
    assert "no input" in lines
    assert not [line for line in lines if line.startswith("HOME=")]
    assert supervisor.tail(directory, 1) == lines[-1:]


def test_the_last_lines_of_a_long_log(directory: Path) -> None:
    directory.mkdir()
    (directory / supervisor.LOG).write_bytes(b"x" * 100000 + b"\nlast \xff\n")
    assert supervisor.tail(directory, 1) == ["last \ufffd"]
    assert supervisor.tail(directory / "none", 1) == []


def test_stop_lets_it_end_by_itself_and_is_content_with_that(directory: Path, tmp_path: Path) -> None:
    script = f"trap 'echo bye; exit 7' TERM; echo up; sleep {FOREVER} & wait"
    supervisor.start(program(script, tmp_path), directory, None)
    assert eventually(lambda: supervisor.tail(directory, 1) == ["up"])
    state = supervisor.stop(directory, FOREVER)
    assert state is not None
    assert (state.exit_code, state.killed) == (7, False)
    assert supervisor.tail(directory, 1) == ["bye"]
    assert supervisor.stop(directory, FOREVER) == state


def test_what_ignores_sigterm_is_killed_with_its_children(directory: Path, tmp_path: Path) -> None:
    script = f"trap '' TERM; sleep {FOREVER} & echo $!; wait"
    supervisor.start(program(script, tmp_path), directory, None)
    assert eventually(lambda: bool(supervisor.tail(directory, 1)))
    child = int(supervisor.tail(directory, 1)[0])
    state = supervisor.stop(directory, 1.2)
    assert state is not None
    assert (state.exit_code, state.killed) == (137, True)
    assert eventually(lambda: identify(child) is None)
    assert supervisor.read_state(directory) == state


def test_children_do_not_outlive_the_process(directory: Path, tmp_path: Path) -> None:
    supervisor.start(program(f"sleep {FOREVER} & echo $!; exit 0", tmp_path), directory, None)
    ended_state(directory)
    child = int(supervisor.tail(directory, 1)[0])
    assert eventually(lambda: identify(child) is None)


@pytest.mark.parametrize(
    ("script", "grace_period", "exit_code", "killed"),
    [
        (f"trap 'exit 4' TERM; echo up; sleep {FOREVER} & wait", FOREVER, 4, False),
        (f"trap '' TERM; echo up; sleep {FOREVER} & wait", 0.3, 137, True),
    ],
    ids=["ends on SIGTERM", "ignores it"],
)
def test_it_ends_with_its_owner(
    script: str, grace_period: float, exit_code: int, killed: bool, directory: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(["sleep", str(FOREVER)]) as owner:
        started = supervisor.start(program(script, tmp_path, grace_period), directory, owner.pid)
        assert eventually(lambda: supervisor.tail(directory, 1) == ["up"])
        assert started.running()
        owner.kill()
    state = ended_state(directory)
    assert (state.exit_code, state.killed) == (exit_code, killed)


@pytest.mark.parametrize(
    ("argv", "cwd", "words"),
    [
        (("/does/not/exist",), "/", "No such file"),
        (("/bin/true",), "/does/not/exist", "No such file"),
        (("/dev/null",), "/", "Permission denied"),
    ],
)
def test_what_cannot_be_started(argv: tuple[str, ...], cwd: str, words: str, directory: Path) -> None:
    with pytest.raises(OSError, match=words) as caught:
        supervisor.start(supervisor.Program(argv, cwd, {}, 1, "f"), directory, None)
    assert caught.value.filename in (argv[0], cwd)
    assert supervisor.read_state(directory) is None


def test_a_second_start_ends_the_first(directory: Path, tmp_path: Path) -> None:
    first = supervisor.start(program(f"exec sleep {FOREVER}", tmp_path), directory, None)
    second = supervisor.start(program(f"exec sleep {FOREVER}", tmp_path), directory, None)
    assert eventually(lambda: identify(first.supervisor) is None)
    assert not first.running()
    assert supervisor.read_state(directory) == second
    assert second.running()


def test_a_killed_supervisor_leaves_a_process_that_can_still_be_stopped(directory: Path, tmp_path: Path) -> None:
    script = f"trap 'sleep 0.3; echo bye; exit 0' TERM; echo up; sleep {FOREVER} & wait"
    state = supervisor.start(program(script, tmp_path), directory, None)
    assert eventually(lambda: supervisor.tail(directory, 1) == ["up"])
    os.kill(state.supervisor, signal.SIGKILL)
    assert eventually(lambda: not Identity(state.supervisor, state.supervisor_began).alive())
    stopped = supervisor.stop(directory, FOREVER)
    assert stopped is not None
    # It had its grace period, though nobody saw with which exit code it ended.
    assert supervisor.tail(directory, 1) == ["bye"]
    assert (stopped.exit_code, stopped.killed, stopped.ended is not None) == (None, False, True)
    assert identify(state.pid) is None


def test_a_number_that_was_used_anew_is_left_alone(directory: Path, tmp_path: Path) -> None:
    state = supervisor.start(program(f"exec sleep {FOREVER}", tmp_path), directory, None)
    stale = replace(state, began="1", supervisor_began="1")
    other = tmp_path / "other"
    other.mkdir()
    supervisor._write(other, stale)
    stopped = supervisor.stop(other, FOREVER)
    assert stopped is not None
    assert stopped.ended is not None
    assert state.running()


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"pid": 1}', "\x00"])
def test_no_state(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "process.json").write_text(content)
    assert supervisor.read_state(tmp_path) is None
    assert supervisor.stop(tmp_path, FOREVER) is None
