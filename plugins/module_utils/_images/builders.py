# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that build images, their commands that do it, and the options of those.

Sources: the command references of docker, buildx, compose, podman, buildah, nerdctl and ko.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import PurePath

from .arguments import Options, Parsed, parse

Kind = t.Literal["build", "bake", "compose", "ko"]
#: A command is a kind, or has commands of its own.
_Commands = t.Mapping[str, t.Any]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GLOBAL_SWITCHES = _words(
    "debug debug-full experimental help insecure-registry kube-hide-dupe no-ansi noout remote syslog tls tls-verify "
    "tlsverify trace transient-store verbose version"
)
_GLOBAL = Options(_GLOBAL_SWITCHES, {"D": "debug", "h": "help", "v": "version", "r": "remote"}, interspersed=False)

_BUILD_SWITCHES = _words(
    "all-platforms check compat-volumes compress created-annotation debug disable-compression disable-content-trust "
    "force-rm help http-proxy identity-label inherit-annotations inherit-labels layers load logsplit no-cache "
    "no-hostname no-hosts omit-history pull pull-always pull-never push quiet rewrite-timestamp rm save-stages "
    "skip-unused-stages squash squash-all stage-labels stdin stream tls-verify"
)
_BUILD_LETTERS = {"f": "file", "t": "tag", "q": "quiet", "D": "debug", "h": "help"}
_BUILD = Options(_BUILD_SWITCHES, _BUILD_LETTERS)
_BUILDAH = Options(_BUILD_SWITCHES, _BUILD_LETTERS, interspersed=False)
_BAKE = Options(
    _words("check debug help list-targets list-variables load no-cache print pull push"),
    {"f": "file", "D": "debug", "h": "help"},
)
_COMPOSE = Options(
    _words("all-resources compatibility dry-run help no-ansi skip-hostname-check tls tlsverify verbose version"),
    {"f": "file", "p": "project-name", "h": "help", "v": "version"},
    interspersed=False,
)
_COMPOSE_BUILD = Options(
    _words("check compress force-rm help no-cache no-rm parallel print pull push quiet with-dependencies"),
    {"h": "help", "q": "quiet", "m": "memory"},
)
_COMPOSE_BUILDS = ("build", "create", "run", "up", "watch")
_KO_BUILDS = ("apply", "build", "create", "publish", "resolve", "run")

_BUILDX: _Commands = {"build": "build", "b": "build", "bake": "bake", "f": "bake"}
_IMAGE: _Commands = {"build": "build"}
_BUILDAH_COMMANDS: _Commands = dict.fromkeys(["build", "bud", "build-using-dockerfile"], "build")
_PROGRAMS: t.Mapping[str, t.Any] = {
    "docker": {"build": "build", "image": _IMAGE, "builder": _IMAGE, "buildx": _BUILDX, "compose": "compose"},
    "podman": {"build": "build", "image": _IMAGE, "buildx": _IMAGE, "compose": "compose"},
    "nerdctl": {"build": "build", "image": _IMAGE, "builder": _IMAGE, "compose": "compose"},
    "buildah": _BUILDAH_COMMANDS,
    "docker-buildx": _BUILDX,
    "buildx": _BUILDX,
    "docker-compose": "compose",
    "podman-compose": "compose",
    "ko": dict.fromkeys(_KO_BUILDS, "ko"),
}


@dataclass(frozen=True)
class Command:
    """A command that builds: the program's name, the kind of build, its arguments.

    For compose, the arguments are those before compose's own command, which is the first operand.
    """

    program: str
    kind: Kind
    parsed: Parsed

    @property
    def joins_files(self) -> bool:
        """Whether several ``-f`` make one Dockerfile, as with podman and buildah; elsewhere the last one counts."""
        return self.program in ("podman", "buildah")

    @property
    def default_names(self) -> tuple[str, ...]:
        """The names of a Dockerfile that is not named, the first first."""
        if self.joins_files:
            return ("Containerfile", "Dockerfile")
        return ("Dockerfile", "Containerfile") if self.program == "nerdctl" else ("Dockerfile", "dockerfile")


def command_of(argv: t.Sequence[str]) -> Command | None:
    """The command if it builds an image; None for every other command."""
    program = PurePath(argv[0]).name if argv else ""
    kind: t.Any = _PROGRAMS.get(program)
    at = 1
    while isinstance(kind, dict):
        parsed = parse(argv, at, _GLOBAL)
        if not parsed.operands or parsed.has("help", "version"):
            return None
        at = len(argv) - len(parsed.operands) + 1
        kind = kind.get(parsed.operands[0])
    if kind is None:
        return None
    parsed = parse(argv, at, _options(program, kind))
    wants = not parsed.has("help", "version", "print", "list", "list-targets", "list-variables")
    if kind == "compose":
        wants = wants and bool(parsed.operands) and parsed.operands[0] in _COMPOSE_BUILDS
    return Command(program, kind, parsed) if wants else None


def compose_build(argv: t.Sequence[str], command: Command) -> Parsed | None:
    """The arguments of ``compose build``; None for compose's other commands, which take no build arguments."""
    if command.parsed.operands[0] != "build":
        return None
    return parse(argv, len(argv) - len(command.parsed.operands) + 1, _COMPOSE_BUILD)


def _options(program: str, kind: Kind) -> Options:
    if kind == "build":
        return _BUILDAH if program == "buildah" else _BUILD
    return {"bake": _BAKE, "compose": _COMPOSE, "ko": _GLOBAL}[kind]
