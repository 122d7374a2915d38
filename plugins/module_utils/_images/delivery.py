# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derived Dockerfiles on their way to a builder: as files, or in the archive of a build context."""

from __future__ import annotations

import io
import os.path
import tarfile
import typing as t
from pathlib import Path

from . import derived

_READABLE = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_TAR_MAGIC = slice(257, 262)
_ROOT = tarfile.TarInfo("./")
_ROOT.type, _ROOT.mode = tarfile.DIRTYPE, 0o755
#: What a Dockerfile may have, in bytes.
_LIMIT = 16 * 1024 * 1024


def read_text(path: str) -> str | None:
    """The text of a file, with undecodable bytes as surrogates; None if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError:
        return None


def place(files: t.Mapping[str, str]) -> None:
    """Write these files, given by their absolute paths, with the directories above them. Raises OSError."""
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8", errors="surrogateescape", newline="")


def is_archive(head: bytes) -> bool:
    """Whether the first 512 bytes of a build context on stdin are those of an archive, and not of a Dockerfile."""
    return is_readable(head) or head.startswith(_ZSTANDARD)


def is_readable(head: bytes) -> bool:
    """Whether ``rewrite_archive`` reads the archive that begins with these 512 bytes."""
    return head.startswith(_READABLE) or head[_TAR_MAGIC] == b"ustar"


def rewrite_archive(
    source: t.IO[bytes], sink: t.IO[bytes], name: str, goflags: str, target: str = ""
) -> derived.Derived | None:
    """Copy an archive of a build context with ``goflags`` in its Dockerfile ``name``; None if it has no such file.

    It is streamed: neither the archive nor a file of it need fit into memory. Plain, gzip, bzip2 or xz is read, plain
    is written. Raises tarfile.TarError and OSError.
    """
    derivation: derived.Derived | None = None
    # Names that are no UTF-8 stay as they are.
    options: dict[str, t.Any] = {"encoding": "utf-8", "errors": "surrogateescape"}
    with (
        tarfile.open(fileobj=source, mode="r|*", **options) as old,
        tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT, **options) as new,
    ):
        # Docker takes its stdin for an archive by the first 512 bytes alone, which must not be an extended header.
        new.addfile(_ROOT)
        for member in old:
            content: t.IO[bytes] | None = old.extractfile(member) if member.isreg() else None
            if content is not None and os.path.normpath(member.name) == name and member.size <= _LIMIT:
                text = content.read().decode("utf-8", "surrogateescape")
                derivation = derived.derive(text, goflags, target)
                data = derivation.text.encode("utf-8", "surrogateescape")
                member.size = len(data)
                content = io.BytesIO(data)
            new.addfile(member, content)
            # Both keep all members otherwise.
            old.members, new.members = [], []  # type: ignore[attr-defined]
    return derivation
