# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that is run to its end, its output passed on line by line, and never left behind."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import selectors
import signal
import subprocess
import time
import typing as t
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from .child import popen

#: How many of the last lines are kept as evidence.
TAIL_LINES = 200
#: How long what a command left behind may still write after the command itself has ended, in seconds.
_LINGER = 1.0
#: How often the time limit and the owner are looked at, in seconds.
_TICK = 0.2


@dataclass
class Ended:
    """How a command ended: its exit code (128 + N after signal N), seconds, last lines, and what cut it short."""

    rc: int
    seconds: float
    tail: list[str]
    timed_out: bool = False
    abandoned: bool = False


def run(
    argv: t.Sequence[str],
    *,
    cwd: Path | str | None = None,
    env: t.Mapping[str, str] | None = None,
    on_line: t.Callable[[str], None] = lambda line: None,
    timeout: float | None = None,
    timeout_signal: signal.Signals = signal.SIGTERM,
    kill_after: float = 5.0,
    on_timeout: t.Callable[[], None] = lambda: None,
    wanted: t.Callable[[], bool] = lambda: True,
    grace: float = 0.0,
) -> Ended:
    """Run ``argv`` in a process group of its own and return how it ended.

    ``on_line`` is called with each line of stdout and stderr as it comes. After ``timeout`` seconds, or as soon as
    ``wanted`` says no, the group gets ``timeout_signal`` and after ``kill_after`` seconds SIGKILL; on a timeout
    ``on_timeout`` is called just before. Whatever ends this function early (a signal turned into an exception) ends the
    group too. What the command leaves running gets SIGTERM, and the command itself SIGINT on an interruption; SIGKILL
    follows after ``grace`` seconds. Raises OSError if ``argv`` cannot be started.
    """
    begun = time.monotonic()
    process = popen(argv, cwd=cwd, env=env)
    if process.stdout is None:
        raise AssertionError("a pipe was asked for")
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    ended = Ended(rc=-1, seconds=0.0, tail=[])
    deadline = begun + timeout if timeout else None
    kill_at: float | None = None
    gone_at: float | None = None
    lines = _Lines()
    reading = True

    def take(chunk: bytes) -> None:
        for line in lines.feed(chunk):
            tail.append(line)
            on_line(line)

    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not reading:
                    # It has closed its output and may still run for long: the limits go on to hold.
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(_TICK)
                        break
                elif selector.select(_TICK):
                    chunk = os.read(process.stdout.fileno(), 65536)
                    take(chunk)
                    if not chunk:
                        reading = False
                        continue
                now = time.monotonic()
                if process.poll() is not None:
                    # A grandchild may hold the pipe open for ever.
                    gone_at = gone_at or now
                    if now - gone_at > _LINGER:
                        break
                elif kill_at is not None:
                    if now > kill_at:
                        _signal_group(process.pid, signal.SIGKILL)
                elif deadline is not None and now > deadline:
                    ended.timed_out = True
                elif not wanted():
                    ended.abandoned = True
                if kill_at is None and (ended.timed_out or ended.abandoned):
                    if ended.timed_out:
                        on_timeout()
                    _signal_group(process.pid, timeout_signal)
                    kill_at = now + kill_after
        if grace:
            _let_end(process, signal.SIGTERM, grace, take)
        for line in lines.rest():
            tail.append(line)
            on_line(line)
    except BaseException:
        if grace:
            _let_end(process, signal.SIGINT, grace, take)
        raise
    finally:
        # The command's children, and on an interruption the command itself.
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    ended.rc = exit_code(process.returncode)
    ended.seconds = time.monotonic() - begun
    ended.tail = list(tail)
    return ended


def _let_end(
    process: subprocess.Popen[bytes], number: signal.Signals, grace: float, take: t.Callable[[bytes], None]
) -> None:
    """Ask the group to end, and pass on what it prints, until it has ended or ``grace`` seconds are over."""
    _signal_group(process.pid, number)
    if process.stdout is None:
        return
    deadline = time.monotonic() + grace
    reading = True
    while _group_runs(process) and time.monotonic() < deadline:
        if not reading or not select.select([process.stdout], [], [], _TICK)[0]:
            time.sleep(0 if reading else _TICK)
            continue
        chunk = os.read(process.stdout.fileno(), 65536)
        reading = bool(chunk)
        if chunk:
            take(chunk)


def _group_runs(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def exit_code(returncode: int) -> int:
    """The exit code as a shell and a container runtime give it, 128 + N after signal N, from Popen's -N."""
    return 128 - returncode if returncode < 0 else returncode


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # Gone already; macOS says EPERM for a group of zombies.
        return


class _Lines:
    """Lines from chunks of bytes; a carriage return ends one too, so that progress bars do not pile up."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._partial = ""

    def feed(self, chunk: bytes) -> list[str]:
        text = self._partial + self._decoder.decode(chunk, final=not chunk)
        # The newline that belongs to a carriage return at the end may be in the next chunk.
        held = "\r" if chunk and text.endswith("\r") else ""
        text = text.removesuffix(held)
        *lines, partial = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._partial = partial + held
        return lines

    def rest(self) -> list[str]:
        rest = self._partial.removesuffix("\r")
        return [rest] if rest else []
