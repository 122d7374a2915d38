# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same image without coverage, to compare what is covered with; nothing is proven of it."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .. import _reference
from .._diagnosis import failure
from .._engine.api import Build, BuildError, Engine, Image
from .._golang import executable
from . import scratch


class Plain(t.NamedTuple):
    """An image without coverage: the reference for a pod, and whether the engine did not have it before."""

    reference: str
    image: Image
    changed: bool


def from_binary(engine: Engine, name: str, binary: Path, architecture: str) -> Plain:
    """An image FROM scratch of an executable. Raises Failure."""
    made = f"{name}:{_tag(executable.digest(binary) or '')}"
    present = engine.image(made)
    if present is not None:
        return Plain(made, present, changed=False)
    contents = scratch.Contents(
        name=name.rpartition("/")[2],
        binary=binary,
        architecture=architecture,
        labels={},
        certificates=scratch.host_certificates(),
    )
    with scratch.write(contents, made) as archive:
        engine.load(archive)
    return Plain(made, _existing(engine, made), changed=True)


def from_dockerfile(engine: Engine, name: str, build: Build, on_line: t.Callable[[str], None]) -> Plain:
    """Build with the arguments of the service alone. Raises Failure."""
    try:
        image = _existing(engine, engine.build(build, on_line))
    except BuildError as error:
        raise failure(
            f"{build.dockerfile} does not build without coverage",
            "build-failed",
            f"{error.text}: " + " | ".join(error.lines[-8:]),
            "Build it by hand until it does",
        ) from error
    made = f"{name}:{_tag(image.id)}"
    present = engine.image(made)
    if present is not None and present.id == image.id:
        return Plain(made, image, changed=False)
    engine.tag(image.id, made)
    return Plain(made, image, changed=True)


def _tag(digest: str) -> str:
    return _reference.content_tag(digest).replace("cov-", "plain-")


def _existing(engine: Engine, made: str) -> Image:
    image = engine.image(made)
    if image is None:
        raise failure(
            f"The image {made} was not made",
            "engine-refused",
            f"{engine.provider} does not have it",
            f"See what {engine.provider} image ls shows",
        )
    return image
