#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Save the logs of a kind cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_cluster_logs
short_description: Save the logs of a kind cluster
version_added: 0.1.0
description:
  - Writes the consoles and journals of the nodes and the logs of all pods to a directory, as C(kind export logs) does.
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
    support: none
    details: The logs are those of the moment. Each call writes them.
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  dest:
    description: The directory. It is created if it does not exist, and files of earlier calls are replaced.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Save the logs of a cluster
  gocover.e2e.kind_cluster_logs:
    name: e2e
    dest: /tmp/e2e-logs
"""

RETURN = r"""
dest:
  description: The directory.
  returned: success
  type: str
files:
  description: Number of files in the directory.
  returned: success
  type: int
nodes:
  description: The nodes of the cluster.
  returned: success
  type: list
  elements: dict
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kind.logs import LogsOptions, save_logs
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Save the logs."""
    return save_logs(
        options(LogsOptions, this.params), connect(this.params["provider"]), this.progress, this.check_mode
    )


MODULE = step.Module(
    "cluster_logs",
    {
        "name": {"type": "str", "required": True},
        "dest": {"type": "path", "required": True},
        **ENGINE_OPTIONS,
    },
    run,
    recorded=False,
)

main = MODULE.main

if __name__ == "__main__":
    main()
