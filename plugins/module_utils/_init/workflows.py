# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CI jobs that measure the services of a repository."""

from __future__ import annotations

import typing as t


class Job(t.NamedTuple):
    """A CI job: its file, text, what a file of that name must contain, and what to say if it does not."""

    file: str
    text: str
    marker: str
    lacks: str


_INSTALL = (
    "pip install ansible-core jmespath kubernetes docker tree-sitter tree-sitter-go tree-sitter-bash",
    "ansible-galaxy collection install gocover.e2e",
)

_GITHUB = f"""\
---
name: End-to-end coverage
"on":
  push:
    branches: [main, master]
  pull_request:

permissions:
  contents: read

jobs:
  coverage:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - uses: actions/setup-go@v5
        with:
          go-version: stable
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: |
          {_INSTALL[0]}
          {_INSTALL[1]}
      - run: ansible-playbook coverage.yml
      - if: always()
        run: |
          cat coverage/*/summary.md >> "$GITHUB_STEP_SUMMARY" || true
          cat coverage/*/annotations.txt || true
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: coverage
          path: coverage
"""

_GITLAB = f"""\
---
end-to-end coverage:
  image: golang:bookworm
  variables:
    PATH: $CI_PROJECT_DIR/.gocover/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  before_script:
    - apt-get update -qq && apt-get install -qq -y python3-venv
    - python3 -m venv .gocover
    - {_INSTALL[0]}
    - {_INSTALL[1]}
  script:
    - ansible-playbook coverage.yml
  coverage: '/^\\S+\\s+(\\d+\\.\\d+)%\\s+\\d+\\/\\d+/'
  artifacts:
    when: always
    paths: [coverage]
    reports:
      coverage_report:
        coverage_format: cobertura
        path: coverage/*/cobertura.xml
"""

_JOBS = {
    "github": Job(
        ".github/workflows/coverage.yml", _GITHUB, "coverage.yml", "it does not run ansible-playbook coverage.yml"
    ),
    "gitlab": Job(".gitlab/coverage.yml", _GITLAB, "coverage.yml", "it does not run ansible-playbook coverage.yml"),
}

#: The CI systems for which there is a job.
NAMES = tuple(_JOBS)


def job(ci: str) -> Job:
    """The job for a CI system."""
    return _JOBS[ci]
