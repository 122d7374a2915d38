# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command of the playbook wrap, as the user has written it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: wrap_command
short_description: The command of the playbook wrap
version_added: 0.1.0
description:
  - Gives the command of C(-e run='make test-e2e') as a whole. Ansible itself takes only its first word for the variable C(run).
  - Where C(run) is set in another way, such as a file of variables, that value is given.
author:
  - The gocover.e2e authors (@gocover)
"""

EXAMPLES = r"""
- name: Show the command
  ansible.builtin.debug:
    msg: "{{ lookup('gocover.e2e.wrap_command') }}"
"""

RETURN = r"""
_raw:
  description: The command; empty if there is none.
  type: list
  elements: str
"""

import typing as t

from ansible import context
from ansible.plugins.lookup import LookupBase

_NAME = "run="


def command_of(extra_vars: t.Sequence[str], variable: str) -> str:
    """The command in the last of the options ``-e`` that begins with ``run=``, or else the value of the variable.

    Ansible splits such an option at blanks. A value in quotes of its own is left to it.
    """
    for option in reversed(extra_vars):
        text = option.strip()
        value = text.removeprefix(_NAME)
        if text.startswith(_NAME) and not value.startswith(("'", '"')):
            return value.strip()
    return variable.strip()


class LookupModule(LookupBase):  # type: ignore[misc]
    """Reads the options of ansible-playbook."""

    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **options: t.Any) -> list[str]:
        """See LookupBase."""
        self.set_options(var_options=variables, direct=options)
        given = [option for option in context.CLIARGS.get("extra_vars") or () if isinstance(option, str)]
        return [command_of(given, str((variables or {}).get("run", "")))]
