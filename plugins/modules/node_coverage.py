#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configure the nodes of a kind cluster so that every instrumented container writes coverage data."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_coverage
short_description: Configure coverage on the nodes of a kind cluster
version_added: 0.1.0
description:
  - Every new container of the nodes gets E(GOCOVERDIR) and a mount of a directory of its node. No object in the cluster is patched.
  - This covers Jobs, operators, Helm releases and test suites alike.
  - It works on a running cluster, whoever created it. The module edits the base runtime spec of containerd and restarts containerd.
  - Running containers stay as they are. A E(GOCOVERDIR) in a pod takes precedence.
  - Each node keeps the original files and a list of users. O(state=absent) for the last user restores the files byte for byte.
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
    description: V(present) configures the nodes for O(user), V(absent) removes the user.
    type: str
    choices: [present, absent]
    default: present
  user:
    description:
      - Who uses node coverage, such as the name of a service. The nodes stay configured while a user is left.
      - Required for O(state=present). Without it, O(state=absent) removes all users.
    type: str
  node_path:
    description: The directory on each node. It is created with mode 1777.
    type: path
    default: /var/lib/gocover/node
  mount_path:
    description: The mount path of O(node_path) in the containers, and the value of their E(GOCOVERDIR).
    type: path
    default: /gocover
  uncollected:
    description:
      - Directory of this machine for counters that nobody has collected. They are brought there when the last user is removed.
      - Without it, they are discarded with O(node_path).
    type: path
  timeout:
    description: Longest wait for containerd after its restart, in seconds.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: Configure coverage on the nodes
  gocover.e2e.node_coverage:
    cluster: e2e
    user: notification

- name: Restore the nodes for all users
  gocover.e2e.node_coverage:
    cluster: e2e
    state: absent
"""

RETURN = r"""
nodes:
  description: The nodes, each with C(name), C(covered), C(restarted) (whether containerd was restarted) and C(users).
  returned: success
  type: list
  elements: dict
  sample: [{name: e2e-worker, covered: true, restarted: true, users: [notification]}]
node_path:
  description: The directory on each node.
  returned: success
  type: str
mount_path:
  description: The mount path in the containers.
  returned: success
  type: str
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import os

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kind.node_coverage import NodeOptions, manage_nodes
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import this_holder
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Set up node coverage, or remove it."""
    holder = this_holder(this.playbook_pid, os.getcwd())
    wanted = options(NodeOptions, {**this.params, "holder": holder})
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
        "uncollected": {"type": "path"},
    },
    run,
    step_name=lambda params: "inject" if params["state"] == "present" else "restore containerd",
    required_if=[("state", "present", ("user",))],
)

main = MODULE.main

if __name__ == "__main__":
    main()
