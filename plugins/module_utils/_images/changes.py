# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command line that builds images, before and after it is changed, and the changes on the way."""

from __future__ import annotations

import os.path
import re
import typing as t
from dataclasses import dataclass, field

from .._golang import flags
from . import derived
from .dockerfile import parse

#: The text of a file, with undecodable bytes as surrogates; None if it cannot be read.
Read = t.Callable[[str], "str | None"]
#: A build context that is no directory of this machine.
REMOTE = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|git@|github\.com/)", re.IGNORECASE)
#: A frontend that reads Dockerfiles, such as docker/dockerfile:1 or the copy of it in another registry.
_DOCKERFILE_FRONTEND = re.compile(r"(?:^|/)dockerfile(?:-upstream)?(?:[:@]|$)")


@dataclass(frozen=True)
class Call:
    """A command line: its words with the program first, its directory, its environment.

    ``stdin`` is the text that it is given on stdin, where that is a Dockerfile.
    """

    argv: tuple[str, ...]
    cwd: str
    env: t.Mapping[str, str] = field(default_factory=dict)
    stdin: str | None = None


@dataclass(frozen=True)
class Rewritten:
    """The command line to run instead, and what it needs.

    ``files`` are to be written first, by their absolute paths. ``env`` is added to the environment. ``stdin`` replaces
    stdin unless it is None. ``archive`` is the name of the Dockerfile in the archive on stdin, if it must be replaced
    there, and ``target`` the stage that is built. ``notes`` say what was done, ``warnings`` what may lack coverage.
    """

    argv: tuple[str, ...]
    files: t.Mapping[str, str] = field(default_factory=dict)
    env: t.Mapping[str, str] = field(default_factory=dict)
    stdin: str | None = None
    archive: str = ""
    target: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Source(t.NamedTuple):
    """A Dockerfile: where it is, and its text. The path is ``-`` for stdin, and need not exist."""

    path: str
    text: str

    @property
    def shown(self) -> str:
        """How messages name it."""
        return "the Dockerfile on stdin" if self.path == "-" else self.path


@dataclass
class Changes:
    """What is added to a command line while it is looked at; ``directory`` is where derived files go."""

    directory: str
    goflags: str
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def derive(self, source: Source, target: str) -> derived.Derived | None:
        """The derived Dockerfile with a note of each change; None for a frontend that reads no Dockerfiles."""
        frontend = parse(source.text).directives.get("syntax", "")
        if frontend and not _DOCKERFILE_FRONTEND.search(frontend):
            self.warnings.append(f"{source.shown} is left as it is, because {frontend} is no frontend for Dockerfiles")
            return None
        derivation = derived.derive(source.text, self.goflags, target)
        self.warnings += [f"{source.shown}: {obstacle}" for obstacle in derivation.obstacles]
        if not derivation.added and derivation.argument is None:
            self.notes.append(f"no step of {source.shown} is known to compile Go")
        return derivation

    def note_added(self, source: Source, added: t.Iterable[derived.Added]) -> None:
        """Say where lines were added."""
        self.notes += [
            f"stage {entry.stage} gets ENV GOFLAGS before line {entry.line} of {source.shown}, in a copy of it"
            for entry in added
        ]

    def place(self, source: Source, text: str, read: Read) -> str:
        """Add a derived file, and its ignore rules beside it; returns its path."""
        name = os.path.basename(source.path)
        place = os.path.join(self.directory, str(len(self.files)), name)
        self.files[place] = text
        for suffix in derived.IGNORE_SUFFIXES:
            rules = read(source.path + suffix)
            if rules is not None:
                self.files[place + suffix] = rules
        return place

    def argument(self, given: str | None, default: str) -> str | None:
        """The value of the build argument GOFLAGS; None if what the user gives asks for coverage already."""
        words = flags.words_of(given if given is not None else default)
        if any(word.lstrip("-") in ("cover", "cover=true") for word in words):
            return None
        kept = given if given is not None else default
        return " ".join(filter(None, [kept, self.goflags]))


def given_argument(arguments: t.Sequence[str], env: t.Mapping[str, str]) -> str | None:
    """The value of the last ``--build-arg GOFLAGS``; without a value it is that of the environment."""
    for argument in reversed(arguments):
        name, equals, value = argument.partition("=")
        if name == "GOFLAGS":
            return value if equals else env.get("GOFLAGS")
    return None
