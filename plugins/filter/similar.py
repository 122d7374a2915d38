# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that a user may have meant."""

from __future__ import annotations

DOCUMENTATION = r"""
name: similar
short_description: The names that a user may have meant
version_added: 0.1.0
description:
  - Gives for each unknown name the known name that is most similar to it. A name that resembles none is left out.
author:
  - The gocover.e2e authors (@gocover)
options:
  _input:
    description: The unknown names.
    type: list
    elements: str
    required: true
  known:
    description: The known names.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what was meant, which is shop
  ansible.builtin.debug:
    msg: "{{ ['shpo'] | gocover.e2e.similar(['shop', 'cart']) }}"
"""

RETURN = r"""
_value:
  description: The similar names, each once, in the order of the unknown ones.
  type: list
  elements: str
"""

import difflib
import typing as t


def _similar(unknown: t.Iterable[str], known: t.Iterable[str]) -> list[str]:
    names = [str(name) for name in known]
    found = [near for name in unknown for near in difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)]
    return list(dict.fromkeys(found))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """See Ansible."""
        return {"similar": _similar}
