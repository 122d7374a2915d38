# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check of this machine found: in order, worth a warning, or in the way of a run."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._diagnosis import Diagnosis

Level = t.Literal["ok", "warning", "error"]


class FindingRecord(t.TypedDict):
    """A finding in the results of modules; ``cause`` and ``remedy`` are empty where all is in order."""

    subject: str
    level: Level
    found: str
    cause: str
    remedy: str


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``found`` says in words what there is, ``diagnosis`` what is wrong with it.

    ``blocks`` tells whether a run cannot succeed as long as it stays so.
    """

    subject: str
    found: str
    diagnosis: Diagnosis | None = None
    blocks: bool = False

    @property
    def level(self) -> Level:
        """How bad it is."""
        if self.diagnosis is None:
            return "ok"
        return "error" if self.blocks else "warning"

    def line(self) -> str:
        """The finding on one line."""
        said = self.found if self.diagnosis is None else self.diagnosis.sentence()
        return f"{self.level:<8} {self.subject}: {said}"

    def as_dict(self) -> FindingRecord:
        """The form in which modules return it."""
        cause, remedy = (self.diagnosis.cause, self.diagnosis.remedy) if self.diagnosis else ("", "")
        return {
            "subject": self.subject,
            "level": self.level,
            "found": self.diagnosis.evidence if self.diagnosis else self.found,
            "cause": cause,
            "remedy": remedy,
        }


def good(subject: str, found: str) -> Finding:
    """A finding that is in order."""
    return Finding(subject, found)


def wrong(subject: str, diagnosis: Diagnosis, *, blocks: bool) -> Finding:
    """A finding that is not."""
    return Finding(subject, diagnosis.evidence, diagnosis, blocks)
