# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tar archive that comes in chunks, as something that tarfile can read in stream mode."""

from __future__ import annotations

import io
import tarfile
import typing as t


class TarStream:
    """Chunks of bytes, with ``read``; holds no more than a chunk and what was asked for."""

    def __init__(self, chunks: t.Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = bytearray()

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; fewer only at the end."""
        while len(self._buffer) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._buffer += chunk
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def drain(self) -> None:
        """Pass over what follows the end of the archive (tar pads to whole records)."""
        self._buffer.clear()
        for _chunk in self._chunks:
            pass


def directory_archive(name: str, mode: int) -> bytes:
    """A tar archive of one empty directory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.mode = tarfile.DIRTYPE, mode
        archive.addfile(member)
    return buffer.getvalue()
