# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images without an engine: what ``docker save`` would have written."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import typing as t


def image_archive(
    reference: str, files: t.Mapping[str, bytes], entrypoint: t.Sequence[str], env: t.Sequence[str] = ()
) -> bytes:
    """An image archive in Docker's format (manifest.json, a config and a layer), FROM scratch, for the user 65532.

    ``files`` maps paths without a leading slash to contents; ``env`` has variables as ``NAME=value``.
    """
    layer = _tar({name: (content, 0o755) for name, content in files.items()})
    config = json.dumps(
        {
            "architecture": "amd64" if os.uname().machine == "x86_64" else "arm64",
            "os": "linux",
            "config": {"User": "65532:65532", "Entrypoint": list(entrypoint), "Env": list(env)},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        }
    ).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": name, "RepoTags": [reference], "Layers": ["layer.tar"]}]).encode()
    return _tar({name: (config, 0o644), "layer.tar": (layer, 0o644), "manifest.json": (manifest, 0o644)})


def _tar(files: t.Mapping[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
