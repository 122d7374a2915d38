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

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kind.node_coverage import NodeOptions, manage_nodes
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Set up node coverage, or remove it."""
    wanted = options(NodeOptions, this.params)
    return manage_nodes(wanted, connect(this.params["provider"]), this.progress, this.check_mode)


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
    run,
    step_name=lambda params: "inject" if params["state"] == "present" else "restore containerd",
    required_if=[("state", "present", ("user",))],
)

main = MODULE.main

if __name__ == "__main__":
    main()
