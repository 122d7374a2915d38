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
  - What can be known is known early. A port that is taken, a directory that cannot be written, an executable without instrumentation and
    a process that ends before it is ready are named at once.
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
    details: A process that runs as described stays; one that runs otherwise is started anew.
options:
  name:
    description: Name of the service.
    type: str
    required: true
  state:
    description: Whether the service is to run (and be ready), or not to run.
    type: str
    choices: [started, stopped]
    default: started
  directory:
    description: Where the state of the process and its output (C(output.log)) are kept.
    type: path
    required: true
  command:
    description: The executable and its arguments, in which C($(NAME)) stands for a variable of the environment; needed to start.
    type: list
    elements: str
  chdir:
    description: The working directory of the process; by default that of the module.
    type: path
  env:
    description:
      - Environment variables, on top of those of the playbook and of E(PORT), which the service is told to listen on.
      - C($(NAME)) stands for another variable, as in Kubernetes.
    type: dict
    default: {}
  dependencies:
    description:
      - The processes that the service needs, started before it, as names and their O(directory).
      - Where each answers is handed over as E(NAME_URL), such as E(DATASTORAGE_URL).
    type: dict
    default: {}
  port:
    description: The TCP port that the service listens on. V(0) chooses a free one.
    type: int
    default: 0
  ready_path:
    description: The path that answers with a status below 400 as soon as the service is ready. A 404 counts as an answer too.
    type: str
    default: /readyz
  ready_timeout:
    description: How long it may take to become ready, in seconds.
    type: float
    default: 60
  grace_period:
    description: How long it may take to end after SIGTERM before it is killed, in seconds.
    type: float
    default: 30
  covdata:
    description: The directory to which the service writes its coverage data (E(GOCOVERDIR)); needed to start.
    type: path
  lifetime:
    description:
      - With V(playbook) the supervisor ends the service as soon as the playbook that started it is gone, however it went.
      - With V(detached) it runs until it is stopped.
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

- name: End it, so that it writes its counters
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
  description: The port that the service was told to listen on.
  returned: when started
  type: int
url:
  description: Where the service answers.
  returned: when started
  type: str
  sample: http://127.0.0.1:40123
seconds:
  description: How long it took to become ready.
  returned: when started
  type: float
pods:
  description: How the process ended, in the form in which M(gocover.e2e.graceful_shutdown) says it of pods.
  returned: when stopped
  type: list
  elements: dict
  sample: [{name: notification, node: ci-1, exit_code: 0, reason: Completed, seconds: 0.4}]
diagnosis:
  description: Why it failed, or why it will have left no counters, each with C(cause), C(evidence) and C(remedy).
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
    owner = this.playbook_pid if this.params["lifetime"] == "playbook" else None
    return start_service(wanted, this.progress, owner, this.check_mode)


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
