#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run end-to-end tests against a service."""

from __future__ import annotations

DOCUMENTATION = r"""
module: test_run
short_description: Run end-to-end tests against a service
version_added: 0.1.0
description:
  - Runs a command, shows its output live, ends it after a time limit, and names the tests that failed or hang.
  - The command gets the address of the service as E(SERVICE_URL), E(SERVICE_NAMESPACE) and E(KUBECONFIG).
  - Processes that the command started end with it.
  - With O(workload) the service runs in a cluster, and a local port is forwarded to it while the tests run.
  - If the tests fail, logs, events and objects of the namespace are saved before any pod is stopped.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: Check mode runs no test and predicts a change.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each call runs the tests again.
options:
  command:
    description: The command, as a list, or as a string for a shell.
    type: raw
    required: true
  chdir:
    description: Working directory of the command. The default is the directory of the playbook.
    type: path
  env:
    description:
      - Environment variables, added to those of the playbook. C($(NAME)) is replaced by another variable, as in Kubernetes.
      - E(GOCOVER_HOST_ADDRESS) has the value of O(host_address), for tests that the service calls back.
    type: dict
    default: {}
  host_address:
    description: The address by which the service reaches this machine.
    type: str
    default: 127.0.0.1
  workload:
    description: The tested workload in a cluster, as V(deployment/NAME).
    type: str
  port:
    description: The port of its Service, or of its container without a Service. The default is the first port.
    type: int
  node_ports:
    description:
      - Whether E(SERVICE_URL) may be a node port of a kind cluster on this machine.
      - Otherwise a local port is forwarded through the API.
    type: bool
    default: false
  evidence:
    description: Directory for the logs, events and objects of the namespace after failed tests.
    type: path
  pod_history:
    description: The pods of the namespace as they were when the workload was ready, as M(gocover.e2e.workload_ready) returns them.
    type: list
    elements: dict
    default: []
  service_url:
    description: URL of the service. The command gets it as E(SERVICE_URL).
    type: str
  namespace:
    description: Namespace of the service. The command gets it as E(SERVICE_NAMESPACE).
    type: str
  timeout:
    description:
      - Time limit of the tests, in seconds.
      - Then the tests get SIGQUIT, so that Go prints the stack of each goroutine, and SIGKILL after five more seconds.
    type: float
    default: 900
  log:
    description: File for the whole output.
    type: path
"""

EXAMPLES = r"""
- name: Test the notification service
  gocover.e2e.test_run:
    command: go test -count=1 -v ./test/e2e/...
    chdir: /src/notification
    service_url: http://127.0.0.1:8080
    timeout: 300
"""

RETURN = r"""
rc:
  description: Exit code of the command.
  returned: always
  type: int
seconds:
  description: Time that the tests took, in seconds.
  returned: always
  type: float
tests:
  description:
    - Numbers of passed and skipped tests, and the names of failed ones.
    - Read are C(go test) with C(-v) or C(-json), gotestsum, Ginkgo, TAP, bats, kuttl, chainsaw, and JUnit on standard output or in
      files that O(command) names. A prefix before each line (C([e2e]), C(tests-1 |), a time) is left out.
    - The numbers are null if the output has none of these forms.
  returned: always
  type: dict
  sample: {passed: 12, skipped: 0, failed: []}
pod_history:
  description:
    - With O(workload), every pod of the namespace while the tests ran, and every end of each of its containers.
    - M(gocover.e2e.graceful_shutdown) takes it.
  returned: in a cluster
  type: list
  elements: dict
  sample: [{pod: {metadata: {name: datastorage-7d4b-x}}, first_runs: {}, gone: true, ends: []}]
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._exercise.testing import (
    TestOptions,
    run_tests,
    run_tests_in_cluster,
)
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import KUBE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Run the tests, unless in check mode."""
    if this.check_mode:
        return Outcome(changed=True)
    wanted, playbook_pid = options(TestOptions, this.params), this.playbook_pid
    if wanted.workload:
        return run_tests_in_cluster(wanted, cluster_of(this.params), this.progress, playbook_pid)
    return run_tests(wanted, this.progress, playbook_pid)


MODULE = step.Module(
    "exercise",
    {
        "command": {"type": "raw", "required": True},
        "chdir": {"type": "path"},
        "env": {"type": "dict", "default": {}, "no_log": True},
        "service_url": {"type": "str"},
        "namespace": {"type": "str"},
        "host_address": {"type": "str", "default": "127.0.0.1"},
        "workload": {"type": "str"},
        "port": {"type": "int"},
        "node_ports": {"type": "bool", "default": False},
        "evidence": {"type": "path"},
        "pod_history": {"type": "list", "elements": "dict", "default": []},
        **KUBE_OPTIONS,
        "timeout": {"type": "float", "default": 900},
        "log": {"type": "path"},
    },
    run,
    required_by={"workload": ("namespace",)},
)

main = MODULE.main

if __name__ == "__main__":
    main()
