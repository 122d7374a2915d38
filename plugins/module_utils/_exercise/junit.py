# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit files that a run of tests has left behind, where its output does not tell how many tests ran.

The form is that of gotestsum, go-junit-report, Ginkgo and kuttl: ``testcase`` elements, with an element ``failure`` or
``error`` in those that failed and ``skipped`` in those that did not run.
"""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

_WORD = re.compile(r"[^\s=\"']+\.xml\b")
#: Variables by which gotestsum and bats are told where to write.
_VARIABLES = ("GOTESTSUM_JUNITFILE", "JUNIT_REPORT_FILE")
_LARGEST = 64 << 20
_BEGINS = re.compile(r"^\s*<(testsuites?)\b")


@dataclass
class JUnit:
    """Tests by their outcome; failed ones by name."""

    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)

    def add(self, root: ElementTree.Element) -> None:
        """Count the tests of a document."""
        for case in root.iter("testcase"):
            kinds = {child.tag for child in case}
            if kinds & {"failure", "error"}:
                self.failed.append(case.get("name") or "unnamed")
            elif "skipped" in kinds:
                self.skipped += 1
            else:
                self.passed += 1


def files_of(command: str, cwd: str | None, env: t.Mapping[str, str], since: float) -> list[Path]:
    """The XML files that ``command`` or ``env`` name and that were written after ``since`` (seconds since 1970)."""
    names = [*_WORD.findall(command), *(env[name] for name in _VARIABLES if env.get(name))]
    paths = dict.fromkeys(Path(cwd or os.curdir) / name for name in names)
    return [path for path in paths if path.is_file() and path.stat().st_mtime >= since]


def read(paths: t.Iterable[Path]) -> JUnit | None:
    """What the files tell; None if none of them is a JUnit file."""
    found: JUnit | None = None
    for path in paths:
        root = _root(path)
        if root is not None:
            found = found or JUnit()
            found.add(root)
    return found


class Printed:
    """Finds JUnit documents among lines of output, as ``go test 2>&1 | go-junit-report`` prints them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._tag = ""
        self._size = 0

    def feed(self, line: str) -> tuple[bool, ElementTree.Element | None]:
        """Whether the line belongs to a document, and the document that it completes."""
        begins = _BEGINS.match(line)
        if not self._tag and not begins:
            return line.startswith("<?xml "), None
        if not self._tag and begins:
            self._tag, self._lines, self._size = begins[1], [], 0
        self._lines.append(line)
        self._size += len(line)
        if self._size > _LARGEST:
            self._tag, self._lines = "", []
        elif f"</{self._tag}>" in line or (len(self._lines) == 1 and line.rstrip().endswith("/>")):
            try:
                root = ElementTree.fromstring("\n".join(self._lines))
            except ElementTree.ParseError:
                return True, None  # the end of an inner suite
            self._tag, self._lines = "", []
            return True, root
        return True, None


def _root(path: Path) -> ElementTree.Element | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    return root if root.tag in ("testsuites", "testsuite") else None
