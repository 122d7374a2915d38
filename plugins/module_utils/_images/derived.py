# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Dockerfile that knows nothing of coverage, with GOFLAGS in each stage that compiles Go.

One ENV line is added before the first command of a stage that compiles, so that what the builder has cached of the
steps before it stays valid. A stage that declares ``ARG GOFLAGS`` is left to the build argument, as its team wants it.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .dockerfile import Dockerfile, Instruction, Stage, assignments, parse

_GO = re.compile(r"(?<![\w./-])(?:\S*/)?(?:xx-)?go\s+(?:-C\s+\S+\s+)?(?:build|install|run|test)\b")
#: What may call go build in a stage that has Go.
_BUILDERS = re.compile(
    r"(?<![\w.-])(?:(?:g?make|mage|goreleaser|task|just|bazel|ninja|garble|ko)(?![\w.-])|\S+\.(?:sh|bash|mk)\b|(?<!\S)\./\w\S*)"
)
_HAS_GO = re.compile(r"(?<![a-z])go(?:lang|-toolset|releaser)?(?![a-z])", re.IGNORECASE)
_OVERRIDES = re.compile(r"(?<![\w$])GOFLAGS=(?!\S*\$\{?GOFLAGS)(?!\"[^\"]*\$\{?GOFLAGS)(\"[^\"]*\"|'[^']*'|\S*)")
_UNCOVERED = re.compile(r"-cover=(?:false|0|f)\b", re.IGNORECASE)
#: Ignore rules of one Dockerfile lie beside it: those of BuildKit, podman and buildah.
IGNORE_SUFFIXES = (".dockerignore", ".containerignore")
_REFERS = re.compile(r"\$\{?GOFLAGS\b")


@dataclass(frozen=True)
class Added:
    """A line that was added: before which line of the original, and in which stage."""

    line: int
    stage: str


@dataclass(frozen=True)
class Derived:
    """The derived Dockerfile: its text, the lines added, and what takes the flags away again.

    ``argument`` is the default of GOFLAGS where a stage that compiles is left to the build argument; None if none is.
    """

    text: str
    added: tuple[Added, ...] = ()
    obstacles: tuple[str, ...] = ()
    argument: str | None = None


def derive(text: str, goflags: str, target: str = "") -> Derived:
    """The Dockerfile ``text`` with ``goflags`` in the environment of each stage that compiles Go for ``target``."""
    parsed = parse(text)
    added: list[Added] = []
    obstacles: list[str] = []
    argument: str | None = None
    for stage in parsed.needed(target):
        compiling = _compiling(parsed, stage)
        for index in _first_in_each_environment(stage, compiling):
            default = _argument(parsed, stage.instructions[:index])
            if default is None:
                added.append(Added(stage.instructions[index].line, stage.name or str(stage.number)))
            else:
                argument = argument or default
        for index in compiling:
            obstacles += _obstacles(stage.instructions[index])
    return Derived(with_lines(text, added, goflags), tuple(added), tuple(obstacles), argument)


@contextlib.contextmanager
def written(derived: Derived, original: Path) -> t.Iterator[str]:
    """The path of a file with the derived text, outside of the checkout; the original where nothing is added.

    A builder looks for ignore rules beside the Dockerfile first, so that those go with it.
    """
    if not derived.added:
        yield str(original)
        return
    with tempfile.TemporaryDirectory(prefix="gocover-dockerfile-") as directory:
        path = Path(directory) / original.name
        path.write_text(derived.text, encoding="utf-8", errors="surrogateescape", newline="")
        for suffix in IGNORE_SUFFIXES:
            ignored = original.with_name(f"{original.name}{suffix}")
            if ignored.is_file():
                shutil.copyfile(ignored, Path(directory) / ignored.name)
        yield str(path)


def origin(text: str, path: str, target: str = "") -> str:
    """Where the executable ``path`` of an image comes from, if no stage compiles it; empty if that is unknown.

    The reason why it is not instrumented: it was copied from the build context or another image, or downloaded.
    """
    parsed = parse(text)
    for instruction in reversed([step for stage in parsed.needed(target)[-1:] for step in stage.instructions]):
        if instruction.keyword not in ("COPY", "ADD") or not _brings(instruction, path):
            continue
        sources = instruction.flag("from")
        if sources:
            return "" if parsed.stage(sources[0]) else f"line {instruction.line} copies it from the image {sources[0]}"
        remote = re.search(r"\bhttps?://\S+", instruction.text)
        place = f"downloads it from {remote[0]}" if remote else "copies it finished from the build context"
        return f"line {instruction.line} {place}"
    return ""


def compiles(parsed: Dockerfile, stage: Stage, step: Instruction) -> bool:
    """Whether a RUN of ``stage`` compiles Go, or may call something that does."""
    step = step.trigger or step
    return step.keyword == "RUN" and _compiles(step, _has_go(parsed, stage))


def _compiling(parsed: Dockerfile, stage: Stage) -> list[int]:
    """The places of the instructions of the stage that compile Go."""
    has_go = _has_go(parsed, stage)
    steps = [instruction.trigger or instruction for instruction in stage.instructions]
    return [index for index, step in enumerate(steps) if step.keyword == "RUN" and _compiles(step, has_go)]


def _first_in_each_environment(stage: Stage, compiling: t.Sequence[int]) -> t.Iterator[int]:
    """The first of these places, and the first after each further ENV GOFLAGS."""
    pending = True
    for index, instruction in enumerate(stage.instructions):
        if instruction.keyword == "ENV" and "GOFLAGS" in assignments(instruction.text):
            pending = True
        elif index in compiling and pending:
            yield index
            pending = False


def _compiles(run: Instruction, has_go: bool) -> bool:
    script = run.script
    return bool(_GO.search(script) or (has_go and _BUILDERS.search(script)))


def _has_go(parsed: Dockerfile, stage: Stage) -> bool:
    """Whether Go is in the stage: its base image or its steps name it, or those of the stages that it is built on."""
    seen: set[int] = set()
    at: Stage | None = stage
    while at is not None and at.number not in seen:
        seen.add(at.number)
        if _HAS_GO.search(at.base) or any(_HAS_GO.search(step.script) for step in at.instructions):
            return True
        base = parsed.stage(at.base)
        at = base if base is not None and base.number < at.number else None
    return False


def _argument(parsed: Dockerfile, before: t.Sequence[Instruction]) -> str | None:
    """The default of ``ARG GOFLAGS`` where the stage compiles with this argument; None where an ENV decides.

    Nobody can repeat a default that the builder computes: such a stage keeps it, and gets an ENV.
    """
    default: str | None = None
    for instruction in before:
        if instruction.keyword not in ("ARG", "ENV"):
            continue
        value = assignments(instruction.text, instruction.keyword).get("GOFLAGS")
        if value is None or (instruction.keyword == "ENV" and default is not None and _REFERS.search(value)):
            continue
        if instruction.keyword == "ENV":
            return None
        default = value or next(filter(None, (_of_argument(step) for step in parsed.arguments)), "")
        if "$" in default:
            return None
    return default


def _of_argument(instruction: Instruction) -> str:
    return assignments(instruction.text, "ARG").get("GOFLAGS", "")


def _obstacles(instruction: Instruction) -> list[str]:
    script = (instruction.trigger or instruction).script
    found = [f"line {instruction.line} builds with {match[0]}" for match in [_UNCOVERED.search(script)] if match]
    override = _OVERRIDES.search(script)
    if override and "-cover" not in override[1]:
        found.append(f"line {instruction.line} replaces GOFLAGS by {override[0]}")
    return found


def with_lines(text: str, added: t.Sequence[Added], goflags: str) -> str:
    """The Dockerfile with an ENV line before each of these lines."""
    lines = text.split("\n")
    # What the base image or the stage has set is kept.
    line = f'ENV GOFLAGS="${{GOFLAGS:+$GOFLAGS }}{goflags}"'
    for entry in sorted(added, key=lambda entry: entry.line, reverse=True):
        lines.insert(entry.line - 1, line)
    return "\n".join(lines)


def _brings(instruction: Instruction, path: str) -> bool:
    """Whether a COPY or ADD has ``path`` as its destination, or a directory above it."""
    words = instruction.words or instruction.text.split()
    if len(words) < 2:
        return False
    sources, destination = words[:-1], words[-1].rstrip("/") or "/"
    name = path.rpartition("/")[2]
    if destination == path:
        return True
    named = any(source.rstrip("/").rpartition("/")[2] in (name, "", ".") for source in sources)
    return named and (destination in (".", "./") or path.startswith(destination.rstrip("/") + "/"))
