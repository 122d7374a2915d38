# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception of the covdata package."""

from __future__ import annotations


class CovdataError(Exception):
    """Coverage data that cannot be used.

    ``cause`` is a stable identifier (``truncated-data``, ``mode-clash``, ``no-counters``, ...), ``evidence`` says
    what was seen, naming the file, and ``remedy`` what to do about it. ``str()`` is both in one sentence.
    """

    def __init__(self, cause: str, evidence: str, remedy: str) -> None:
        super().__init__(f"{evidence}: {remedy}")
        self.cause = cause
        self.evidence = evidence
        self.remedy = remedy


def damaged(file: str, what: str) -> CovdataError:
    """The error for bytes that are not what Go writes: cut short, overwritten, or never coverage data at all."""
    return CovdataError(
        "truncated-data",
        f"{file} is truncated or damaged ({what})",
        "remove the file, or collect the data again once the program has exited",
    )
