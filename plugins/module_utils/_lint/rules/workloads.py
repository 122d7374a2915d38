# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the pods of a service: it may write to its coverage directory, and has the time to do so."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator

from ..._covdata.runtime import VARIABLE
from ..finding import Finding, Rule, finding
from ..golang import GoFile
from ..manifests import Document, Value
from ..project import Project

UNWRITABLE = Rule(
    "coverage-dir-unwritable", "warning", "The user of a container may not write to the coverage directory"
)
GRACE = Rule("grace-period-short", "warning", "The grace period ends before the service has shut down")

#: Of the Kubernetes API, where a pod says nothing.
_DEFAULT_GRACE = 30.0
_STOPS = ("Shutdown", "ShutdownWithContext")


class _Drain(t.NamedTuple):
    """How long a program lets its own shutdown take."""

    file: GoFile
    line: int
    seconds: float


def check(project: Project) -> Iterator[Finding]:
    """Findings of every rule of this file."""
    drains = {directory: drain for directory, files in project.programs.items() if (drain := _longest(files))}
    for document in project.manifests:
        yield from _unwritable(project, document)
        yield from _short_grace(document, drains)


def _longest(files: list[GoFile]) -> _Drain | None:
    drains = [drain for file in files for drain in _drains(file)]
    return max(drains, key=lambda drain: drain.seconds, default=None)


def _drains(file: GoFile) -> Iterator[_Drain]:
    """The limits of contexts that a Shutdown gets, and controller-runtime's GracefulShutdownTimeout."""
    for call in file.calls:
        if call.name not in _STOPS or len(call.texts) != 1:
            continue
        made = [
            entry
            for entry in file.assignments
            if entry.function == "context.WithTimeout" and entry.targets[0] == call.texts[0] and entry.line <= call.line
        ]
        seconds = file.seconds(made[-1].texts[1]) if made and len(made[-1].texts) == 2 else None
        if seconds is not None:
            yield _Drain(file, call.line, seconds)
    for line, name, value in file.values:
        if name == "GracefulShutdownTimeout" and (seconds := file.seconds(value)) is not None:
            yield _Drain(file, line, seconds)


def _short_grace(document: Document, drains: dict[str, _Drain]) -> Iterator[Finding]:
    spec = document.pod_spec()
    if spec is None or not drains:
        return
    for container in spec.items("containers"):
        drain = _drain_of(container, drains)
        if drain is None:
            continue
        given = spec.get("terminationGracePeriodSeconds")
        text = spec.text("terminationGracePeriodSeconds")
        grace = float(text) if text.isdigit() else _DEFAULT_GRACE
        if (given is not None and not text.isdigit()) or drain.seconds < grace:
            continue
        place = given or container
        yield finding(
            GRACE,
            document.file,
            place.line,
            f"{document.title} has a grace period of {grace:g} s, but {drain.file.source.name}:{drain.line} "
            f"may take {drain.seconds:g} s to shut down, and SIGKILL loses the counters",
            f"Set terminationGracePeriodSeconds to {drain.seconds + 10:g}, or shorten the shutdown",
        )


def _drain_of(container: Value, drains: dict[str, _Drain]) -> _Drain | None:
    """The program of a container, by the name of its image."""
    image = container.text("image").partition("@")[0]
    name = re.sub(r":[^/]*$", "", image).rpartition("/")[2]
    named = [drain for directory, drain in drains.items() if directory.rpartition("/")[2] == name]
    return named[0] if len(named) == 1 else None


def _unwritable(project: Project, document: Document) -> Iterator[Finding]:
    """A directory that the kubelet makes (root, 0755) for a container of another user."""
    spec = document.pod_spec()
    if spec is None:
        return
    for container in spec.items("containers"):
        directory = next(
            (entry.text("value").rstrip("/") for entry in container.items("env") if entry.text("name") == VARIABLE), ""
        )
        mount = next(
            (
                entry
                for entry in container.items("volumeMounts")
                if directory and f"{directory}/".startswith(f"{entry.text('mountPath').rstrip('/')}/")
            ),
            None,
        )
        if mount is None:
            continue
        volume = next((entry for entry in spec.items("volumes") if entry.text("name") == mount.text("name")), None)
        if volume is None or volume.text("hostPath", "type") != "DirectoryOrCreate":
            continue
        path = volume.text("hostPath", "path").rstrip("/")
        user = _user(container, spec)
        if user and path and not _is_prepared(project, spec, path):
            kind = volume.at("hostPath", "type")
            yield finding(
                UNWRITABLE,
                document.file,
                kind.line if kind else volume.line,
                f"The kubelet makes {path} for root alone (mode 0755), and {document.title} runs as {user}",
                f"Make {path} on each node beforehand with mode 1777, and let type be Directory",
            )


def _user(container: Value, spec: Value) -> str:
    """Who runs a container, if that is known not to be root."""
    for place in (container, spec):
        user = place.text("securityContext", "runAsUser")
        if user:
            return f"user {user}" if user.isdigit() and int(user) else ""
    for place in (container, spec):
        if place.text("securityContext", "runAsNonRoot"):
            return "another user" if place.text("securityContext", "runAsNonRoot") == "true" else ""
    return ""


def _is_prepared(project: Project, spec: Value, path: str) -> bool:
    """Whether an init container, a kind configuration or a command may have made the directory, with another mode."""
    if spec.items("initContainers"):
        return True
    if any(
        path == mount.text("containerPath").rstrip("/")
        for document in project.documents
        if document.is_kind_config
        for node in document.value.items("nodes")
        for mount in node.items("extraMounts")
    ):
        return True
    commands = [command for script in project.procedures() for command in script.commands]
    return any(path in str(command) and re.search(r"chmod|chown|install|mkdir", str(command)) for command in commands)
