# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that are run to their end: their lines, their limits, and that nothing of them stays."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._process import command
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import identify

# Long beyond the patience of whoever runs the tests: what waits for it has failed.
FOREVER = 600


def sh(script: str, **options: object) -> tuple[command.Ended, list[str]]:
    lines: list[str] = []
    ended = command.run(["/bin/sh", "-c", script], on_line=lines.append, **options)  # type: ignore[arg-type]
    return ended, lines


def gone(pid: int) -> bool:
    for _attempt in range(100):
        if identify(pid) is None:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("", []),
        ("echo one; echo two >&2", ["one", "two"]),
        ("printf 'no newline'", ["no newline"]),
        ("printf 'a\\n\\nb\\n'", ["a", "", "b"]),
        ("printf 'a\\r\\nb\\r\\n'", ["a", "b"]),
        ("printf '10%%\\r20%%\\rdone\\n'", ["10%", "20%", "done"]),
        ("printf 'a\\r'; sleep 0.3; printf '\\nb\\n'", ["a", "b"]),
        ("printf 'a\\r'; sleep 0.3; printf 'b\\r'", ["a", "b"]),
        ("printf 'par'; sleep 0.3; printf 'tial\\n'", ["partial"]),
        ("printf '\\342\\202'; sleep 0.3; printf '\\254\\n'", ["\u20ac"]),
        ("printf 'bad \\377 byte\\n'", ["bad \ufffd byte"]),
        ("printf 'cut \\342\\202'", ["cut \ufffd"]),
    ],
)
def test_lines(script: str, lines: list[str]) -> None:
    ended, got = sh(script)
    assert got == lines
    assert ended.tail == lines
    assert (ended.rc, ended.timed_out, ended.abandoned) == (0, False, False)


def test_only_the_last_lines_are_kept_as_evidence() -> None:
    ended, lines = sh("i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); done")
    assert len(lines) == 300
    assert ended.tail == lines[-command.TAIL_LINES :]


@pytest.mark.parametrize(
    ("script", "rc"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143), ("exec false", 1)]
)
def test_exit_codes(script: str, rc: int) -> None:
    assert sh(script)[0].rc == rc


@pytest.mark.parametrize(("returncode", "expected"), [(0, 0), (2, 2), (-9, 137), (-15, 143), (255, 255)])
def test_exit_code_of_signals(returncode: int, expected: int) -> None:
    assert command.exit_code(returncode) == expected


def test_environment_and_directory(tmp_path: Path) -> None:
    _ended, lines = sh('pwd; echo "$X-$HOME"; cat', cwd=tmp_path, env={"X": "1", "PATH": os.environ["PATH"]})
    assert lines == [str(tmp_path), "1-"]


@pytest.mark.parametrize("argv", [["/does/not/exist"], ["/dev/null"]])
def test_what_cannot_be_started(argv: list[str]) -> None:
    with pytest.raises(OSError, match="No such file|Permission denied"):
        command.run(argv)


@pytest.mark.parametrize(("number", "rc"), [(signal.SIGTERM, 143), (signal.SIGQUIT, 131)], ids=["SIGTERM", "SIGQUIT"])
def test_timeout_sends_the_signal(number: signal.Signals, rc: int) -> None:
    asked: list[str] = []
    ended, lines = sh(
        f"echo begun; exec sleep {FOREVER}",
        timeout=0.5,
        timeout_signal=number,
        kill_after=FOREVER,
        on_timeout=lambda: asked.append("asked"),
    )
    assert (ended.timed_out, ended.rc, lines, asked) == (True, rc, ["begun"], ["asked"])


def test_what_ignores_the_signal_is_killed() -> None:
    ended, _lines = sh(f"trap '' TERM; sleep {FOREVER}", timeout=0.3, kill_after=0.3)
    assert (ended.timed_out, ended.rc) == (True, 137)


def test_the_limit_holds_for_a_command_that_has_closed_its_output() -> None:
    ended, lines = sh(f"echo last; exec sleep {FOREVER} >&- 2>&-", timeout=0.5)
    assert (ended.timed_out, ended.rc, lines) == (True, 143, ["last"])


def test_a_command_that_closes_its_output_and_ends_is_not_cut_short() -> None:
    ended, _lines = sh("exec >&- 2>&-; sleep 0.5; exit 4", timeout=FOREVER)
    assert (ended.timed_out, ended.rc) == (False, 4)


def test_what_the_command_says_after_the_signal_is_heard() -> None:
    _ended, lines = sh(f"trap 'echo stopping; exit 5' TERM; echo begun; sleep {FOREVER} & wait", timeout=0.5)
    assert lines == ["begun", "stopping"]


def test_a_command_that_nobody_wants_any_longer_is_ended() -> None:
    asked: list[str] = []
    ended, _lines = sh(f"exec sleep {FOREVER}", wanted=lambda: False, on_timeout=lambda: asked.append("asked"))
    assert (ended.abandoned, ended.timed_out, ended.rc, asked) == (True, False, 143, [])


def test_a_grandchild_that_holds_the_pipe_is_not_waited_for_and_not_left() -> None:
    ended, lines = sh(f"sleep {FOREVER} & echo $!; exit 3")
    assert ended.rc == 3
    assert ended.seconds < FOREVER / 10
    assert gone(int(lines[0]))


def test_an_exception_in_between_ends_the_whole_group() -> None:
    class Interruption(BaseException):
        pass

    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.extend(int(word) for word in line.split())
        raise Interruption

    with pytest.raises(Interruption):
        command.run(["/bin/sh", "-c", f"sleep {FOREVER} & echo $$ $!; wait"], on_line=interrupt)
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_no_descriptor_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _run in range(3):
        sh("echo x")
    assert len(os.listdir("/proc/self/fd")) == before
