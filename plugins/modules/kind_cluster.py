#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind cluster as described, by docker or podman."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_cluster
short_description: Create, check or delete a kind cluster
version_added: 0.1.0
description:
  - Makes sure that a kind cluster is there and answers, or that it is not there.
  - A cluster that exists is checked. A node that is stopped is started, and the API server has to answer.
  - What goes wrong is looked for in the nodes before they are deleted, and named.
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
    details: A cluster that is there is never created anew; what differs from the description is a warning.
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  state:
    description: Whether the cluster is to be there.
    type: str
    choices: [present, absent]
    default: present
  image:
    description: The node image. The default is the one that belongs to the release of kind.
    type: str
  config:
    description: The configuration of the cluster, as kind itself takes it (C(kind.x-k8s.io/v1alpha4)), such as C(nodes).
    type: dict
    default: {}
  wait_timeout:
    description: How long the control plane may take to be ready, in seconds.
    type: float
    default: 120
  retries:
    description: How often to try again after a failure that may have been a coincidence.
    type: int
    default: 1
  platforms:
    description: Platforms of images that the cluster is to run, such as C(linux/amd64). The module fails if no node is of one of them.
    type: list
    elements: str
    default: []
  kubeconfig:
    description:
      - The file that gets the cluster's kubeconfig (mode 0600).
      - By default a file of its own below E(XDG_STATE_HOME) (C(~/.local/state/gocover.e2e/NAME.kubeconfig)).
      - A file with other clusters in it is only touched if it is named here. The cluster is added to it, and its current context stays.
      - A file that is no kubeconfig is neither changed nor removed.
    type: path
"""

EXAMPLES = r"""
- name: A cluster with two workers
  gocover.e2e.kind_cluster:
    name: e2e
    config:
      nodes:
        - role: control-plane
        - role: worker
        - role: worker

- name: Delete it
  gocover.e2e.kind_cluster:
    name: e2e
    state: absent
"""

RETURN = r"""
cluster:
  description: Name of the cluster.
  returned: success
  type: str
provider:
  description: The container engine, V(docker) or V(podman).
  returned: success
  type: str
nodes:
  description: The nodes of the cluster.
  returned: success
  type: list
  elements: dict
  sample: [{name: e2e-control-plane, role: control-plane, image: "kindest/node:v1.34.4", state: running}]
kubeconfig:
  description:
    - Path of a kubeconfig whose current context is the cluster's.
    - This is the file of the option, or the cluster's own file where the former holds other clusters too.
  returned: success
  type: str
context:
  description: The context of the cluster, in both files.
  returned: success
  type: str
  sample: kind-e2e
host_address:
  description: The address by which pods reach the machine of the engine, if it is known.
  returned: success
  type: str
  sample: 172.18.0.1
created:
  description: Whether the cluster was created by this very call.
  returned: success
  type: bool
attempts:
  description: How many attempts the creation took; 0 if the cluster was there.
  returned: success
  type: int
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kind.presence import ClusterOptions, manage_cluster
from ansible_collections.gocover.e2e.plugins.module_utils._kind.program import find_kind
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.owner import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Bring the cluster into the wanted state."""
    find_kind()
    wanted, engine = options(ClusterOptions, this.params), connect(this.params["provider"])
    return manage_cluster(wanted, engine, this.progress, owner_alive(this.playbook_pid), this.check_mode)


MODULE = step.Module(
    "cluster",
    {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **ENGINE_OPTIONS,
        "image": {"type": "str"},
        "config": {"type": "dict", "default": {}},
        "wait_timeout": {"type": "float", "default": 120},
        "retries": {"type": "int", "default": 1},
        "kubeconfig": {"type": "path"},
        "platforms": {"type": "list", "elements": "str", "default": []},
    },
    run,
)

main = MODULE.main

if __name__ == "__main__":
    main()
