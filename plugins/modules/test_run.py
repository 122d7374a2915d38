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
  - Runs a command, shows its output as it comes, ends it after a time limit, and says which tests failed or hang.
  - The command is told where the service is by E(SERVICE_URL), E(SERVICE_NAMESPACE) and E(KUBECONFIG).
  - Whatever the command started is ended with it.
  - With O(workload) the service runs in a cluster.
  - A port of this machine is then forwarded to it while the tests run.
  - If they fail, logs, events and objects of the namespace are saved before anybody stops a pod.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: In check mode no test runs.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Tests run each time they are asked for.
options:
  command:
    description: The command, as a list, or as a string for a shell.
    type: raw
    required: true
  chdir:
    description: Where it runs; by default where the playbook is.
    type: path
  env:
    description:
      - Environment variables, on top of those of the playbook. C($(NAME)) stands for another variable, as in Kubernetes.
      - E(GOCOVER_HOST_ADDRESS) is the address by which the service reaches this machine, for tests that it calls back.
    type: dict
    default: {}
  host_address:
    description: The address by which the service reaches this machine.
    type: str
    default: 127.0.0.1
  workload:
    description: The workload in a cluster that is tested, as V(deployment/NAME).
    type: str
  port:
    description: The port of its Service, or of its container where no Service has it, to forward to; by default the first that there is.
    type: int
  node_ports:
    description:
      - Whether E(SERVICE_URL) may be a node port of a kind cluster on this machine.
      - Otherwise a local port is forwarded through the API.
    type: bool
    default: false
  evidence:
    description: Directory for logs, events and objects of the namespace after failed tests.
    type: path
  pod_history:
    description: The pods of the namespace as they were when the workload was ready, as M(gocover.e2e.workload_ready) returns them.
    type: list
    elements: dict
    default: []
  service_url:
    description: Where the service answers; handed over as E(SERVICE_URL).
    type: str
  namespace:
    description: The namespace of the service; handed over as E(SERVICE_NAMESPACE).
    type: str
  timeout:
    description:
      - How long the tests may take, in seconds.
      - Then they get SIGQUIT, which makes Go print where each goroutine hangs, and after five more seconds SIGKILL.
    type: float
    default: 900
  log:
    description: File to which the whole output is written.
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
  description: How long it took.
  returned: always
  type: float
tests:
  description: How many tests passed and were skipped, and which failed, as far as the output is that of C(go test) or Ginkgo.
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
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._exercise.testing import (
    TestOptions,
    run_tests,
    run_tests_in_cluster,
)
from ansible_collections.gocover.e2e.plugins.module_utils._kube.options import KUBE_OPTIONS, cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Run the tests, unless in check mode."""
    if this.check_mode:
        return Outcome(changed=True)
    wanted, owner = options(TestOptions, this.params), this.playbook_pid
    if wanted.workload:
        return run_tests_in_cluster(wanted, cluster_of(this.params), this.progress, owner)
    return run_tests(wanted, this.progress, owner)


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
