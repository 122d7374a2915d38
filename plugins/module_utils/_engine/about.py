# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine says of itself: docker's ``/info``, and podman's own, which tells more."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

Provider = t.Literal["docker", "podman"]

_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)+")


@dataclass(frozen=True)
class About:
    """An engine. Empty strings and None stand for what it does not tell.

    ``root`` is where it keeps its data. ``cgroup`` is 1 or 2, ``controllers`` are those that it may use, None if it
    does not say. ``runtime`` and ``conmon`` are a name and a version each, such as ``runc 1.1.5``.
    """

    provider: Provider
    version: str = ""
    root: str = ""
    cgroup: int | None = None
    controllers: frozenset[str] | None = None
    rootless: bool = False
    log_driver: str = ""
    network_backend: str = ""
    runtime: str = ""
    conmon: str = ""
    system: str = ""


def of_docker(info: t.Mapping[str, t.Any]) -> About:
    """From Docker's ``GET /info``."""
    commit = str((info.get("RuncCommit") or {}).get("ID") or "")
    return About(
        "docker",
        version=str(info.get("ServerVersion") or ""),
        root=str(info.get("DockerRootDir") or ""),
        cgroup=_cgroup(info.get("CgroupVersion")),
        rootless=any("rootless" in str(option) for option in info.get("SecurityOptions") or []),
        log_driver=str(info.get("LoggingDriver") or ""),
        # Docker names a commit; Debian's package puts its version there.
        runtime=_named("runc", commit),
        system=str(info.get("OperatingSystem") or ""),
    )


def of_podman(info: t.Mapping[str, t.Any]) -> About:
    """From podman's ``GET /libpod/info``."""
    host = info.get("host") or {}
    runtime = host.get("ociRuntime") or {}
    controllers = host.get("cgroupControllers")
    return About(
        "podman",
        version=str((info.get("version") or {}).get("Version") or ""),
        root=str((info.get("store") or {}).get("graphRoot") or ""),
        cgroup=_cgroup(host.get("cgroupVersion")),
        controllers=None if controllers is None else frozenset(map(str, controllers)),
        rootless=bool((host.get("security") or {}).get("rootless")),
        log_driver=str(host.get("logDriver") or ""),
        network_backend=str(host.get("networkBackend") or ""),
        runtime=_named(str(runtime.get("name") or ""), str(runtime.get("version") or "")),
        conmon=_named("conmon", str((host.get("conmon") or {}).get("version") or "")),
        system=str((host.get("distribution") or {}).get("distribution") or ""),
    )


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version in a text, such as (1, 1, 5); empty if there are none."""
    found = _VERSION.search(version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _cgroup(said: t.Any) -> int | None:
    digits = str(said or "").lstrip("v")
    return int(digits) if digits in ("1", "2") else None


def _named(name: str, said: str) -> str:
    found = _VERSION.search(said)
    return f"{name} {found[0]}" if name and found else ""
