# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""podman's API where no socket serves it: one ``podman system service`` per user, which ends by itself.

The service listens in a directory of the user's own, so that the steps of all runs find it. It counts its open
requests (podman's pkg/api/server/idle) and ends once it had none for a while. Each step keeps one request open as long
as its process lives; the kernel closes it, also after SIGKILL, and nobody has to clean up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import tempfile
import time
import typing as t
from pathlib import Path

from .._files import locked
from .._process.child import popen
from .api import EngineError
from .places import NO_SERVICE, Place, ping

#: How long the service waits for the next step, in seconds: from one to the next it is a second or two.
IDLE = 20
#: How long the service may take to listen, in seconds.
_START_TIMEOUT = 10.0
#: A request whose answer never ends, and which no event matches.
_HELD = b'GET /events?stream=true&filters={"label":["gocover.e2e.none"]} HTTP/1.1\r\nHost: engine\r\n\r\n'


class Service(t.NamedTuple):
    """Where podman answers, and the connection that keeps it from ending: it is to live as long as the address."""

    address: str
    held: socket.socket


def program_for(place: Place, env: t.Mapping[str, str]) -> str | None:
    """The path of podman, if its command can serve its API in the stead of ``place``, which is silent."""
    own = place.provider == "podman" and "CONTAINER_HOST" not in env
    return shutil.which("podman", path=env.get("PATH")) if own else None


def serve(program: str, env: t.Mapping[str, str], uid: int) -> Service:
    """The service of this user, started if there is none. Raises EngineError with the words of podman.

    ``program`` is the path of podman, ``env`` the environment that names the user's directory for such files.
    """
    try:
        directory = _directory(env, uid)
        path = directory / "podman.sock"
        with locked(directory / "lock"):
            if not _serves(path):
                _start(program, path)
            return Service(f"unix://{path}", _hold(path))
    except OSError as error:
        raise EngineError(f"its service cannot be reached: {error.strerror or error}", provider="podman") from error


def _serves(path: Path) -> bool:
    """Whether a service answers; one that is just ending, or is slow, gets some time. Raises EngineError."""
    deadline = time.monotonic() + _START_TIMEOUT
    while (silence := ping(f"unix://{path}")) is not None:
        if silence in NO_SERVICE:
            return False
        if time.monotonic() > deadline:
            raise EngineError(f"the service at {path} does not answer: {silence}", provider="podman")
        time.sleep(0.05)
    return True


def _start(program: str, path: Path) -> None:
    # The socket of a service that was killed; podman would not listen over it.
    path.unlink(missing_ok=True)
    log_file = path.with_name("service.log")
    with open(log_file, "wb") as log:
        process = popen(
            [program, "system", "service", "--time", str(IDLE), f"unix://{path}"], cwd="/", stdout=log, stderr=log
        )
    deadline = time.monotonic() + _START_TIMEOUT
    while ping(f"unix://{path}") is not None:
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            if not ended:
                process.kill()
                process.wait()
            words = log_file.read_text(encoding="utf-8", errors="replace").strip()[-300:]
            raise EngineError(words or f"it does not listen after {_START_TIMEOUT:.0f} s", provider="podman")
        time.sleep(0.02)


def _hold(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
        connection.sendall(_HELD)
    except BaseException:
        connection.close()
        raise
    return connection


def _directory(env: t.Mapping[str, str], uid: int) -> Path:
    """A directory that only this user can enter: below the one for such files, else in that for temporary files.

    Raises EngineError if somebody else has made it, OSError if it cannot be made.
    """
    base = Path(env.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}")
    directory = base / "gocover.e2e" if os.access(base, os.W_OK) else Path(tempfile.gettempdir(), f"gocover.e2e-{uid}")
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise EngineError(f"its socket would not be safe in {directory}, which others can use", provider="podman")
    return directory
