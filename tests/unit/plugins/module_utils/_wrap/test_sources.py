# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the source of a program is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._wrap.sources import modules_in, source_of


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for directory, module in (
        (".", "example.com/shop"),
        ("tools", "example.com/shop/tools"),
        ("vendor/example.com/other", "example.com/other"),
        ("a/b/c/d/e", "example.com/deep"),
        ("test/e2e", '"example.com/e2e"'),
    ):
        place = tmp_path / directory
        place.mkdir(parents=True, exist_ok=True)
        (place / "go.mod").write_text(f"// a comment\nmodule {module}\n\ngo 1.23\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("place", [".", "test/e2e", "tools"])
def test_modules_above_and_below(checkout: Path, place: str) -> None:
    found = modules_in([checkout / place, checkout])
    assert found == {
        "example.com/shop": checkout,
        "example.com/shop/tools": checkout / "tools",
        "example.com/e2e": checkout / "test" / "e2e",
    }


@pytest.mark.parametrize(
    ("package", "where"),
    [
        ("example.com/shop/cmd/x", "."),
        ("example.com/shop", "."),
        ("example.com/shop/tools/gen", "tools"),
        ("example.com/shopping/cmd/x", None),
        ("", None),
    ],
)
def test_the_module_of_a_package(checkout: Path, package: str, where: str | None) -> None:
    assert source_of(package, modules_in([checkout])) == (None if where is None else checkout / where)
