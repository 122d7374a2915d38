# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reaching a container engine, or saying where it was looked for."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

from .._diagnosis import Failure, failure
from . import client
from .api import Engine, EngineError
from .places import Place, ping, places

#: How long podman's own service may take to listen, in seconds.
_SERVICE_TIMEOUT = 10.0


def connect(provider: str = "auto", env: t.Mapping[str, str] | None = None) -> Engine:
    """The engine of ``provider`` (``auto``, ``docker``, ``podman``) that answers.

    podman needs no daemon: where its command is there but no socket is, its API is served for as long as this
    process lives.
    Raises Failure: ``engine-unreachable`` with every place that was tried, ``library-missing``.
    """
    if client.LIBRARY_ERROR is not None:
        raise _library_missing(client.LIBRARY_ERROR)
    env = os.environ if env is None else env
    home = Path(env.get("HOME") or Path.home())
    tried = []
    for place in places(provider, env, home, os.getuid()):
        silence = ping(place.address)
        if silence is None:
            try:
                return client.SdkEngine(place.address)
            except EngineError as error:
                silence = error.text
        tried.append(f"{place.words()}: {silence}")
        podman = shutil.which("podman")
        if place.provider == "podman" and podman and "CONTAINER_HOST" not in env:
            try:
                return client.SdkEngine(_serve_podman(podman))
            except EngineError as error:
                tried.append(f"'podman system service': {error.text}")
                break
    raise unreachable(provider, tried)


def unreachable(provider: str, tried: t.Sequence[str]) -> Failure:
    """The failure when no engine answers; ``tried`` has one entry for each place, with what came of it."""
    denied = any("permission denied" in entry for entry in tried)
    name = {"docker": "Docker", "podman": "podman"}.get(provider, "Docker or podman")
    remedy = f"Start {name}, or point DOCKER_HOST (CONTAINER_HOST for podman) to where it answers"
    if denied:
        remedy = "Let this user use the engine (group docker; then log in again), or set DOCKER_HOST to one of its own"
    return failure(
        "No container engine answers",
        "engine-unreachable",
        f"Tried {'; '.join(tried) or 'nothing'}",
        f"{remedy}; without an engine, -e coverage_runtime=process runs the service as a local process",
    )


def _serve_podman(program: str) -> str:
    """Serve podman's API on a socket of our own until this process ends; returns its address."""
    directory = tempfile.mkdtemp(prefix="gocover-podman-")
    place = Place("podman", f"unix://{directory}/podman.sock", "")
    with open(f"{directory}/service.log", "wb") as log:
        process = subprocess.Popen(
            [program, "system", "service", "--time", "0", place.address],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    atexit.register(_end_service, process, directory)
    deadline = time.monotonic() + _SERVICE_TIMEOUT
    while ping(place.address) is not None:
        if process.poll() is not None or time.monotonic() > deadline:
            said = Path(directory, "service.log").read_text(encoding="utf-8", errors="replace")
            raise EngineError(said.strip()[-300:] or "it does not answer")
        time.sleep(0.05)
    return place.address


def _end_service(process: subprocess.Popen[bytes], directory: str) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(directory, ignore_errors=True)


def _library_missing(error: ImportError) -> Failure:
    return failure(
        "The Python library 'docker' is missing",
        "library-missing",
        f"Importing it failed with: {error}",
        "Install it into Ansible's own environment: pip install 'docker>=7.1' (or pip install -r requirements.txt)",
    )
