# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image made of an executable and nothing else, without any builder.

Such an image is one layer and one configuration: it is written here as a Docker image archive (image specification
v1.2, "combined image JSON + filesystem changeset format") that docker and podman load. All times are 0, so that the
same executable gives the same image, whenever and wherever it is made.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

#: The user of distroless images, "nonroot".
USER = 65532
_COPY = 1 << 20
#: Where the certificates of a Linux distribution lie, and where Go looks first (crypto/x509, root_linux.go).
_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_CERTIFICATES_IN_IMAGE = "etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Contents:
    """What goes into the image: the static executable ``binary`` becomes ``/NAME`` and the entrypoint."""

    name: str
    binary: Path
    architecture: str
    labels: t.Mapping[str, str] = field(default_factory=dict)
    certificates: Path | None = None

    def config(self, layer_digest: str) -> dict[str, t.Any]:
        """The configuration of the image; its digest is the image's id."""
        return {
            "architecture": self.architecture,
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": {
                "Entrypoint": [f"/{self.name}"],
                "User": f"{USER}:{USER}",
                "WorkingDir": "/",
                "Env": ["PATH=/"],
                "Labels": dict(self.labels),
            },
            "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
            "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "gocover.e2e coverage_image"}],
        }


def host_certificates() -> Path | None:
    """The certificate authorities of this machine, for services that call others over https; None if there are none."""
    return next((Path(path) for path in _CERTIFICATES if Path(path).is_file()), None)


def write(contents: Contents, reference: str) -> t.IO[bytes]:
    """The image archive as an open temporary file, at its beginning; whoever calls closes it. Raises OSError."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed over open
    try:
        with tempfile.TemporaryFile() as layer:
            _write_layer(contents, layer)
            layer_digest = _digest(layer)
            config = json.dumps(contents.config(layer_digest), sort_keys=True).encode()
            config_name = f"{hashlib.sha256(config).hexdigest()}.json"
            layer_name = f"{layer_digest.removeprefix('sha256:')}/layer.tar"
            manifest = [{"Config": config_name, "RepoTags": [reference], "Layers": [layer_name]}]
            with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
                _add(archive, config_name, io.BytesIO(config), len(config))
                size = layer.seek(0, io.SEEK_END)
                layer.seek(0)
                _add(archive, layer_name, layer, size)
                text = json.dumps(manifest).encode()
                _add(archive, "manifest.json", io.BytesIO(text), len(text))
        file.seek(0)
        return file
    except BaseException:
        file.close()
        raise


def _write_layer(contents: Contents, layer: t.IO[bytes]) -> None:
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        if contents.certificates is not None:
            for directory in ("etc", "etc/ssl", "etc/ssl/certs"):
                _add_directory(archive, directory, 0o755)
            with open(contents.certificates, "rb") as file:
                size = contents.certificates.stat().st_size
                _add(archive, _CERTIFICATES_IN_IMAGE, file, size, 0o644)
        # Go's os.TempDir; a service with a read-only root file system mounts its own there.
        _add_directory(archive, "tmp", 0o1777)
        with open(contents.binary, "rb") as file:
            _add(archive, contents.name, file, contents.binary.stat().st_size, 0o755)


def _add_directory(archive: tarfile.TarFile, name: str, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE
    member.mode = mode
    archive.addfile(member)


def _add(archive: tarfile.TarFile, name: str, content: t.IO[bytes], size: int, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = mode
    archive.addfile(member, content)


def _digest(file: t.IO[bytes]) -> str:
    file.seek(0)
    hasher = hashlib.sha256()
    while chunk := file.read(_COPY):
        hasher.update(chunk)
    return f"sha256:{hasher.hexdigest()}"
