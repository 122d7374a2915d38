# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage data that nobody has collected comes home before its directory goes, and stays where it cannot."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect import leftovers
from ansible_collections.gocover.e2e.plugins.module_utils._collect.binaries import Wanted
from ansible_collections.gocover.e2e.plugins.module_utils._collect.directories import LocalDirectory
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import Holder, this_holder

DATA = Path(__file__).resolve().parents[4] / "fixtures" / "covdata" / "go1.26.6-atomic" / "covdata"


class Directory(LocalDirectory):
    """A directory of this machine that runs share."""

    def __init__(self, path: str, marks: dict[str, str]) -> None:
        super().__init__(path)
        self.marks = marks

    def runs_beside(self) -> dict[str, str]:
        """The marks that it was given."""
        return self.marks


@pytest.fixture
def left(tmp_path: Path) -> Directory:
    shutil.copytree(DATA, tmp_path / "left")
    return Directory(str(tmp_path / "left"), {})


def counters(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("covcounters.*"))


def test_counters_come_home_first(left: Directory, tmp_path: Path) -> None:
    names = counters(Path(left.path))
    cleared = leftovers.Cleared()
    leftovers.clear(left, tmp_path / "home" / "run", cleared)
    assert names and counters(tmp_path / "home" / "run") == names
    assert not Path(left.path).exists()
    assert cleared.changed and not cleared.warnings
    assert cleared.notes == [
        f"{len(names)} covcounters files that were not collected are in {tmp_path / 'home' / 'run'} now"
    ]


def test_what_cannot_come_home_stays(left: Directory, tmp_path: Path) -> None:
    names = counters(Path(left.path))
    (tmp_path / "home").write_text("no directory")
    cleared = leftovers.Cleared()
    leftovers.clear(left, tmp_path / "home" / "run", cleared)
    assert counters(Path(left.path)) == names
    assert not cleared.changed
    assert len(cleared.warnings) == 1 and "[results-unwritable]" in cleared.warnings[0]


def test_damaged_data_stays(left: Directory, tmp_path: Path) -> None:
    damaged = next(Path(left.path).glob("covcounters.*"))
    damaged.write_bytes(damaged.read_bytes()[:40])
    cleared = leftovers.Cleared()
    leftovers.clear(left, tmp_path / "home", cleared)
    assert damaged.exists() and "[truncated-data]" in cleared.warnings[0]


def test_nothing_to_bring_makes_no_directory(tmp_path: Path) -> None:
    (tmp_path / "left").mkdir()
    cleared = leftovers.Cleared()
    leftovers.clear(Directory(str(tmp_path / "left"), {}), tmp_path / "home" / "run", cleared)
    assert (cleared.changed, cleared.notes, (tmp_path / "home").exists()) == (True, [], False)
    assert not (tmp_path / "left").exists()


def test_programs_that_others_still_run_keep_the_directory(left: Directory, tmp_path: Path) -> None:
    names = counters(Path(left.path))
    cleared = leftovers.Cleared()
    leftovers.clear(left, tmp_path / "home", cleared, Wanted(["example.com/none"], ["none"]))
    assert counters(Path(left.path)) == names and not cleared.changed


def holder(pid: int, began: str = "1", machine: str = "") -> Holder:
    own = this_holder(1, "/work") or Holder("here", 1, "1", "me", "/work", 0)
    return Holder(machine or own.machine, pid, began, "me", "/work", own.since)


def test_previous_runs_are_found_by_looking_and_living_ones_left_alone(left: Directory, tmp_path: Path) -> None:
    living = this_holder(os.getpid(), "/work")
    assert living is not None
    marks = {"unmarked": "", "dead": holder(2**22 + 1).text(), "living": living.text()}
    marks["elsewhere"] = holder(1, machine="another").text()
    for name in marks:
        shutil.copytree(left.path, tmp_path / "runs" / name)
    place = Directory(str(tmp_path / "runs" / "own"), {str(tmp_path / "runs" / name): marks[name] for name in marks})
    cleared = leftovers.Cleared()
    leftovers.clear_previous_runs(place, tmp_path / "home", cleared)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["elsewhere", "living"]
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["dead", "unmarked"]
