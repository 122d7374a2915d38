# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real playbook runs, with real builds and real processes, of a small service that can be told to go wrong."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import SERVICES, Project


@pytest.fixture(scope="session")
def tests_command(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The sample's end-to-end tests as an executable: linking them for each run would take longer than running them."""
    program = tmp_path_factory.mktemp("tests") / "sample.test"
    subprocess.run(["go", "test", "-c", "-o", str(program), "./test/e2e"], cwd=SERVICES, check=True)
    return f"{program} -test.v"


@pytest.fixture(scope="session")
def good_run(tmp_path_factory: pytest.TempPathFactory, tests_command: str) -> Path:
    """All that a good run of the sample leaves behind, for tests of what happens to it in the next run."""
    made = Project(tmp_path_factory.mktemp("good"), tests_command, Path())
    made.describe(sample={})
    ran = made.run()
    assert ran.rc == 0, ran.output
    return made.coverage


@pytest.fixture
def project(tmp_path: Path, tests_command: str, good_run: Path) -> Iterator[Project]:
    """A repository of its own, in which the service ``sample`` is described; no process of it may remain."""
    made = Project(tmp_path, tests_command, good_run)
    made.describe(sample={})
    yield made
    assert made.processes() == []


@pytest.fixture
def pause(tmp_path: Path) -> Path:
    """A directory: give it to the tests as PAUSE, wait for ``reached`` in it, and make ``go-on`` to let them end."""
    place = tmp_path / "pause"
    place.mkdir()
    return place


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MiB of its own, which can be filled and remounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "gocover-test", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)
