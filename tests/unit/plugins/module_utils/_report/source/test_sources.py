# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From names in profiles to files, and never out of the source tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.sources import Sources


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "outside.go").write_text("package outside\n")
    root = tmp_path / "app"
    (root / "store").mkdir(parents=True)
    (root / "go.mod").write_text('// comment\nmodule "example.com/app" // why\n\ngo 1.21\n')
    (root / "main.go").write_text("package main\n\nfunc main() {}\n")
    (root / "store" / "store.go").write_text("package store\n")
    (root / "broken.go").write_text("package main\n\nfunc main() {\n")
    (root / "link.go").symlink_to(tmp_path / "outside.go")
    return root


@pytest.mark.parametrize(
    "name, found",
    [
        ("example.com/app/main.go", "main.go"),
        ("example.com/app/store/store.go", "store/store.go"),
        ("example.com/application/main.go", None),
        ("example.com/app/missing.go", None),
        ("example.com/app/store", None),
        ("example.com/app/../outside.go", None),
        ("example.com/app/store/../../outside.go", None),
        ("example.com/app//etc/passwd", None),
        ("example.com/app/link.go", None),
        ("/etc/passwd", None),
        ("main.go", None),
    ],
)
def test_path_of(tree: Path, name: str, found: str | None) -> None:
    assert Sources(str(tree)).path_of(name) == (found and str(tree / found))


def test_an_absolute_name_below_the_root_is_found(tree: Path) -> None:
    assert Sources(str(tree)).path_of(f"{tree}/main.go") == str(tree / "main.go")


def test_without_a_root_or_a_module_there_is_no_source(tree: Path, tmp_path: Path) -> None:
    assert Sources(None).read("example.com/app/main.go") is None
    assert Sources(str(tmp_path)).read("example.com/app/main.go") is None
    assert Sources(str(tmp_path / "missing")).read("example.com/app/main.go") is None


def test_scan(tree: Path) -> None:
    scanned = Sources(str(tree)).scan("example.com/app/main.go")
    assert scanned is not None
    assert [declaration.name for declaration in scanned.declarations] == ["main"]
    assert Sources(str(tree)).scan("example.com/app/broken.go") is None
