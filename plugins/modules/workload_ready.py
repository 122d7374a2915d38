#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for a workload, and say early why it is not ready."""

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_ready
short_description: Wait for a workload, and say early why it is not ready
version_added: 0.1.0
description:
  - Watches a Deployment, StatefulSet or DaemonSet until every pod of its present generation is ready and no pod of an older one is left.
  - As soon as it is certain that it will not become ready, the module fails with the cause, and does not wait for the time limit.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: In check mode nothing is waited for.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: It changes nothing.
options:
  workload:
    description:
      - C(deployment/NAME), C(statefulset/NAME) or C(daemonset/NAME).
      - Without it, the one workload of the namespace that uses the repository of one of O(images).
    type: str
    default: ""
  namespace:
    description: Its namespace.
    type: str
    required: true
  timeout:
    description: How many seconds it may take.
    type: float
    default: 120
  images:
    description: References of images that were built here and are in no registry, so that a pull of one of them cannot succeed.
    type: list
    elements: str
    default: []
  container:
    description: The container that runs the service; by default the one that runs the first of O(images), the one named as the workload, or the only one.
    type: str
    default: ""
  patched:
    description:
      - Whether M(gocover.e2e.coverage_patch) has patched the workload.
      - With V(true) the module fails as soon as somebody has taken the patch back, such as an operator that owns the workload.
    type: bool
    default: false
  node_path:
    description: The directory of the node that the nodes give to every container (M(gocover.e2e.node_coverage)).
    type: path
  mount_path:
    description:
      - Where containers see O(node_path).
      - With both, the module fails at once if the pod template gives the container another E(GOCOVERDIR), which goes before that of the node.
    type: path
  record:
    description: Whether the run's journal is to name the workload, for the steps that follow, where M(gocover.e2e.coverage_patch) has not.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Wait for datastorage
  gocover.e2e.workload_ready:
    workload: deployment/datastorage
    namespace: datastorage-e2e
    timeout: 60
"""

RETURN = r"""
seconds:
  description: How long it took.
  returned: always
  type: float
pods:
  description: The pods of the present generation.
  returned: always
  type: list
  elements: dict
  sample: [{name: datastorage-7d4b-x, node: gocover-worker, ip: 10.244.0.7, state: is ready, restarts: 0}]
pod_history:
  description: The pods of the namespace as they are now; M(gocover.e2e.test_run) goes on from them.
  returned: success
  type: list
  elements: dict
  sample: [{pod: {metadata: {name: datastorage-7d4b-x}}, first_runs: {datastorage: 0}, gone: false, ends: []}]
log:
  description: The last lines of the container that fails.
  returned: failure
  type: list
  elements: str
diagnosis:
  description: Why it is not ready, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._kube.options import KUBE_OPTIONS, cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.waiting import WaitOptions, wait_for_workload
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.owner import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Wait for the workload, unless in check mode."""
    if this.check_mode:
        return Outcome(changed=False, result={"seconds": 0.0, "pods": [], "pod_history": []})
    wanted, alive = options(WaitOptions, this.params), owner_alive(this.playbook_pid)
    return wait_for_workload(wanted, cluster_of(this.params), this.progress, alive)


MODULE = step.Module(
    "ready",
    {
        "workload": {"type": "str", "default": ""},
        "namespace": {"type": "str", "required": True},
        "timeout": {"type": "float", "default": 120},
        "images": {"type": "list", "elements": "str", "default": []},
        "container": {"type": "str", "default": ""},
        "patched": {"type": "bool", "default": False},
        "node_path": {"type": "path"},
        "mount_path": {"type": "path"},
        "record": {"type": "bool", "default": False},
        **KUBE_OPTIONS,
    },
    run,
)

main = MODULE.main

if __name__ == "__main__":
    main()
