# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding: a place in a file, the rule that it breaks, and the remedy."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

#: An error makes a coverage run pointless; a warning costs correctness; "perhaps" marks a rule that cannot be certain.
Level = t.Literal["error", "warning", "perhaps"]


class FindingDict(t.TypedDict):
    """A finding as the module returns it."""

    file: str
    line: int
    rule: str
    level: Level
    message: str
    remedy: str


@dataclass(frozen=True)
class Rule:
    """A rule: its stable identifier, how serious a finding is, and its title for SARIF and the documentation."""

    name: str
    level: Level
    title: str


@dataclass(frozen=True, order=True)
class Finding:
    """One finding; ``line`` counts from 1."""

    file: str
    line: int
    rule: str
    level: Level
    message: str
    remedy: str

    def as_dict(self) -> FindingDict:
        """The form in which the module returns it."""
        return t.cast(FindingDict, asdict(self))


@dataclass(frozen=True)
class Note:
    """A file that was not checked, and why."""

    file: str
    reason: str


def finding(rule: Rule, file: str, line: int, message: str, remedy: str, perhaps: bool = False) -> Finding:
    """A finding of ``rule``; ``perhaps`` where this one is not certain."""
    return Finding(file, line, rule.name, "perhaps" if perhaps else rule.level, message, remedy)
