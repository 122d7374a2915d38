# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker's multiplexed stream: frames of stdout and stderr on one connection.

A frame is a header of 8 bytes (stream 0, 1 or 2; three zeros; the length, big endian) and its content
(docs.docker.com/reference/api/engine, "Attach to a container"). podman speaks the same.

docker.utils.socket was tried. It takes a connection that ends within a frame for the end of the stream, so that half an
archive would pass for the whole, and reads from the socket alone, past what has come in one packet with the header.
"""

from __future__ import annotations

import typing as t

from .api import EngineError

_HEADER = 8
_STDERR = 2
_CHUNK = 1 << 18
#: How much of stderr is kept as evidence, in bytes.
_STDERR_KEPT = 1 << 16


class Demultiplexed:
    """Frames from ``read`` (up to N bytes, none at the end): stdout is handed out, the last of stderr is kept."""

    def __init__(self, read: t.Callable[[int], bytes]) -> None:
        self._read = read
        self.stderr = bytearray()

    def stdout(self) -> t.Iterator[bytes]:
        """The content of stdout as it comes. Raises EngineError if the connection ends within a frame."""
        while header := self._exactly(_HEADER):
            left = int.from_bytes(header[4:], "big")
            while left:
                chunk = self._read(min(left, _CHUNK))
                if not chunk:
                    raise EngineError("the connection to the container ended within what the command printed")
                left -= len(chunk)
                if header[0] == _STDERR:
                    self.stderr += chunk
                    del self.stderr[:-_STDERR_KEPT]
                else:
                    yield chunk

    def _exactly(self, size: int) -> bytes:
        """``size`` bytes; none if the stream ends here."""
        data = b""
        while len(data) < size:
            chunk = self._read(size - len(data))
            if not chunk:
                if data:
                    raise EngineError("the connection to the container ended within a frame")
                return b""
            data += chunk
        return data
