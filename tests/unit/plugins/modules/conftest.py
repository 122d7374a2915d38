# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures of the tests of modules."""

from __future__ import annotations

import os
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
    """Runs modules against ``engine`` and ``cluster``; locks and proofs lie below a temporary directory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Modules(monkeypatch, engine, cluster)


@pytest.fixture
def node_root() -> t.Iterator[Path]:
    """An empty directory that a node keeps: not below /tmp or /run, which are a tmpfs in kind's nodes.

    A bare machine has no /var/tmp: then the directory lies in the home directory, or in the checkout.
    """
    places = (Path("/var/tmp"), Path.home(), Path(__file__).parent)
    kept = [place for place in places if os.access(place, os.W_OK) and place.parts[1] not in ("tmp", "run", "dev")]
    assert kept, f"none of {places} can be written and is kept by a node"
    with tempfile.TemporaryDirectory(prefix=".gocover-test-", dir=kept[0]) as node:
        yield Path(node)


@pytest.fixture
def node_path(node_root: Path) -> Path:
    """A directory of coverage data on a node, which does not exist yet."""
    return node_root / "covdata"
