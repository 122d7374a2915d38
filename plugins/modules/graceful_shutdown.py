#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End the pods of a workload so that they write their counters."""

from __future__ import annotations

DOCUMENTATION = r"""
module: graceful_shutdown
short_description: End the pods of a workload so that they write their counters
version_added: 0.1.0
description:
  - Scales a workload to zero, watches each pod until it is gone, and returns its exit code, its reason and its last log lines.
  - A DaemonSet gets a node selector that no node has, a Job is suspended, and a bare pod is deleted for good.
  - A ScaledObject of KEDA is paused until the replicas are restored.
  - If an operator or an autoscaler starts pods again, the previous pods are deleted one by one, and the diagnosis names the controller.
  - The annotation C(gocover.e2e/replicas) of the workload keeps the previous value. A failure or a signal restores it.
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
    details: A workload without pods stays as it is. With O(restore=true) its pods start again, so that the next call ends them too.
options:
  workload:
    description: C(deployment/NAME), C(statefulset/NAME), C(daemonset/NAME), C(job/NAME) or C(pod/NAME).
    type: str
    required: true
  namespace:
    description: Namespace of the workload.
    type: str
    required: true
  container:
    description: The container that runs the service. The default is the patched container, the container with the workload's name, or the only one.
    type: str
    default: ""
  patched:
    description:
      - Set it to V(true) if M(gocover.e2e.coverage_patch) has patched the workload.
      - If the patch is gone, the diagnosis C(patch-reverted) names who reverted it, and the pods without it.
    type: bool
    default: false
  timeout:
    description: Longest wait for the pods to end, in seconds. The default is the longest grace period of the pods plus 30 seconds.
    type: float
  pod_history:
    description:
      - The pods of the namespace since the workload was ready, as M(gocover.e2e.test_run) returns them.
      - With it, pods that came and went during the tests and previous runs of containers are in RV(pods) too.
    type: list
    elements: dict
    default: []
  restore:
    description: Restore the replicas as soon as all pods are gone.
    type: bool
    default: false
  state:
    description: V(stopped) ends the pods. V(restored) only restores the replicas that an earlier call recorded.
    type: str
    choices: [stopped, restored]
    default: stopped
"""

EXAMPLES = r"""
- name: End datastorage, so that it writes its counters
  gocover.e2e.graceful_shutdown:
    workload: deployment/datastorage
    namespace: datastorage-e2e

- name: Restore the replicas after the files are collected
  gocover.e2e.graceful_shutdown:
    workload: deployment/datastorage
    namespace: datastorage-e2e
    state: restored
"""

RETURN = r"""
pods:
  description:
    - How each pod ended; C(seconds) from its SIGTERM to its end, C(log) the last lines of its container.
    - C(before_shutdown) is V(true) for a run that was over before, as far as O(pod_history) tells.
  returned: always
  type: list
  elements: dict
  sample: [{name: datastorage-7d4b-x, node: gocover-worker, exit_code: 0, reason: Completed, seconds: 2.1, restarts: 0, log: [], diagnosis: []}]
replicas_before:
  description: Number of replicas before the shutdown.
  returned: success
  type: int
diagnosis:
  description: The causes of lost counters or of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import KUBE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending.graceful import ShutdownOptions, manage_pods
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """End the pods, or restore the replicas."""
    wanted, alive = options(ShutdownOptions, this.params), owner_alive(this.playbook_pid)
    return manage_pods(wanted, cluster_of(this.params), this.progress, alive, this.check_mode)


MODULE = step.Module(
    "shutdown",
    {
        "workload": {"type": "str", "required": True},
        "namespace": {"type": "str", "required": True},
        "container": {"type": "str", "default": ""},
        "patched": {"type": "bool", "default": False},
        "timeout": {"type": "float"},
        "pod_history": {"type": "list", "elements": "dict", "default": []},
        "restore": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["stopped", "restored"], "default": "stopped"},
        **KUBE_OPTIONS,
    },
    run,
)

main = MODULE.main

if __name__ == "__main__":
    main()
