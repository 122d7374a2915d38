# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a run: one at a time, nothing left of the one before, and a journal that becomes a result."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import typing as t
from dataclasses import asdict
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils import _files
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._process import supervisor
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import identify
from ansible_collections.gocover.e2e.plugins.module_utils._run import journal, lifecycle

HEAD: t.Any = {"runtime": "process", "mode": "managed"}


@pytest.fixture
def places(tmp_path: Path) -> lifecycle.Places:
    return lifecycle.Places("shop", tmp_path / "coverage" / ".work" / "shop", tmp_path / "coverage" / "shop")


@pytest.fixture
def other() -> t.Iterator[int]:
    """Another living process."""
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def held_by(places: lifecycle.Places, pid: int) -> None:
    identity = identify(pid)
    assert identity is not None
    places.work.mkdir(parents=True, exist_ok=True)
    _files.write_json(places.work / "playbook.json", asdict(identity))


def start_process(places: lifecycle.Places, name: str) -> supervisor.State:
    program = supervisor.Program(("sleep", "600"), "/", {"PATH": os.environ["PATH"]}, 600, "f")
    return supervisor.start(program, places.work / "processes" / name, None)


def test_begin(places: lifecycle.Places) -> None:
    document = lifecycle.begin(places, os.getpid(), HEAD)
    expected: dict[str, t.Any] = {"schema": 1, "service": "shop", **HEAD, "outcome": "running", "ended": None}
    expected.update(failures=[], steps=[])
    assert {key: value for key, value in document.items() if key in expected} == expected
    assert journal.read(places.journal) == document
    assert sorted(os.listdir(places.work)) == ["playbook.json", "run.json"]
    assert os.listdir(places.results) == []
    # What a run works on is never committed.
    assert (places.work.parent / ".gitignore").read_text() == "*\n"
    assert document["run"][:8].isdigit() and "T" in document["run"]
    assert time.strptime(document["started"], "%Y-%m-%dT%H:%M:%SZ")


def test_each_run_has_a_name_of_its_own(places: lifecycle.Places) -> None:
    assert len({lifecycle.begin(places, None, HEAD)["run"] for _run in range(3)}) == 3


def test_begin_ends_and_clears_what_an_interrupted_run_left(places: lifecycle.Places, tmp_path: Path) -> None:
    lifecycle.begin(places, os.getpid(), HEAD)
    left = start_process(places, "shop")
    (places.work / "written" / "shop").mkdir(parents=True)
    (places.work / "written" / "shop" / "covmeta.x").write_text("old")
    (tmp_path / "kept").mkdir()
    (places.work / "link").symlink_to(tmp_path / "kept")
    places.results.joinpath("index.html").write_text("the last report")
    lifecycle.begin(places, os.getpid(), HEAD)
    assert not left.running()
    assert sorted(os.listdir(places.work)) == ["playbook.json", "run.json"]
    assert (tmp_path / "kept").is_dir()
    assert os.listdir(places.results) == ["index.html"]


@pytest.mark.parametrize("enter", [lifecycle.begin, lifecycle.resume])
def test_another_run_is_under_way(enter: t.Callable[..., t.Any], places: lifecycle.Places, other: int) -> None:
    held_by(places, other)
    (places.work / "precious").write_text("x")
    with pytest.raises(Failure) as caught:
        enter(places, os.getpid(), HEAD)
    assert caught.value.diagnoses[0].cause == "run-in-progress"
    assert f"ansible-playbook with pid {other} works in {places.work}" in str(caught.value)
    assert (places.work / "precious").exists()


def test_whoever_was_refused_does_not_end_the_run_of_the_other(places: lifecycle.Places, other: int) -> None:
    lifecycle.begin(places, other, HEAD)
    running = start_process(places, "shop")
    try:
        document = lifecycle.end(places, "Another run of shop is under way.", os.getpid())
        assert running.running()
    finally:
        lifecycle.stop_processes(places.work)
    assert (document["outcome"], document["failures"][0]["msg"]) == ("failed", "Another run of shop is under way.")
    assert journal.read(places.journal)["outcome"] == "running"
    assert (places.work / "playbook.json").exists()
    assert os.listdir(places.results) == []


@pytest.mark.parametrize(
    "holder", ["", "{}", '{"pid": 1}', "dead", "own"], ids=["empty", "odd", "short", "dead", "the same playbook"]
)
def test_no_other_run_is_under_way(holder: str, places: lifecycle.Places) -> None:
    if holder == "own":
        held_by(places, os.getpid())
    elif holder == "dead":
        with subprocess.Popen(["sleep", "600"]) as process:
            held_by(places, process.pid)
            process.kill()
    else:
        places.work.mkdir(parents=True)
        (places.work / "playbook.json").write_text(holder)
    assert lifecycle.begin(places, os.getpid(), HEAD)["outcome"] == "running"


def test_a_run_can_be_resumed_from_its_journal(places: lifecycle.Places) -> None:
    begun = lifecycle.begin(places, os.getpid(), HEAD)
    error: journal.StepError = {"msg": "x", "diagnosis": []}
    record: journal.StepRecord = {
        "name": "exercise",
        "seconds": 1.0,
        "changed": True,
        "sections": {"covermode": "set"},
        "error": error,
    }
    failed = journal.add_step(begun, record)
    journal.write(places.journal, failed)
    (places.work / "kept").write_text("x")
    resumed = lifecycle.resume(places, os.getpid(), HEAD)
    assert (resumed["run"], resumed["covermode"], resumed["failures"]) == (begun["run"], "set", [])
    assert (places.work / "kept").exists()


def test_a_run_can_be_resumed_from_its_result(places: lifecycle.Places) -> None:
    begun = lifecycle.begin(places, os.getpid(), HEAD)
    lifecycle.end(places, None)
    places.journal.unlink()
    resumed = lifecycle.resume(places, os.getpid(), HEAD)
    assert (resumed["run"], resumed["outcome"], resumed["ended"]) == (begun["run"], "running", None)


def test_resuming_what_never_was_begins(places: lifecycle.Places) -> None:
    assert lifecycle.resume(places, os.getpid(), HEAD)["outcome"] == "running"


@pytest.mark.parametrize(
    ("covered", "covdata", "kept"),
    [
        (["depot"], "reported", ["depot"]),
        ([], "reported", []),
        pytest.param([], "collected", ["depot", "pot"], id="the service's own report is of before too"),
    ],
)
def test_reports_of_dependencies_of_an_earlier_run(
    covered: list[str], covdata: str, kept: list[str], places: lifecycle.Places
) -> None:
    document = lifecycle.begin(places, os.getpid(), HEAD | {"covered_dependencies": covered})
    journal.write(places.journal, {**document, "covdata": covdata})
    for name in ("pot", "depot"):
        (places.results / "dependencies" / name / "covdata").mkdir(parents=True)
    lifecycle.end(places, None)
    assert sorted(os.listdir(places.results / "dependencies")) == kept


COVERED: t.Any = {
    "depot": {"image": 1, "workload": {"resource": "deployment/depot"}},
    "pot": {"image": 1},
    "pg": {"workload": 1},
}


@pytest.mark.parametrize(
    ("outcome", "left"),
    [("running", {"depot": {"workload": {"resource": "deployment/depot"}}}), ("failed", None), ("passed", None)],
)
def test_what_a_killed_run_left_covered_is_known_to_the_next(
    outcome: t.Any, left: t.Any, places: lifecycle.Places
) -> None:
    document = lifecycle.begin(places, os.getpid(), HEAD | {"covered_dependencies": ["pot", "depot"]})
    journal.write(places.journal, {**document, "outcome": outcome, "dependencies": COVERED})
    begun = lifecycle.begin(places, os.getpid(), HEAD | {"covered_dependencies": []})
    assert begun.get("dependencies") == left


RECORDED = {"step": "exercise", "msg": "The tests failed.", "diagnosis": []}
OF_THE_PLAYBOOK = {"step": "playbook", "msg": "Undefined variable.", "diagnosis": []}


@pytest.mark.parametrize(
    ("recorded", "error", "outcome", "failures"),
    [
        ([], None, "passed", []),
        ([], "", "passed", []),
        ([RECORDED], None, "failed", [RECORDED]),
        ([RECORDED], "The tests failed.", "failed", [RECORDED]),
        ([], "Undefined variable.", "failed", [OF_THE_PLAYBOOK]),
    ],
)
def test_end(
    recorded: list[t.Any], error: str | None, outcome: str, failures: list[t.Any], places: lifecycle.Places
) -> None:
    document = lifecycle.begin(places, os.getpid(), HEAD)
    journal.write(places.journal, {**document, "failures": recorded})
    (places.work / "tests.log").write_text("said")
    running = start_process(places, "shop")
    ended = lifecycle.end(places, error, os.getpid())
    assert (ended["outcome"], ended["failures"]) == (outcome, failures)
    assert (ended["ended"] or "") >= ended["started"]
    assert not running.running()
    assert journal.read(places.results / "run.json") == journal.read(places.journal) == ended
    assert (places.results / "tests.log").read_text() == "said"
    assert not (places.work / "playbook.json").exists()


def test_stop_processes_names_those_that_ran(places: lifecycle.Places) -> None:
    start_process(places, "b")
    start_process(places, "a")
    ended = start_process(places, "c")
    supervisor.stop(places.work / "processes" / "c", 600)
    assert not ended.running()
    assert lifecycle.stop_processes(places.work) == ["a", "b"]
    assert lifecycle.stop_processes(places.work) == []


@pytest.mark.parametrize("blocked", ["coverage", "coverage/.work", "coverage/shop", "coverage/.work/shop"])
def test_a_file_where_a_directory_should_be(blocked: str, places: lifecycle.Places, tmp_path: Path) -> None:
    (tmp_path / blocked).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / blocked).write_text("a file")
    with pytest.raises(Failure) as caught:
        lifecycle.begin(places, os.getpid(), HEAD)
    assert caught.value.diagnoses[0].cause == "results-unwritable"
    assert (tmp_path / blocked).read_text() == "a file"


def test_how_long_a_run_took_counts_from_the_start_of_the_playbook(places: lifecycle.Places) -> None:
    lifecycle.begin(places, os.getpid(), HEAD)
    first = lifecycle.end(places, None, os.getpid())
    assert 0 < first["seconds"] <= time.clock_gettime(time.CLOCK_BOOTTIME)
    # The later steps of a run, taken again, say nothing of the whole.
    lifecycle.resume(places, os.getpid(), HEAD)
    assert lifecycle.end(places, None, os.getpid())["seconds"] == first["seconds"]


def test_on_another_machine_nobody_knows_when_the_playbook_began(places: lifecycle.Places) -> None:
    lifecycle.begin(places, None, HEAD)
    assert "seconds" not in lifecycle.end(places, None, None)
