#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check manifests, kind configurations, Dockerfiles, scripts and Go code for mistakes that cost coverage data."""

from __future__ import annotations

DOCUMENTATION = r"""
module: coverage_lint
short_description: Check manifests, kind configurations, Dockerfiles, scripts and Go code before anything runs
version_added: 0.1.0
description:
  - Finds mistakes that cost coverage data, such as a path that differs between the kind configuration and the manifests, or an image tag that no build returns.
  - Reads Kubernetes manifests, kind configurations, Dockerfiles, Go code, shell scripts and Makefiles.
    Templates, binary files and files larger than 1 MiB are skipped.
  - A comment C(gocover:ignore RULE REASON) silences a rule on its own line, or on the next line if it stands alone.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  paths:
    description: Files and directories to check. Directories are searched; C(vendor), C(testdata) and C(node_modules) are left out.
    type: list
    elements: path
    required: true
  root:
    description: Directory to which the file names of findings are relative. If empty, file names begin as O(paths) do.
    type: path
  fail_on:
    description: The least level at which findings fail the task. V(never) only returns them.
    type: str
    choices: [error, warning, never]
    default: never
  format:
    description: Format of the file O(dest).
    type: str
    choices: [text, json, sarif, github]
    default: text
  dest:
    description: File that gets the findings in O(format).
    type: path
  fix:
    description:
      - Correct findings where one correction is certain, and return them in RV(fixed). Everything else in the files stays as it is.
      - In check mode nothing is written, and the differences are shown.
    type: bool
    default: false
requirements:
  - tree-sitter, tree-sitter-go and tree-sitter-bash (Python)
"""

EXAMPLES = r"""
- name: Check a service before its tests run
  gocover.e2e.coverage_lint:
    paths: [deploy, test/e2e, Makefile, kind.yaml]
    fail_on: error

- name: Write findings for code scanning
  gocover.e2e.coverage_lint:
    paths: ["{{ playbook_dir }}"]
    root: "{{ playbook_dir }}"
    format: sarif
    dest: "{{ playbook_dir }}/coverage-lint.sarif"
"""

RETURN = r"""
findings:
  description: The findings, in the order of files and lines.
  returned: always
  type: list
  elements: dict
  contains:
    file:
      description: The file.
      type: str
      sample: deploy/deployment.yaml
    line:
      description: The line, counted from 1.
      type: int
      sample: 31
    rule:
      description: The stable name of the rule.
      type: str
      sample: coverage-path-mismatch
    level:
      description: V(error) makes a run pointless, V(warning) costs correctness, V(perhaps) is not certain.
      type: str
      sample: error
    message:
      description: What is wrong.
      type: str
    remedy:
      description: How to correct it.
      type: str
    fix:
      description: What O(fix) replaces on the line, as C(old) and C(new); null where no correction is certain.
      type: dict
fixed:
  description: The findings that were corrected, in the form of RV(findings).
  returned: always
  type: list
  elements: dict
skipped:
  description: Files that were not checked, each with C(file) and C(reason).
  returned: success
  type: list
  elements: dict
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._lint.step import lint
from ansible_collections.gocover.e2e.plugins.module_utils._run import step

MODULE = step.Module(
    "lint",
    {
        "paths": {"type": "list", "elements": "path", "required": True},
        "root": {"type": "path"},
        "fail_on": {"type": "str", "choices": ["error", "warning", "never"], "default": "never"},
        "format": {"type": "str", "choices": ["text", "json", "sarif", "github"], "default": "text"},
        "dest": {"type": "path"},
        "fix": {"type": "bool", "default": False},
    },
    lint,
    recorded=False,
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
