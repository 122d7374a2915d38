# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What podman's containers.conf sets, as far as the nodes of a kind cluster feel it (containers.conf(5))."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

try:
    import tomllib  # type: ignore[import-not-found]  # checked for Python 3.10, which has none
except ImportError:
    _TOML = False
else:
    _TOML = True

_SYSTEM = ("/usr/share/containers/containers.conf", "/etc/containers/containers.conf")


def read(env: t.Mapping[str, str], home: Path, system: t.Sequence[str] = _SYSTEM) -> dict[str, t.Any]:
    """The table ``containers`` of all files together, the later ones first in rank; empty where there are none.

    CONTAINERS_CONF stands in for all of them. A file that cannot be read is podman's to complain about.
    """
    if env.get("CONTAINERS_CONF"):
        files = [Path(env["CONTAINERS_CONF"])]
    else:
        base = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "containers"
        files = [*map(Path, system), base / "containers.conf"]
        files = [part for file in files for part in (file, *sorted(Path(f"{file}.d").glob("*.conf")))]
    settings: dict[str, t.Any] = {}
    if _TOML:
        for file in files:
            with contextlib.suppress(OSError, ValueError):
                settings |= tomllib.loads(file.read_text(encoding="utf-8")).get("containers") or {}
    return settings


def pids_limit(settings: t.Mapping[str, t.Any]) -> int | None:
    """How many processes a container may have; None where no file says so. 0 and -1 stand for no limit."""
    limit = settings.get("pids_limit")
    return limit if isinstance(limit, int) else None
