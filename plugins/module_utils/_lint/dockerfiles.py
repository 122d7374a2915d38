# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dockerfiles: the commands of each stage, and the variables that they see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .._images import dockerfile
from .scripts import Script, parse_script
from .sources import Source
from .syntax import Grammar


@dataclass(frozen=True)
class Step:
    """A RUN of a stage: its commands, and the variables declared before it by name: ``ARG`` or ``ENV``, and value."""

    stage: dockerfile.Stage
    instruction: dockerfile.Instruction
    script: Script
    variables: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class ContainerFile:
    """A Dockerfile, parsed."""

    source: Source
    parsed: dockerfile.Dockerfile
    steps: tuple[Step, ...]

    def steps_of(self, target: str = "") -> Iterator[Step]:
        """The RUNs that a build of ``target`` (the last stage if empty) takes."""
        needed = {stage.number for stage in self.parsed.needed(target)}
        return (step for step in self.steps if step.stage.number in needed)


def read_dockerfile(source: Source, bash: Grammar) -> ContainerFile:
    """The parsed Dockerfile; what is no instruction is ignored, as a builder would refuse it."""
    parsed = dockerfile.parse(source.text)
    steps = tuple(step for stage in parsed.stages for step in _steps(source, parsed, stage, bash))
    return ContainerFile(source, parsed, steps)


def _steps(source: Source, parsed: dockerfile.Dockerfile, stage: dockerfile.Stage, bash: Grammar) -> Iterator[Step]:
    # ARG before the first FROM is seen by no stage; a stage built on another one inherits its environment.
    variables: dict[str, tuple[str, str]] = {}
    base = parsed.stage(stage.base)
    if base is not None and base.number < stage.number:
        for instruction in base.instructions:
            _declare(variables, instruction)
        variables = {name: entry for name, entry in variables.items() if entry[0] == "ENV"}
    for instruction in stage.instructions:
        _declare(variables, instruction)
        if instruction.keyword == "RUN":
            # Where continued lines are joined, only the line of the instruction is known.
            script = parse_script(source, instruction.script, bash)
            commands = tuple(command.on_line(instruction.line) for command in script.commands)
            assigned = tuple((instruction.line, name, value) for _line, name, value in script.variables)
            yield Step(stage, instruction, Script(source, commands, assigned), dict(variables))


def _declare(variables: dict[str, tuple[str, str]], instruction: dockerfile.Instruction) -> None:
    if instruction.keyword in ("ARG", "ENV"):
        for name, value in dockerfile.assignments(instruction.text).items():
            if instruction.keyword == "ENV" or variables.get(name, ("", ""))[0] != "ENV":
                variables[name] = (instruction.keyword, value)
