# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command or a service starts with, whatever the playbook itself has inherited.

A shell lets what it starts with ``&`` ignore SIGINT and SIGQUIT, nohup SIGHUP, and a daemon may block signals. All this
would pass on to each child: a test that hangs could not be asked by SIGQUIT where. So children start with signals as a
terminal would give them, without stdin, in a session of their own, and in a directory that is there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import typing as t
from pathlib import Path


def popen(
    argv: t.Sequence[str],
    *,
    cwd: Path | str | None = None,
    env: t.Mapping[str, str] | None = None,
    stdout: int | t.IO[bytes] = subprocess.PIPE,
    stderr: int | t.IO[bytes] = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start ``argv`` as the leader of a new session. Raises OSError if it cannot be started.

    ``env`` is the whole environment, by default that of this process; ``cwd`` by default its directory, or ``/`` where
    that has been deleted.
    """
    return subprocess.Popen(
        argv,
        cwd=cwd or _directory(),
        env=None if env is None else dict(env),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        # posix_spawn could do this without Python in the child, but it knows no working directory.
        preexec_fn=default_signals,  # noqa: PLW1509 - it takes no lock
    )


def default_signals() -> None:
    """Let this process neither ignore nor block any signal. For a child, before it becomes another program."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _directory() -> str | None:
    try:
        os.getcwd()
    except FileNotFoundError:
        return "/"
    return None
