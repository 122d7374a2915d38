# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``docker build`` and its relatives with coverage: another Dockerfile, or another value of GOFLAGS. Arguments in, out.

What the user has written stays, in its order. A build whose Dockerfile cannot be read (standard input, a URL) stays as
it is, and so does one that has coverage already.
"""

from __future__ import annotations

import re
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._images import derived

_COVER = "-cover"
_ARGUMENT = re.compile(r"^\s*ARG\s+(?:.*\s)?GOFLAGS\b", re.MULTILINE | re.IGNORECASE)
_COVERED = re.compile(r"(?<![\w-])-cover(?:mode|pkg)?\b")
#: Flags of docker, buildx, podman and nerdctl that take no value; every other one takes the next word.
_SWITCHES = frozenset(
    (
        *("--check", "--debug", "-D", "--compress", "--disable-content-trust", "--force-rm", "--load", "--no-cache"),
        *("--pull", "--pull-always", "--pull-never", "--push", "--quiet", "-q", "--rm", "--squash", "--squash-all"),
        *("--stdin", "--layers", "--tls-verify", "--no-hosts", "--no-hostname", "--ignorefile-only", "--stream"),
        *("--tls", "--tlsverify", "--all-platforms", "--log-rusage", "--skip-unused-stages", "--inherit-labels"),
        *("--identity-label", "--omit-history", "--remote", "-r", "--insecure-registry", "--debug-full", "--help"),
    )
)
#: Flags before the command that take the next word; shims.py has the same.
_GLOBAL = frozenset(
    (
        *("-c", "-H", "-l", "--config", "--context", "--host", "--log-level", "--tlscacert", "--tlscert", "--tlskey"),
        *("--connection", "--url", "--identity", "--root", "--runroot", "--storage-driver", "--namespace"),
    )
)
_GROUPS = ("image", "builder", "buildx")


@dataclass(frozen=True)
class BuildCall:
    """The parts of a call that matter: ``at`` are places in the arguments, ``dockerfile`` is "" for the default."""

    arguments: tuple[str, ...]
    after: int
    dockerfile: str
    dockerfile_at: tuple[int, ...]
    context: str
    target: str
    goflags: str | None
    goflags_at: tuple[int, ...]


def parse(arguments: t.Sequence[str]) -> BuildCall | None:
    """The call ``[FLAGS] [image|builder|buildx] build [FLAGS] CONTEXT``; None if it is none."""
    words = tuple(arguments)
    after = _after_command(words)
    if after is None:
        return None
    dockerfile, target, goflags = "", "", None
    dockerfile_at: tuple[int, ...] = ()
    goflags_at: tuple[int, ...] = ()
    contexts: list[str] = []
    index = after
    while index < len(words):
        word = words[index]
        at: tuple[int, ...] = (index,)
        if word == "--":
            contexts += words[index + 1 :]
            break
        if not word.startswith("-") or word == "-":
            contexts.append(word)
            index += 1
            continue
        name, equals, value = word.partition("=")
        if not equals and name[:2] == "-f" and len(name) > 2 and not name.startswith("--"):
            name, value, equals = "-f", name[2:], "="
        if not equals and name not in _SWITCHES and index + 1 < len(words):
            value, at = words[index + 1], (index, index + 1)
        if name in ("-f", "--file"):
            dockerfile, dockerfile_at = value, at
        elif name == "--target":
            target = value
        elif name == "--build-arg" and value.partition("=")[0] == "GOFLAGS":
            goflags, goflags_at = value.partition("=")[2], at
        index = at[-1] + 1
    context = contexts[-1] if contexts else ""
    return BuildCall(words, after, dockerfile, dockerfile_at, context, target, goflags, goflags_at)


def _after_command(words: t.Sequence[str]) -> int | None:
    """The place after ``build``; None if the call is none of a build."""
    former = ""
    skip = False
    for index, word in enumerate(words):
        if skip or word.startswith("-"):
            skip = not skip and word in _GLOBAL
        elif word == "build" or (word == "b" and former == "buildx"):
            return index + 1
        elif word in _GROUPS and not former:
            former = word
        else:
            return None
    return None


def covered(arguments: t.Sequence[str], directory: Path, scratch: Path) -> tuple[str, ...] | None:
    """The arguments of the same build with coverage, its Dockerfile in ``scratch``; None if it is to stay as it is."""
    call = parse(arguments)
    if call is None or not call.context or call.context == "-" or call.dockerfile == "-":
        return None
    context = directory / call.context
    # docker takes the path of a Dockerfile from the working directory, podman from the context if there is none.
    named = directory / call.dockerfile if call.dockerfile else context / "Dockerfile"
    places = [named, context / call.dockerfile, context / "Containerfile"]
    original = next((place for place in places if place.is_file()), None)
    if original is None or not context.is_dir() or (call.goflags and _COVERED.search(call.goflags)):
        return None
    text = original.read_text(encoding="utf-8", errors="surrogateescape")
    derivation = derived.derive(text, _COVER, call.target)
    replaced: dict[int, list[str]] = {}
    added: list[str] = []
    if derivation.added:
        replaced |= {index: [] for index in call.dockerfile_at}
        added += ["-f", str(_written(derivation.text, original, scratch))]
    if _ARGUMENT.search(text):
        replaced |= {index: [] for index in call.goflags_at}
        added += ["--build-arg", f"GOFLAGS={' '.join(filter(None, [call.goflags or '', _COVER]))}"]
    if not added:
        return None
    rest = [word for index, word in enumerate(call.arguments) if index >= call.after and index not in replaced]
    return (*call.arguments[: call.after], *added, *rest)


def _written(text: str, original: Path, scratch: Path) -> Path:
    """The derived Dockerfile; a builder looks for ignore rules beside it before it takes those of the context."""
    scratch.mkdir(parents=True)
    path = scratch / original.name
    path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
    ignored = original.with_name(f"{original.name}.dockerignore")
    if ignored.is_file():
        shutil.copyfile(ignored, scratch / ignored.name)
    return path
