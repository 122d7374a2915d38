# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation of every step of a run shares."""

from __future__ import annotations


class ModuleDocFragment:
    """Options, and what is returned, of every module that is a step of a run."""

    DOCUMENTATION = r"""
options:
  journal:
    description:
      - Path of the run's C(run.json). The step adds there what it did, how long it took and, if it failed, why.
      - The run so far is then also returned as the fact C(coverage_run), for the steps that follow.
    type: path
  journal_step:
    description: The name of the step in the journal; by default that of the module.
    type: str
  journal_dependency:
    description: Name of the dependency, when the step does not concern the service itself but what it depends on.
    type: str
  progress_file:
    description:
      - Where the step writes what it is doing, as JSON lines.
      - The action plugin of the same name sets it and displays what comes; there is no need to set it.
    type: path
  owner:
    description:
      - Process identifier of the playbook that asked for the step. What is long gives up as soon as that process is gone.
      - The action plugin of the same name sets it; there is no need to set it.
    type: int
"""
