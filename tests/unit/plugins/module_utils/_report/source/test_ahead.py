# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scan by another process finds what a scan by this one does, and leaves no process behind."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.meta import MetaFile, decode_meta
from ansible_collections.gocover.e2e.plugins.module_utils._report.source import ahead
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.sources import ScannedSource, Sources

FIXTURES = Path(__file__).resolve().parents[5] / "fixtures" / "covdata"
PROGRAM = str(FIXTURES / "program")


@pytest.fixture(name="meta")
def _meta(monkeypatch: pytest.MonkeyPatch) -> MetaFile:
    monkeypatch.setattr(ahead, "_LEAST_FILES", 1)
    monkeypatch.setattr(ahead, "processor_count", lambda: 2)
    return decode_meta(next((FIXTURES / "go1.26.6-count" / "covdata").glob("covmeta.*")).read_bytes())


def _names(meta: MetaFile) -> list[str]:
    return list(dict.fromkeys(function.file for package in meta.packages for function in package.functions))


class _OnlyInChildren(Sources):
    """Cannot scan in the process that made it."""

    parent = os.getpid()

    def scan(self, name: str) -> ScannedSource | None:
        if os.getpid() == self.parent and name not in self._scanned:
            raise AssertionError(f"{name} was not scanned ahead")
        return super().scan(name)


class _NeverInChildren(Sources):
    """Cannot scan in any other process than the one that made it."""

    parent = os.getpid()

    def scan(self, name: str) -> ScannedSource | None:
        if os.getpid() != self.parent:
            raise MemoryError
        return super().scan(name)


@pytest.mark.parametrize("sources", [_OnlyInChildren(PROGRAM), _NeverInChildren(PROGRAM)])
def test_finds_the_same(meta: MetaFile, sources: Sources) -> None:
    with ahead.ScanAhead(sources) as scan:
        scan.begin(meta)
        scan.begin(meta)
        scan.finish()
    plain = Sources(PROGRAM)
    assert len(_names(meta)) > 3
    for name in _names(meta):
        found = sources.scan(name)
        assert found is not None
        assert found == plain.scan(name)


def test_comments_that_exclude_code_are_found_too(meta: MetaFile, tmp_path: Path) -> None:
    shutil.copytree(PROGRAM, tmp_path / "program")
    with open(tmp_path / "program" / "main.go", "a", encoding="ascii") as source:
        source.write("\n//coverage:ignore-file\n")
    sources = _OnlyInChildren(str(tmp_path / "program"))
    with ahead.ScanAhead(sources) as scan:
        scan.begin(meta)
        scan.finish()
    assert [name for name in _names(meta) if sources.ignored(name)] == ["example.com/shapes/main.go"]


def test_an_error_ends_the_scan(meta: MetaFile, monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[int] = []

    def fork() -> int:
        child = os.fork()
        children.append(child)
        return child

    monkeypatch.setattr(ahead, "fork", fork)
    with pytest.raises(KeyError), ahead.ScanAhead(Sources(PROGRAM)) as scan:
        scan.begin(meta)
        raise KeyError
    with pytest.raises(ChildProcessError):
        os.waitpid(children[0], os.WNOHANG)


def test_without_source_nothing_is_scanned(meta: MetaFile) -> None:
    with ahead.ScanAhead(Sources(None)) as scan:
        scan.begin(meta)
        scan.finish()
