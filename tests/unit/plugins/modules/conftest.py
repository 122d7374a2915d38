# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures of the tests of modules."""

from __future__ import annotations

import sys
import tempfile
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_cluster import FakeCluster  # noqa: E402
from fake_engine import FakeEngine  # noqa: E402
from module_runner import Modules  # noqa: E402


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    """An engine without images and containers."""
    directory = tmp_path / "engine"
    directory.mkdir()
    return FakeEngine(directory)


@pytest.fixture
def cluster() -> FakeCluster:
    """A cluster without objects."""
    return FakeCluster()


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: FakeEngine, cluster: FakeCluster) -> Modules:
    """Runs modules against ``engine`` and ``cluster``; locks lie below a temporary directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Modules(monkeypatch, engine, cluster)


@pytest.fixture
def node_path() -> t.Iterator[Path]:
    """A directory outside of /tmp, which is a tmpfs in kind's nodes."""
    with tempfile.TemporaryDirectory(prefix="gocover-test-", dir="/var/tmp") as node:
        yield Path(node) / "covdata"
