# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress file."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress, into_file, parse_line


def test_what_is_written_is_read_line_by_line_at_once(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    progress = Progress(into_file(str(path)))
    progress.note("building")
    progress.output("line with\nnewline and \u20ac")
    assert [parse_line(line) for line in path.read_text().splitlines()] == [
        ("note", "building"),
        ("output", "line with\nnewline and \u20ac"),
    ]
    Progress(into_file(str(path))).text("")
    assert parse_line(path.read_text().splitlines()[-1]) == ("text", "")


def test_the_file_is_ascii_so_that_no_reader_sees_half_a_character(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    Progress(into_file(str(path))).output("\u20ac \ufffd \U0001f600")
    assert path.read_bytes().isascii()


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Progress().note("to nobody")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_does_not_fail_the_step() -> None:
    # Every write to this device fails with ENOSPC.
    Progress(into_file("/dev/full")).note("building")


@pytest.mark.parametrize(
    "line",
    ["", "{", '{"kind": "note"', "[]", "null", "7", '"note"', "{}", '{"kind": "note"}', '{"kind": "x", "text": "x"}'],
)
def test_what_is_no_line(line: str) -> None:
    assert parse_line(line) is None
