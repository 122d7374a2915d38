# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Go modules that users read and tests build are formatted, vetted and tested."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    path.parent for pattern in ("examples/*/go.mod", "tests/run/services/go.mod") for path in CHECKOUT.glob(pattern)
)


@pytest.fixture(params=MODULES, ids=lambda module: str(module.relative_to(CHECKOUT)))
def module(request: pytest.FixtureRequest) -> Path:
    directory = request.param
    assert isinstance(directory, Path)
    return directory


def go(module: Path, *command: str) -> str:
    """The output of a command in ``module``, which must succeed."""
    ran = subprocess.run(command, cwd=module, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def test_is_formatted(module: Path) -> None:
    assert go(module, "gofmt", "-l", ".") == ""


def test_is_vetted(module: Path) -> None:
    go(module, "go", "vet", "./...")


def test_unit_tests_pass(module: Path) -> None:
    packages = [f"./{name}/..." for name in ("cmd", "internal") if (module / name).is_dir()]
    go(module, "go", "test", *packages)
