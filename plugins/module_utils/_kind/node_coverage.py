# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node coverage of a cluster, from the options to the outcome: set up for a user, or removed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._collect import leftovers
from .._collect.directories import NodeDirectories
from .._collect.nodes import check_path
from .._engine.api import Engine
from .._files import locked
from .._outcome import Interrupted, Outcome
from .._process.holder import Holder
from .._run.progress import Progress
from . import cluster, injection
from .nodes import Node, containers_of, running_nodes_of


@dataclass(frozen=True)
class NodeOptions:
    """The options of node_coverage; see its documentation. Raises Failure for a path or user that cannot be."""

    cluster: str
    state: str
    user: str | None
    node_path: str
    mount_path: str
    timeout: float
    uncollected: str | None
    #: The playbook of the run.
    holder: Holder | None = None

    def __post_init__(self) -> None:
        check_path(self.node_path)
        if self.user:
            injection.check_user(self.user)

    @property
    def injection(self) -> injection.Injection:
        """What the nodes are to do."""
        return injection.Injection(
            check_path(self.node_path),
            self.mount_path,
            self.user or "",
            self.timeout,
            holder=self.holder,
            keep_counters=bool(self.uncollected),
        )


def manage_nodes(wanted: NodeOptions, engine: Engine, progress: Progress, check_mode: bool = False) -> Outcome:
    """Bring the nodes into the wanted state. Raises Failure."""
    present = wanted.state == "present"
    if not present and not containers_of(engine, wanted.cluster):
        return _outcome([], wanted, sections=False)
    nodes = running_nodes_of(engine, wanted.cluster)
    lock = cluster.state_directory() / f"{wanted.cluster}.lock"
    with locked(lock, lambda: progress.note(f"waiting: another run works on the cluster {wanted.cluster}")):
        if check_mode:
            look = injection.would_cover if present else injection.would_uncover
            return _outcome(look(engine, nodes, wanted.injection), wanted, sections=False)
        states = _cover(engine, nodes, wanted) if present else injection.ensure_absent(engine, nodes, wanted.injection)
    if wanted.uncollected and not present and any(entry.changed and not entry.users for entry in states):
        _bring_home(wanted, engine, progress)
    restarted = sum(entry.restarted for entry in states)
    if restarted:
        effect = f"every new container writes to {wanted.injection.node_path}" if present else "it is removed"
        progress.note(f"containerd restarted on {restarted} nodes: {effect}")
    return _outcome(states, wanted, sections=True)


def _cover(engine: Engine, nodes: list[Node], wanted: NodeOptions) -> list[injection.NodeState]:
    try:
        return injection.ensure_present(engine, nodes, wanted.injection)
    except Interrupted:
        injection.ensure_absent(engine, nodes, wanted.injection)
        raise


def _bring_home(wanted: NodeOptions, engine: Engine, progress: Progress) -> None:
    """Bring the counters that nobody has collected to this machine, now that no container writes any more."""
    cleared = leftovers.Cleared()
    directory = NodeDirectories(engine, wanted.cluster, wanted.injection.node_path)
    leftovers.clear(directory, Path(str(wanted.uncollected)) / "node", cleared)
    for note in cleared.notes:
        progress.note(note)
    for warning in cleared.warnings:
        progress.warn(warning)


def _outcome(states: t.Sequence[injection.NodeState], wanted: NodeOptions, sections: bool) -> Outcome:
    result = {
        "nodes": [entry.as_dict() for entry in states],
        "node_path": wanted.injection.node_path,
        "mount_path": wanted.mount_path,
    }
    recorded = {"node_coverage": result if wanted.state == "present" else {}}
    changed = any(entry.changed for entry in states)
    return Outcome(changed=changed, result=result, sections=recorded if sections else {})
