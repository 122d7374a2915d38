# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Summaries of test runners other than go test: gotestsum, chainsaw, and TAP as bats writes it.

gotestsum ends with ``DONE 3 tests, 1 skipped, 1 failure in 0.5s``, chainsaw with ``- Passed  tests 1`` and so on, bats
with ``3 tests, 1 failure`` on a terminal and TAP (testanything.org, version 13) elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_GOTESTSUM = re.compile(
    r"^DONE (?:(\d+) runs, )?(\d+) tests?(?:, (\d+) skipped)?(?:, (\d+) failures?)?(?:, (\d+) errors?)? in \S+$"
)
#: A package in gotestsum's own format; with another format the cache does not show.
_GOTESTSUM_PACKAGE = re.compile(r"^[✓✖]\s+\S+ \((cached|[\d.hmsµ]+)\)")
_GOTESTSUM_FAIL = re.compile(r"^=== FAIL: \S+ (\S+) \(")
_CHAINSAW = re.compile(r"^- (Passed|Failed|Skipped)\s+tests\s+(\d+)$")
_BATS = re.compile(r"^(\d+) tests?, (\d+) failures?(?:, (\d+) skipped)?(?: in .*)?$")
_TAP_PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#.*)?$")
_TAP_TEST = re.compile(r"^(not )?ok (\d+)\b\s*(?:- )?(.*)$")
_TAP_DIRECTIVE = re.compile(r"(?:^|\s)#\s*(skip|todo)\b", re.IGNORECASE)


@dataclass
class Summaries:
    """The tests that summaries have told of so far. ``forms`` are the runners; ``reruns``: failed tests ran again."""

    total: int = 0
    skipped: int = 0
    failures: int = 0
    failed: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    reruns: bool = False
    cached_packages: int = 0
    packages: int = 0

    def feed(self, line: str) -> bool:
        """Take a line into account; returns whether it belongs to such a summary."""
        if match := _GOTESTSUM.match(line):
            self._add("gotestsum", int(match[2]), int(match[3] or 0), int(match[4] or 0))
            self.reruns = self.reruns or match[1] is not None
        elif match := _GOTESTSUM_PACKAGE.match(line):
            self.packages += 1
            self.cached_packages += match[1] == "cached"
        elif match := _GOTESTSUM_FAIL.match(line):
            self._fail(match[1])
        elif match := _CHAINSAW.match(line):
            count = int(match[2])
            skipped, failures = count * (match[1] == "Skipped"), count * (match[1] == "Failed")
            self._add("chainsaw", count, skipped, failures)
        elif match := _BATS.match(line):
            self._add("bats", int(match[1]), int(match[3] or 0), int(match[2]))
        elif _TAP_PLAN.match(line):
            self._add("TAP", 0, 0, 0)
        elif match := _TAP_TEST.match(line):
            directive = _TAP_DIRECTIVE.search(match[3])
            failed = bool(match[1]) and directive is None
            self._add("TAP", 1, int(directive is not None), int(failed))
            if failed:
                self._fail(match[3] or f"test {match[2]}")
        else:
            return False
        return True

    @property
    def passed(self) -> int:
        """How many tests ran and passed."""
        return self.total - self.skipped - self.failures

    def _add(self, form: str, total: int, skipped: int, failures: int) -> None:
        if form not in self.forms:
            self.forms.append(form)
        self.total += total
        self.skipped += skipped
        self.failures += failures

    def _fail(self, name: str) -> None:
        if name not in self.failed:
            self.failed.append(name)
