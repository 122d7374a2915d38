# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of ``go test -v``, one line for each test: what only repeats is shown with -v alone."""

from __future__ import annotations

import re

from .gotest import plain

_RUN = re.compile(r"^=== RUN\s+(\S+)")
_END = re.compile(r"^--- (?:PASS|FAIL|SKIP): (\S+)")
_REPEATS = re.compile(r"^(?:=== (?:RUN|PAUSE|CONT|NAME)\b|\s+--- PASS: |PASS$|ok\s*\t)")
_PACKAGE = re.compile(r"^(?:ok|FAIL|\?)\s*\t")


class Terse:
    """Tells which lines matter; the number of a test's subtests stands on its own line."""

    def __init__(self) -> None:
        self._subtests: dict[str, int] = {}
        self._named = False

    def shorten(self, line: str) -> str | None:
        """The line as it is shown; None for one that only repeats what others say."""
        bare = plain(line)
        if match := _RUN.match(bare):
            self._named = True
            test, _slash, subtest = match[1].partition("/")
            self._subtests[test] = self._subtests.get(test, 0) + bool(subtest)
        # Without -v the line of the package is all that go test says.
        repeats = _REPEATS.match(bare) and (self._named or not _PACKAGE.match(bare))
        if _PACKAGE.match(bare):
            self._named = False
        if repeats:
            return None
        match = _END.match(bare)
        subtests = self._subtests.pop(match[1], 0) if match else 0
        return f"{line}, {subtests} subtest{'s' if subtests > 1 else ''}" if subtests else line
