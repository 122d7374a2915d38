# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in an image archive, without unpacking it: of ``docker save``, ``podman save``, or an OCI layout."""

from __future__ import annotations

import json
import tarfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import Failure, failure

_MANIFEST = "manifest.json"
_INDEX = "index.json"
#: What containerd and docker call the annotation with the full reference.
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_MOST_JSON = 8 << 20


@dataclass(frozen=True)
class Archived:
    """An image in an archive: its reference and its id, the digest of its configuration or of its manifest."""

    reference: str
    id: str


def read(path: Path) -> list[Archived]:
    """The images of the archive at ``path``. Raises Failure if it is none, or if its images have no references."""
    try:
        with tarfile.open(path, mode="r:*") as archive:
            documents = {name: _json(archive, name) for name in (_MANIFEST, _INDEX)}
    except FileNotFoundError as error:
        raise _no_archive(path, "There is no such file", "Correct the path") from error
    except (OSError, tarfile.TarError, EOFError) as error:
        raise _no_archive(
            path, f"It cannot be read as a tar file ({_first_line(error)})", "Write it again with docker save"
        ) from error
    found = _from_manifest(documents[_MANIFEST]) or _from_index(documents[_INDEX])
    if not found:
        raise _no_archive(
            path,
            f"It has no {_MANIFEST} or {_INDEX} that names an image with a tag",
            "Save it by its name and tag, not by its id: docker save -o FILE NAME:TAG",
        )
    return found


def _from_manifest(document: t.Any) -> list[Archived]:
    """Docker's: ``[{"Config": "HEX.json" or "blobs/sha256/HEX", "RepoTags": [...], "Layers": [...]}]``."""
    found: list[Archived] = []
    for entry in document if isinstance(document, list) else []:
        digest = str(entry.get("Config", "")).rpartition("/")[2].removesuffix(".json")
        found.extend(Archived(tag, f"sha256:{digest}") for tag in entry.get("RepoTags") or [])
    return found


def _from_index(document: t.Any) -> list[Archived]:
    """An OCI layout's: ``{"manifests": [{"digest": ..., "annotations": {...}}]}``."""
    found = []
    for entry in document.get("manifests", []) if isinstance(document, dict) else []:
        annotations = entry.get("annotations") or {}
        name = next((annotations[key] for key in _NAMES if "/" in annotations.get(key, "")), None)
        if name:
            found.append(Archived(name, entry.get("digest", "")))
    return found


def _first_line(error: Exception) -> str:
    """tarfile says one line for each compression that it has tried."""
    return str(error).partition("\n")[0].rstrip(":")


def _json(archive: tarfile.TarFile, name: str) -> t.Any:
    try:
        file = archive.extractfile(name)
        return json.loads(file.read(_MOST_JSON)) if file is not None else None
    except (KeyError, ValueError):
        return None


def _no_archive(path: Path, evidence: str, remedy: str) -> Failure:
    return failure(f"{path} is not an image archive", "archive-invalid", evidence, remedy)
