# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why something failed: a stable cause, the evidence for it, and the remedy."""

from __future__ import annotations

import re
import sys
import typing as t
from dataclasses import dataclass, field

#: How a program or an engine says that a disk is full: strerror(3) of ENOSPC and EDQUOT, in any spelling.
FULL_DISK = re.compile(r"no space left|disk quota exceeded", re.IGNORECASE)


class DiagnosisRecord(t.TypedDict):
    """A diagnosis in the results of modules and in run.json."""

    cause: str
    evidence: str
    remedy: str


@dataclass(frozen=True)
class Diagnosis:
    """One cause of a failure.

    ``cause`` is a stable identifier such as ``sigterm-unhandled`` (docs/diagnoses.md lists them all),
    ``evidence`` is what was seen, ``remedy`` is what the reader can do about it. Each is one sentence.
    """

    cause: str
    evidence: str
    remedy: str

    def sentence(self) -> str:
        """The diagnosis as a user reads it: evidence, remedy, and the identifier to search for."""
        return " ".join(filter(None, (_ended(self.evidence), _ended(self.remedy), f"[{self.cause}]")))

    def as_dict(self) -> DiagnosisRecord:
        """The form in which modules return it."""
        return {"cause": self.cause, "evidence": self.evidence, "remedy": self.remedy}


@dataclass(eq=False)
class Failure(Exception):
    """A step that cannot succeed, and why.

    ``summary`` says in a few words what failed; ``diagnoses`` say why, the most certain first;
    ``result`` is what is known all the same and becomes part of the module's result;
    ``sections`` become part of run.json.
    """

    summary: str
    diagnoses: t.Sequence[Diagnosis] = ()
    result: dict[str, t.Any] = field(default_factory=dict)
    sections: dict[str, t.Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([_ended(self.summary), *(diagnosis.sentence() for diagnosis in self.diagnoses)])


def failure(
    summary: str, cause: str, evidence: str, remedy: str, *, sections: dict[str, t.Any] | None = None, **result: t.Any
) -> Failure:
    """A failure with a single diagnosis."""
    return Failure(summary, [Diagnosis(cause, evidence, remedy)], result, sections or {})


def library_missing(library: str, error: ImportError, summary: str) -> Failure:
    """The failure where the Python that runs this lacks ``library``, by the name under which pip installs it."""
    remedy = f"Install it into that Python's environment: {sys.executable} -m pip install '{library}'"
    if library == "tomllib":
        remedy = "Let ansible_python_interpreter be Python 3.11 or later, whose standard library has it"
    return failure(summary, "library-missing", f"Importing the Python library {library} failed with: {error}", remedy)


def _ended(sentence: str) -> str:
    sentence = sentence.strip()
    return sentence if not sentence or sentence.endswith((".", "!", "?", ":", "`")) else sentence + "."
