# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process a process identifier means, whether it still runs, and what it does with SIGTERM.

Numbers are reused, start times are not. psutil would give the same, as a compiled dependency of each host that runs a
shipped module; importing psutil 7.2 takes 60 to 90 ms a step.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Identity:
    """A process: its number, and when it began, in a form that only compares (clock ticks or a date)."""

    pid: int
    began: str

    def alive(self) -> bool:
        """Whether this very process still runs; one that ended and waits to be reaped does not."""
        return identify(self.pid) == self


def identify(pid: int) -> Identity | None:
    """The process that has the number ``pid`` now; None where there is none, or only its remains (a zombie)."""
    if pid <= 0:
        return None
    try:
        # proc(5): the name in parentheses may hold spaces; field 3 is the state, field 22 the start time.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return None if fields[0] in "ZX" else Identity(pid, fields[19])
    except (FileNotFoundError, ProcessLookupError):
        return None if os.path.exists("/proc/self/stat") else _identify_by_ps(pid)


def age(pid: int) -> float | None:
    """How long the process ``pid`` has existed, in seconds; None if there is none, or without /proc."""
    process = identify(pid)
    if process is None or not process.began.isdecimal():
        return None
    # proc(5): clock ticks since the system booted.
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(process.began) / os.sysconf("SC_CLK_TCK")


def _identify_by_ps(pid: int) -> Identity | None:
    """The same where there is no /proc (macOS)."""
    # The date must read the same whoever asks, in whichever language and time zone.
    env = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    argv = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    shown = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    state, _separator, began = shown.stdout.strip().partition(" ")
    return Identity(pid, began.strip()) if began and not state.startswith("Z") else None


def owner_alive(owner: int | None) -> t.Callable[[], bool]:
    """A question to ask again and again: does the playbook with this process identifier still run?

    Without an owner (an ad-hoc call, a remote host) the answer is always yes.
    """
    owning = identify(owner) if owner else None
    return owning.alive if owning is not None else lambda: True


def ignores_sigterm(pid: int) -> bool:
    """Whether the process ignores SIGTERM (proc(5): SigIgn is a mask in hexadecimal); False where it cannot be seen.

    A Go program that calls signal.Notify and never looks into the channel does not show here: the runtime catches
    every signal.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    mask = re.search(r"^SigIgn:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return mask is not None and bool(int(mask[1], 16) & (1 << (signal.SIGTERM - 1)))
