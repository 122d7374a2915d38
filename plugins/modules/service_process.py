#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a Go service as a local process that writes coverage."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_process
short_description: Run a Go service as a local process that writes coverage
version_added: 0.1.0
description:
  - Starts an instrumented service as a process of this machine and waits until it is ready, or ends it as Kubernetes ends a container.
  - The process runs under a small supervisor that keeps its exit status.
  - Fails at once for a used port, an unwritable directory, an executable without instrumentation, or a process that ends early.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
    details: A process that runs as described stays. A process with other settings is restarted.
options:
  name:
    description: Name of the service.
    type: str
    required: true
  state:
    description: V(started) starts the service and waits until it is ready, V(stopped) ends it.
    type: str
    choices: [started, stopped]
    default: started
  directory:
    description: Directory for the state of the process and its output (C(output.log)).
    type: path
    required: true
  command:
    description: The executable and its arguments. C($(NAME)) is replaced by a variable of the environment. Required for O(state=started).
    type: list
    elements: str
  chdir:
    description: The working directory of the process. The default is the working directory of the module.
    type: path
  env:
    description:
      - Environment variables, added to those of the playbook and to E(PORT), the port for the service.
      - C($(NAME)) is replaced by another variable, as in Kubernetes.
    type: dict
    default: {}
  dependencies:
    description:
      - The processes that the service needs, as names and their O(directory). They have to run already.
      - The service gets the URL of each as E(NAME_URL), such as E(DATASTORAGE_URL).
    type: dict
    default: {}
  port:
    description: The TCP port that the service listens on. V(0) chooses a free one.
    type: int
    default: 0
  ready_path:
    description: The path that answers with a status below 400 when the service is ready. A 404 counts as ready too.
    type: str
    default: /readyz
  ready_timeout:
    description: Longest wait until the service is ready, in seconds.
    type: float
    default: 60
  grace_period:
    description: Time from SIGTERM to SIGKILL, in seconds.
    type: float
    default: 30
  covdata:
    description: The directory for coverage data (E(GOCOVERDIR)). Required for O(state=started).
    type: path
  lifetime:
    description:
      - With V(playbook) the supervisor ends the service as soon as the playbook that started it ends or is killed.
      - With V(detached) the service runs until it is stopped.
    type: str
    choices: [playbook, detached]
    default: detached
"""

EXAMPLES = r"""
- name: Start the notification service
  gocover.e2e.service_process:
    name: notification
    command: [/tmp/notification]
    covdata: /tmp/covdata
    directory: /tmp/notification.state

- name: End the service so that it writes its counters
  gocover.e2e.service_process:
    name: notification
    directory: /tmp/notification.state
    state: stopped
"""

RETURN = r"""
pid:
  description: The process identifier.
  returned: when started
  type: int
port:
  description: The port for the service (E(PORT)).
  returned: when started
  type: int
url:
  description: The URL of the service.
  returned: when started
  type: str
  sample: http://127.0.0.1:40123
seconds:
  description: Time until the service was ready, in seconds.
  returned: when started
  type: float
pods:
  description: How the process ended, in the form in which M(gocover.e2e.graceful_shutdown) returns pods.
  returned: when stopped
  type: list
  elements: dict
  sample: [{name: notification, node: ci-1, exit_code: 0, reason: Completed, seconds: 0.4}]
diagnosis:
  description: The causes of a failure or of lost counters, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step
from ansible_collections.gocover.e2e.plugins.module_utils._service.operation import (
    ProcessOptions,
    start_service,
    stop_service,
)


def run(this: step.Step) -> Outcome:
    """Start the service, or end it."""
    wanted = options(ProcessOptions, this.params)
    if wanted.state == "stopped":
        return stop_service(wanted, this.progress, this.check_mode)
    playbook_pid = this.playbook_pid if this.params["lifetime"] == "playbook" else None
    return start_service(wanted, this.progress, playbook_pid, this.check_mode)


MODULE = step.Module(
    "deploy",
    {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
        "directory": {"type": "path", "required": True},
        "command": {"type": "list", "elements": "str"},
        "chdir": {"type": "path"},
        "env": {"type": "dict", "default": {}, "no_log": True},
        "dependencies": {"type": "dict", "default": {}},
        "port": {"type": "int", "default": 0},
        "ready_path": {"type": "str", "default": "/readyz"},
        "ready_timeout": {"type": "float", "default": 60},
        "grace_period": {"type": "float", "default": 30},
        "covdata": {"type": "path"},
        "lifetime": {"type": "str", "choices": ["playbook", "detached"], "default": "detached"},
    },
    run,
    step_name=lambda params: "deploy" if params["state"] == "started" else "shutdown",
    required_if=[("state", "started", ("command", "covdata"))],
)

main = MODULE.main

if __name__ == "__main__":
    main()
