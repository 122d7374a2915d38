#!/usr/bin/env python
# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that serves an address as ``podman system service`` does: it ends after SECONDS without an open request.

The test copies it to a directory of PATH, under the name podman. Each start leaves a line in the file STARTS.
"""

from __future__ import annotations

import json
import os
import socketserver
import sys
import threading
import time
import typing as t
from http.server import BaseHTTPRequestHandler
from pathlib import Path

_open_requests = 0
_idle_since = time.monotonic()
_lock = threading.Lock()


class Api(BaseHTTPRequestHandler):
    """Answers what a client asks for as it connects; an answer to /events never ends."""

    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        """A Unix socket has none."""
        return "client"

    def do_GET(self) -> None:
        """Answer."""
        global _open_requests, _idle_since
        with _lock:
            _open_requests += 1
        try:
            if self.path.startswith("/events"):
                self.rfile.read(1)
                return
            document: t.Any = {
                "ApiVersion": "1.41",
                "Version": "4.3.1",
                "Arch": "amd64",
                "Components": [{"Name": "Podman"}],
            }
            if "/containers/" in self.path:
                document = []
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        finally:
            with _lock:
                _open_requests -= 1
                _idle_since = time.monotonic()


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """One thread for each connection."""

    daemon_threads = True


def main() -> None:
    """Serve until nobody has asked for anything for some time."""
    if os.environ.get("PODMAN_FAILS"):
        sys.exit("Error: cannot set up namespace using newuidmap")
    _system, _service, _time, seconds, address = sys.argv[1:]
    with open(os.environ["STARTS"], "a", encoding="ascii") as starts:
        starts.write(f"{os.getpid()}\n")
    path = Path(address.removeprefix("unix://"))
    server = Server(str(path), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while True:
        time.sleep(0.02)
        with _lock:
            if not _open_requests and time.monotonic() - _idle_since > float(seconds):
                path.unlink()
                return


if __name__ == "__main__":
    main()
