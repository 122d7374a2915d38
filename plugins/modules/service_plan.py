#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan the run of one service."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_plan
short_description: Plan the run of one service
version_added: 0.1.0
description:
  - Resolves the settings of a service and of its dependencies, from the inventory and the defaults of the role P(gocover.e2e.service#role).
  - Fails for unknown C(service_*), C(coverage_*) and C(baseline_*) variables, unknown dependencies, circles of dependencies, and covered dependencies
    that are not built.
  - Makes paths absolute. C(service_*) paths are relative to the inventory, O(coverage_dir) to the user's working directory.
  - Runs on the controller, as an action plugin.
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
options:
  role_path:
    description: Path of the role with the argument specification. By default the role P(gocover.e2e.service#role).
    type: path
  coverage_dir:
    description: Where results go, a directory below it for each service. By default the variable C(coverage_dir).
    type: str
"""

EXAMPLES = r"""
- name: Plan the run
  gocover.e2e.service_plan:
  register: service_plan
"""

RETURN = r"""
services:
  description:
    - Settings of all services concerned, in the order in which they start, by the names of their variables without C(service_).
    - The environments and the build arguments are not among them, as they may hold secrets.
  returned: success
  type: list
  elements: dict
service:
  description: Settings of the service itself.
  returned: success
  type: dict
dependencies:
  description: Settings of what it depends on, in the order in which they start.
  returned: success
  type: list
  elements: dict
covered_dependencies:
  description: Names of those dependencies whose coverage is collected too, in the order in which they start.
  returned: success
  type: list
  elements: str
built:
  description: Settings of those that are built, in the order in which they start.
  returned: success
  type: list
  elements: dict
settings:
  description: The C(coverage_*) and C(baseline_*) settings, by the names of their variables.
  returned: success
  type: dict
root:
  description: Absolute path of O(coverage_dir).
  returned: success
  type: str
results:
  description: Where the results of the service go, on the machine on which it runs.
  returned: success
  type: str
fetch_to:
  description: Where they are fetched to on the controller; null where the service runs there.
  returned: success
  type: str
work:
  description: Where the run keeps what it works on.
  returned: success
  type: str
binaries:
  description: Where executables are built.
  returned: success
  type: str
"""
