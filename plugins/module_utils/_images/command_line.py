# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must change in a command that builds images, so that the Go programs in them are instrumented.

For a program that stands in for docker, podman and the others on PATH (see ``builders`` for all of them)::

    call = Call(argv, cwd, env)
    if not builds(call): run it as it is
    model = output of question(call), if that is not empty      # compose and bake: their own view of their files
    if reads_stdin(call):
        head = the first 512 bytes of stdin
        if not delivery.is_archive(head): call.stdin = all of it, as text
    new = rewrite(call, read, directory, "-cover", model)
    delivery.place(new.files)
    run new.argv with {**env, **new.env}; its stdin is new.stdin where that is not None
    if new.archive: its stdin is what delivery.rewrite_archive makes of the stdin
    remove directory

Pure: files are read by ``read``, and nothing is written. ``directory`` is an absolute path outside of the checkout for
this call alone. The user's words stay, and options are added behind them, where the last one counts. Only podman and
buildah join all ``-f``: there the value of each ``-f`` is exchanged for the derived file.
"""

from __future__ import annotations

import os.path
import typing as t

from . import derived, orchestrated
from .builders import Command, command_of
from .changes import REMOTE, Call, Changes, Read, Rewritten, Source, given_argument


def builds(call: Call) -> bool:
    """Whether the command builds an image."""
    return command_of(call.argv) is not None


def reads_stdin(call: Call) -> bool:
    """Whether the command reads a Dockerfile or an archive from stdin."""
    command = command_of(call.argv)
    if command is None or command.kind != "build":
        return False
    return "-" in (command.parsed.operands[:1] + tuple(_files_of(command)))


def question(call: Call) -> tuple[str, ...]:
    """The command whose output ``rewrite`` needs as ``model``: compose and bake know their files best. May be empty."""
    command = command_of(call.argv)
    return orchestrated.question(call.argv, command) if command is not None else ()


def rewrite(call: Call, read: Read, directory: str, goflags: str = "-cover", model: str = "") -> Rewritten:
    """What to run instead of ``call``, which builds; ``goflags`` is what the go command shall get."""
    command = command_of(call.argv)
    changes = Changes(directory, goflags)
    if command is None:
        return Rewritten(call.argv)
    if command.kind == "ko":
        return _ko(call, read, changes)
    if command.kind == "build":
        return _build(call, command, read, changes)
    return orchestrated.rewrite(call, command, read, changes, model)


def _ko(call: Call, read: Read, changes: Changes) -> Rewritten:
    """The command ko runs go build itself, with GOFLAGS of its environment."""
    value = changes.argument(call.env.get("GOFLAGS"), "")
    configuration = os.path.join(call.cwd, call.env.get("KO_CONFIG_PATH", ""), ".ko.yaml")
    if "GOFLAGS=" in (read(configuration) or ""):
        changes.warnings.append(f"{configuration} sets GOFLAGS, which replaces that of the environment")
    return Rewritten(call.argv, env={} if value is None else {"GOFLAGS": value}, warnings=tuple(changes.warnings))


def _build(call: Call, command: Command, read: Read, changes: Changes) -> Rewritten:
    """The command ``build`` of docker, podman, buildah and nerdctl."""
    target = (command.parsed.values("target") or [""])[-1]
    context = command.parsed.operands[0] if command.parsed.operands else ""
    stdin: str | None = None
    added: list[str] = []
    argv = list(call.argv)
    if context == "-" and call.stdin is None:
        name = os.path.normpath((_files_of(command) or ["Dockerfile"])[-1])
        changes.notes.append(f"{name} of the archive on stdin gets ENV GOFLAGS where it compiles Go")
        argv[command.parsed.end : command.parsed.end] = _argument_of(call, command, changes, "")
        return Rewritten(tuple(argv), archive=name, target=target, notes=tuple(changes.notes))
    sources = _sources(call, command, context, read)
    if not sources:
        changes.warnings.append(_unread(command, context))
        added = _argument_of(call, command, changes, "") if REMOTE.match(context) else []
    else:
        joined = Source(sources[0].path, "\n".join(source.text for source in sources))
        derivation = changes.derive(joined, target)
        if derivation is not None and derivation.argument is not None:
            added += _argument_of(call, command, changes, derivation.argument)
        if derivation is not None and derivation.added:
            texts = _split(sources, derivation, changes)
            if sources[0].path == "-":
                stdin = texts[0]
            else:
                paths = [changes.place(source, text, read) for source, text in zip(sources, texts, strict=True)]
                added += _files_added(argv, command, paths)
                if command.joins_files and not context:
                    # Without a context, that of the first -f counts, which must not be the derived file's.
                    argv.append(os.path.dirname(sources[0].path))
    argv[command.parsed.end : command.parsed.end] = added
    return Rewritten(
        tuple(argv),
        files=changes.files,
        stdin=stdin,
        target=target,
        notes=tuple(changes.notes),
        warnings=tuple(changes.warnings),
    )


def _files_of(command: Command) -> list[str]:
    """The values of ``-f``; of several, docker takes the last one, and podman all."""
    given = command.parsed.values("file")
    if not command.joins_files:
        return given[-1:]
    return [name for value in given for name in value.split(",")]


def _sources(call: Call, command: Command, context: str, read: Read) -> list[Source]:
    """The Dockerfiles of the build; none if one of them cannot be read."""
    named = _files_of(command)
    if context == "-" or "-" in named:
        return [Source("-", call.stdin)] if call.stdin is not None and len(named) < 2 else []
    remote = REMOTE.match(context)
    if not named:
        places = [] if remote else [os.path.join(call.cwd, context, name) for name in command.default_names]
        found = ((place, read(place)) for place in places)
        return [Source(os.path.normpath(place), text) for place, text in found if text is not None][:1]
    sources: list[Source] = []
    for name in named:
        # Of a remote context, docker reads a relative name there.
        places = (
            [] if remote and not command.joins_files and not os.path.isabs(name) else [os.path.join(call.cwd, name)]
        )
        if command.joins_files and not remote:
            places.append(os.path.join(call.cwd, context, name))
        texts = ((place, read(place)) for place in places)
        source = next((Source(os.path.normpath(place), text) for place, text in texts if text is not None), None)
        if source is None:
            return []
        sources.append(source)
    return sources


def _unread(command: Command, context: str) -> str:
    where = ", ".join(_files_of(command)) or "the Dockerfile"
    of = f" of {context}" if context else ""
    return f"{where}{of} cannot be read here: only a stage with ARG GOFLAGS can be instrumented"


def _split(sources: t.Sequence[Source], derivation: derived.Derived, changes: Changes) -> list[str]:
    """The derived text of each of several files that make one Dockerfile."""
    texts: list[str] = []
    before = 0
    for source in sources:
        lines = source.text.count("\n") + 1
        own = [
            derived.Added(entry.line - before, entry.stage)
            for entry in derivation.added
            if before < entry.line <= before + lines
        ]
        changes.note_added(source, own)
        texts.append(derived.with_lines(source.text, own, changes.goflags))
        before += lines
    return texts


def _files_added(argv: list[str], command: Command, paths: t.Sequence[str]) -> list[str]:
    """The ``-f`` for these files; where all ``-f`` count, those in ``argv`` get other values instead."""
    options = [option for option in command.parsed.options if option.name == "file"]
    if not command.joins_files or not options:
        return ["-f", paths[0]]
    remaining = list(paths)
    for option in options:
        count = option.value.count(",") + 1
        value, remaining = ",".join(remaining[:count]), remaining[count:]
        last = argv[option.last - 1]
        argv[option.last - 1] = f"{last.removesuffix(option.value)}{value}"
    return []


def _argument_of(call: Call, command: Command, changes: Changes, default: str) -> list[str]:
    value = changes.argument(given_argument(command.parsed.values("build-arg"), call.env), default)
    if value is None:
        return []
    changes.notes.append(f"the build argument GOFLAGS is '{value}'")
    return ["--build-arg", f"GOFLAGS={value}"]
