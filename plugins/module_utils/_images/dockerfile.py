# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dockerfiles, parsed by the rules of the Dockerfile reference (docs.docker.com/reference/dockerfile).

Where the reference leaves a case open, BuildKit's parser decides (moby/buildkit, frontend/dockerfile/parser). Values
are not substituted, since only a build knows its arguments.
"""

from __future__ import annotations

import json
import re
import shlex
import typing as t
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$")
_DIRECTIVES = ("syntax", "escape", "check")
_HEREDOC = re.compile(r"(?<![<\w])\d*<<(-?)(?:\"([^\"\s]+)\"|'([^'\s]+)'|([A-Za-z_]\w*))(?!<)")
_WITH_HEREDOCS = ("RUN", "COPY", "ADD")
_FLAG = re.compile(r"^--[a-z][a-z-]*(?:=(?:\"[^\"]*\"|'[^']*'|\S)*)?(?=\s|$)")


@dataclass(frozen=True)
class Instruction:
    """An instruction: ``keyword`` in capitals, ``text`` after its flags with continued lines joined by blanks.

    ``flags`` are words such as ``--from=build``, ``heredocs`` the contents of its here-documents, ``line`` and ``last``
    its first and last line, from 1.
    """

    keyword: str
    text: str
    line: int
    last: int
    flags: tuple[str, ...] = ()
    heredocs: tuple[str, ...] = ()

    @property
    def words(self) -> list[str] | None:
        """The words of the exec (JSON) form; None for the shell form."""
        if not self.text.startswith("["):
            return None
        try:
            words = json.loads(self.text)
        except ValueError:
            return None
        return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None

    @property
    def script(self) -> str:
        """What a RUN runs, as text: its command, and the contents of its here-documents."""
        words = self.words
        return "\n".join([shlex.join(words) if words is not None else self.text, *self.heredocs])

    @property
    def trigger(self) -> Instruction | None:
        """The instruction that an ONBUILD adds to the images that are built on this one."""
        if self.keyword != "ONBUILD":
            return None
        keyword, _blank, rest = self.text.partition(" ")
        flags, text = _split_flags(rest.strip())
        return Instruction(keyword.upper(), text, self.line, self.last, flags, self.heredocs)

    def flag(self, name: str) -> list[str]:
        """The values of the flag ``name``, in order."""
        prefix = f"--{name}="
        return [flag.removeprefix(prefix).strip("\"'") for flag in self.flags if flag.startswith(prefix)]


@dataclass
class Stage:
    """A stage: its number from 0, its name (in small letters, empty if it has none), what it is FROM."""

    number: int
    name: str
    base: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)


@dataclass
class Dockerfile:
    """A Dockerfile: parser directives, the ARGs before the first FROM, and the stages."""

    directives: dict[str, str] = field(default_factory=dict)
    arguments: list[Instruction] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)

    def stage(self, name: str) -> Stage | None:
        """The stage with this name or number; None if that names something else, such as an image."""
        by_name = next((stage for stage in self.stages if stage.name and stage.name == name.lower()), None)
        if by_name is None and name.isdigit() and int(name) < len(self.stages):
            return self.stages[int(name)]
        return by_name

    def needed(self, target: str = "") -> list[Stage]:
        """The stages that a build of ``target`` (the last stage if empty) needs, in the order of the file."""
        last = self.stage(target) if target else (self.stages[-1] if self.stages else None)
        numbers: set[int] = set()
        waiting = [last] if last is not None else []
        while waiting:
            stage = waiting.pop()
            if stage.number not in numbers:
                numbers.add(stage.number)
                waiting.extend(self._sources(stage))
        return [stage for stage in self.stages if stage.number in numbers]

    def _sources(self, stage: Stage) -> t.Iterator[Stage]:
        names = [stage.base]
        for instruction in stage.instructions:
            names += instruction.flag("from")
            for mount in instruction.flag("mount"):
                names += [word.removeprefix("from=") for word in mount.split(",") if word.startswith("from=")]
        for name in names:
            source = self.stage(name)
            # A stage sees those before it; FROM x AS x is the image x.
            if source is not None and source.number < stage.number:
                yield source


def parse(text: str) -> Dockerfile:
    """The parsed Dockerfile; what is no instruction is kept as if it were one, for the builder to refuse."""
    # Only a newline ends a line of a Dockerfile.
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
    parsed = Dockerfile(_directives(lines))
    for instruction in _instructions(lines, parsed.directives.get("escape", "\\")):
        if instruction.keyword == "FROM":
            parsed.stages.append(_stage(instruction, len(parsed.stages)))
        elif parsed.stages:
            parsed.stages[-1].instructions.append(instruction)
        elif instruction.keyword == "ARG":
            parsed.arguments.append(instruction)
    return parsed


def assignments(text: str, keyword: str = "ENV") -> dict[str, str]:
    """The variables that an ENV or ARG sets: ``A=1 B="2 3"``, ARGs without a value, or the old form ``ENV A value``."""
    first, _blank, rest = text.partition(" ")
    if "=" not in first and keyword == "ENV":
        return {first: rest.strip()}
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    pairs = (word.partition("=") for word in words)
    return {name: value for name, _equals, value in pairs}


def _directives(lines: t.Sequence[str]) -> dict[str, str]:
    """Parser directives: comments of a special form at the very top; anything else ends them."""
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if match is None or match[1].lower() not in _DIRECTIVES or match[1].lower() in found:
            break
        found[match[1].lower()] = match[2]
    return found


def _instructions(lines: t.Sequence[str], escape: str) -> t.Iterator[Instruction]:
    continued = re.compile(rf"(?:^|[^{re.escape(escape)}]){re.escape(escape)}[ \t]*$")
    number = 0
    while number < len(lines):
        begun = number
        parts: list[str] = []
        while number < len(lines):
            line = lines[number].strip() if not parts else lines[number].rstrip()
            number += 1
            if line.lstrip().startswith("#") or not line.strip():
                if parts:
                    continue  # comments and empty lines within an instruction do not end it
                break
            match = continued.search(line)
            if match is None:
                parts.append(line)
                break
            parts.append(line[: line.rstrip().rindex(escape)])
        whole = " ".join(part.strip() for part in parts).strip()
        if not whole:
            continue
        keyword, rest = (whole.split(None, 1) + [""])[:2]
        heredocs: list[str] = []
        kind = rest.split(None, 1)[0].upper() if keyword.upper() == "ONBUILD" and rest else keyword.upper()
        if kind in _WITH_HEREDOCS:
            for match in _HEREDOC.finditer(rest):
                content, number = _heredoc(lines, number, match[2] or match[3] or match[4], bool(match[1]))
                heredocs.append(content)
        flags, text = _split_flags(rest)
        yield Instruction(keyword.upper(), text, begun + 1, number, flags, tuple(heredocs))


def _heredoc(lines: t.Sequence[str], number: int, name: str, tabs: bool) -> tuple[str, int]:
    """The here-document that begins at index ``number``, and the index behind its end."""
    content: list[str] = []
    while number < len(lines):
        line = lines[number].lstrip("\t") if tabs else lines[number]
        number += 1
        if line == name:
            break
        content.append(line)
    return "\n".join(content), number


def _split_flags(text: str) -> tuple[tuple[str, ...], str]:
    flags: list[str] = []
    while match := _FLAG.match(text):
        flags.append(match[0])
        text = text[match.end() :].lstrip()
    return tuple(flags), text


def _stage(instruction: Instruction, number: int) -> Stage:
    words = instruction.text.split()
    name = words[2].lower() if len(words) == 3 and words[1].upper() == "AS" else ""
    return Stage(number, name, words[0] if words else "", instruction.line)
