# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP ports of this machine: a free one, and who holds one that is taken.

/proc is read here for the reasons that ``identity`` gives for doing without psutil.
"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

#: proc(5), /proc/net/tcp: state 0A is TCP_LISTEN.
_LISTEN = "0A"


def free_port() -> int:
    """A TCP port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def taken(port: int) -> bool:
    """Whether something listens on ``port``, on any address."""
    with socket.socket() as probe:
        # As Go's listener does; without it a port in TIME_WAIT would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            if error.errno not in (errno.EACCES, errno.EPERM):
                raise
            # A port that this user may not have: the service itself says so best.
    return False


def holder(port: int) -> str | None:
    """Who listens on ``port``, as ``pid 12 (nginx: master process)``; None where that cannot be seen."""
    sockets = {link for link, other in _listening_sockets().items() if other == port}
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(entry) in sockets for entry in (process / "fd").iterdir()):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"pid {process.name} ({command[:80]})"
        except OSError:
            # Gone meanwhile, or another user's.
            continue
    return None


def listening(session: int) -> set[int]:
    """The ports on which processes of a session (setsid(2)) listen, as far as that can be seen."""
    sockets = _listening_sockets()
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # proc(5): the name in parentheses may hold spaces; field 6 is the session.
            fields = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == session:
                found |= {sockets.get(os.readlink(entry), 0) for entry in (process / "fd").iterdir()}
        except OSError:
            continue
    return found - {0}


def _listening_sockets() -> dict[str, int]:
    """The sockets of this machine that listen, as links in /proc/PID/fd name them, with their ports."""
    found = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == _LISTEN:
                found[f"socket:[{columns[9]}]"] = int(columns[1].rpartition(":")[2], 16)
    return found
