#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Undo what the runs of a service have changed in a cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_restore
short_description: Undo what the runs of a service have changed in a cluster
version_added: 0.1.0
description:
  - Looks for workloads that a run of the service has left held, patched or scaled to zero, and restores each of them.
  - The namespaces are that of O(namespace), and those in which a Lease says that a run of the service was there.
  - What another run has changed that goes on, of the service or of another one, stays as it is.
  - An object that cannot be restored does not keep the others from being restored. The failure names it.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  service:
    description: Name of the service.
    type: str
    required: true
  namespace:
    description: The namespace of the service.
    type: str
    required: true
  timeout:
    description: For how many seconds the API may be away, in all.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: Restore what a run of datastorage has left
  gocover.e2e.cluster_restore:
    service: datastorage
    namespace: datastorage-e2e
"""

RETURN = r"""
objects:
  description: What was changed, and whether it is restored.
  returned: always
  type: list
  elements: dict
  sample: [{object: deployment/datastorage, namespace: datastorage-e2e, restored: true}]
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import os

from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import KUBE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.restoring import RestoreOptions, restore_cluster
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import this_holder
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Restore the cluster."""
    holder = this_holder(this.playbook_pid, os.getcwd())
    wanted = options(RestoreOptions, this.params)
    return restore_cluster(wanted, cluster_of(this.params), holder, this.progress, this.check_mode)


MODULE = step.Module(
    "restore",
    {
        "service": {"type": "str", "required": True},
        "namespace": {"type": "str", "required": True},
        "timeout": {"type": "float", "default": 60},
        **KUBE_OPTIONS,
    },
    run,
)

main = MODULE.main

if __name__ == "__main__":
    main()
