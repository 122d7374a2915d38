# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a service is reached by a node port, and when by a forwarded one."""

from __future__ import annotations

import socket
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube import forward
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import DEPLOYMENT, NODE, POD, SERVICE, Kind, Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.workload import Workload

LABELS = {"app": "web"}


class NodePorts:
    """A cluster with one Service of type NodePort, one node and one ready pod."""

    server = "https://127.0.0.1:1"

    def __init__(self, node_port: int, provider_id: str | None) -> None:
        status = {"addresses": [{"type": "Hostname", "address": "n"}, {"type": "InternalIP", "address": "127.0.0.1"}]}
        ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        ports = [{"port": 80, "targetPort": 8080, "nodePort": node_port}]
        self.objects: dict[Kind, list[Object]] = {
            NODE: [{"metadata": {"name": "n"}, "spec": {"providerID": provider_id}, "status": status}],
            SERVICE: [{"metadata": {"name": "web"}, "spec": {"selector": LABELS, "ports": ports}}],
            POD: [{"metadata": {"name": "web-1", "uid": "1"}, "spec": {"containers": []}, "status": ready}],
        }
        self.configuration = t.cast(t.Any, NoTls())

    def list_all(self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "") -> list[Object]:
        return self.objects[kind]


class NoTls:
    """What of the client's configuration matters to a connection."""

    ssl_ca_cert = cert_file = key_file = tls_server_name = None
    verify_ssl = False
    assert_hostname = None


@pytest.fixture
def node_port() -> t.Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("provider_id", "allowed", "direct"),
    [
        ("kind://docker/gocover/gocover-control-plane", True, True),
        ("kind://podman/gocover/gocover-control-plane", True, True),
        ("kind://docker/gocover/gocover-control-plane", False, False),
        ("aws:///eu-central-1a/i-0123456789", True, False),
        ("aws:///eu-central-1a/i-0123456789", False, False),
        ("", True, False),
        (None, True, False),
    ],
)
def test_only_a_node_of_kind_is_reached_by_its_own_address(
    node_port: int, provider_id: str | None, allowed: bool, direct: bool
) -> None:
    spec = {"template": {"metadata": {"labels": LABELS}, "spec": {"containers": []}}}
    target = Workload(DEPLOYMENT, "default", {"metadata": {"name": "web"}, "spec": spec})
    cluster = t.cast(t.Any, NodePorts(node_port, provider_id))
    with forward.way_to(cluster, target, node_ports=allowed) as url:
        assert (url == f"http://127.0.0.1:{node_port}") == direct
