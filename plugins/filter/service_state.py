# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next steps of a run need, from its plan and from what has happened."""

from __future__ import annotations

DOCUMENTATION = r"""
name: service_state
short_description: What the next steps of a run need
version_added: 0.1.0
description:
  - Derives the arguments of the steps from the plan of a run and from its C(run.json). Paths, image references and the kubeconfig of each unit.
  - A unit is a service whose coverage is measured. The last unit is the service of the run, the others are its covered dependencies.
author:
  - The gocover.e2e authors (@gocover)
options:
  _input:
    description: What M(gocover.e2e.service_plan) returned.
    type: dict
    required: true
  run:
    description: The content of C(run.json), as the fact C(coverage_run). Empty if no run has begun.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show where the nodes keep the coverage data of each unit
  ansible.builtin.debug:
    msg: "{{ (service_plan | gocover.e2e.service_state(ansible_facts.coverage_run)).units | map(attribute='node_path') }}"
"""

RETURN = r"""
_value:
  description:
    - The C(runtime), the C(units), C(by_node), the C(kubeconfig), the C(images) by the names in manifests, and the units that are C(changed) in the cluster.
  type: dict
"""

import typing as t

from ansible_collections.gocover.e2e.plugins.plugin_utils.units import state_of


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """See Ansible."""
        return {"service_state": state_of}
