# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service as a local process, under a supervisor that outlives the module and keeps the exit status.

The supervisor is a fork of the module: it starts the service in a session of its own, waits for it, and writes how it
ended to ``process.json`` in the state directory. With an owner (the ansible-playbook that started it) it ends the
service as soon as the owner is gone, so that Ctrl-C and even SIGKILL leave no process behind.

``process.json``: ``{"pid": int, "began": str, "supervisor": int, "supervisor_began": str, "started": float,
"ended": float|null, "exit_code": int|null, "killed": bool, "fingerprint": str}``; times are seconds since the epoch.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time
import traceback
import typing as t
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .. import _files
from .child import default_signals, popen
from .command import exit_code
from .identity import Identity, identify

LOG = "output.log"
_STATE = "process.json"
#: How often a process that is to end is looked at, and how often a supervisor looks for its owner, in seconds.
_POLL = 0.05
_OWNER_POLL = 0.25


@dataclass(frozen=True)
class Program:
    """What to run: the command, where, with which whole environment, and how long it may take to end (seconds)."""

    argv: tuple[str, ...]
    cwd: str
    env: t.Mapping[str, str]
    grace_period: float
    fingerprint: str


@dataclass(frozen=True)
class State:
    """What ``process.json`` says."""

    pid: int
    began: str
    supervisor: int
    supervisor_began: str
    started: float
    fingerprint: str
    ended: float | None = None
    exit_code: int | None = None
    killed: bool = False

    def running(self) -> bool:
        """Whether the service still runs: it has not ended, and it is not a number used anew."""
        return self.ended is None and Identity(self.pid, self.began).alive()


def read_state(directory: Path) -> State | None:
    """The state of the process whose state directory this is; None if none was ever started."""
    try:
        return State(**json.loads((directory / _STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def start(program: Program, directory: Path, owner: int | None) -> State:
    """Start ``program`` under a supervisor and return once it runs. Raises OSError if it cannot be started.

    What a former supervisor still runs there is ended first, or it would write its account over the new one's.
    """
    directory.mkdir(parents=True, exist_ok=True)
    stop(directory, program.grace_period)
    (directory / _STATE).unlink(missing_ok=True)
    owning = identify(owner) if owner else None
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _detach_and_supervise(program, directory, owning, writer)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        answer = json.loads(pipe.readline() or '{"errno": 0, "strerror": "the supervisor did not start"}')
    if "errno" in answer:
        raise OSError(answer["errno"], answer["strerror"], answer.get("filename"))
    return State(**answer)


def stop(directory: Path, grace_period: float) -> State | None:
    """End the process as Kubernetes does: SIGTERM, the grace period (seconds), SIGKILL to its group.

    Returns how it ended, also if that was before; None if none was ever started.
    """
    state = read_state(directory)
    if state is None or state.ended is not None:
        return state
    begun = time.monotonic()
    killed = False
    # Only a group whose leader was seen alive is ours to kill: its number may have been used anew since.
    ran = state.running()
    if ran:
        _send(state.pid, signal.SIGTERM)
    while (waited := time.monotonic() - begun) < grace_period + 5:
        # In this order: the last thing that a supervisor does is to write how the service ended.
        supervised = Identity(state.supervisor, state.supervisor_began).alive()
        current = read_state(directory)
        if current is not None and current.ended is not None:
            final = replace(current, killed=current.killed or killed)
            if final != current:
                _write(directory, final)
            return final
        if not supervised and not state.running():
            break
        if ran and waited > grace_period and not killed:
            killed = True
            _send_group(state.pid, signal.SIGKILL)
        time.sleep(_POLL)
    # The supervisor was killed: nobody has the exit status, but nothing is left behind.
    if ran:
        _send_group(state.pid, signal.SIGKILL)
    final = replace(state, ended=time.time(), killed=killed)
    _write(directory, final)
    return final


def _detach_and_supervise(program: Program, directory: Path, owner: Identity | None, writer: int) -> t.NoReturn:
    """In the child: become a daemon, supervise, and never return into the module's code."""
    status = 1
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        default_signals()
        # Where the playbook was started without stdin or stderr, the pipe may have got one of their numbers.
        writer = fcntl.fcntl(writer, fcntl.F_DUPFD_CLOEXEC, 3)
        # Let go of everything of the module's: Ansible waits until its pipes are closed.
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.closerange(3, writer)
        os.closerange(writer + 1, os.sysconf("SC_OPEN_MAX"))
        _supervise(program, directory, owner, writer)
        status = 0
    except BaseException:
        (directory / "supervisor.log").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(status)


def _supervise(program: Program, directory: Path, owner: Identity | None, writer: int) -> None:
    answer = os.fdopen(writer, "w", encoding="utf-8")
    with open(directory / LOG, "wb") as log:
        try:
            process = popen(program.argv, cwd=program.cwd, env=program.env, stdout=log, stderr=log)
        except OSError as error:
            answer.write(json.dumps({"errno": error.errno, "strerror": error.strerror, "filename": error.filename}))
            answer.close()
            return
    itself, service = identify(os.getpid()), identify(process.pid)
    state = State(
        pid=process.pid,
        began=service.began if service else "",
        supervisor=os.getpid(),
        supervisor_began=itself.began if itself else "",
        started=time.time(),
        fingerprint=program.fingerprint,
    )
    _write(directory, state)
    answer.write(json.dumps(asdict(state)))
    answer.close()

    killed = False
    ending_since: float | None = None
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_OWNER_POLL)
            break
        if ending_since is None and owner is not None and not owner.alive():
            ending_since = time.monotonic()
            _send(process.pid, signal.SIGTERM)
        elif ending_since is not None and time.monotonic() - ending_since > program.grace_period:
            killed = True
            _send_group(process.pid, signal.SIGKILL)
    # Children of the service that it left behind.
    _send_group(process.pid, signal.SIGKILL)
    _write(directory, replace(state, ended=time.time(), exit_code=exit_code(process.returncode), killed=killed))


def _write(directory: Path, state: State) -> None:
    _files.write_json(directory / _STATE, asdict(state))


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _send_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def head(directory: Path) -> list[str]:
    """The lines within the first 64 KiB of what the service wrote: there Go says if it cannot write coverage data."""
    try:
        with open(directory / LOG, "rb") as log:
            return log.read(65536).decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def tail(directory: Path, lines: int) -> list[str]:
    """The last ``lines`` lines of what the service wrote to stdout and stderr."""
    try:
        with open(directory / LOG, "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 65536))
            return log.read().decode("utf-8", errors="replace").splitlines()[-lines:]
    except OSError:
        return []
