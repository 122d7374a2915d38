#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the results of several services."""

from __future__ import annotations

DOCUMENTATION = r"""
module: coverage_overview
short_description: Show the results of several services
version_added: 0.1.0
description:
  - Reads C(summary.json) and C(run.json) of every service below a directory, and shows them as a table.
  - Writes C(index.html) and C(summary.json) over all services.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
attributes:
  check_mode:
    support: full
    details: In check mode the table is shown, and the files are compared but not written.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  coverage_dir:
    description: Directory with a directory of results for each service.
    type: path
    required: true
  services:
    description: Names of the services to show in the table. The files cover all services with results in O(coverage_dir).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the results
  gocover.e2e.coverage_overview:
    coverage_dir: /tmp/coverage
    services: [datastorage, notification]
"""

RETURN = r"""
table:
  description: The table, as lines of text.
  returned: success
  type: list
  elements: str
services:
  description: The entry of each service in C(summary.json).
  returned: success
  type: list
  elements: dict
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run import overview, step


def run(this: step.Step) -> Outcome:
    """Show the table and write the overview."""
    root = Path(this.params["coverage_dir"])
    rows = overview.read_rows(root)
    shown = [row for row in rows if row["service"] in this.params["services"]]
    table = overview.table(shown)
    for line in [*table, *overview.step_table(shown), *overview.warning_lines(shown), *overview.footer(root, shown)]:
        this.progress.text(line)
    changed = bool(rows) and overview.write(root, rows, this.check_mode)
    return Outcome(changed=changed, result={"table": table, "services": rows})


MODULE = step.Module(
    "overview",
    {
        "coverage_dir": {"type": "path", "required": True},
        "services": {"type": "list", "elements": "str", "required": True},
    },
    run,
    recorded=False,
)

main = MODULE.main

if __name__ == "__main__":
    main()
