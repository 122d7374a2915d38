# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about scripts that end a service and copy its coverage data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..finding import Finding, Rule, finding
from ..project import Project
from ..scripts import Command, Script

SLEEP = Rule("sleep-instead-of-wait", "warning", "A script sleeps instead of waiting for the pods to end")
FLUSH_IGNORED = Rule("flush-failure-ignored", "warning", "A script ignores that the service could not be ended")
NOT_CLEARED = Rule("coverage-dir-not-cleared", "warning", "Data of the previous run is counted again")
FIRST_NODE = Rule("first-node-only", "warning", "Coverage data is copied from one node only")

_COVERAGE = re.compile(r"(?i)cov")
_FIRST = re.compile(r"^(?:-n\s?1|-1|-n1)$")


def check(project: Project) -> Iterator[Finding]:
    """Findings of every rule of this file."""
    nodes = max(
        (len(document.value.items("nodes")) for document in project.documents if document.is_kind_config), default=1
    )
    for script in project.procedures():
        copies = [index for index, command in enumerate(script.commands) if _copies_coverage(command)]
        if not copies:
            continue
        yield from _sleeps(script, copies)
        yield from _ignored_flushes(script)
        yield from _uncleared(script, copies)
        if nodes > 1:
            yield from _first_node(script, copies, nodes)


def _copies_coverage(command: Command) -> bool:
    """docker cp, podman cp, kubectl cp or oc cp of a path that is about coverage."""
    return (
        command.words[0:1] in (("docker",), ("podman",), ("kubectl",), ("oc",))
        and "cp" in command.words[1:4]
        and bool(_COVERAGE.search(str(command)))
    )


def _ends_service(command: Command) -> bool:
    """Whether the command makes a service end: scale to zero, delete, or a signal by exec."""
    text = str(command)
    if command.words[0:1] not in (("kubectl",), ("oc",)):
        return False
    return "--replicas=0" in text or "exec" in command.words and re.search(r"\bkill\b", text) is not None


def _waits(command: Command) -> bool:
    return command.words[0:1] in (("kubectl",), ("oc",)) and bool({"wait", "rollout"} & set(command.words))


def _sleeps(script: Script, copies: Sequence[int]) -> Iterator[Finding]:
    ending = next((index for index, command in enumerate(script.commands) if _ends_service(command)), None)
    if ending is None:
        return
    between = script.commands[ending + 1 : copies[-1]]
    if any(map(_waits, between)):
        return
    for command in between:
        if command.words[0:1] == ("sleep",):
            yield finding(
                SLEEP,
                script.source.name,
                command.line,
                f'"{command}" guesses how long the service needs to write its counters',
                "Wait until the pods are gone: kubectl wait --for=delete pod -l SELECTOR --timeout=60s",
            )


def _ignored_flushes(script: Script) -> Iterator[Finding]:
    for command in script.commands:
        if command.ignored and _ends_service(command):
            yield finding(
                FLUSH_IGNORED,
                script.source.name,
                command.line,
                f'The failure of "{command}" is ignored, so missing counters look like uncovered code',
                "Let the script fail here, and say why",
            )


def _uncleared(script: Script, copies: Sequence[int]) -> Iterator[Finding]:
    """The first copy whose destination the script neither removes nor makes anew."""
    first = script.commands[copies[0]]
    destination = _destination(first)
    given = re.fullmatch(r"\$\{?(?:[0-9@*]+)\}?", destination) is not None
    for command in script.commands[: copies[0]]:
        # What a function gets as an argument is one of the directories that the script clears.
        cleared = command.words[0:1] == ("rm",) and any(
            _same(word, destination) or (given and _COVERAGE.search(word)) for word in command.words[1:]
        )
        fresh = command.words[0:1] == ("mktemp",)
        # Without -p, mkdir refuses a directory that is there.
        made = command.words[0:1] == ("mkdir",) and "-p" not in command.words and _same(command.words[-1], destination)
        if cleared or fresh or made:
            return
    if any(
        name and f"${name}" in destination.replace("{", "") and "mktemp" in value
        for _line, name, value in script.variables
    ):
        return
    yield finding(
        NOT_CLEARED,
        script.source.name,
        first.line,
        f"{destination} is not removed before the copy, so files of the previous run are merged in",
        f"Run rm -rf {destination} before the run",
    )


def _destination(copy: Command) -> str:
    """Where a copy goes: its second path, whatever flags stand around it."""
    words = list(copy.words[copy.words.index("cp") + 1 :])
    paths: list[str] = []
    while words:
        word = words.pop(0)
        if word in ("-c", "--container", "-n", "--namespace", "--context", "--kubeconfig", "--retries") and words:
            words.pop(0)
        elif not word.startswith("-"):
            paths.append(word)
    return (paths[1:] or copy.words[-1:])[0].replace('"', "").rstrip("/.")


def _same(word: str, destination: str) -> bool:
    word = word.replace('"', "").rstrip("/*.")
    return word == destination or destination.startswith(f"{word}/") or word.startswith(f"{destination}/")


def _first_node(script: Script, copies: Sequence[int], nodes: int) -> Iterator[Finding]:
    names = {
        script.commands[index].words[2].partition(":")[0] for index in copies if len(script.commands[index].words) > 2
    }
    fixed = [name for name in names if re.search(r"-(?:worker\d*|control-plane)$", name.strip("\"'"))]
    takes_first = any(
        command.words[0:1] == ("head",) and any(_FIRST.match(word) for word in command.words[1:])
        for command in script.commands
    )
    if len(names) == 1 and (fixed or takes_first):
        yield finding(
            FIRST_NODE,
            script.source.name,
            script.commands[copies[0]].line,
            f"The script copies from one node, but the kind configuration has {nodes}",
            'Copy from every node: for node in $(kind get nodes --name NAME); do docker cp "$node":DIR ...; done',
        )
