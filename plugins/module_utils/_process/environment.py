# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment variables that refer to others, as in a container of Kubernetes."""

from __future__ import annotations

import re
import typing as t

_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")


def expand(text: str, variables: t.Mapping[str, str]) -> str:
    """``text`` with ``$(NAME)`` replaced, as Kubernetes does it: an unknown name stays, and ``$$`` is one ``$``."""

    def value(match: re.Match[str]) -> str:
        return "$" if match[1] is None else variables.get(match[1], match[0])

    return _REFERENCE.sub(value, text)


def expanded(described: t.Mapping[str, t.Any], variables: t.Mapping[str, str]) -> dict[str, str]:
    """The variables as ``described``, as text, with references to ``variables`` replaced."""
    return {key: expand(str(value), variables) for key, value in described.items()}
