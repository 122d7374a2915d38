# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands and services do not inherit how the playbook was started: by a shell's ``&``, nohup, cron, a daemon."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._process import command

CONFTEST = Path(__file__).resolve().parents[4] / "unit" / "conftest.py"
#: What a step does, in a process that was started otherwise than a test is: it runs a command that hangs until SIGQUIT
#: and a supervised service that hangs until SIGTERM, and prints how they ended and what they saw.
STEP = """
import importlib.util, json, os, signal, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("conftest", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
from ansible_collections.gocover.e2e.plugins.module_utils._process import command, supervisor
result, directory = Path(sys.argv[2]), Path(sys.argv[3])
lines = []
ended = command.run(
    ["/bin/sh", "-c", "pwd; grep -E 'SigBlk|SigIgn' /proc/self/status; exec sleep 600"],
    on_line=lines.append, timeout=3, timeout_signal=signal.SIGQUIT, kill_after=60,
)
script = "echo up; grep -E 'SigBlk|SigIgn' /proc/self/status; exec sleep 600"
program = supervisor.Program(("/bin/sh", "-c", script), str(directory), dict(os.environ), 60, "f")
state = supervisor.start(program, directory / "state", None)
while len(supervisor.tail(directory / "state", 9)) < 3:
    pass
stopped = supervisor.stop(directory / "state", 60)
result.write_text(json.dumps({
    "rc": ended.rc, "lines": lines, "exit_code": stopped.exit_code, "killed": stopped.killed,
    "log": supervisor.tail(directory / "state", 9),
}))
"""


def as_shell_does() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, signal.SIG_IGN)


def as_nohup_does() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def with_everything_ignored_and_blocked() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def without_stdin() -> None:
    os.close(0)


def without_stdin_and_stderr() -> None:
    os.close(0)
    os.close(2)


def without_any_stream() -> None:
    os.closerange(0, 3)


def with_umask_077() -> None:
    os.umask(0o077)


def with_few_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def with_many_descriptors_open() -> None:
    most, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for _number in range(min(400, most // 2)):
        os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)


def in_a_deleted_directory() -> None:
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")


WAYS: list[t.Callable[[], None]] = [
    lambda: None,
    os.setsid,
    as_shell_does,
    as_nohup_does,
    with_everything_ignored_and_blocked,
    without_stdin,
    without_stdin_and_stderr,
    without_any_stream,
    with_umask_077,
    with_few_descriptors,
    with_many_descriptors_open,
    in_a_deleted_directory,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("<>"))
def test_children_start_alike_however_the_playbook_was_started(way: t.Callable[[], None], tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [sys.executable, "-c", STEP, str(CONFTEST), str(result), str(tmp_path)],
        preexec_fn=way,
        close_fds=False,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as step:
        assert step.wait() == 0
    found = json.loads(result.read_text(encoding="utf-8"))
    directory = "/" if way is in_a_deleted_directory else str(tmp_path)
    assert (found["rc"], signal_masks(found["lines"])) == (128 + signal.SIGQUIT, [directory, 0, 0])
    assert (found["exit_code"], found["killed"]) == (128 + signal.SIGTERM, False)
    assert signal_masks(found["log"]) == ["up", 0, 0]


def signal_masks(lines: list[str]) -> list[str | int]:
    """The lines, with the masks of /proc as numbers; without the two signals that the C library keeps to itself."""
    own = (1 << 31) | (1 << 32)
    return [int(line.split("\t")[1], 16) & ~own if line.startswith("Sig") else line for line in lines]


def test_a_thread_with_blocked_signals_starts_a_child_without() -> None:
    lines: list[str] = []

    def start() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGQUIT})
        command.run(["/bin/sh", "-c", "grep SigBlk /proc/self/status"], on_line=lines.append)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert lines == ["SigBlk:\t0000000000000000"]
