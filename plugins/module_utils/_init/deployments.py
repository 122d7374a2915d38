# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a repository packs and deploys its programs: Dockerfiles, manifests, kustomizations and charts."""

from __future__ import annotations

import posixpath
import re
import typing as t
from dataclasses import dataclass

from .._diagnosis import library_missing
from .._reference import repository as image_repository
from .repository import Repository

try:
    import yaml

    _LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _YAML_ERROR: ImportError | None = None
except ImportError as error:
    _YAML_ERROR = error

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_MENTIONS_WORKLOAD = re.compile(rf"^kind:\s*['\"]?(?:{'|'.join(_WORKLOADS)})\b", re.MULTILINE)
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
#: Overlays that fit a test, the best first.
_OVERLAYS = ("e2e", "test", "kind", "local", "dev", "default")
_NO_SERVICE = re.compile(r"postgres|redis|mysql|mongo|kafka|nats|etcd|minio|proxy|busybox|vault|prometheus")


@dataclass(frozen=True)
class Workload:
    """A workload in a manifest: its file, name, namespace (may be empty) and the images of its containers."""

    file: str
    name: str
    namespace: str
    images: tuple[str, ...]

    def image_of(self, service: str) -> str:
        """The image, without its tag, that has the name of the service; empty if none does."""
        named = (image_repository(image) for image in self.images)
        return next((image for image in named if posixpath.basename(image) == service), "")

    def own_image(self) -> str:
        """The first image that is no well-known program; empty if there is none."""
        return next((image_repository(image) for image in self.images if not _NO_SERVICE.search(image)), "")


def workloads_of(repository: Repository) -> list[Workload]:
    """Every workload in manifests that are no templates. Raises Failure without PyYAML."""
    if _YAML_ERROR is not None:
        raise library_missing("PyYAML", _YAML_ERROR, "Manifests cannot be read")
    found = []
    for name in repository.named(".yaml", ".yml"):
        text = repository.text(name)
        if _MENTIONS_WORKLOAD.search(text) and not _in_chart(repository, name):
            found += [workload for document in _documents(text) for workload in _workload(name, document)]
    return found


def charts_of(repository: Repository) -> dict[str, str]:
    """The Helm charts: the directory of each, and its name."""
    found = {}
    for name in repository.named("/Chart.yaml"):
        match = re.search(r"^name:\s*['\"]?([\w.-]+)", repository.text(name), re.MULTILINE)
        directory = posixpath.dirname(name)
        # A chart in another chart is a part of it.
        if match and not _in_chart(repository, directory):
            found[directory] = match[1]
    return found


def manifests_for(repository: Repository, workload: Workload, others: t.Collection[Workload]) -> list[str]:
    """What to apply for a workload: the kustomization that leads to it, its directory, or the files named as it is.

    ``others`` are the workloads of other services.
    """
    directory = posixpath.dirname(workload.file)
    if _kustomization(repository, directory):
        return [_overlay(repository, directory) or "."]
    if directory and directory not in {posixpath.dirname(other.file) for other in others}:
        return [directory]
    beside = [name for name in repository.within(directory) if name.endswith((".yaml", ".yml"))]
    stem = posixpath.basename(workload.file).rpartition(".")[0]
    taken = {other.file for other in others}
    return [
        name
        for name in beside
        if name == workload.file or (name not in taken and _named_as(posixpath.basename(name), (stem, workload.name)))
    ]


def dockerfile_for(repository: Repository, service: str, directory: str, services: t.Collection[str]) -> str:
    """The Dockerfile of a service: by its path, by what it builds, or the only one there is; empty if none is its."""
    found = [name for name in repository.files if _is_dockerfile(posixpath.basename(name))]
    by_path = [name for name in found if service in re.split(r"[/.]", name) or posixpath.dirname(name) == directory]
    if directory and by_path:
        return min(by_path, key=len)
    builds = re.compile(rf"(?<![\w.-]){re.escape(directory or './...')}(?![\w-])")
    by_content = [name for name in found if directory and builds.search(repository.text(name))]
    alone = [name for name in found if "/" not in name or name.startswith(("build/", "docker/"))]
    for chosen in (by_content, alone if len(services) == 1 else []):
        if chosen:
            return min(chosen, key=len)
    return ""


def _is_dockerfile(base: str) -> bool:
    plain = base in ("Dockerfile", "Containerfile")
    return plain or base.startswith("Dockerfile.") or base.endswith((".Dockerfile", ".dockerfile"))


def _named_as(base: str, names: t.Iterable[str]) -> bool:
    stem = base.rpartition(".")[0]
    return any(name and (stem == name or stem.startswith((f"{name}-", f"{name}_"))) for name in names)


def _in_chart(repository: Repository, name: str) -> bool:
    place = posixpath.dirname(name)
    while place:
        if f"{place}/Chart.yaml" in repository:
            return True
        place = posixpath.dirname(place)
    return False


def _documents(text: str) -> list[t.Any]:
    try:
        return list(yaml.load_all(text, Loader=_LOADER))
    except (yaml.YAMLError, ValueError, RecursionError):
        # A template, or a manifest that kubectl would refuse too.
        return []


def _workload(name: str, document: t.Any) -> t.Iterator[Workload]:
    if not isinstance(document, dict) or document.get("kind") not in _WORKLOADS:
        return
    metadata, spec = _mapping(document, "metadata"), _mapping(document, "spec", "template", "spec")
    containers = spec.get("containers")
    images = [entry.get("image") for entry in containers or [] if isinstance(entry, dict)]
    yield Workload(
        name,
        str(metadata.get("name", "")),
        str(metadata.get("namespace") or ""),
        tuple(image for image in images if isinstance(image, str)),
    )


def _mapping(value: t.Any, *keys: str) -> dict[str, t.Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _kustomization(repository: Repository, directory: str) -> str:
    names = (posixpath.join(directory, name) for name in _KUSTOMIZATIONS)
    return next((name for name in names if name in repository), "")


def _overlay(repository: Repository, base: str) -> str:
    """The kustomization to apply: the one that leads to ``base`` and that no other one uses; by name if several do."""
    directories = [posixpath.dirname(name) for name in repository.files if posixpath.basename(name) in _KUSTOMIZATIONS]
    uses = {directory: _used_by(repository, directory) for directory in directories}
    leading = {directory for directory in directories if base in _reached(directory, uses)}
    tops = sorted(place for place in leading if not any(place in uses[other] for other in leading - {place}))
    for name in _OVERLAYS:
        for place in tops:
            if posixpath.basename(place) == name:
                return place
    return tops[0] if tops else base


def _used_by(repository: Repository, directory: str) -> set[str]:
    used = set()
    for document in _documents(repository.text(_kustomization(repository, directory))):
        for key in ("resources", "bases", "components"):
            entries = document.get(key) if isinstance(document, dict) else None
            for entry in entries if isinstance(entries, list) else []:
                used.add(posixpath.normpath(posixpath.join(directory, str(entry))))
    return {"" if place == "." else place for place in used}


def _reached(start: str, uses: t.Mapping[str, set[str]]) -> set[str]:
    reached, pending = {start}, [start]
    while pending:
        new = uses.get(pending.pop(), set()) - reached
        reached |= new
        pending += new
    return reached
