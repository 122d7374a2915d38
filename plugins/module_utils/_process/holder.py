# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds something that only one run may use: a directory of a node, or a workload of a cluster."""

from __future__ import annotations

import getpass
import json
import os
import platform
import time
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

from .identity import Identity, identify

#: After as many seconds a holder on another machine, which renews nothing, is taken for dead.
_FORGOTTEN = 24 * 3600.0


@dataclass(frozen=True)
class Holder:
    """The playbook of a run: where it runs, as which process, for whom, and since when (seconds since 1970).

    ``machine`` differs between machines, their boots, and containers with processes of their own.
    """

    machine: str
    pid: int
    began: str
    user: str
    directory: str
    since: float

    def alive(self) -> bool | None:
        """Whether its playbook still runs; None if it runs on another machine, which nobody here can tell."""
        return Identity(self.pid, self.began).alive() if self.machine == this_machine() else None

    def certainly_dead(self) -> bool:
        """Whether nobody needs to be asked before what it held is taken over."""
        alive = self.alive()
        return time.time() - self.since > _FORGOTTEN if alive is None else not alive

    def same_as(self, other: Holder | None) -> bool:
        """Whether both are the same playbook."""
        return other is not None and (self.machine, self.pid, self.began) == (other.machine, other.pid, other.began)

    @property
    def title(self) -> str:
        """Who it is, for a message."""
        since = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(self.since))
        host = self.machine.split()[0]
        return f"{self.user} on {host}, ansible-playbook with pid {self.pid} in {self.directory}, since {since}"

    def text(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)


def this_holder(playbook_pid: int | None, directory: str) -> Holder | None:
    """The holder of a run of this machine; None without a playbook, whose life would tell when it ends."""
    identity = identify(playbook_pid) if playbook_pid else None
    if identity is None:
        return None
    return Holder(this_machine(), identity.pid, identity.began, _user(), directory, time.time())


def parse_holder(text: str | None) -> Holder | None:
    """The holder that ``text`` describes; None if it describes none."""
    try:
        found: dict[str, t.Any] = json.loads(text or "")
        return Holder(**{**found, "pid": int(found["pid"]), "since": float(found["since"])})
    except (ValueError, TypeError, KeyError):
        return None


def this_machine() -> str:
    """The machine, its boot and its space of process identifiers: only there does a pid mean a process."""
    parts = [platform.node() or "localhost"]
    for read in (
        lambda: Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(),
        lambda: os.readlink("/proc/self/ns/pid"),
    ):
        try:
            parts.append(read())
        except OSError:
            continue
    return " ".join(parts)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid())
