# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact, built once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "suite"))
import machine  # noqa: E402 - found by the line above


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built artifact; it stays in tests/output for whoever wants to install it."""
    copy = machine.copy_of_collection(tmp_path_factory.mktemp("source"))
    command = ["ansible-galaxy", "collection", "build", "--force"]
    subprocess.run(command, cwd=copy, env=machine.environment(), stdin=subprocess.DEVNULL, check=True)
    machine.OUTPUT.mkdir(parents=True, exist_ok=True)
    built = next(copy.glob("*.tar.gz"))
    kept: Path = machine.OUTPUT / built.name
    return built.replace(kept)
