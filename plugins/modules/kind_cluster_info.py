#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List kind clusters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_cluster_info
short_description: List kind clusters
version_added: 0.1.0
description:
  - Lists the kind clusters of a container engine with their nodes. It changes nothing, and does not need the program kind.
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
  name:
    description: List only the cluster with this name.
    type: str
"""

EXAMPLES = r"""
- name: List the clusters
  gocover.e2e.kind_cluster_info:
  register: kind_clusters
"""

RETURN = r"""
provider:
  description: The container engine, V(docker) or V(podman).
  returned: success
  type: str
clusters:
  description: The clusters, each with its nodes.
  returned: success
  type: list
  elements: dict
  sample:
    - name: e2e
      nodes: [{name: e2e-control-plane, role: control-plane, image: "kindest/node:v1.34.4", state: running}]
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kind.presence import list_clusters
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """List the clusters."""
    return list_clusters(this.params["name"], connect(this.params["provider"]), this.progress)


MODULE = step.Module(
    "cluster_info",
    {
        "name": {"type": "str"},
        **ENGINE_OPTIONS,
    },
    run,
    recorded=False,
)

main = MODULE.main

if __name__ == "__main__":
    main()
