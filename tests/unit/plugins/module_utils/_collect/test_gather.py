# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing real coverage files together: all of them or none, and never at the cost of those that were there."""

from __future__ import annotations

import shutil
import threading
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect import binaries, gather
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.arguments import blank_arguments
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.counters import decode_counters
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure, failure

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "covdata"
ONE = FIXTURES / "go1.26.6-atomic" / "covdata"
FIRST, SECOND = FIXTURES / "two-builds" / "first", FIXTURES / "two-builds" / "second"


def bring(sources: t.Sequence[gather.Source], dest: Path) -> gather.Gathered:
    """Bring the files as they are, command lines included."""
    return gather.gather(sources, dest, keep_arguments=True)


def source(directory: Path, name: str = "node") -> gather.LocalSource:
    return gather.LocalSource(name, directory)


def contents(directory: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in directory.iterdir()}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of real data that a test may damage."""
    return Path(shutil.copytree(ONE, tmp_path / "copied"))


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    return tmp_path / "results" / "covdata"


def test_real_files(dest: Path) -> None:
    gathered = bring([source(ONE)], dest)
    assert contents(dest) == contents(ONE)
    assert (gathered.meta_files, gathered.counter_files, gathered.changed) == (1, 2, True)
    assert gathered.size == sum(map(len, contents(ONE).values()))
    assert gathered.by_source == {"node": 3}
    (binary,) = gathered.binaries
    assert next(ONE.glob("covmeta.*")).name == f"covmeta.{binary.meta_hash}"
    assert (binary.main is not None, binary.counter_files) == (True, 2)
    # Nothing but the data is left.
    assert [entry.name for entry in dest.parent.iterdir()] == ["covdata"]


def test_command_lines_are_left_behind(dest: Path) -> None:
    gather.gather([source(ONE)], dest)
    expected = {
        name: blank_arguments(data) if name.startswith("covcounters.") else data for name, data in contents(ONE).items()
    }
    assert contents(dest) == expected
    assert gather.gather([source(ONE)], dest).changed is False


def test_again_changes_nothing(dest: Path) -> None:
    bring([source(ONE)], dest)
    before = dest.stat().st_ino
    assert bring([source(ONE)], dest).changed is False
    assert dest.stat().st_ino == before


def test_what_was_there_is_replaced_as_a_whole(dest: Path) -> None:
    bring([source(ONE)], dest)
    assert bring([source(FIRST)], dest).changed is True
    assert contents(dest) == contents(FIRST)


def test_two_builds_on_two_nodes(dest: Path) -> None:
    gathered = bring([source(FIRST, "a"), source(SECOND, "b")], dest)
    assert gathered.by_source == {"a": 3, "b": 3}
    assert [binary.counter_files for binary in gathered.binaries] == [2, 2]
    assert contents(dest) == {**contents(FIRST), **contents(SECOND)}


def test_two_directories_of_one_node_are_counted_together(dest: Path) -> None:
    assert bring([source(FIRST), source(SECOND)], dest).by_source == {"node": 6}


def test_the_same_files_from_two_nodes_count_once(copied: Path, dest: Path) -> None:
    gathered = bring([source(ONE, "a"), source(copied, "b")], dest)
    assert (gathered.meta_files, gathered.counter_files) == (1, 2)


def test_counters_of_the_same_name_and_other_content_are_both_kept(copied: Path, dest: Path) -> None:
    first, second = sorted(copied.glob("covcounters.*"))
    second.rename(first)
    gathered = bring([source(ONE, "a"), source(copied, "b")], dest)
    assert gathered.counter_files == 3
    stem, _dot, moment = first.name.rpartition(".")
    names = {entry.name for entry in dest.glob("covcounters.*")}
    assert f"{stem}.{int(moment) + 1}" in names
    brought = sorted(entry.read_bytes() for entry in dest.glob("covcounters.*"))
    assert brought == sorted([*(entry.read_bytes() for entry in ONE.glob("covcounters.*")), first.read_bytes()])
    for entry in dest.glob("covcounters.*"):
        decode_counters(entry.read_bytes(), entry.name)


def test_other_files_stay_where_they_are(copied: Path, dest: Path) -> None:
    (copied / "README").write_text("x")
    (copied / "covmeta.directory").mkdir()
    assert bring([source(copied)], dest).by_source == {"node": 3}
    assert set(contents(dest)) == set(contents(ONE))


def test_another_program_that_left_no_counters_is_left_out_and_named(copied: Path, dest: Path) -> None:
    (stranger,) = FIRST.glob("covmeta.*")
    shutil.copy(stranger, copied)
    gathered = bring([source(copied)], dest)
    assert set(contents(dest)) == set(contents(ONE))
    assert [binary.meta_hash for binary in gathered.others] == [stranger.name.partition(".")[2]]
    # It goes with the rest where the source is cleared: nobody would miss it.
    assert stranger.name in gathered.taken["node"]


def test_leftovers_of_a_dying_program_are_named(copied: Path, dest: Path) -> None:
    (copied / "tmp.covcounters.x1").write_bytes(b"half")
    gathered = bring([source(copied)], dest)
    assert gathered.leftovers == ["tmp.covcounters.x1"]
    assert gathered.counter_files == 2


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def blur(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


@pytest.mark.parametrize("pattern", ["covmeta.*", "covcounters.*"])
@pytest.mark.parametrize("damage", [cut, blur, lambda path: path.write_bytes(b"")], ids=["cut", "blurred", "empty"])
def test_damaged_data_costs_nothing(pattern: str, damage: t.Callable[[Path], None], copied: Path, dest: Path) -> None:
    bring([source(FIRST)], dest)
    damaged = sorted(copied.glob(pattern))[0]
    damage(damaged)
    with pytest.raises(Failure) as caught:
        bring([source(copied)], dest)
    assert caught.value.summary == "Coverage data came back damaged"
    assert damaged.name in str(caught.value)
    assert contents(dest) == contents(FIRST)
    # What came stays beside the results, for whoever wants to look at it, until the next attempt.
    (kept,) = (dest.parent / ".covdata.partial").glob(f"*-node/{damaged.name}")
    assert kept.read_bytes() == damaged.read_bytes()
    bring([source(ONE)], dest)
    assert [entry.name for entry in dest.parent.iterdir()] == ["covdata"]


@pytest.mark.parametrize("keep", ["covmeta.*", "nothing"])
def test_without_counters_what_was_there_stays(keep: str, copied: Path, dest: Path) -> None:
    bring([source(FIRST)], dest)
    kept = {entry.name for entry in copied.glob(keep)}
    for entry in copied.iterdir():
        if entry.name not in kept:
            entry.unlink()
    gathered = bring([source(copied)], dest)
    assert (gathered.meta_files, gathered.counter_files, gathered.changed) == (len(kept), 0, False)
    assert contents(dest) == contents(FIRST)


def test_a_directory_that_is_not_there_has_no_files(tmp_path: Path, dest: Path) -> None:
    gathered = bring([source(tmp_path / "none")], dest)
    assert (gathered.meta_files, gathered.counter_files, gathered.by_source) == (0, 0, {"node": 0})
    assert not dest.exists()


@dataclass
class Broken:
    """A node that fails after it has brought something."""

    name: str = "broken"
    fetched: list[Path] = field(default_factory=list)

    def fetch(self, dest: Path) -> None:
        shutil.copy(next(SECOND.iterdir()), dest)
        self.fetched.append(dest)
        raise failure("The node does not answer", "engine-unreachable", "It is gone", "Start it")

    def discard(self, names: t.Collection[str]) -> None:
        raise AssertionError("nothing is to be removed there")


@dataclass
class Remembering:
    """A node that tells what an earlier attempt has brought."""

    directory: Path
    name: str = "broken"
    found: list[str] = field(default_factory=list)

    def fetch(self, dest: Path) -> None:
        self.found = sorted(entry.name for entry in dest.iterdir())
        for entry in self.directory.iterdir():
            shutil.copy(entry, dest)

    def discard(self, names: t.Collection[str]) -> None:
        raise AssertionError("nothing is to be removed there")


def test_a_node_that_fails_costs_nothing(dest: Path) -> None:
    bring([source(FIRST)], dest)
    broken = Broken()
    with pytest.raises(Failure, match="The node does not answer"):
        bring([source(ONE), broken], dest)
    assert len(broken.fetched) == 1
    assert contents(dest) == contents(FIRST)
    # The next attempt finds what the first one has brought, and nothing of a source that is no longer meant.
    again = Remembering(SECOND)
    bring([source(ONE), again], dest)
    assert again.found == [next(SECOND.iterdir()).name]
    assert contents(dest) == {**contents(ONE), **contents(SECOND)}
    assert [entry.name for entry in dest.parent.iterdir()] == ["covdata"]


def test_a_second_attempt_waits_for_the_first(dest: Path) -> None:
    other = threading.Thread(target=lambda: bring([source(SECOND)], dest))

    class Slow(Remembering):
        def fetch(self, dest: Path) -> None:
            other.start()
            super().fetch(dest)

    bring([Slow(FIRST)], dest)
    other.join()
    assert contents(dest) == contents(SECOND)
    assert [entry.name for entry in dest.parent.iterdir()] == ["covdata"]


def test_only_what_is_wanted_is_brought(copied: Path, dest: Path) -> None:
    (copied / "tmp.covcounters.whose").write_bytes(b"half")
    own_leftover = f"tmp.{min(entry.name for entry in ONE.glob('covcounters.*'))}5"
    (copied / own_leftover).write_bytes(b"half")
    other = gather.gather([source(copied)], dest, wanted=binaries.Wanted(mains=["example.com/other"]))
    assert (other.counter_files, other.meta_files, other.binaries, other.taken) == (0, 0, [], {})
    assert [(binary.main, binary.counter_files) for binary in other.others] == [("example.com/shapes", 2)]
    own = gather.gather(
        [source(copied)], dest, wanted=binaries.Wanted(mains=["example.com/shapes"]), keep_arguments=True
    )
    assert contents(dest) == {**contents(ONE), own_leftover: b"half"}
    # Meta-data stays for programs that still run.
    assert sorted(own.taken["node"]) == sorted([*(entry.name for entry in ONE.glob("covcounters.*")), own_leftover])
    assert own.leftovers == [own_leftover]


def test_what_was_taken_is_removed_and_nothing_else(copied: Path, dest: Path) -> None:
    place = source(copied)
    taken = bring([place], dest).taken["node"]
    late = copied / "covcounters.late"
    late.write_bytes(b"late")
    place.discard(taken)
    assert [entry.name for entry in copied.iterdir()] == ["covcounters.late"]
    late.unlink()
    place.discard([])
    assert not copied.exists()


def test_meta_data_that_is_missing_is_recovered(copied: Path, dest: Path) -> None:
    (meta,) = copied.glob("covmeta.*")
    data = meta.read_bytes()
    meta.unlink()
    asked: list[str] = []

    def recover(hashes: t.Collection[str]) -> list[bytes]:
        asked.extend(hashes)
        return [data, next(FIRST.glob("covmeta.*")).read_bytes()]

    gathered = gather.gather([source(copied)], dest, keep_arguments=True, recover=recover)
    assert asked == [meta.name.partition(".")[2]]
    assert (gathered.meta_files, gathered.orphans) == (1, [])
    assert contents(dest) == contents(ONE)
    lost = gather.gather([source(copied)], dest, keep_arguments=True)
    assert (lost.meta_files, len(lost.orphans)) == (0, 2)


def test_a_name_that_lies_is_damage(copied: Path, dest: Path) -> None:
    first = sorted(copied.glob("covcounters.*"))[0]
    first.rename(copied / f"covcounters.{'0' * 32}.1.1")
    with pytest.raises(Failure) as caught:
        bring([source(copied)], dest)
    assert caught.value.diagnoses[0].cause == "mixed-binaries"


def test_a_file_where_the_results_should_go(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure) as caught:
        bring([source(ONE)], tmp_path / "file" / "covdata")
    assert caught.value.diagnoses[0].cause == "results-unwritable"


def test_a_file_where_the_data_should_come_from(tmp_path: Path, dest: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure) as caught:
        bring([source(tmp_path / "file")], dest)
    assert "Reading it failed with: Not a directory" in str(caught.value)
