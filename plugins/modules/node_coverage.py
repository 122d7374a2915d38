#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let every instrumented container of a kind cluster write coverage data, and take that back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_coverage
short_description: Let every instrumented container of a kind cluster write coverage data, and take that back
version_added: 0.1.0
description:
  - Nothing in the cluster is patched. The containerd of each node gives every container that it starts from then on E(GOCOVERDIR) and a mount of a
    directory of the node, whatever made it, be it an operator, a Job, Helm or a test suite.
  - It works on a running cluster, whoever created it. The base runtime spec that containerd's configuration names is changed in place, and containerd
    restarted. Containers that run are not touched, and no container that is already covered by its pod is disturbed.
  - What was there lies beside it on the node, and so does a list of those who use it. With O(state=absent) the last one to go gets everything put back,
    byte for byte.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  cluster:
    description: Name of the kind cluster.
    type: str
    required: true
  state:
    description: Whether its containers are to write.
    type: str
    choices: [present, absent]
    default: present
  user:
    description:
      - For whom, such as the name of a service. As long as one user is left nothing is put back.
      - Needed for O(state=present). Without it, O(state=absent) puts everything back.
    type: str
  node_path:
    description: The directory on each node; it is made, with mode 1777.
    type: path
    default: /var/lib/gocover/node
  mount_path:
    description: Where containers see it, which is also their E(GOCOVERDIR).
    type: path
    default: /gocover
  timeout:
    description: How long the containerd of a node may take to work again, in seconds.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: Let all containers of the cluster write
  gocover.e2e.node_coverage:
    cluster: e2e
    user: notification

- name: Take it back, whoever uses it
  gocover.e2e.node_coverage:
    cluster: e2e
    state: absent
"""

RETURN = r"""
nodes:
  description: The nodes, each with C(name), C(covered), C(restarted) (its containerd) and C(users).
  returned: success
  type: list
  elements: dict
  sample: [{name: e2e-worker, covered: true, restarted: true, users: [notification]}]
node_path:
  description: The directory on each node.
  returned: success
  type: str
mount_path:
  description: Where containers see it.
  returned: success
  type: str
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._collect.nodes import check_path
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster, injection
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import Node, containers_of, running_nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils._lock import locked
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Interrupted, Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def manage_injection(this: step.Step) -> Outcome:
    """Bring the nodes into the wanted state."""
    params = this.params
    present = params["state"] == "present"
    wanted = injection.Injection(
        node_path=check_path(params["node_path"]),
        mount_path=params["mount_path"],
        user=injection.check_user(params["user"]) if params["user"] else "",
        timeout=params["timeout"],
    )
    engine = connect(params["provider"])
    if not present and not containers_of(engine, params["cluster"]):
        return Outcome(changed=False, result=_result([], wanted))
    nodes = running_nodes_of(engine, params["cluster"])
    state = cluster.state_directory()
    state.mkdir(parents=True, exist_ok=True)
    with locked(
        state / f"{params['cluster']}.lock",
        lambda: this.progress.note(f"waiting: another run works on the cluster {params['cluster']}"),
    ):
        if this.check_mode:
            return _would(injection.look(engine, nodes, wanted), wanted, present)
        states = _cover(engine, nodes, wanted) if present else injection.ensure_absent(engine, nodes, wanted)
    restarted = sum(entry.restarted for entry in states)
    if restarted:
        done = f"every container that starts now writes to {wanted.node_path}" if present else "everything is as it was"
        this.progress.note(f"containerd restarted on {restarted} nodes: {done}")
    result = _result(states, wanted)
    return Outcome(
        changed=any(entry.changed for entry in states),
        result=result,
        sections={"node_coverage": result if present else {}},
    )


def _cover(engine: Engine, nodes: list[Node], wanted: injection.Injection) -> list[injection.NodeState]:
    try:
        return injection.ensure_present(engine, nodes, wanted)
    except Interrupted:
        injection.ensure_absent(engine, nodes, wanted)
        raise


def _would(states: list[injection.NodeState], wanted: injection.Injection, present: bool) -> Outcome:
    if present:
        changed = any(not entry.covered or wanted.user not in entry.users for entry in states)
    else:
        changed = any(entry.covered or wanted.user in entry.users for entry in states)
    return Outcome(changed=changed, result=_result(states, wanted))


def _result(states: list[injection.NodeState], wanted: injection.Injection) -> dict[str, object]:
    return {
        "nodes": [entry.as_dict() for entry in states],
        "node_path": wanted.node_path,
        "mount_path": wanted.mount_path,
    }


MODULE = step.Module(
    "inject",
    {
        "cluster": {"type": "str", "required": True},
        **ENGINE_OPTIONS,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "user": {"type": "str"},
        "node_path": {"type": "path", "default": "/var/lib/gocover/node"},
        "mount_path": {"type": "path", "default": "/gocover"},
        "timeout": {"type": "float", "default": 60},
    },
    manage_injection,
    step_name=lambda params: "inject" if params["state"] == "present" else "restore containerd",
    required_if=[("state", "present", ("user",))],
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
