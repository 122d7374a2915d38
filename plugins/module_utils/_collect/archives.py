# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage files out of a tar stream that is not to be trusted, with their digests."""

from __future__ import annotations

import hashlib
import os
import posixpath
import tarfile
import typing as t
from pathlib import Path

from .._covdata.runtime import COVERAGE_FILE

#: The member of an archive that tells the digests of the others, as sha256sum prints them.
SUMS = "gocover-sums"
_COPY = 1 << 18
_BLOCK = 512


def unpack(stream: t.Any, dest: Path, sums: list[dict[str, bytes]] | None = None) -> dict[str, bytes]:
    """Write the coverage files of GNU tar's stream (anything with ``read``) into ``dest``; their digests by name.

    Digests are SHA-256. Only regular files that have the name of a coverage file and lie at the top of the archive are
    taken, under that name, owned by whoever runs this; everything else is passed over. To ``sums`` are added the
    digests that the archive itself tells. Memory does not grow with the number of files. Raises tarfile.TarError for a
    stream that is cut short or damaged.

    Headers are read here, and not by tarfile, which takes four times as long for many small files.
    """
    digests: dict[str, bytes] = {}
    nameless = False
    while (member := _header(_exactly(stream, _BLOCK))) is not None:
        name, size, kind = member
        # A name that does not fit into its header comes as a member of its own before it; none of ours is so long.
        skipped, nameless = nameless, kind in (b"L", b"x")
        directory, base = posixpath.split(posixpath.normpath(name))
        regular = kind in (b"0", b"\0") and not directory and not skipped
        if regular and sums is not None and base == SUMS:
            sums.append(parse_sums(_blocks(stream, size)))
        elif regular and COVERAGE_FILE.fullmatch(base):
            digests[base] = _write(_blocks(stream, size), f"{dest}/{base}")
        else:
            for _block in _blocks(stream, size):
                pass
        _exactly(stream, -size % _BLOCK)
    return digests


def _header(block: bytes) -> tuple[str, int, bytes] | None:
    """Name, size and type of a member (tar(5), "Old-Style Archive Format"); None for the block that ends an archive."""
    if block.count(0) == _BLOCK:
        return None
    try:
        size, checksum = int(block[124:136].rstrip(b"\0 "), 8), int(block[148:156].rstrip(b"\0 "), 8)
    except ValueError as error:
        raise tarfile.ReadError("a header in the archive is damaged") from error
    # The checksum counts as eight blanks itself.
    if checksum != sum(block) - sum(block[148:156]) + 8 * ord(" "):
        raise tarfile.ReadError("a header in the archive is damaged")
    return block[:100].split(b"\0", 1)[0].decode(errors="replace"), size, block[156:157]


def _exactly(stream: t.Any, size: int) -> bytes:
    data: bytes = stream.read(size)
    if len(data) != size:
        raise tarfile.ReadError("the archive is cut short")
    return data


def _blocks(stream: t.Any, size: int) -> t.Iterator[bytes]:
    """The next ``size`` bytes in pieces."""
    while size:
        piece = _exactly(stream, min(size, _COPY))
        size -= len(piece)
        yield piece


def _write(pieces: t.Iterable[bytes], path: str) -> bytes:
    """Write a file; its digest. One that is cut short is known by it in the next attempt."""
    hasher = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        for piece in pieces:
            hasher.update(piece)
            left = memoryview(piece)
            while left:
                left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)
    return hasher.digest()


def unpack_directory(stream: t.Any, dest: Path, root: str) -> int:
    """Write the coverage files of an engine's archive of the directory ``root`` into ``dest``; how many they are.

    As ``unpack`` does; an engine's archive has extended headers, though. Raises tarfile.TarError.
    """
    count = 0
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            archive.members = []  # type: ignore[attr-defined]  # tarfile keeps every member otherwise
            directory, name = posixpath.split(posixpath.normpath(member.name))
            content = archive.extractfile(member) if member.isreg() else None
            if content is not None and directory == root and COVERAGE_FILE.fullmatch(name):
                _write(_blocks(content, member.size), f"{dest}/{name}")
                count += 1
    return count


def parse_sums(chunks: t.Iterable[bytes]) -> dict[str, bytes]:
    """What ``sha256sum -b`` prints: DIGEST *./NAME. A name that it has to escape is none that Go gives."""
    found: dict[str, bytes] = {}
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            digest, _star, name = line.decode(errors="replace").partition(" *./")
            if COVERAGE_FILE.fullmatch(name) and not digest.startswith("\\"):
                found[name] = bytes.fromhex(digest)
    return found
