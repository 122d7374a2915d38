# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets among a step's arguments, kept out of what it displays, returns and records.

Ansible blanks every value of a ``no_log`` option wherever it occurs. For a dictionary of environment variables this
includes ``debug``, ``8080`` and the name of the service, so that URLs and image references come back unusable. Here the
whole option is hidden from the invocation, and elsewhere only values whose variable names a secret are blanked.
"""

from __future__ import annotations

import re
import typing as t

#: What Ansible itself puts in the place of an argument that is not to be logged.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
MASK = "********"

_SECRET_NAME = re.compile(
    r"passw|passphrase|pwd|secret|token|credential|(?:api|access|private|signing|encryption)[_-]?key", re.IGNORECASE
)
#: The password in scheme://user:password@host.
_URL_PASSWORD = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
#: Values that a variable with such a name may have without being a secret, such as TOKEN_REQUIRED=true.
_PLAIN = frozenset({"true", "false", "none", "null"})
_SHORTEST = 4


def secrets_of(params: t.Mapping[str, t.Any], argument_spec: t.Mapping[str, t.Any]) -> list[str]:
    """The secret values in the ``no_log`` options, the longest first."""
    secrets: set[str] = set()
    for option, definition in argument_spec.items():
        value = params.get(option)
        if not definition.get("no_log") or not isinstance(value, dict):
            continue
        for name, content in value.items():
            text = str(content)
            secrets.update(_URL_PASSWORD.findall(text))
            if _SECRET_NAME.search(str(name)) and text.lower() not in _PLAIN:
                secrets.add(text)
    return sorted((secret for secret in secrets if len(secret) >= _SHORTEST), key=lambda secret: (-len(secret), secret))


def masked(value: t.Any, secrets: t.Sequence[str]) -> t.Any:
    """``value`` with every secret in its texts blanked, at any depth; the keys of dictionaries stay."""
    if not secrets:
        return value
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, dict):
        return {key: masked(entry, secrets) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(entry, secrets) for entry in value]
    return value


def invocation(params: t.Mapping[str, t.Any], argument_spec: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The arguments as a result may show them."""
    return {
        name: HIDDEN if value and argument_spec.get(name, {}).get("no_log") else value for name, value in params.items()
    }
