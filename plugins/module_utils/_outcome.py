# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a flow hands back to its module: the outcome, or the news that a signal ended it."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field

from ._diagnosis import Diagnosis

_Options = t.TypeVar("_Options")


@dataclass
class Outcome:
    """What a step did: whether it changed anything, what it returns, what it adds to run.json."""

    changed: bool
    result: dict[str, t.Any] = field(default_factory=dict)
    sections: dict[str, t.Any] = field(default_factory=dict)
    #: One difference, or a list of them.
    diff: dict[str, str] | list[dict[str, str]] | None = None
    diagnosis: list[Diagnosis] = field(default_factory=list)


class Interrupted(BaseException):
    """A signal asked this process to end; not an Exception, so that no handler swallows it."""


def options(kind: type[_Options], params: t.Mapping[str, t.Any]) -> _Options:
    """The options of a module as the dataclass ``kind``, whose fields have the names of the options."""
    return kind(**{entry.name: params[entry.name] for entry in dataclasses.fields(kind)})  # type: ignore[arg-type]
