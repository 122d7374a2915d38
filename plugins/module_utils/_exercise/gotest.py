# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the output of ``go test`` says: which tests failed, which were running, whether any ran at all.

The lines are those of package testing and cmd/go (GOROOT/src/testing/testing.go, GOROOT/src/cmd/go/internal/test), and
the summary of Ginkgo. Output of other programs matches none of them, and then nothing is claimed.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

_RUN = re.compile(r"^=== RUN\s+(\S+)")
_END = re.compile(r"^\s*--- (PASS|FAIL|SKIP): (\S+)")
_PACKAGE = re.compile(r"^(ok|FAIL|---|\?)\s*\t(\S+)\s*(.*)$")
#: Ginkgo colours its output even where it goes into a pipe.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_GINKGO_RAN = re.compile(r"^Ran (\d+) of \d+ Specs?\b")
_GINKGO_COUNTS = re.compile(
    r"^(?:SUCCESS|FAIL)! .*?(\d+) Passed \| \d+ Failed (?:\| \d+ Flaked )?\| (\d+) Pending \| (\d+) Skipped"
)
#: With --succinct a suite that passed is one line.
_GINKGO_SUCCINCT = re.compile(r"^\[\d+\] .+ - (\d+)/(\d+) specs\b.*SUCCESS!")
_GINKGO_FAIL = re.compile(
    r"^\s*\[(?:FAIL|Fail|PANICKED!|Panic!|TIMEDOUT|Timeout\.\.\.|INTERRUPTED|ABORTED)\] (.+?)(?:\s+\S+\.go:\d+)?$"
)
_NO_TESTS = "testing: warning: no tests to run"
#: Test functions in which kuttl and chainsaw run the tests that users write.
_HARNESSES = ("kuttl", "kuttl/harness", "chainsaw")
_TIMED_OUT = re.compile(r"^panic: test timed out after (\S+)")
#: What follows it: the tests that were running, whether or not -v had named them before.
_WAS_RUNNING = re.compile(r"^\t\t(\S+) \([\d.hms]+\)$")
_SPEAKER = re.compile(r"^=== (?:RUN|CONT|NAME)\s+(\S+)")
_LOGGED = re.compile(r"^\s+\S+\.go:\d+: ")
_DEBRIS = ("=== ", "--- ", "PASS", "FAIL", "ok ", "exit status", "goroutine ", "\t")


@dataclass
class Tally:
    """What was seen in the lines fed so far: tests by name, in order."""

    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    packages: int = 0
    empty_packages: int = 0
    cached_packages: int = 0
    uncounted_packages: int = 0
    warned_empty: bool = False
    harnesses: int = 0
    specs: int | None = None
    timed_out_after: str | None = None
    _suite_ends: bool = False
    _seen_in_package: int = 0

    def feed(self, line: str) -> None:
        """Take one line of output into account."""
        line = plain(line)
        if match := _RUN.match(line):
            self.running.append(match[1])
        elif match := _END.match(line):
            self._end(match[1], match[2])
        elif match := _PACKAGE.match(line):
            self._end_package(match[1], match[3])
        elif line == _NO_TESTS:
            self.warned_empty = True
        elif match := _TIMED_OUT.match(line):
            self.timed_out_after = match[1]
        elif self.timed_out_after and (match := _WAS_RUNNING.match(line)):
            if match[1] not in self.running:
                self.running.append(match[1])
        elif match := _GINKGO_RAN.match(line):
            self.specs = (self.specs or 0) + int(match[1])
        elif match := _GINKGO_SUCCINCT.match(line):
            self.specs = (self.specs or 0) + int(match[1])
            self.passed += int(match[1])
            self.skipped += int(match[2]) - int(match[1])
            self._suite_ends = True
        elif match := _GINKGO_COUNTS.match(line):
            self.passed += int(match[1])
            self.skipped += int(match[2]) + int(match[3])
            self._suite_ends = True
        elif match := _GINKGO_FAIL.match(line):
            self._fail(match[1].rstrip())

    def _end_package(self, verdict: str, rest: str) -> None:
        self.packages += 1
        if verdict == "?" or "[no tests to run]" in rest or "[no test files]" in rest:
            self.empty_packages += 1
        elif rest.startswith("(cached)"):
            self.cached_packages += 1
        elif verdict == "ok" and not self._seen_in_package:
            self.uncounted_packages += 1  # without -v only the package is named
        self._seen_in_package = 0

    def _end(self, verdict: str, name: str) -> None:
        self._seen_in_package += 1
        if name in self.running:
            self.running.remove(name)
        if name in _HARNESSES and verdict != "FAIL":
            self.harnesses += 1
            return
        if self._suite_ends:
            # The test function that only holds the specs, which have been counted.
            self._suite_ends = False
            if self.failed or verdict != "FAIL":
                return
        if verdict == "PASS":
            self.passed += 1
            if name in self.failed:
                self.failed.remove(name)  # it ran again
        elif verdict == "SKIP":
            self.skipped += 1
        else:
            self._fail(name)

    def _fail(self, name: str) -> None:
        if name not in self.failed:
            self.failed.append(name)

    @property
    def nothing_ran(self) -> bool:
        """Whether no test was executed, as far as go test or Ginkgo told.

        There was none, none was chosen, or Go took all results from its cache.
        """
        if self.running or self.failed:
            return False
        if self.specs == 0 or (self.harnesses and not self.packages):
            return not self.passed
        if self.warned_empty and not self.packages:
            return not self.passed
        if self.packages and self.packages == self.empty_packages + self.cached_packages:
            return True
        return self.counted and not self.passed

    @property
    def counted(self) -> bool:
        """Whether the numbers are those of all tests; go test tells of none without -v."""
        seen = self.passed + self.skipped + len(self.failed) + self.harnesses
        return not self.uncounted_packages and (seen > 0 or self.specs is not None)

    def failed_leaves(self) -> list[str]:
        """The failed tests without those that only failed because a subtest of theirs did."""
        return [name for name in self.failed if not any(other.startswith(name + "/") for other in self.failed)]

    def running_leaves(self) -> list[str]:
        """The tests that had begun and not ended, without those that only wait for a subtest."""
        return [name for name in self.running if not any(other.startswith(name + "/") for other in self.running)]


def plain(line: str) -> str:
    """``line`` without colours."""
    return _COLOUR.sub("", line)


def first_complaints(lines: t.Sequence[str], most: int = 3) -> list[str]:
    """The lines that say what was wrong: what failed tests logged with file and line, else a panic, else the last."""
    lines = [plain(line) for line in lines]
    logged: dict[str, list[str]] = {}
    failed: list[str] = []
    speaker = ""
    for line in lines:
        # With -v a test logs before its end; without it only failed ones are shown, and what they logged comes after.
        if match := _SPEAKER.match(line):
            speaker = match[1]
        elif match := _END.match(line):
            speaker = match[2]
            if match[1] == "FAIL":
                failed.append(speaker)
        elif _LOGGED.match(line):
            logged.setdefault(speaker, []).append(line.strip())
    complaints = [said for name in failed for said in logged.get(name, [])]
    complaints = complaints or [line.strip() for line in lines if line.startswith("panic: ")]
    if complaints:
        return complaints[:most]
    return [line.strip() for line in lines if line.strip() and not line.startswith(_DEBRIS)][-most:]
