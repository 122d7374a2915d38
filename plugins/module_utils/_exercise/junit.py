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


@dataclass
class JUnit:
    """Tests by their outcome; failed ones by name."""

    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)


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
        if root is None:
            continue
        found = found or JUnit()
        for case in root.iter("testcase"):
            kinds = {child.tag for child in case}
            if kinds & {"failure", "error"}:
                found.failed.append(case.get("name") or "unnamed")
            elif "skipped" in kinds:
                found.skipped += 1
            else:
                found.passed += 1
    return found


def _root(path: Path) -> ElementTree.Element | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    return root if root.tag in ("testsuites", "testsuite") else None
