#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create, check or delete a kind cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_cluster
short_description: Create, check or delete a kind cluster
version_added: 0.1.0
description:
  - Ensures that a kind cluster exists and answers, or that it does not exist.
  - An existing cluster is checked. Stopped nodes are started, and the API server has to answer.
  - After a failed creation, the logs of the nodes are read for the cause before the nodes are deleted.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: partial
    details: Check mode looks at the nodes and for the cluster in the kubeconfig. It does not compare the content of the kubeconfig.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: An existing cluster is never recreated. A difference from the description is a warning.
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  state:
    description: V(present) creates or checks the cluster, V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
  image:
    description: The node image. The default is the image of the installed release of kind.
    type: str
  config:
    description: The configuration of the cluster in kind's own format (C(kind.x-k8s.io/v1alpha4)).
    type: dict
    default: {}
  wait_timeout:
    description: Longest wait for the control plane, in seconds.
    type: float
    default: 120
  retries:
    description: Number of further attempts after a failure that may be temporary.
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
- name: Create a cluster with two workers
  gocover.e2e.kind_cluster:
    name: e2e
    config:
      nodes:
        - role: control-plane
        - role: worker
        - role: worker

- name: Delete the cluster
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
  description: The address by which pods reach the machine of the engine. It is null if it is unknown.
  returned: success
  type: str
  sample: 172.18.0.1
created:
  description: Whether this call created the cluster.
  returned: success
  type: bool
attempts:
  description: Number of attempts that the creation took. It is 0 for an existing cluster.
  returned: success
  type: int
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kind.presence import ClusterOptions, manage_cluster
from ansible_collections.gocover.e2e.plugins.module_utils._kind.program import find_kind
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import owner_alive
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
