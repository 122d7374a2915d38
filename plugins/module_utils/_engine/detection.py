# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this machine can run a kind cluster, without the SDK of the engines."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import podman_service
from .api import EngineError
from .places import Place, kind_command, ping, places


@dataclass(frozen=True)
class Detection:
    """``place`` is where an engine answers, ``kind`` the command.

    ``reason`` names in words the missing parts; it is empty where both are present.
    """

    place: Place | None
    kind: str | None
    reason: str

    @property
    def usable(self) -> bool:
        """Whether the runtime ``kind`` can be used."""
        return self.place is not None and self.kind is not None


def detect(provider: str = "auto", env: t.Mapping[str, str] | None = None) -> Detection:
    """Find an engine and kind, in a few milliseconds where a socket answers.

    podman counts without a socket too, as it does in ``connect``: its API is served for the steps that follow.
    """
    env = os.environ if env is None else env
    home = Path(env.get("HOME") or Path.home())
    candidates = places(provider, env, home, os.getuid())
    place = next((candidate for candidate in candidates if ping(candidate.address) is None), None)
    tried = ""
    if place is None:
        place, tried = _serve_podman(candidates, env)
    kind = kind_command(env, home)
    reasons = []
    if place is None:
        addresses = " or ".join(candidate.words() for candidate in candidates)
        reasons.append(f"no container engine answers on {addresses}{tried}")
    if kind is None:
        reasons.append("no kind found")
    return Detection(place, kind, ", and ".join(reasons))


def _serve_podman(candidates: t.Sequence[Place], env: t.Mapping[str, str]) -> tuple[Place | None, str]:
    """The address of podman's API once it is served, or the words of podman if it fails; neither without podman."""
    silent = next((candidate for candidate in candidates if candidate.provider == "podman"), None)
    program = podman_service.program_for(silent, env) if silent is not None else None
    if program is None:
        return None, ""
    try:
        service = podman_service.serve(program, env, os.getuid())
    except EngineError as error:
        return None, f" ('podman system service': {error.text})"
    # The next step connects before the service's idle time is over.
    service.held.close()
    return Place("podman", service.address, "podman system service"), ""
