# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds that files describe: what compose and bake need so that each of their images is instrumented.

Both print what they make of their files (``compose config``, ``bake --print``): only they know includes, extensions,
variables and profiles. Compose gets one more file, which it merges into the user's; bake gets ``--set``.
"""

from __future__ import annotations

import json
import os.path
import typing as t

from .builders import Command, compose_build
from .changes import REMOTE, Call, Changes, Read, Rewritten, Source, given_argument

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

#: The files that compose looks for, in its order (compose-go, cli.DefaultFileNames).
_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip


class _Image(t.NamedTuple):
    """What changes for one service or target: the path or the text of its Dockerfile, its argument GOFLAGS."""

    name: str
    dockerfile: str = ""
    inline: str = ""
    argument: str | None = None


def question(argv: t.Sequence[str], command: Command) -> tuple[str, ...]:
    """The command that prints the resolved files; empty for other kinds."""
    end = command.parsed.end
    if command.kind == "bake":
        return (*argv[:end], "--print", *argv[end:])
    if command.kind != "compose":
        return ()
    # The services of all profiles: compose builds a service that is named, whatever its profile.
    # Version 1 and the other programs print YAML alone.
    words = ("--profile", "*", "config", "--format", "json") if command.program == "docker" else ("config",)
    return (*argv[:end], *words)


def rewrite(call: Call, command: Command, read: Read, changes: Changes, model: str) -> Rewritten:
    """What to run instead of a compose or bake command whose files are as ``model`` says."""
    described = _parsed(model)
    key = "services" if command.kind == "compose" else "target"
    entries = described.get(key) if isinstance(described, dict) else None
    if not isinstance(entries, dict) or "-" in command.parsed.values("file"):
        shown = " ".join(question(call.argv, command))
        return Rewritten(call.argv, warnings=(f"The images are built as they are, because '{shown}' shows no {key}",))
    images = [image for name, entry in entries.items() if (image := _image(name, entry, call, command, read, changes))]
    if not images:
        return Rewritten(call.argv, notes=tuple(changes.notes), warnings=tuple(changes.warnings))
    added = _compose(call, command, read, changes, images) if command.kind == "compose" else _bake(changes, images)
    end = command.parsed.end
    argv = [*call.argv[:end], *added, *call.argv[end:]]
    if command.kind == "compose":
        argv = _with_argument(call, command, changes, images, argv, len(added))
    return Rewritten(tuple(argv), files=changes.files, notes=tuple(changes.notes), warnings=tuple(changes.warnings))


def _parsed(model: str) -> t.Any:
    try:
        return json.loads(model)
    except ValueError:
        pass
    try:
        return yaml.safe_load(model) if yaml is not None else None
    except yaml.YAMLError:
        return None


def _image(name: str, entry: t.Any, call: Call, command: Command, read: Read, changes: Changes) -> _Image | None:
    """What changes for a service or target; None if it is not built, or nothing changes."""
    build = entry.get("build") if command.kind == "compose" and isinstance(entry, dict) else entry
    if isinstance(build, str):
        build = {"context": build}
    if not isinstance(build, dict):
        return None
    context = str(build.get("context") or ".").removeprefix("cwd://")
    inline = build.get("dockerfile_inline") or build.get("dockerfile-inline")
    target = str(build.get("target") or "")
    given = _given(build.get("args"), call.env)
    if inline and command.kind == "bake":
        changes.warnings.append(f"{name} is left as it is: bake cannot replace dockerfile-inline by --set")
        return None
    if inline:
        source = Source(f"the inline Dockerfile of {name}", str(inline))
    else:
        path = os.path.join(call.cwd, context, str(build.get("dockerfile") or "Dockerfile"))
        text = None if REMOTE.match(context) else read(path)
        if text is None:
            changes.warnings.append(
                f"The Dockerfile of {name} in {context} cannot be read here: "
                "only a stage with ARG GOFLAGS can be instrumented"
            )
            return _Image(name, argument=changes.argument(given, "")) if REMOTE.match(context) else None
        source = Source(os.path.normpath(path), text)
    derivation = changes.derive(source, target)
    if derivation is None or (not derivation.added and derivation.argument is None):
        return None
    changes.note_added(source, derivation.added)
    argument = changes.argument(given, derivation.argument) if derivation.argument is not None else None
    if not derivation.added:
        return _Image(name, argument=argument) if argument is not None else None
    if inline:
        return _Image(name, inline=derivation.text, argument=argument)
    return _Image(name, dockerfile=changes.place(source, derivation.text, read), argument=argument)


def _given(args: t.Any, env: t.Mapping[str, str]) -> str | None:
    """The argument GOFLAGS of a description, a mapping or a list."""
    if isinstance(args, dict):
        if "GOFLAGS" not in args:
            return None
        return env.get("GOFLAGS") if args["GOFLAGS"] is None else str(args["GOFLAGS"])
    return given_argument([str(entry) for entry in args], env) if isinstance(args, list) else None


def _bake(changes: Changes, images: t.Sequence[_Image]) -> list[str]:
    added: list[str] = []
    for image in images:
        if image.dockerfile:
            added += ["--set", f"{image.name}.dockerfile={image.dockerfile}"]
        if image.argument is not None:
            added += ["--set", f"{image.name}.args.GOFLAGS={image.argument}"]
    if any(image.dockerfile for image in images):
        # Bake asks before it reads outside of its directory.
        added += ["--allow", f"fs.read={changes.directory}"]
    return added


def _compose(call: Call, command: Command, read: Read, changes: Changes, images: t.Sequence[_Image]) -> list[str]:
    """The ``-f`` for the file that is merged into the others; those that compose finds by itself must be named too."""
    services: dict[str, t.Any] = {}
    for image in images:
        build: dict[str, t.Any] = {}
        if image.dockerfile:
            build["dockerfile"] = _literal(image.dockerfile)
        if image.inline:
            build["dockerfile_inline"] = _literal(image.inline)
        if image.argument is not None:
            build["args"] = {"GOFLAGS": _literal(image.argument)}
        services[image.name] = {"build": build}
    place = os.path.join(changes.directory, "compose.coverage.yaml")
    changes.files[place] = json.dumps({"services": services}, indent=2)
    found = [] if command.parsed.has("file") else _found(call, command, read)
    return [word for path in [*found, place] for word in ("-f", path)]


def _literal(text: str) -> str:
    """A string in which compose replaces no variable."""
    return text.replace("$", "$$")


def _found(call: Call, command: Command, read: Read) -> list[str]:
    """The files that compose uses without ``-f``, as COMPOSE_FILE says or as it finds them."""
    start = os.path.join(call.cwd, *command.parsed.values("project-directory")[-1:])
    listed = call.env.get("COMPOSE_FILE") or _from_env_file(read(os.path.join(start, ".env")) or "")
    if listed:
        return listed.split(call.env.get("COMPOSE_PATH_SEPARATOR") or ":")
    directory = start
    while True:
        main = next((name for name in _FILES if read(os.path.join(directory, name)) is not None), None)
        if main is not None:
            beside = [name for name in _OVERRIDES if read(os.path.join(directory, name)) is not None]
            return [os.path.join(directory, name) for name in [main, *beside[:1]]]
        if directory == os.path.dirname(directory):
            return []
        directory = os.path.dirname(directory)


def _from_env_file(text: str) -> str:
    for line in text.splitlines():
        name, equals, value = line.removeprefix("export ").partition("=")
        if equals and name.strip() == "COMPOSE_FILE":
            return value.strip().strip("\"'")
    return ""


def _with_argument(
    call: Call, command: Command, changes: Changes, images: t.Sequence[_Image], argv: list[str], shift: int
) -> list[str]:
    """The command with the user's own ``--build-arg GOFLAGS`` completed, since that replaces what files say."""
    own = compose_build(call.argv, command)
    given = given_argument(own.values("build-arg"), call.env) if own is not None else None
    if own is None or given is None or not any(image.argument is not None for image in images):
        return argv
    value = changes.argument(given, "")
    if value is not None:
        argv[own.end + shift : own.end + shift] = ["--build-arg", f"GOFLAGS={value}"]
    return argv
