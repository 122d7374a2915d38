#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End the pods of a workload so that counters are written, and say how each one ended."""

from __future__ import annotations

DOCUMENTATION = r"""
module: graceful_shutdown
short_description: End the pods of a workload so that counters are written
version_added: 0.1.0
description:
  - Brings a workload to zero and watches each pod until it is gone, keeping its exit code, its reason and its last lines.
  - A DaemonSet is sent to no node, a Job is suspended, a bare pod is deleted for good. A ScaledObject of KEDA is paused meanwhile.
  - Where an operator or somebody else starts pods again, those that were there are ended one by one, and who it was is told.
  - What was there is recorded in the annotation C(gocover.e2e/replicas) of the workload, in the same request, and put back after a failure or a signal.
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
    details: A workload without pods stays as it is. With O(restore=true) its pods come back, so that the next call ends them again.
options:
  workload:
    description: C(deployment/NAME), C(statefulset/NAME), C(daemonset/NAME), C(job/NAME) or C(pod/NAME).
    type: str
    required: true
  namespace:
    description: Its namespace.
    type: str
    required: true
  container:
    description: The container that runs the service; by default the one that is patched, the one named as the workload, or the only one.
    type: str
    default: ""
  patched:
    description:
      - Whether M(gocover.e2e.coverage_patch) has patched the workload.
      - With V(true) it is said if somebody has taken the patch back, and with it the counters of the pods that came then.
    type: bool
    default: false
  timeout:
    description: For how many seconds to wait. By default the longest grace period of the pods and half a minute more.
    type: float
  pod_history:
    description:
      - The pods of the namespace since the workload was ready, as M(gocover.e2e.test_run) returns them.
      - With it, pods that came and went during the tests and previous runs of containers are in RV(pods) too.
    type: list
    elements: dict
    default: []
  restore:
    description: Whether to put the replicas back as soon as all pods are gone.
    type: bool
    default: false
  state:
    description: V(stopped) ends the pods. V(restored) puts back what an earlier call recorded, and does nothing else.
    type: str
    choices: [stopped, restored]
    default: stopped
"""

EXAMPLES = r"""
- name: End datastorage, so that it writes its counters
  gocover.e2e.graceful_shutdown:
    workload: deployment/datastorage
    namespace: datastorage-e2e

- name: Put its replicas back after its files are collected
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
  description: How many replicas there were.
  returned: success
  type: int
diagnosis:
  description: Why counters are lost, or why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending.graceful import ShutdownOptions, manage_pods
from ansible_collections.gocover.e2e.plugins.module_utils._kube.options import KUBE_OPTIONS, cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.owner import owner_alive
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
