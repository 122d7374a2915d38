#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a repository with Go services and write what it needs to be measured."""

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_init
short_description: Look at a repository with Go services and write what it needs to be measured
version_added: 0.1.0
description:
  - Finds the services of a repository, which are its main packages that listen, and what differs from the defaults of the role P(gocover.e2e.service#role).
  - Reads Go modules and sources, Dockerfiles, manifests, kustomizations, Helm charts, Makefiles and tests. It runs nothing.
  - Writes C(inventory.yml), C(coverage.yml) and C(ansible.cfg), and adds C(/coverage/) to C(.gitignore).
    Comments in the inventory give the reason for each value.
  - Never overwrites a file. It says what an existing file lacks.
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
  directory:
    description: The repository.
    type: path
    required: true
  ci:
    description: The CI system that gets a job, V(github) for GitHub Actions, V(gitlab) for GitLab CI. If empty, no job is written.
    type: str
    choices: ["", github, gitlab]
    default: ""
requirements:
  - PyYAML (Python)
"""

EXAMPLES = r"""
- name: Write what this repository needs
  gocover.e2e.repository_init:
    directory: "{{ lookup('ansible.builtin.env', 'PWD') }}"

- name: Write a job for GitHub Actions too
  gocover.e2e.repository_init:
    directory: /src/shop
    ci: github
"""

RETURN = r"""
services:
  description: The services, with C(name), C(reason), C(settings) (each with C(name), C(value) and C(reason)) and C(notes).
  returned: success
  type: list
  elements: dict
files:
  description: The files, with C(name), whether they are C(changed), and what they lack (C(lacks)).
  returned: success
  type: list
  elements: dict
wrap:
  description: The command that runs the tests, if they create a cluster of their own; otherwise empty.
  returned: success
  type: str
  sample: make test-e2e
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._init.step import init
from ansible_collections.gocover.e2e.plugins.module_utils._run import step

MODULE = step.Module(
    "init",
    {
        "directory": {"type": "path", "required": True},
        "ci": {"type": "str", "choices": ["", "github", "gitlab"], "default": ""},
    },
    init,
    recorded=False,
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
