# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind clusters that a command creates: covered from the first pod on, and collected from before they are deleted.

kind works through the command line of its engine, as a program and as a library alike. So the shim of the engine sees
each node before ``kubeadm`` starts Kubernetes on it, and before its container is removed.
"""

from __future__ import annotations

import json
import shlex
import threading
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .._collect.nodes import NodeSource
from .._diagnosis import Diagnosis, Failure
from .._engine.api import Engine
from .._engine.connect import connect
from .._kind import injection
from .._kind.nodes import CLUSTER_LABEL, Node, nodes_of
from .._process.holder import Holder
from .._run.progress import Progress
from . import containers
from .containers import Running

NODE_PATH = "/var/lib/gocover/node"
MOUNT_PATH = "/gocover"
_CONTAINERD_TIMEOUT = 60.0
#: $1 namespace, $2 seconds, then pods.
_DELETE_PODS = """
namespace=$1 timeout=$2
shift 2
kubectl --kubeconfig /etc/kubernetes/admin.conf -n "$namespace" delete pod --ignore-not-found --timeout="$timeout" "$@"
"""
_OWNED = """
kubectl --kubeconfig /etc/kubernetes/admin.conf get pods -A -o json
"""

Connect = t.Callable[[str, "t.Mapping[str, str] | None"], Engine]


@dataclass
class Cluster:
    """A cluster with nodes that this session has set up; ``lock`` is held by whoever works on it."""

    name: str
    engine: Engine
    nodes: dict[str, Node] = field(default_factory=dict)
    #: Nodes that were collected from because they were to be removed.
    leaving: dict[str, Node] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)


class Clusters:
    """The clusters of a session. ``user`` is its name on the nodes, ``marks`` has an entry for each node."""

    def __init__(
        self,
        marks: Path,
        fetched: Path,
        user: str,
        holder: Holder | None,
        progress: Progress,
        connecting: Connect = connect,
    ) -> None:
        self._marks = marks
        self._fetched = fetched
        self._injection = injection.Injection(
            NODE_PATH, MOUNT_PATH, user, _CONTAINERD_TIMEOUT, holder=holder, keep_counters=True
        )
        self._progress = progress
        self._connecting = connecting
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Cluster] = {}
        self._fetches = 0
        #: Why nodes could not be covered or collected from.
        self.failures: list[Failure] = []
        #: How long deletions have waited, in seconds.
        self.seconds = 0.0

    def cover_node(self, provider: str, environment: t.Mapping[str, str] | None, container: str) -> None:
        """Let every container of a node write, before Kubernetes starts on it. Raises Failure."""
        engine = self._connecting(provider, environment)
        found = [entry for entry in engine.containers({CLUSTER_LABEL: None}) if container in (entry.name, entry.id)]
        if not found:
            return
        name = found[0].labels[CLUSTER_LABEL]
        node = next((node for node in nodes_of(engine, name) if node.name == found[0].name), None)
        if node is not None:
            self._cover(self._cluster(engine, name), [node])

    def cover_cluster(self, name: str, provider: str = "auto") -> None:
        """Let every new container of a cluster that is there already write. Raises Failure."""
        engine = self._connecting(provider, None)
        self._cover(self._cluster(engine, name), nodes_of(engine, name))

    def _cover(self, cluster: Cluster, nodes: t.Sequence[Node]) -> None:
        with cluster.lock:
            try:
                injection.ensure_present(cluster.engine, nodes, self._injection)
            except Failure as error:
                self.failures.append(error)
                raise
            for node in nodes:
                cluster.nodes[node.name] = node
                (self._marks / node.name).touch()

    def before_removal(self, provider: str, words: t.Collection[str]) -> None:
        """Collect from those nodes of ours that ``words`` of a removal name. Raises Failure."""
        for cluster in self._of_provider(provider):
            named = [node for node in list(cluster.nodes) if node in words]
            if named:
                self._collect_before_removal(cluster, named)

    def collect(self, names: t.Collection[str]) -> None:
        """Collect from the named clusters (none: all) as before their removal. Raises Failure."""
        for cluster in list(self._known.values()):
            if cluster.nodes and (not names or cluster.name in names):
                self._collect_before_removal(cluster, list(cluster.nodes))

    def _collect_before_removal(self, cluster: Cluster, named: t.Sequence[str]) -> None:
        begun = time.monotonic()
        with cluster.lock:
            named = [node for node in named if node in cluster.nodes]
            running = self._running(cluster, named)
            try:
                containers.kubelets(cluster.engine, running, "stop")
                ended = containers.end(cluster.engine, containers.running_on(cluster.engine, running))
                files = self._fetch(cluster, named)
            except Failure as error:
                self.failures.append(_not_collected(cluster, error))
                raise self.failures[-1] from error
            for node in named:
                cluster.leaving[node] = cluster.nodes.pop(node)
                (self._marks / node).unlink(missing_ok=True)
        seconds = time.monotonic() - begun
        self.seconds += seconds
        self._say(f"before the nodes {', '.join(named)} are removed", ended, files, seconds)

    def finish(self) -> None:
        """Collect from the clusters that are still there, whose pods come back, and restore their nodes."""
        for cluster in list(self._known.values()):
            with cluster.lock:
                try:
                    self._finish(cluster)
                except Failure as error:
                    self.failures.append(_not_collected(cluster, error))

    def _finish(self, cluster: Cluster) -> None:
        begun = time.monotonic()
        there = {container.name for container in cluster.engine.containers({CLUSTER_LABEL: cluster.name})}
        spared = self._running(cluster, [node for node in cluster.leaving if node in there])
        if spared:
            containers.kubelets(cluster.engine, spared, "start")
            injection.ensure_absent(cluster.engine, [cluster.leaving[node] for node in spared], self._injection)
        nodes = [node for node in cluster.nodes if node in there]
        if not nodes:
            return
        running = self._running(cluster, nodes)
        ended = self._end_pods(cluster, containers.running_on(cluster.engine, running))
        files = self._fetch(cluster, nodes)
        injection.ensure_absent(cluster.engine, [cluster.nodes[node] for node in running], self._injection)
        self._say(f"from the cluster {cluster.name}, which stays", ended, files, time.monotonic() - begun)

    def _end_pods(self, cluster: Cluster, found: t.Sequence[Running]) -> containers.Ended:
        """End pods through the API where an owner makes them again, and else only their containers."""
        if not found:
            return containers.Ended(0, [], 0.0)
        begun = time.monotonic()
        owned = self._owned(cluster)
        killed: list[Running] = []
        for wave in containers.waves(found):
            by_namespace: dict[str, list[Running]] = {}
            for container in wave:
                if (container.namespace, container.pod) in owned:
                    by_namespace.setdefault(container.namespace, []).append(container)
            for namespace, entries in by_namespace.items():
                limit = max(entry.grace for entry in entries) + 30
                pods = sorted({entry.pod for entry in entries})
                self._on_control_plane(cluster, _DELETE_PODS, namespace, f"{limit}s", *pods)
            alone = [entry for entry in wave if (entry.namespace, entry.pod) not in owned]
            killed += containers.end(cluster.engine, alone).killed
        return containers.Ended(len(found), killed, time.monotonic() - begun)

    def _owned(self, cluster: Cluster) -> set[tuple[str, str]]:
        """The pods that an owner makes again; none if the API does not answer."""
        printed = self._on_control_plane(cluster, _OWNED)
        try:
            items = json.loads(printed)["items"]
        except (ValueError, KeyError):
            return set()
        return {
            (item["metadata"]["namespace"], item["metadata"]["name"])
            for item in items
            if item["metadata"].get("ownerReferences")
        }

    def _on_control_plane(self, cluster: Cluster, script: str, *arguments: str) -> str:
        planes = [node.name for node in cluster.nodes.values() if node.role == "control-plane"]
        if not planes:
            return ""
        ended = cluster.engine.execute(planes[0], ["sh", "-c", script, "sh", *arguments])
        return ended.stdout.decode(errors="replace") if ended.rc == 0 else ""

    def _fetch(self, cluster: Cluster, nodes: t.Sequence[str]) -> int:
        files = 0
        for node in nodes:
            with self._lock:
                self._fetches += 1
                dest = self._fetched / f"{self._fetches:03d}-{node}"
            dest.mkdir()
            NodeSource(node, cluster.engine, NODE_PATH).fetch(dest)
            files += sum(1 for _file in dest.iterdir())
        return files

    def _running(self, cluster: Cluster, names: t.Sequence[str]) -> list[str]:
        states = cluster.engine.containers({CLUSTER_LABEL: cluster.name})
        return [entry.name for entry in states if entry.name in names and entry.running]

    def _cluster(self, engine: Engine, name: str) -> Cluster:
        with self._lock:
            return self._known.setdefault((engine.address, name), Cluster(name, engine))

    def _of_provider(self, provider: str) -> list[Cluster]:
        # nerdctl's containers are out of reach; docker and podman may stand for each other (podman-docker).
        return list(self._known.values()) if provider in ("docker", "podman") else []

    def _say(self, what: str, ended: containers.Ended, files: int, seconds: float) -> None:
        self._progress.note(
            f"collected {files} coverage files {what}: {ended.count} containers ended, {seconds:.1f} s in all"
        )
        for container in ended.killed:
            self._progress.warn(
                f"{container.title} had not ended {container.grace} s after {container.signal} and was killed, "
                "so its counters are lost: let it handle SIGTERM and return from main [sigterm-unhandled]"
            )


def container_of(arguments: t.Sequence[str]) -> str:
    """The container of ``exec ... CONTAINER kubeadm init|join``; empty if it is not such a call."""
    for index, word in enumerate(arguments[:-1]):
        if word == "kubeadm" and arguments[index + 1] in ("init", "join"):
            return arguments[index - 1] if index else ""
    return ""


def _not_collected(cluster: Cluster, error: Failure) -> Failure:
    summary = f"The coverage data of the cluster {shlex.quote(cluster.name)} was not collected: {error.summary}"
    return Failure(summary, error.diagnoses or [Diagnosis("no-counters", error.summary, "Run it again")])
