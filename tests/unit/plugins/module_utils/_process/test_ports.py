# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP ports, with real sockets."""

from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._process import ports

ADDRESSES = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, ""), (socket.AF_INET6, "::")]


@pytest.mark.parametrize(("family", "address"), ADDRESSES, ids=["loopback", "any", "any of both families"])
def test_a_port_is_taken_as_long_as_something_listens(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert ports.taken(port)
        assert (ports.holder(port) or "").startswith(f"pid {os.getpid()} (")
    assert not ports.taken(port)
    assert ports.holder(port) is None


def test_a_connection_that_has_ended_does_not_take_the_port() -> None:
    with socket.socket() as listener:
        # As Go's listeners do.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        served, _address = listener.accept()
        # Whoever closes first is left in TIME_WAIT: the side of the port.
        served.close()
        client.close()
    assert not ports.taken(port)


def test_a_free_port_can_be_listened_on() -> None:
    port = ports.free_port()
    assert 1024 <= port <= 65535
    with socket.socket() as listener:
        listener.bind(("", port))
        listener.listen()
        assert ports.taken(port)
