# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes write the files of a report, and what one of them cannot write another does."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report import writing

COUNTS = [1, 2, 3]


def _pieces() -> Iterator[str]:
    yield "a\n"
    yield "\u00fc\n"


@pytest.mark.parametrize("processes", COUNTS)
def test_every_file_is_written(tmp_path: Path, processes: int) -> None:
    contents: dict[str, writing.Content] = {"plain": "as it is", "whole": lambda: "rendered", "pieces": _pieces}
    contents.update({f"file{number}": "x" * number for number in range(20)})
    writing.write_all(contents, tmp_path, processes)
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert written.pop("whole") == "rendered" and written.pop("pieces") == "a\n\u00fc\n"
    assert written == {name: text for name, text in contents.items() if isinstance(text, str)}


@pytest.mark.parametrize("processes", COUNTS)
def test_an_error_reaches_the_caller(tmp_path: Path, processes: int) -> None:
    contents: dict[str, writing.Content] = {f"no/such/directory{number}": "text" for number in range(4)}
    with pytest.raises(FileNotFoundError):
        writing.write_all(contents, tmp_path, processes)


@pytest.mark.parametrize("processes", COUNTS)
def test_what_a_child_cannot_write_the_parent_does(tmp_path: Path, processes: int) -> None:
    parent = os.getpid()

    def render() -> str:
        if os.getpid() != parent:
            raise MemoryError
        return "by the parent"

    writing.write_all({f"file{number}": render for number in range(8)}, tmp_path, processes)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["by the parent"] * 8


def test_without_a_fork_there_is_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", fork)
    writing.write_all({"one": "1", "two": "2"}, tmp_path, processes=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    with pytest.raises(KeyError), writing.no_collection():
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()
