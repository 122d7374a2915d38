# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reaching a container engine, or saying where it was looked for."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from .._diagnosis import Failure, failure, library_missing
from . import client, podman_service
from .api import Engine, EngineError
from .places import Place, ping, places, start_command


def connect(provider: str = "auto", env: t.Mapping[str, str] | None = None) -> Engine:
    """The engine of ``provider`` (``auto``, ``docker``, ``podman``) that answers.

    podman needs no daemon: where its command is there but no socket is, its API is served for as long as steps use it.
    Raises Failure: ``engine-unreachable`` with every place that was tried, ``library-missing``.
    """
    if client.LIBRARY_ERROR is not None:
        raise library_missing("docker>=7.1", client.LIBRARY_ERROR, "The container engine cannot be reached")
    env = os.environ if env is None else env
    home = Path(env.get("HOME") or Path.home())
    tried = []
    candidates = places(provider, env, home, os.getuid())
    for place in candidates:
        silence = ping(place.address)
        if silence is None:
            try:
                return client.SdkEngine(place.address, tls=place.tls)
            except EngineError as error:
                silence = error.text
        tried.append(f"{place.words()}: {silence}")
        podman = podman_service.program_for(place, env)
        if podman is not None:
            try:
                return client.SdkEngine(*podman_service.serve(podman, env, os.getuid()))
            except EngineError as error:
                tried.append(f"'podman system service': {error.text}")
                break
    raise unreachable(provider, tried, candidates)


def unreachable(provider: str, tried: t.Sequence[str], candidates: t.Sequence[Place] = ()) -> Failure:
    """The failure when no engine answers; ``tried`` has one entry for each place, with what came of it."""
    denied = any("permission denied" in entry for entry in tried)
    name = {"docker": "Docker", "podman": "podman"}.get(provider, "Docker or podman")
    command = start_command(candidates[0]) if candidates else ""
    started = f"Start {name}" + (f" (for example: {command})" if command else "")
    remedy = f"{started}, or point DOCKER_HOST (CONTAINER_HOST for podman) to where it answers"
    if denied:
        remedy = "Let this user use the engine (group docker; then log in again), or set DOCKER_HOST to one of its own"
    return failure(
        "No container engine answers",
        "engine-unreachable",
        f"Tried {'; '.join(tried) or 'nothing'}",
        f"{remedy}; without an engine, -e coverage_runtime=process runs the service as a local process",
    )
