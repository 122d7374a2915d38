# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a kind cluster, as the engine sees them: containers with kind's labels."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._diagnosis import failure
from .._engine.api import Container, Engine

CLUSTER_LABEL = "io.x-k8s.kind.cluster"
ROLE_LABEL = "io.x-k8s.kind.role"
#: The role of a container that is part of a cluster, but no Kubernetes node.
_LOAD_BALANCER = "external-load-balancer"
_MOST_AT_ONCE = 8

Entry = t.TypeVar("Entry")
Answer = t.TypeVar("Answer")


class NodeRecord(t.TypedDict):
    """A node in the results of modules and in run.json; ``state`` is that of its container."""

    name: str
    role: str
    image: str
    state: str


@dataclass(frozen=True)
class Node:
    """A node: ``name`` is that of its container and of the Kubernetes node alike."""

    name: str
    role: str
    image: str
    state: str

    @property
    def running(self) -> bool:
        """Whether commands can be run in it."""
        return self.state == "running"

    def as_dict(self) -> NodeRecord:
        """The form in which modules return it, and in which run.json keeps it."""
        return {"name": self.name, "role": self.role, "image": self.image, "state": self.state}


def on_each(nodes: t.Iterable[Entry], work: t.Callable[[Entry], Answer]) -> list[Answer]:
    """What ``work`` gives for each node, in their order; some at a time. Raises what ``work`` raises."""
    with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
        return list(pool.map(work, nodes))


def containers_of(engine: Engine, cluster: str) -> list[Node]:
    """Everything that belongs to the cluster, a load balancer too; empty if there is no such cluster."""
    return [_node(container) for container in engine.containers({CLUSTER_LABEL: cluster})]


def nodes_of(engine: Engine, cluster: str) -> list[Node]:
    """The Kubernetes nodes of the cluster, by name. Raises Failure if there is no such cluster."""
    nodes = [node for node in containers_of(engine, cluster) if node.role != _LOAD_BALANCER]
    if not nodes:
        there = clusters(engine)
        raise failure(
            f"There is no kind cluster {cluster}",
            "cluster-missing",
            f"{engine.provider} at {engine.address} has "
            + (f"the clusters {', '.join(there)}" if there else "no container that is a kind node"),
            "Create it with gocover.e2e.kind_cluster, or correct the name (service_cluster)",
        )
    return nodes


def running_nodes_of(engine: Engine, cluster: str) -> list[Node]:
    """The nodes of a cluster that must all run. Raises Failure for a missing cluster and for a node that is stopped."""
    nodes = nodes_of(engine, cluster)
    stopped = [node for node in nodes if not node.running]
    if stopped:
        raise failure(
            f"A node of the cluster {cluster} does not run",
            "node-stopped",
            f"The container {stopped[0].name} is {stopped[0].state}",
            f"Start it with: {engine.provider} start {stopped[0].name} (gocover.e2e.kind_cluster does that too)",
        )
    return nodes


def gateway_of(engine: Engine, node: Node) -> str | None:
    """The address by which the node, and pods on it, reach the machine of the engine; None if the node cannot tell."""
    shown = engine.execute(node.name, ["ip", "-4", "route", "show", "default"])
    words = shown.stdout.decode().split()
    return words[2] if shown.rc == 0 and words[:2] == ["default", "via"] else None


def clusters(engine: Engine) -> list[str]:
    """The names of all kind clusters of the engine."""
    return sorted({container.labels[CLUSTER_LABEL] for container in engine.containers({CLUSTER_LABEL: None})})


def _node(container: Container) -> Node:
    return Node(container.name, container.labels.get(ROLE_LABEL, ""), container.image, container.state)
