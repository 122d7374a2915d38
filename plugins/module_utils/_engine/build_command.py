# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building from a Dockerfile by the engine's own command, ``docker build`` or ``podman build``."""

from __future__ import annotations

import os
import shutil

from .about import Provider
from .api import Build


def find(provider: Provider) -> str | None:
    """The path of the engine's command; None where there is none."""
    return shutil.which(provider)


def argv(program: str, build: Build, id_file: str) -> list[str]:
    """The command line; the id of the image is written to ``id_file``."""
    arguments = [f"--build-arg={name}={value}" for name, value in build.args.items()]
    target = [f"--target={build.target}"] if build.target else []
    platform = [f"--platform={build.platform}"] if build.platform else []
    return [
        program,
        "build",
        f"--iidfile={id_file}",
        "-f",
        build.dockerfile,
        *arguments,
        *target,
        *platform,
        build.context,
    ]


def environment(provider: Provider, address: str) -> dict[str, str]:
    """The environment of the command: the same engine as the API's, lines instead of a moving display.

    Without attestations the same content gives the same image id.
    """
    env = {**os.environ, "BUILDKIT_PROGRESS": "plain", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1", "NO_COLOR": "1"}
    if provider == "docker":
        env["DOCKER_HOST"] = address
        env.pop("DOCKER_CONTEXT", None)
    return env
