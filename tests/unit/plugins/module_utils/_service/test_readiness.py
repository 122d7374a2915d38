# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readiness probes against a real server on a real socket."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._process import ports
from ansible_collections.gocover.e2e.plugins.module_utils._service.readiness import Probe, probe_http


@contextlib.contextmanager
def answering(answer: bytes | None, linger: bool = False) -> t.Iterator[str]:
    """Serves one connection: reads the request, sends ``answer`` as it is, and closes, or lingers until the end."""
    over = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(4096)
                if answer is not None:
                    connection.sendall(answer)
                if linger or answer is None:
                    over.wait()

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/readyz"
        finally:
            over.set()
            server.join()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Probe(True, "HTTP 200")),
        (b"HTTP/1.0 204 No Content\r\n\r\n", Probe(True, "HTTP 204")),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Probe(True, "HTTP 301")),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", Probe(True, "HTTP 404")),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", Probe(False, "HTTP 400")),
        (
            b"HTTP/1.1 503 Unavailable\r\nContent-Length: 26\r\n\r\nno database\nat db:5432    ",
            Probe(False, "HTTP 503: no database at db:5432"),
        ),
        (b"HTTP/1.1 500 Error\r\nContent-Length: 3\r\n\r\n\xff\xfe!", Probe(False, "HTTP 500: \ufffd\ufffd!")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Probe(False, "an answer that is not HTTP (BadStatusLine)")),
    ],
)
def test_answers(answer: bytes, expected: Probe) -> None:
    with answering(answer) as url:
        assert probe_http(url, timeout=30) == expected


@pytest.mark.parametrize(
    ("answer", "linger", "seen"),
    [
        (None, True, "no answer in time"),
        (b"HTTP/1.1 200", True, "no answer in time"),
        (b"HTTP/1.1 503 Unavailable\r\nContent-Length: 100\r\n\r\npart", True, "HTTP 503"),
        (b"HTTP/1.1 503 Unavailable\r\nContent-Length: 100\r\n\r\npart", False, "HTTP 503: part"),
    ],
)
def test_answers_that_do_not_come_or_not_whole(answer: bytes | None, linger: bool, seen: str) -> None:
    with answering(answer, linger) as url:
        assert probe_http(url, timeout=0.3) == Probe(False, seen)


def test_a_long_body_is_cut() -> None:
    with answering(b"HTTP/1.1 500 Error\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000) as url:
        assert probe_http(url, timeout=30) == Probe(False, "HTTP 500: " + "x" * 200)


def test_an_empty_answer_is_not_ready() -> None:
    with answering(b"") as url:
        probe = probe_http(url, timeout=30)
    assert not probe.ready
    assert probe.seen


def test_nobody_listens() -> None:
    assert probe_http(f"http://127.0.0.1:{ports.free_port()}/", timeout=30) == Probe(False, "connection refused")


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as url:
        assert probe_http(url, timeout=30).ready
