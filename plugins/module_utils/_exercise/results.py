# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the output of a test command tells, in whichever form of those that are read: counts, or that it is unknown."""

from __future__ import annotations

import re
import typing as t
from collections import deque

from .gotest import Tally, first_complaints, plain
from .junit import JUnit, Printed
from .summaries import Summaries
from .test2json import text_of

#: The forms of output that are read, for messages.
_FORMS = "go test -v, go test -json, gotestsum, Ginkgo, TAP, bats, kuttl, chainsaw, JUnit"
#: What cmd/go prints of packages without tests, and with what exit code 1.
_NOTHING_CHOSEN = re.compile(
    r"^no packages to test$|^go: warning: \S+ matched no packages$|^package \S+: build constraints exclude all Go files"
    r"|^pattern \S+: lstat \S+: no such file or directory$|^stat \S+: directory not found$|^no Go files in \S+$"
)
_TAIL = 200
#: What goes before each line where something else passes output on: `[e2e] `, `tests-1  | `, a time.
_PREFIX = re.compile(
    r"^(?:\[[^\]]{1,60}\]|[\w./-]{1,60}\s*\||\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d:\d\d:\d\d[.,\d]*)[ ]?"
    r"(?=\s*(?:=== (?:RUN|CONT|NAME|PAUSE|FAIL:)\s|--- (?:PASS|FAIL|SKIP): |(?:ok|FAIL|\?) *\t|DONE \d+ |Ran \d+ of "
    r"|(?:SUCCESS|FAIL)! |\{\"(?:Time|Action)\"))"
)


class Results:
    """What was seen in the lines fed so far."""

    def __init__(self) -> None:
        self.go = Tally()
        self.summaries = Summaries()
        self.junit: JUnit | None = None
        self.nothing_chosen = ""
        self._printed = Printed()
        self._tail: deque[str] = deque(maxlen=_TAIL)

    def feed(self, line: str) -> str | None:
        """Take a line into account; returns its text, which is None for an event without text."""
        unprefixed = _PREFIX.sub("", plain(line), count=1)
        text = text_of(unprefixed)
        shown = line if text is None else text
        if text == "":
            return None
        bare = plain(unprefixed if text is None else text)
        self._tail.append(bare)
        inside, document = self._printed.feed(bare)
        if document is not None:
            self.junit = self.junit or JUnit()
            self.junit.add(document)
        if inside:
            return shown
        if not self.summaries.feed(bare):
            self.go.feed(bare)
        if not self.nothing_chosen and _NOTHING_CHOSEN.search(bare):
            self.nothing_chosen = bare.strip()
        return shown

    @property
    def counted(self) -> bool:
        """Whether it is known how many tests ran."""
        return bool(self.junit or self.summaries.forms) or self.go.counted

    @property
    def ran(self) -> bool | None:
        """Whether a test ran; None if that is unknown."""
        if self.summaries.forms:
            summaries = self.summaries
            cached = 0 < summaries.packages == summaries.cached_packages
            return summaries.total > summaries.skipped and not cached
        if self.go.nothing_ran:
            return False
        if self.junit is not None:
            return bool(self.junit.passed or self.junit.failed)
        return True if self.go.counted or self.go.packages else None

    @property
    def failed(self) -> list[str]:
        """The names of failed tests."""
        names = self.go.failed_leaves() or self.summaries.failed
        return names or (self.junit.failed if self.junit is not None else [])

    @property
    def skipped(self) -> int:
        """How many tests were skipped, as far as is known."""
        return self._counts()[1]

    @property
    def cached(self) -> bool:
        """Whether Go took the results of a package from its cache."""
        return bool(self.go.cached_packages or self.summaries.cached_packages)

    def as_dict(self) -> dict[str, t.Any]:
        """``passed`` and ``skipped`` (None if unknown) and the names of ``failed`` tests."""
        passed, skipped = self._counts() if self.counted else (None, None)
        return {"passed": passed, "skipped": skipped, "failed": self.failed}

    def why_nothing(self) -> str:
        """Why no test ran, for a run of which ``ran`` is False."""
        if self.cached:
            return "Go took the results from its cache"
        if self.skipped and self.go.specs is None:
            return f"All {self.skipped} tests were skipped"
        if self.summaries.forms:
            return f"{self.summaries.forms[0]} counts no test"
        if self.go.specs is not None:
            return "Ginkgo ran none of its specs"
        if self.go.harnesses:
            return "The harness passed without a test in it"
        return "JUnit counts no test" if self.junit is not None else "None of its packages has a test"

    def why_unknown(self) -> str:
        """Why the number of tests is unknown, for a run of which ``counted`` is False."""
        return "go test names them with -v only" if self.go.packages else f"the output is in none of the forms {_FORMS}"

    def complaints(self) -> list[str]:
        """The first lines that tell what was wrong."""
        return first_complaints(list(self._tail))

    def _counts(self) -> tuple[int, int]:
        if self.summaries.forms:
            return self.summaries.passed, self.summaries.skipped
        if self.junit is not None and not self.go.counted:
            return self.junit.passed, self.junit.skipped
        return self.go.passed, self.go.skipped
