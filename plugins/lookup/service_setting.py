# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A setting of a service that may hold secrets."""

from __future__ import annotations

DOCUMENTATION = r"""
name: service_setting
short_description: A setting of a service that may hold secrets
version_added: 0.1.0
description:
  - Gives a C(service_*) variable of a host, or its default from the role P(gocover.e2e.service#role).
  - M(gocover.e2e.service_plan) leaves these settings out of its result, because C(-v) displays it.
author:
  - The gocover.e2e authors (@gocover)
options:
  _terms:
    description: Names of settings without C(service_), such as V(env), V(build_args), V(go_env) and V(tests_env).
    type: list
    elements: str
    required: true
  host:
    description: Name of the service.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Start the service
  gocover.e2e.service_process:
    name: shop
    directory: /tmp/shop
    command: [/tmp/shop/shop]
    covdata: /tmp/shop/covdata
    env: "{{ lookup('gocover.e2e.service_setting', 'env', host='shop') }}"
"""

RETURN = r"""
_raw:
  description: The settings.
  type: list
  elements: dict
"""

import typing as t

from ansible.plugins.lookup import LookupBase
from ansible_collections.gocover.e2e.plugins.plugin_utils.settings import Settings


class LookupModule(LookupBase):  # type: ignore[misc]
    """Resolves settings as the plan does."""

    def run(
        self, terms: list[str], variables: dict[str, t.Any] | None = None, **options: t.Any
    ) -> list[dict[str, t.Any]]:
        """See LookupBase."""
        self.set_options(var_options=variables, direct=options)
        hostvars = (variables or {})["hostvars"]
        of_service = Settings(self._templar, hostvars).of_service(self.get_option("host"))
        return [of_service[term] for term in terms]
