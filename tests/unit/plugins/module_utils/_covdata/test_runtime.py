# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Go's coverage runtime prints, and the files that it writes."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata import runtime

HASH = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("warning: GOCOVERDIR not set, no coverage data emitted", "coverage-dir-unset"),
        ("error: coverage counter data emit failed: open x: read-only file system", "coverage-dir-unwritable"),
        ("error: coverage counter data emit failed: writing x: disk quota exceeded", "disk-full"),
        ("error: coverage meta-data emit failed: open x: permission denied", "coverage-dir-unwritable"),
        ("error: coverage meta-data emit failed: no space left on device", "disk-full"),
        ("no space left on device", None),
        ("listening", None),
    ],
)
def test_the_cause_that_a_line_gives(line: str, cause: str | None) -> None:
    assert runtime.cause_of(line) == cause
    assert runtime.warning(["first", f" {line}\n"]) == ((cause, line) if cause else None)


@pytest.mark.parametrize(
    ("name", "selected"),
    [
        (f"covmeta.{HASH}", True),
        (f"covcounters.{HASH}.17.1700000000000000000", True),
        (f"tmp.covmeta.{HASH}1700000000000000000", True),
        (f"tmp.covcounters.{HASH}.17.1700000000000000000", True),
        ("covmeta", False),
        ("tmp.log", False),
        ("notes.covmeta.x", False),
    ],
)
def test_find_selects_the_files_that_the_pattern_matches(tmp_path: Path, name: str, selected: bool) -> None:
    (tmp_path / name).touch()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / name).touch()
    script = f"cd {shlex.quote(str(tmp_path))} && find . {runtime.FIND_EXPRESSION}"
    found = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ([f"./{name}"] if selected else [])
    assert bool(runtime.COVERAGE_FILE.fullmatch(name)) is selected


def test_the_parts_of_the_names() -> None:
    counters = runtime.COUNTERS_NAME.fullmatch(f"covcounters.{HASH}.17.1700000000000000000")
    assert counters is not None
    assert (counters["hash"], counters["pid"], counters["nanoseconds"]) == (HASH, "17", "1700000000000000000")
    # Go skips a file whose process does not fit into an int.
    assert runtime.COUNTERS_NAME.fullmatch(f"covcounters.{HASH}.{'9' * 19}.1") is None
