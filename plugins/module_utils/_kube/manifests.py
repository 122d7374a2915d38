# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests: from files, directories, kustomizations, charts and inline documents, in the order in which they apply."""

from __future__ import annotations

import contextlib
import json
import os
import typing as t
from pathlib import Path

from .._diagnosis import Failure, failure, library_missing
from . import rendering
from .api import Object

try:
    import yaml

    _LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _YAML_ERROR: ImportError | None = None
except ImportError as error:
    _YAML_ERROR = error

_SUFFIXES = (".yaml", ".yml", ".json")

#: What others need comes first; the order of Helm's installer, less what a test does not deploy.
_ORDER = (
    "CustomResourceDefinition", "Namespace", "PriorityClass", "NetworkPolicy", "ResourceQuota", "LimitRange",
    "PodDisruptionBudget", "ServiceAccount", "Secret", "ConfigMap", "StorageClass", "PersistentVolume",
    "PersistentVolumeClaim", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Service", "DaemonSet", "Pod",
    "ReplicaSet", "Deployment", "StatefulSet", "Job", "CronJob", "HorizontalPodAutoscaler", "Ingress", "APIService",
)  # fmt: skip
#: Webhooks intercept what is applied after them, before what serves them is up.
_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy")


class Manifest(t.NamedTuple):
    """One object to be applied, and where it was written."""

    object: Object
    origin: str

    @property
    def title(self) -> str:
        """``Deployment/datastorage``."""
        return f"{self.object['kind']}/{self.object['metadata']['name']}"


def read(sources: t.Iterable[t.Any], namespace: str = "") -> list[Manifest]:
    """The manifests of files, directories, mappings and YAML of several lines, in the order given.

    Charts are rendered for ``namespace``. Raises Failure for what is none.
    """
    found: list[Manifest] = []
    for number, source in enumerate(sources, 1):
        inline = f"({number} of the list, inline)"
        if not isinstance(source, str):
            found += from_document(source, inline)
            continue
        if "\n" in source:
            found += parse(source, inline)
            continue
        path = Path(os.path.expandvars(source)).expanduser()
        if path.is_dir():
            found += _directory(path, namespace)
        elif path.is_file():
            found += parse(_text(path), str(path))
        else:
            raise failure(
                f"The manifests {source} cannot be applied",
                "manifest-missing",
                f"There is no file or directory {path}",
                "Correct service_manifests; relative paths count from the directory of the inventory",
            )
    return found


def parse(text: str, origin: str) -> list[Manifest]:
    """The objects of YAML or JSON text, which may hold several documents, and lists. Raises Failure."""
    if _YAML_ERROR is not None:
        raise library_missing("PyYAML", _YAML_ERROR, f"{origin} cannot be read")
    try:
        documents = _documents(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise _invalid(origin, f"It is not YAML{where}: {getattr(error, 'problem', None) or error}") from error
    return [manifest for document in documents for manifest in from_document(document, origin)]


def _documents(text: str) -> list[t.Any]:
    # JSON first: it escapes a character beyond U+FFFF as two halves, which YAML's parser refuses.
    with contextlib.suppress(ValueError):
        return [json.loads(text)]
    return list(yaml.load_all(text, Loader=_LOADER))  # noqa: S506 - a safe loader, the one in C where there is one


def from_document(document: t.Any, origin: str) -> list[Manifest]:
    """The objects of one document: one, those of a ``List``, or none if it is empty. Raises Failure."""
    if document is None:
        return []
    if isinstance(document, list):
        return [manifest for entry in document for manifest in from_document(entry, origin)]
    if not isinstance(document, dict):
        raise _invalid(origin, "It holds a document that is not an object")
    if str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list):
        return [manifest for entry in document["items"] for manifest in from_document(entry, origin)]
    metadata = document.get("metadata")
    lacking = [key for key in ("apiVersion", "kind") if not isinstance(document.get(key), str)]
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        lacking.append("metadata.name")
    if lacking:
        what = document.get("kind") or "a document"
        raise _invalid(origin, f"{what} in it has no {' and no '.join(lacking)}")
    return [Manifest(document, origin)]


def in_order(manifests: t.Iterable[Manifest]) -> list[Manifest]:
    """What others need first: definitions of kinds, namespaces, configuration, then workloads, webhooks last."""

    def rank(manifest: Manifest) -> int:
        kind = manifest.object["kind"]
        if kind in _LAST:
            return len(_ORDER) + 1
        # Custom resources come after everything that may serve or configure them.
        return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)

    return sorted(manifests, key=rank)


def _directory(path: Path, namespace: str) -> list[Manifest]:
    text = rendering.rendered(path, namespace)
    if text is not None:
        return parse(text, str(path))
    files = sorted(entry for entry in path.iterdir() if entry.suffix in _SUFFIXES and entry.is_file())
    if not files:
        raise failure(
            f"The manifests {path} cannot be applied",
            "manifest-missing",
            f"The directory {path} holds no file that ends in {', '.join(_SUFFIXES)}",
            "Correct service_manifests; directories below it are not read, name each of them",
        )
    return [manifest for file in files for manifest in parse(_text(file), str(file))]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(str(path), f"It cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _invalid(origin: str, evidence: str) -> Failure:
    return failure(f"The manifest {origin} cannot be applied", "manifest-invalid", evidence, "Correct it")
