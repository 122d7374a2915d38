#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command with coverage of every program that it builds and runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: coverage_wrap
short_description: Run a command with coverage of every program that it builds and runs
version_added: 0.1.0
description:
  - Runs a test suite that builds, deploys, tests and deletes by itself, without a change to it.
  - Executables that come first on E(PATH) add coverage to C(go build), C(go install) and builds of images.
  - Nodes of kind clusters that the command creates let every instrumented container write, before Kubernetes starts on them.
  - Before a node is removed, its instrumented containers are ended gracefully and their files are copied.
  - Each instrumented program gets a report of its own, named by its main package.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
attributes:
  check_mode:
    support: full
    details: Check mode runs no command and predicts a change.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each call runs the command again.
options:
  command:
    description: The command, for a shell.
    type: str
    required: true
  chdir:
    description: Working directory of the command.
    type: path
    required: true
  coverage_dir:
    description:
      - Directory for the results. Each program gets a directory below it.
      - A directory that the module creates gets a C(.gitignore), so that a checkout stays clean.
    type: path
    required: true
  timeout:
    description:
      - Time limit of the command, in seconds.
      - Then the command and everything that it has started get SIGTERM, and SIGKILL after a minute.
    type: float
    default: 3600
  clusters:
    description: Names of kind clusters that are there already and whose new containers are to write too. Their nodes are restored at the end.
    type: list
    elements: str
    default: []
  keep:
    description: Keep the directory of the session, with the executables, the calls that they changed, and the files as they came.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Run the end-to-end suite with coverage
  gocover.e2e.coverage_wrap:
    command: make test-e2e
    chdir: /src/operator
    coverage_dir: /src/operator/coverage
"""

RETURN = r"""
rc:
  description: Exit code of the command; null if it was interrupted.
  returned: always
  type: int
seconds:
  description: Time that the command took, in seconds.
  returned: always
  type: float
tests:
  description: Numbers of passed and skipped tests, null if unknown, and the names of failed ones.
  returned: always
  type: dict
  sample: {passed: 12, skipped: 0, failed: []}
programs:
  description: Names of the instrumented programs that ran.
  returned: always
  type: list
  elements: str
seconds_before_deletions:
  description: How long deletions of nodes have waited for the collection, in seconds.
  returned: always
  type: float
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step
from ansible_collections.gocover.e2e.plugins.module_utils._wrap.wrapping import WrapOptions, wrap


def run(this: step.Step) -> Outcome:
    """Run the command, unless in check mode."""
    if this.check_mode:
        return Outcome(changed=True)
    return wrap(options(WrapOptions, this.params), this.progress, this.playbook_pid)


MODULE = step.Module(
    "wrap",
    {
        "command": {"type": "str", "required": True},
        "chdir": {"type": "path", "required": True},
        "coverage_dir": {"type": "path", "required": True},
        "timeout": {"type": "float", "default": 3600},
        "clusters": {"type": "list", "elements": "str", "default": []},
        "keep": {"type": "bool", "default": False},
    },
    run,
    recorded=False,
)

main = MODULE.main

if __name__ == "__main__":
    main()
