# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine has: limits of the kernel, memory and disk, read from /proc and by statvfs. Sizes are in bytes."""

from __future__ import annotations

import contextlib
import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

_INOTIFY = "anon_inode:inotify"


@dataclass(frozen=True)
class Inotify:
    """The kernel's limits for one user, and how many instances that this user may see are in use; None: unknown."""

    instances: int | None = None
    watches: int | None = None
    used: int = 0


@dataclass(frozen=True)
class Disk:
    """The free space of the file system that ``path`` lies on; ``inodes`` is None where there is no limit to them."""

    path: str
    free: int
    inodes: int | None = None


@dataclass(frozen=True)
class Limits:
    """What the checks of this machine judge. What could not be read is None."""

    inotify: Inotify = Inotify()
    memory: int | None = None
    disk: Disk | None = None


def read(disk: str | None, proc: Path = Path("/proc")) -> Limits:
    """The limits of this machine; ``disk`` is a directory whose file system counts, None where it is not here."""
    return Limits(
        Inotify(
            _number(proc / "sys/fs/inotify/max_user_instances"),
            _number(proc / "sys/fs/inotify/max_user_watches"),
            _inotify_instances(proc),
        ),
        _memory(proc),
        disk_of(disk) if disk else None,
    )


def disk_of(path: str) -> Disk | None:
    """The file system of ``path``, or of the nearest directory above it that exists."""
    place = Path(path)
    while not place.exists() and place != place.parent:
        place = place.parent
    with contextlib.suppress(OSError):
        found = os.statvfs(place)
        return Disk(str(place), found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None)
    return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _memory(proc: Path) -> int | None:
    """What programs may still take, swap included (/proc/meminfo counts in kB)."""
    try:
        lines = (proc / "meminfo").read_text(encoding="ascii").splitlines()
        values = {line.partition(":")[0]: int(line.split()[1]) for line in lines if len(line.split()) > 1}
    except (OSError, ValueError):
        return None
    available = values.get("MemAvailable")
    return None if available is None else (available + values.get("SwapFree", 0)) * 1024


def _inotify_instances(proc: Path) -> int:
    """The open instances of all processes of this user: the kernel counts them for each user."""
    owner = os.getuid()
    return sum(1 for process in _processes(proc, owner) for link in _descriptors(process) if link == _INOTIFY)


def _processes(proc: Path, owner: int) -> t.Iterator[Path]:
    for process in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == owner:
                yield process


def _descriptors(process: Path) -> t.Iterator[str]:
    with contextlib.suppress(OSError):
        for entry in os.scandir(process / "fd"):
            with contextlib.suppress(OSError):
                yield os.readlink(entry.path)
