# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image starts, and the proof that it is instrumented; the image is never run for it.

A container is created and not started, and the file that the entrypoint names is read from it. Wrappers (tini, a shell
script) are looked through as far as can be told; the last word is the option ``executable``.
"""

from __future__ import annotations

import posixpath
import re
import shlex
import tarfile
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import Failure, failure
from .._engine.api import Engine, EngineError, Image
from .._engine.tarstream import TarStream
from .._golang import buildinfo
from .._golang import executable as program

#: Programs that start others, and as PID 1 pass no signal on.
SHELLS = ("sh", "bash", "dash", "ash", "busybox", "zsh")
#: In a script: the program that takes its place, or the last one that it calls.
_EXEC = re.compile(r"^\s*exec\s+(?:-a\s+\S+\s+|-\S+\s+)*(.+)$")
_MOST_LINKS = 16
_MOST_STEPS = 6
_SCRIPT_SIZE = 1 << 18
_REMEDY = (
    "Build it with go build -cover: in a Dockerfile, take ARG GOFLAGS in the stage that builds, and let go build see it"
)


@dataclass(frozen=True)
class Proven:
    """An instrumented executable in an image: its path there, and what its build information says."""

    path: str
    info: buildinfo.BuildInfo


class Files(t.Protocol):
    """The files of an image."""

    def fetch(self, path: str) -> Path | str | None:
        """A local copy of the regular file at ``path``, the target (a string) of a link, None if there is neither."""


def prove(engine: Engine, image: Image, shown: str, executable: str = "", patterns: t.Sequence[str] = ()) -> Proven:
    """Prove that what the image starts is instrumented; ``shown`` is its reference for messages.

    ``executable`` is the path in the image, where it is not what the entrypoint starts. ``patterns`` are those of
    -coverpkg, where they are known. Raises Failure ``not-instrumented``.
    """
    argv = (executable,) if executable else (*image.entrypoint, *image.command)
    with tempfile.TemporaryDirectory(prefix="gocover-image-") as directory, engine.unpacked(image.id) as container:
        return find(_ContainerFiles(engine, container, Path(directory)), image, argv, shown, patterns)


def find(files: Files, image: Image, argv: t.Sequence[str], shown: str, patterns: t.Sequence[str] = ()) -> Proven:
    """Follow ``argv`` in the image to an instrumented executable. Raises Failure."""
    if not argv:
        raise _unproven(
            shown,
            "It has neither an entrypoint nor a command",
            "Give it an ENTRYPOINT, or set service_executable (option executable)",
        )
    looked_at: list[str] = []
    words = list(argv)
    for _step in range(_MOST_STEPS):
        if not words:
            break
        path = _locate(files, image, words[0])
        file = files.fetch(path) if path is not None else None
        if path is None or not isinstance(file, Path):
            looked_at.append(f"{words[0]} is not in it")
            words = _beyond(words)
            continue
        info = buildinfo.read(file)
        reason = program.shortcoming(file, info, patterns) if info is not None else None
        if info is not None and reason is None:
            return Proven(path, info)
        if info is not None and info.instrumented and reason is not None:
            raise _unproven(shown, f"{path} in it: {reason.evidence}", reason.remedy, path)
        if info is not None and info.path and not _is_wrapper(words):
            evidence = f"{path} in it was built by {info.go_version} from {info.path} without -cover"
            raise _unproven(shown, evidence, _REMEDY, path)
        if posixpath.basename(path) in SHELLS or info is not None:
            looked_at.append(f"{path} starts something else")
            words = _beyond(words)
            continue
        script = _script(file)
        if script is None:
            looked_at.append(f"{path} holds no Go build information (not built by Go, or packed)")
            words = _beyond(words)
        else:
            looked_at.append(f"{path} is a script")
            words = script_command(script, words) or []
    evidence = ", ".join(looked_at)
    raise _unproven(
        shown,
        f"What it starts ({shlex.join(argv)}) leads to no instrumented Go program: {evidence}",
        f"{_REMEDY}; if its program is started by a script or a wrapper, name it with service_executable",
    )


def script_command(script: str, words: t.Sequence[str]) -> list[str] | None:
    """What a shell script ends up running: its last ``exec``, or its last line; None if that cannot be told.

    ``exec "$@"`` stands for the rest of ``words``, which the script was called with.
    """
    lines = [line.strip() for line in script.splitlines()]
    commands = [line for line in lines if line and not line.startswith("#")]
    line = next(
        (match[1] for line in reversed(commands) if (match := _EXEC.match(line))), commands[-1] if commands else ""
    )
    try:
        found = shlex.split(line, comments=True)
    except ValueError:
        return None
    if found[:1] in (["$@"], ["${@}"], ["$*"]):
        return list(words[1:])
    return found if found and not found[0].startswith("$") else None


def _beyond(words: t.Sequence[str]) -> list[str]:
    """What comes after a wrapper and its options: ``tini -- /app`` runs ``/app``, ``sh -c 'exec /app'`` too."""
    if "-c" in words[1:2] and len(words) > 2:
        return script_command(words[2], words[2:]) or []
    rest = list(words[1:])
    while rest and (rest[0].startswith("-") or "=" in rest[0]):
        rest.pop(0)
    return rest


def _is_wrapper(words: t.Sequence[str]) -> bool:
    """A program without -cover is a wrapper if what it is called with is a program of the image."""
    rest = _beyond(words)
    return bool(rest) and rest[0].startswith("/")


def _locate(files: Files, image: Image, word: str) -> str | None:
    """The path of the regular file that ``word`` starts, links followed; None if there is none."""
    if "/" in word:
        places = [posixpath.join(image.working_dir or "/", word)]
    else:
        places = [posixpath.join(entry or "/", word) for entry in image.env.get("PATH", "/usr/bin:/bin").split(":")]
    for place in places:
        path = posixpath.normpath(place)
        for _link in range(_MOST_LINKS):
            found = files.fetch(path)
            if isinstance(found, Path):
                return path
            if found is None:
                break
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), found))
    return None


def _script(file: Path) -> str | None:
    with open(file, "rb") as opened:
        head = opened.read(_SCRIPT_SIZE)
    return head.decode("utf-8", errors="replace") if head.startswith(b"#!") else None


class _ContainerFiles:
    """The files of a container, each copied once into ``directory``."""

    def __init__(self, engine: Engine, container: str, directory: Path) -> None:
        self._engine = engine
        self._container = container
        self._directory = directory
        self._fetched: dict[str, Path | str | None] = {}

    def fetch(self, path: str) -> Path | str | None:
        if path not in self._fetched:
            self._fetched[path] = self._copy(path)
        return self._fetched[path]

    def _copy(self, path: str) -> Path | str | None:
        chunks = self._engine.read_archive(self._container, path)
        if chunks is None:
            return None
        try:
            with tarfile.open(fileobj=TarStream(chunks), mode="r|") as archive:  # type: ignore[call-overload]
                member = archive.next()
                if member is None or member.isdir():
                    return None
                if member.issym():
                    return str(member.linkname)
                content = archive.extractfile(member)
                if content is None:
                    return None
                copy = self._directory / str(len(self._fetched))
                with open(copy, "wb") as file:
                    while block := content.read(1 << 20):
                        file.write(block)
                return copy
        except tarfile.TarError as error:
            raise EngineError(f"{path} came back damaged: {error}") from error


def _unproven(shown: str, evidence: str, remedy: str, path: str = "") -> Failure:
    summary = f"The image {shown} is not instrumented for coverage"
    return failure(summary, "not-instrumented", evidence, remedy, executable=path or None)
