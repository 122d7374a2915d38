#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report coverage, from the files that instrumented programs wrote."""

from __future__ import annotations

DOCUMENTATION = r"""
module: covdata_report
short_description: Report coverage in every format
version_added: 0.1.0
description:
  - Reads covmeta and covcounters files itself, without a Go toolchain, and writes the report in every format.
  - The files appear together once all of them are complete. After an error, the files of the previous report stay.
  - Fails if a threshold or a gate is missed, after the report is written.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
attributes:
  check_mode:
    support: full
    details: In check mode the report is rendered, compared with the files in O(dest), and held against thresholds and gates.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  covdata:
    description: Directories with covmeta and covcounters files. At least one of them has to exist.
    type: list
    elements: path
    required: true
  dest:
    description: Directory for the report.
    type: path
    required: true
  service:
    description: Name of the service. The default is the name of O(dest).
    type: str
  source:
    description: Directory of the Go module, for the source in the report and for lines of functions.
    type: path
  go_version:
    description: Version of Go that built the program. The coverage data does not contain it.
    type: str
  scope:
    description:
      - Patterns of the packages that the headline percentage counts, as C(go list) takes them or as globs.
      - By default it counts the packages of the program's own module and Go workspace, without generated files.
    type: list
    elements: str
    default: []
  package:
    description: The main package, relative to O(source), for programs that were built from files rather than from a package.
    type: str
    default: ""
  exclude:
    description: Patterns of packages and files that are not counted. The report shows them as excluded.
    type: list
    elements: str
    default: []
  exclude_generated:
    description: Exclude generated files. By default they count in the total, but not in the headline.
    type: bool
    default: false
  exclude_comments:
    description: Let comments such as C(//coverage:ignore) in the source exclude code.
    type: bool
    default: true
  thresholds:
    description:
      - Minimum percentages. C(total) is for all code, C(changed) for the lines changed since O(changed_since).
      - C(packages), C(files) and C(functions) are dictionaries of patterns and percentages.
    type: dict
    default: {}
  gates:
    description: JMESPath expressions over the summary that have to be true. A dictionary gives them names.
    type: raw
    default: []
  profiles:
    description:
      - Coverage of other test levels, by the name of the level (V(unit), V(integration)).
      - Each is a Go text profile, a directory of covmeta and covcounters files, or a list of them.
    type: dict
    default: {}
  baseline:
    description:
      - An earlier summary to compare with, as a file, a directory of results, or V(git:REF:PATH).
      - A missing baseline is reported, and is no error.
    type: str
    default: ""
  changed_since:
    description: A git reference. Lines that changed since the checkout branched off are reported separately.
    type: str
    default: ""
  source_map:
    description: Maps prefixes of file names in the data to import paths or directories in O(source).
    type: dict
    default: {}
  codecov:
    description: Write a directory C(codecov) with a profile for each test level, ready for an upload.
    type: bool
    default: false
  tests:
    description: The result of the tests, with at least C(passed). A report of failed tests has not passed either.
    type: dict
  run:
    description: Facts about the run, which the report shows.
    type: dict
    default: {}
  keep_covdata:
    description: Copy the raw files to C(covdata) below O(dest).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Report
  gocover.e2e.covdata_report:
    covdata: [/tmp/coverage/notification/covdata]
    dest: /tmp/coverage/notification
    source: /src/notification
    thresholds:
      total: 60
      packages:
        ./internal/routing: 90

- name: Report beside the unit tests, and ask more of what is new
  gocover.e2e.covdata_report:
    covdata: [/tmp/coverage/notification/covdata]
    dest: /tmp/coverage/notification
    source: /src/notification
    profiles:
      unit: /src/notification/unit.out
    baseline: git:origin/main:coverage/summary.json
    changed_since: origin/main
    thresholds:
      changed: 80
    gates:
      no worse than before: baseline.change >= `-0.5`
"""

RETURN = r"""
summary:
  description: The content of C(summary.json), less its C(files).
  returned: success, and when a threshold or a gate is missed
  type: dict
files:
  description: Paths of the files that were written.
  returned: success, and when a threshold or a gate is missed
  type: list
  elements: str
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._report.reporting import ReportOptions, make_report
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Report, then compare the numbers with the thresholds."""
    return make_report(options(ReportOptions, this.params), this.progress, this.check_mode)


MODULE = step.Module(
    "report",
    {
        "covdata": {"type": "list", "elements": "path", "required": True},
        "dest": {"type": "path", "required": True},
        "service": {"type": "str"},
        "source": {"type": "path"},
        "go_version": {"type": "str"},
        "scope": {"type": "list", "elements": "str", "default": []},
        "package": {"type": "str", "default": ""},
        "exclude": {"type": "list", "elements": "str", "default": []},
        "exclude_generated": {"type": "bool", "default": False},
        "exclude_comments": {"type": "bool", "default": True},
        "thresholds": {"type": "dict", "default": {}},
        "gates": {"type": "raw", "default": []},
        "profiles": {"type": "dict", "default": {}},
        "baseline": {"type": "str", "default": ""},
        "changed_since": {"type": "str", "default": ""},
        "source_map": {"type": "dict", "default": {}},
        "codecov": {"type": "bool", "default": False},
        "tests": {"type": "dict"},
        "run": {"type": "dict", "default": {}},
        "keep_covdata": {"type": "bool", "default": False},
    },
    run,
)

main = MODULE.main

if __name__ == "__main__":
    main()
