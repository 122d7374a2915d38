# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about the coverage directory: five places have to name one path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..._covdata.runtime import VARIABLE
from ..finding import Finding, Rule, finding
from ..manifests import Document, Value
from ..project import Project
from ..scripts import Command

MISMATCH = Rule("coverage-path-mismatch", "error", "Places that have to name one coverage directory differ")
TMPFS = Rule("coverage-dir-tmpfs", "error", "The coverage directory lies on a tmpfs of the node")
SHARED = Rule("coverage-dir-shared", "warning", "Several workloads write coverage to one directory of the node")
ROOT = Rule("coverage-run-as-root", "warning", "A workload runs as root only to write coverage data")

#: Of every kind node; docker cp does not see what lies there.
_TMPFS = re.compile(r"^/(?:tmp|run)(?:/|$)")
_COVERAGE_PATH = re.compile(r"(?i)cov")
_NODE_NAME = re.compile(r"(?i)control-plane|worker|node|container|\$")


@dataclass(frozen=True)
class _Place:
    """A place that names the coverage directory of the node or of the container."""

    file: str
    line: int
    role: str
    path: str


def check(project: Project) -> Iterator[Finding]:
    """Findings of every rule of this file."""
    node_places: list[_Place] = []
    owners: dict[str, list[tuple[Document, Value]]] = {}
    for document in project.manifests:
        yield from _check_workload(document, node_places, owners)
    if not node_places:
        return
    node_places += _extra_mounts(project)
    node_places += _copies(project)
    yield from _mismatches(node_places)
    for place in node_places:
        if place.role in ("hostPath", "extraMounts containerPath") and _TMPFS.match(place.path):
            yield finding(
                TMPFS,
                place.file,
                place.line,
                f"{place.role} {place.path} lies on a tmpfs of every kind node, and docker cp copies nothing from it",
                "Use a directory such as /var/lib/coverdata",
            )
    yield from _shared(owners)


def _check_workload(
    document: Document, node_places: list[_Place], owners: dict[str, list[tuple[Document, Value]]]
) -> Iterator[Finding]:
    spec = document.pod_spec()
    for container in document.containers():
        variable = next((entry for entry in container.items("env") if entry.text("name") == VARIABLE), None)
        directory = variable.text("value").rstrip("/") if variable else ""
        if spec is None or variable is None or not directory:
            continue
        mount = _mount_of(container, directory)
        if mount is None:
            mounts = ", ".join(entry.text("mountPath") for entry in container.items("volumeMounts")) or "no mount"
            yield finding(
                MISMATCH,
                document.file,
                variable.line,
                f"{VARIABLE} of {document.title} is {directory}, but container {container.text('name')} has {mounts}",
                f"Mount the coverage volume at {directory}",
            )
            continue
        volume = next((entry for entry in spec.items("volumes") if entry.text("name") == mount.text("name")), None)
        host_path = volume.at("hostPath", "path") if volume else None
        if volume is None:
            yield finding(
                MISMATCH,
                document.file,
                mount.line,
                f"{document.title} mounts the volume {mount.text('name')}, which its pod template does not have",
                "Add the volume, or correct its name",
            )
        elif host_path is not None:
            path = volume.text("hostPath", "path").rstrip("/")
            node_places.append(_Place(document.file, host_path.line, "hostPath", path))
            owners.setdefault(path, []).append((document, host_path))
            yield from _runs_as_root(document, spec, container)


def _mount_of(container: Value, directory: str) -> Value | None:
    for mount in container.items("volumeMounts"):
        path = mount.text("mountPath").rstrip("/")
        if directory == path or directory.startswith(f"{path}/"):
            return mount
    return None


def _runs_as_root(document: Document, spec: Value, container: Value) -> Iterator[Finding]:
    for place in (container, spec):
        user = place.at("securityContext", "runAsUser")
        if user is not None and place.text("securityContext", "runAsUser") == "0":
            yield finding(
                ROOT,
                document.file,
                user.line,
                f"{document.title} runs as root; the tests then run another workload than production does",
                "Make the directory on the node beforehand with mode 1777, and remove runAsUser: 0",
            )
            return


def _extra_mounts(project: Project) -> Iterator[_Place]:
    for document in project.documents:
        if document.is_kind_config:
            for node in document.value.items("nodes"):
                for mount in node.items("extraMounts"):
                    path = mount.get("containerPath")
                    text = mount.text("containerPath").rstrip("/")
                    if path is not None and _COVERAGE_PATH.search(text + mount.text("hostPath")):
                        yield _Place(document.file, path.line, "extraMounts containerPath", text)


def _copies(project: Project) -> Iterator[_Place]:
    for script in project.procedures():
        for command in script.commands:
            source = _copied_from_node(command)
            if source and _COVERAGE_PATH.search(source):
                yield _Place(script.source.name, command.line, f"{command.words[0]} cp", source)


def _copied_from_node(command: Command) -> str:
    """The absolute path that docker cp or podman cp reads in a node; empty for anything else."""
    if command.words[0:1] not in (("docker",), ("podman",)) or "cp" not in command.words[1:3]:
        return ""
    for word in command.words[2:]:
        node, colon, path = word.replace('"', "").partition(":")
        if colon and path.startswith("/") and _NODE_NAME.search(node):
            return re.sub(r"/\.?$", "", path)
    return ""


def _mismatches(places: list[_Place]) -> Iterator[Finding]:
    """Every place whose path no hostPath of a workload names, or lies below."""
    host_paths = sorted({place.path for place in places if place.role == "hostPath"})
    for place in places:
        if place.role != "hostPath" and not any(_related(place.path, path) for path in host_paths):
            yield finding(
                MISMATCH,
                place.file,
                place.line,
                f"{place.role} names {place.path}, but the workloads write to hostPath {', '.join(host_paths)}",
                f"Use one path in all places, for example {host_paths[0]}",
            )


def _related(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _shared(owners: dict[str, list[tuple[Document, Value]]]) -> Iterator[Finding]:
    for path, entries in owners.items():
        titles = sorted({document.title for document, _value in entries})
        if len(titles) > 1:
            for document, value in entries[1:]:
                yield finding(
                    SHARED,
                    document.file,
                    value.line,
                    f"{', '.join(titles)} write to the same directory {path} of the node",
                    f"Give each workload a directory of its own, such as {path}/NAME",
                )
