#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until a workload is ready, or fail early with the cause."""

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_ready
short_description: Wait until a workload is ready, or fail early with the cause
version_added: 0.1.0
description:
  - Watches a Deployment, StatefulSet or DaemonSet until every pod of its current generation is ready and all older pods are gone.
  - Fails with the cause as soon as the workload cannot become ready, without waiting for the time limit.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: The module changes nothing. Check mode does not wait.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: The module changes nothing.
options:
  workload:
    description:
      - C(deployment/NAME), C(statefulset/NAME) or C(daemonset/NAME).
      - The default is the only workload of the namespace that uses the repository of the first of O(images).
    type: str
    default: ""
  namespace:
    description: Namespace of the workload.
    type: str
    required: true
  timeout:
    description: Longest wait, in seconds.
    type: float
    default: 120
  images:
    description: References of images that were built locally. No registry has them, so a pull of one is a failure.
    type: list
    elements: str
    default: []
  container:
    description: The container that runs the service. The default is the container with the first of O(images), with the workload's name, or the only one.
    type: str
    default: ""
  patched:
    description:
      - Set it to V(true) if M(gocover.e2e.coverage_patch) has patched the workload.
      - The module then fails with C(patch-reverted) as soon as the patch is gone, such as by an operator that owns the workload.
    type: bool
    default: false
  node_path:
    description: The directory that M(gocover.e2e.node_coverage) mounts into every container.
    type: path
  mount_path:
    description:
      - The mount path of O(node_path) in the containers.
      - The module then fails at once if the pod template sets another E(GOCOVERDIR), which takes precedence over the node's.
    type: path
  record:
    description: Record the workload in C(run.json) for the steps that follow. M(gocover.e2e.coverage_patch) does so too.
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
  description: Time until the workload was ready, in seconds.
  returned: always
  type: float
pods:
  description: The pods of the current generation.
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
  description: The last log lines of the failing container.
  returned: failure
  type: list
  elements: str
diagnosis:
  description: The causes why the workload is not ready, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import KUBE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.waiting import WaitOptions, wait_for_workload
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import owner_alive
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
