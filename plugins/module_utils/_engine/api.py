# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine seam: what this collection asks of a container engine, docker or podman alike.

One implementation talks to a real engine (``client``); unit tests may stand in for it. Everything above is pure.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

from .._diagnosis import FULL_DISK, Diagnosis, Failure
from .about import About, Provider


class EngineError(Failure):
    """The engine refused a request, or did not answer it.

    ``text`` is the engine's own message on one line, ``status`` that of HTTP (None: no answer). ``provider`` and
    ``address`` name the engine, where the caller knows them.
    """

    def __init__(self, text: str, status: int | None = None, provider: str = "", address: str = "") -> None:
        self.text = " ".join(text.split())
        self.status = status
        summary, cause, remedy = self._classify(provider or "docker or podman")
        speaker = f"{provider} at {address}" if address else provider or "The engine"
        super().__init__(summary, [Diagnosis(cause, f"{speaker} answered: {self.text}", remedy)])

    def _classify(self, program: str) -> tuple[str, str, str]:
        """Summary, cause and remedy."""
        if FULL_DISK.search(self.text):
            return (
                "The container engine has no space left",
                "disk-full",
                f"Free some space where the engine keeps its data; {program} system df shows what takes it",
            )
        if self.status is None:
            return (
                "The container engine did not complete a request",
                "engine-unreachable",
                f"Check that the engine runs ({program} info), then run again",
            )
        return (
            "The container engine refused a request",
            "engine-refused",
            f"Correct what the engine reports, check its state ({program} info), then run again",
        )


@dataclass(frozen=True)
class Image:
    """An image of the engine. ``id`` is ``sha256:HEX``, ``tags`` are its references, sizes are in bytes."""

    id: str
    tags: tuple[str, ...] = ()
    size: int = 0
    architecture: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_dir: str = "/"
    env: t.Mapping[str, str] = field(default_factory=dict)
    labels: t.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Container:
    """A container: ``state`` is created, running, paused, restarting, exited or dead."""

    id: str
    name: str
    image: str
    state: str
    labels: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether commands can be run in it."""
        return self.state == "running"


@dataclass(frozen=True)
class ExecResult:
    """How a command in a container ended."""

    rc: int
    stdout: bytes
    stderr: bytes

    @property
    def said(self) -> str:
        """What it printed, stderr first, as one line: evidence for a failure."""
        return " ".join((self.stderr or self.stdout).decode(errors="replace").split())


class ExecSession(t.Protocol):
    """A command that runs in a container, with its standard streams attached."""

    def write(self, data: bytes) -> None:
        """Send to its stdin; blocks while the command does not read. Raises EngineError once it has given up."""

    def close_stdin(self) -> None:
        """End its stdin; its output still comes."""

    def chunks(self) -> t.Iterator[bytes]:
        """Its stdout as it comes, until it ends; stderr is kept for ``result``."""

    def result(self) -> ExecResult:
        """Wait until it ends; ``stdout`` holds what ``chunks`` has not handed out."""


class Engine(t.Protocol):
    """A container engine. Everything raises EngineError where the engine refuses."""

    @property
    def provider(self) -> Provider:
        """Which one it is, as the engine itself says."""

    @property
    def address(self) -> str:
        """Where it answers, such as ``unix:///var/run/docker.sock``."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def architecture(self) -> str:
        """What its containers run on, in Go's words (``amd64``, ``arm64``)."""

    def about(self) -> About:
        """What it says of itself and of the programs below it."""

    def subnets(self, network: str) -> list[str]:
        """The subnets of a network, such as ``172.18.0.0/16``; empty if there is no such network."""

    def image(self, reference: str) -> Image | None:
        """The image with this reference or id; None if the engine does not have it."""

    def tag(self, image_id: str, reference: str) -> None:
        """Give the image one more reference."""

    def remove_image(self, reference: str) -> None:
        """Take this reference away, and the image if it was its last; nothing happens if there is none."""

    def load(self, archive: t.IO[bytes]) -> None:
        """Load a Docker image archive."""

    def save(self, reference: str) -> t.Iterator[bytes]:
        """A Docker image archive of this image, in chunks."""

    def build(self, build: Build, on_line: t.Callable[[str], None]) -> str:
        """Build an image from a Dockerfile; returns its id. Raises BuildError with the last lines."""

    def containers(self, labels: t.Mapping[str, str | None]) -> list[Container]:
        """All containers, running or not, that have these labels (any value for None), by name."""

    def start(self, container: str) -> None:
        """Start a container that is stopped, or let one go on that is paused."""

    def logs(self, container: str, lines: int) -> list[str]:
        """The last lines that the container printed."""

    def attach(self, container: str, argv: t.Sequence[str], stdin: bool = False) -> ExecSession:
        """Run a command in a running container, with its streams attached."""

    def execute(self, container: str, argv: t.Sequence[str]) -> ExecResult:
        """Run a command in a running container to its end."""

    def read_archive(self, container: str, path: str) -> t.Iterator[bytes] | None:
        """A tar stream of ``path``, also from a container that does not run; None if there is no such path."""

    def unpacked(self, image_id: str) -> contextlib.AbstractContextManager[str]:
        """A container of the image that is never started, so that files can be read from it; removed at the end."""

    def isolated(
        self, image_id: str, argv: t.Sequence[str], env: t.Mapping[str, str], directory: str
    ) -> contextlib.AbstractContextManager[str]:
        """A container of the image that runs ``argv`` without network, capabilities or new privileges.

        It has an empty ``directory`` at the root that everybody may write to; at the end it is killed and removed.
        """

    def running(self, container: str) -> bool:
        """Whether the container runs."""


@dataclass(frozen=True)
class Build:
    """A build from a Dockerfile. ``platform`` such as ``linux/arm64``; empty for that of the engine."""

    context: str
    dockerfile: str
    args: t.Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    platform: str = ""


class BuildError(EngineError):
    """A build that failed, with the last lines that it printed."""

    def __init__(self, text: str, lines: t.Sequence[str]) -> None:
        self.lines = list(lines)
        super().__init__(text)

    def _classify(self, program: str) -> tuple[str, str, str]:
        if any(FULL_DISK.search(line) for line in [self.text, *self.lines]):
            return (
                "The container engine has no space left for the build",
                "disk-full",
                f"Free some space where the engine keeps its data; {program} system df shows what takes it",
            )
        return "The image does not build", "build-failed", "Correct the error above, and run the build command again"
