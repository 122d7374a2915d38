#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check what a run on this machine needs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machine_check
short_description: Check what a run on this machine needs
version_added: 0.1.0
description:
  - Checks ansible-core, Python and its libraries, Go, kind, the container engine with the programs below it, and
    the limits of the kernel, the disk and the memory.
  - Shows one line for each. The module fails only if a run would certainly fail.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  runtime:
    description:
      - Where services are to run. What this runtime does not use is not checked.
      - With V(auto), a machine without engine or kind gets a warning only. Services run as processes there.
    type: str
    choices: [auto, kind, cluster, process]
    default: auto
  image:
    description: The node image of the kind cluster. Its version of Kubernetes has to suit the kernel.
    type: str
    default: ""
  nodes:
    description: Number of nodes for which there has to be room.
    type: int
    default: 1
  dest:
    description: Directory of the results, which has to be writable.
    type: path
    default: coverage
"""

EXAMPLES = r"""
- name: Check this machine
  gocover.e2e.machine_check:

- name: Check that a kind cluster of three nodes can run here
  gocover.e2e.machine_check:
    runtime: kind
    nodes: 3
"""

RETURN = r"""
findings:
  description: What was checked, in order.
  returned: always
  type: list
  elements: dict
  contains:
    subject:
      description: What was looked at.
      type: str
      sample: inotify
    level:
      description: V(ok), V(warning), or V(error) if a run would fail.
      type: str
      sample: ok
    found:
      description: What there is.
      type: str
      sample: fs.inotify.max_user_instances is 512, 28 in use
    cause:
      description: The cause as in RV(diagnosis). It is empty for V(ok).
      type: str
    remedy:
      description: What to do. It is empty for V(ok).
      type: str
diagnosis:
  description: Why a run would fail, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._machine.doctor import DoctorOptions, examine
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Check the machine."""
    return examine(options(DoctorOptions, this.params), connect, this.progress)


MODULE = step.Module(
    "machine",
    {
        "runtime": {"type": "str", "choices": ["auto", "kind", "cluster", "process"], "default": "auto"},
        **ENGINE_OPTIONS,
        "image": {"type": "str", "default": ""},
        "nodes": {"type": "int", "default": 1},
        "dest": {"type": "path", "default": "coverage"},
    },
    run,
    recorded=False,
)

main = MODULE.main

if __name__ == "__main__":
    main()
