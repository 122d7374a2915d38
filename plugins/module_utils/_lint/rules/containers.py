# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about Dockerfiles: the coverage flags have to reach go build, and SIGTERM has to reach the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ..dockerfiles import ContainerFile, Step
from ..finding import Finding, Rule, finding
from ..manifests import Document
from ..project import Project
from ..scripts import Command, Script
from .builds import check_build, is_go_build

FLAGS = Rule("coverage-flags-ignored", "error", "The coverage flags do not reach go build")
SHELL = Rule("shell-as-pid-1", "perhaps", "A shell gets SIGTERM in place of the service")

_COVER = re.compile(r"(?i)(?<![\w-])-cover(?:mode=|pkg=|\b)")
_REFERS = re.compile(r"\$\{?GOFLAGS\b")
_BUILDS = (
    ("docker", "build"),
    ("docker", "buildx", "build"),
    ("podman", "build"),
    ("buildah", "bud"),
    ("nerdctl", "build"),
)
#: A shell that runs what follows -c.
_SHELLS = re.compile(r"(?:^|/)(?:ba|da|a)?sh$")


def check(project: Project) -> Iterator[Finding]:
    """Findings of every rule of this file."""
    for file in project.dockerfiles:
        for step in file.steps:
            yield from _check_step(file, step)
        if any(is_go_build(command) for step in file.steps_of() for command in step.script.commands):
            yield from _shell_of_image(project, file)
    for script in project.procedures():
        for command in script.commands:
            yield from _unused_argument(project, script, command)
    for document in project.manifests:
        yield from _shell_of_container(document)


def _check_step(file: ContainerFile, step: Step) -> Iterator[Finding]:
    """Findings about each go build of a RUN."""
    goflags = step.variables.get("GOFLAGS")
    for command in step.script.commands:
        # go install PROGRAM@VERSION gets a tool, not the service.
        if not is_go_build(command) or any("@" in word for word in command.words[2:]):
            continue
        environment = (*command.environment, *([f"GOFLAGS={goflags[1]}"] if goflags else []))
        # A script that compares GOFLAGS with -cover is made for coverage.
        if _REFERS.search(step.instruction.script) and _COVER.search(step.instruction.script):
            environment = (*environment, "GOFLAGS=-cover")
        yield from check_build(file.source.name, command.line, command.with_environment(environment))
        own = next((entry for entry in command.environment if entry.startswith("GOFLAGS=")), "")
        intended = goflags is not None and (goflags[0] == "ARG" or _COVER.search(goflags[1]))
        # A script that looks at GOFLAGS decides by itself.
        looks = _REFERS.search(step.instruction.script) or _COVER.search(str(command))
        if goflags and intended and own and not looks and not _COVER.search(own):
            yield finding(
                FLAGS,
                file.source.name,
                command.line,
                f"The stage gets GOFLAGS by {goflags[0]}, and go build replaces it by {own}",
                f'Keep what GOFLAGS has: GOFLAGS="{" ".join(filter(None, ("$GOFLAGS", _value(own))))}"',
            )


def _value(assignment: str) -> str:
    return assignment.partition("=")[2].strip("\"'")


def _unused_argument(project: Project, script: Script, command: Command) -> Iterator[Finding]:
    """A build argument with coverage flags that no stage with a go build declares."""
    if not any(command.starts_with(*words) for words in _BUILDS):
        return
    file = _dockerfile(project, command)
    if file is None:
        return
    target = _option(command, "--target")
    builds = [step for step in file.steps_of(target) if any(map(is_go_build, step.script.commands))]
    for name, value in _build_arguments(command):
        if not builds or not (_COVER.search(value) or "COVER" in name.upper()):
            continue
        if any(name in step.variables for step in builds):
            continue
        build = builds[0]
        outside = any(name in argument.text for argument in file.parsed.arguments)
        reason = "declares it before FROM only" if outside else "has no such ARG"
        yield finding(
            FLAGS,
            script.source.name,
            command.line,
            f"The build gets {name}={value}, but the stage of {file.source.name} that runs go build {reason}",
            f"Add ARG {name} to that stage, before line {build.instruction.line}",
        )


def _build_arguments(command: Command) -> Iterator[tuple[str, str]]:
    for option, value in pairwise((*command.words, "")):
        given = value if option == "--build-arg" else option.removeprefix("--build-arg=")
        if option == "--build-arg" or given != option:
            name, _equals, text = given.partition("=")
            yield name.strip("\"'"), text.strip("\"'")


def _option(command: Command, *names: str) -> str:
    for option, value in pairwise((*command.words, "")):
        if option in names:
            return value
        if option.partition("=")[0] in names and "=" in option:
            return option.partition("=")[2]
    return ""


def _dockerfile(project: Project, command: Command) -> ContainerFile | None:
    """The Dockerfile that a build reads, if exactly one file can be meant."""
    named = _option(command, "-f", "--file")
    context = command.words[-1] if not command.words[-1].startswith("-") else "."
    path = named or f"{context.rstrip('/')}/Dockerfile"
    if "$" in path or ".." in path:
        return None
    path = path.removeprefix("./")
    fitting = [file for file in project.dockerfiles if f"/{file.source.name}".endswith(f"/{path}")]
    exact = [file for file in fitting if file.source.name == path]
    return (exact or fitting)[0] if len(exact or fitting) == 1 else None


def _shell_of_image(project: Project, file: ContainerFile) -> Iterator[Finding]:
    """The start command of the last stage, if a shell runs it."""
    last = file.parsed.stages[-1]
    entry = next((step for step in reversed(last.instructions) if step.keyword == "ENTRYPOINT"), None)
    start = entry or next((step for step in reversed(last.instructions) if step.keyword == "CMD"), None)
    if start is None or not start.text:
        return
    words = start.words
    if words is None:
        if not re.match(r"exec\b", start.text):
            yield _shell(
                file.source.name, start.line, f"{start.keyword} in shell form starts /bin/sh as PID 1", "exec form"
            )
    elif (text := _of_shell(words)) and not _hands_over(text):
        yield _shell(file.source.name, start.line, f"{start.keyword} starts {words[0]} as PID 1", "exec")
    elif words and (script := _script(project, words[0])) and not _script_hands_over(script):
        yield _shell(
            script.source.name,
            1,
            f"{script.source.name} is the {start.keyword} of {file.source.name}, and runs no exec",
            "exec",
        )


def _shell_of_container(document: Document) -> Iterator[Finding]:
    """A covered container whose command is a shell."""
    for container in document.containers():
        if not any(entry.text("name") == "GOCOVERDIR" for entry in container.items("env")):
            continue
        values = [*container.items("command"), *container.items("args")]
        words = [value.text() for value in values]
        if (text := _of_shell(words)) and not _hands_over(text):
            yield _shell(document.file, values[0].line, f"{document.title} starts {words[0]} as PID 1", "exec")


def _shell(file: str, line: int, what: str, how: str) -> Finding:
    remedy = (
        'Use the exec form, such as ENTRYPOINT ["/service"]' if how == "exec form" else "Start the service with exec"
    )
    return finding(SHELL, file, line, f"{what}, and a shell may not forward SIGTERM to the service", remedy)


def _of_shell(words: list[str]) -> str:
    """What a shell runs by -c; empty if no shell does."""
    if len(words) >= 3 and _SHELLS.search(words[0]) and re.match(r"-[a-z]*c$", words[1]):
        return words[2]
    return ""


def _hands_over(text: str) -> bool:
    return re.search(r"(?:^|[;&|\n]\s*|\b(?:then|do|else)\s+)exec\s|\btrap\b", text.strip()) is not None


def _script(project: Project, path: str) -> Script | None:
    """The shell script that an image starts, by its name."""
    name = path.rpartition("/")[2]
    scripts = [entry for entry in project.scripts if entry.source.kind == "shell"]
    fitting = [entry for entry in scripts if entry.source.name.rpartition("/")[2] == name]
    return fitting[0] if len(fitting) == 1 else None


def _script_hands_over(script: Script) -> bool:
    starters = ("exec", "trap", "tini", "dumb-init", "su-exec", "gosu")
    return any(command.words[:1] and command.words[0].rpartition("/")[2] in starters for command in script.commands)
