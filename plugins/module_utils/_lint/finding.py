# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding: a place in a file, the rule that it breaks, and the remedy."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

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
    fix: dict[str, str] | None


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
    #: What is replaced on the line, and by what; None where no replacement is certain.
    fix: tuple[str, str] | None = field(default=None, compare=False)

    def as_dict(self) -> FindingDict:
        """The form in which the module returns it."""
        return {
            "file": self.file,
            "line": self.line,
            "rule": self.rule,
            "level": self.level,
            "message": self.message,
            "remedy": self.remedy,
            "fix": {"old": self.fix[0], "new": self.fix[1]} if self.fix else None,
        }


@dataclass(frozen=True)
class Note:
    """A file that was not checked, and why."""

    file: str
    reason: str


def finding(rule: Rule, file: str, line: int, message: str, remedy: str, fix: tuple[str, str] | None = None) -> Finding:
    """A finding of ``rule``, with a fix where one is certain."""
    return Finding(file, line, rule.name, rule.level, message, remedy, fix)
