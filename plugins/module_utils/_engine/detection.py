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
from .places import NO_SOCKET, Place, kind_command, ping, places


@dataclass(frozen=True)
class Detection:
    """``place`` is where an engine answers, ``kind`` the command.

    ``reason`` names in words the missing parts; it is empty where both are present. ``meant`` is why the user plainly
    counts on an engine that does not answer, in words; it is empty where an engine answers or nobody asked for one.
    ``tried`` are the places that stayed silent, ``answers`` what came of each, in words.
    """

    place: Place | None
    kind: str | None
    reason: str
    meant: str = ""
    tried: t.Sequence[Place] = ()
    answers: t.Sequence[str] = ()

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
    place, silences = _first_that_answers(candidates)
    answers = [f"{silent.words()}: {silence}" for silent, silence in silences]
    failed = ""
    if place is None:
        place, failed = _serve_podman(candidates, env)
    kind = kind_command(env, home)
    reasons = []
    if place is None:
        addresses = " or ".join(candidate.words() for candidate in candidates)
        reasons.append(f"no container engine answers on {addresses}{failed}")
    if kind is None:
        reasons.append("no kind found")
    reason = ", and ".join(reasons)
    if place is not None:
        return Detection(place, kind, reason)
    answers += [failed.strip(" ()")] if failed else []
    return Detection(None, kind, reason, _meant(provider, env, silences), candidates, answers)


def _first_that_answers(candidates: t.Sequence[Place]) -> tuple[Place | None, list[tuple[Place, str]]]:
    """The place, and what the places before it answered."""
    silences: list[tuple[Place, str]] = []
    for candidate in candidates:
        silence = ping(candidate.address)
        if silence is None:
            return candidate, silences
        silences.append((candidate, silence))
    return None, silences


def _meant(provider: str, env: t.Mapping[str, str], silences: t.Sequence[tuple[Place, str]]) -> str:
    """Why a silent engine was meant to be used, as a clause: a variable names it, or its socket is there and refuses.

    A socket that this user may not open is somebody else's engine.
    """
    if provider != "auto":
        return f"coverage_provider is {provider}"
    if env.get("KIND_EXPERIMENTAL_PROVIDER"):
        return f"KIND_EXPERIMENTAL_PROVIDER is {env['KIND_EXPERIMENTAL_PROVIDER']}"
    for place, silence in silences:
        if place.reason:
            return f"{place.reason} names an engine: {silence}"
        if silence not in (NO_SOCKET, "permission denied"):
            return f"the socket {place.words()} is there: {silence}"
    return ""


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
