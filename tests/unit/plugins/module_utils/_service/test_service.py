# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service as a process: its environment, and the cause when it does not become ready."""

from __future__ import annotations

import socket
import subprocess
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._process import ports, supervisor
from ansible_collections.gocover.e2e.plugins.module_utils._process.environment import expand
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress
from ansible_collections.gocover.e2e.plugins.module_utils._service import service

QUIET = Progress()
FOREVER = 600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(B_C)z", "x1y2z"),
        ("$(A)$(A)", "11"),
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$$(A)", "$(A)"),
        ("$$(UNKNOWN)", "$(UNKNOWN)"),
        ("$$$(A)", "$1"),
        ("$$$$(A)", "$$(A)"),
        ("$$A costs 5$$", "$A costs 5$"),
        ("$A ${A} $ $(", "$A ${A} $ $("),
        ("$($(A))", "$($(A))"),
        ("$(A", "$(A"),
        ("$()", "$()"),
        ("$(with.dot-and_more)", "3"),
        ("$(NESTED)", "$(A)"),
        ("", ""),
    ],
)
def test_expand(text: str, expected: str) -> None:
    assert expand(text, {"A": "1", "B_C": "2", "with.dot-and_more": "3", "NESTED": "$(A)"}) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("datastorage", "DATASTORAGE_URL"), ("data-storage", "DATA_STORAGE_URL"), ("a.b1", "A_B1_URL")],
)
def test_variable_of(name: str, expected: str) -> None:
    assert service.variable_of(name) == expected


@pytest.fixture
def spec(service_binary: Path, tmp_path: Path) -> t.Iterator[service.ServiceSpec]:
    yield service.ServiceSpec(
        name="shop",
        argv=(str(service_binary),),
        cwd=tmp_path,
        env={},
        dependencies={},
        port=0,
        ready_path="/readyz",
        ready_timeout=FOREVER,
        grace_period=FOREVER,
        covdata=tmp_path / "covdata",
        directory=tmp_path / "state",
    )
    supervisor.stop(tmp_path / "state", FOREVER)


def words(spec: service.ServiceSpec, *arguments: str) -> service.ServiceSpec:
    return replace(spec, argv=(*spec.argv, *arguments))


def test_environment(spec: service.ServiceSpec, tmp_path: Path) -> None:
    (tmp_path / "port").write_text("5432")
    described = replace(
        spec,
        env={"STORE": "$(DATA_STORE_URL)/v1", "ADDRESS": ":$(PORT)", "GOCOVERDIR": "/elsewhere", "KEEP": "$$(PORT)"},
        dependencies={"data-store": tmp_path},
    )
    environment = described.environment(8080)
    expected = {
        "PORT": "8080",
        "DATA_STORE_URL": "http://127.0.0.1:5432",
        "STORE": "http://127.0.0.1:5432/v1",
        "ADDRESS": ":8080",
        "KEEP": "$(PORT)",
        "GOCOVERDIR": str(spec.covdata),
    }
    assert {name: environment[name] for name in expected} == expected


@pytest.mark.parametrize(
    "change",
    [{"env": {"A": "1"}}, {"port": 80}, {"cwd": Path("/")}, {"covdata": Path("/other")}, {"argv": ("/bin/sh", "x")}],
    ids=lambda change: next(iter(change)),
)
def test_what_makes_a_restart_necessary(change: dict[str, t.Any], spec: service.ServiceSpec) -> None:
    assert replace(spec, **change).fingerprint() != spec.fingerprint()


@pytest.mark.parametrize("change", [{"ready_timeout": 1.0}, {"grace_period": 1.0}, {"ready_path": "/x"}])
def test_what_does_not(change: dict[str, t.Any], spec: service.ServiceSpec) -> None:
    assert replace(spec, **change).fingerprint() == spec.fingerprint()


def test_start_again_change_and_stop(spec: service.ServiceSpec) -> None:
    first = service.ensure_running(spec, None, QUIET)
    again = service.ensure_running(spec, None, QUIET)
    assert (first.started, again.started) == (True, False)
    assert (again.pid, again.port) == (first.pid, first.port)
    assert (ports.holder(first.port) or "").startswith(f"pid {first.pid} ")

    changed = service.ensure_running(replace(spec, env={"DATABASE": "at port $(PORT)"}), None, QUIET)
    assert changed.started
    assert changed.pid != first.pid
    assert supervisor.tail(spec.directory, 1) == [f"listening, DATABASE is at port {changed.port}"]

    state = supervisor.stop(spec.directory, FOREVER)
    assert state is not None
    assert (state.exit_code, state.killed) == (0, False)
    assert len(list(spec.covdata.glob("covmeta.*"))) == 1
    assert len(list(spec.covdata.glob("covcounters.*"))) == 2


def test_arguments_are_expanded_and_a_path_needs_no_slash(spec: service.ServiceSpec) -> None:
    running = service.ensure_running(replace(words(spec, "port", "$(PORT)"), ready_path="readyz"), None, QUIET)
    assert running.started


def failed(spec: service.ServiceSpec) -> Failure:
    with pytest.raises(Failure) as caught:
        service.ensure_running(spec, None, QUIET)
    state = supervisor.read_state(spec.directory)
    assert state is None or not state.running(), "what does not become ready must not stay"
    return caught.value


def cause_and_text(failure: Failure) -> tuple[str, str]:
    return failure.diagnoses[0].cause, str(failure)


@pytest.mark.parametrize(
    ("arguments", "cause", "evidence"),
    [
        (["crash"], "crash-loop", "It ended with exit code 3; its last lines were: no database at nowhere."),
        (["panic"], "crash-loop", "It ended with exit code 2; its last lines were: "),
        (["port", "not-a-port"], "crash-loop", "It ended with exit code 1; "),
    ],
)
def test_it_ends_early(arguments: list[str], cause: str, evidence: str, spec: service.ServiceSpec) -> None:
    failure = failed(replace(words(spec, *arguments), env={"DATABASE": "nowhere"}))
    assert failure.diagnoses[0].cause == cause
    assert evidence in str(failure)
    assert failure.result["log"] == supervisor.tail(spec.directory, 20)


@pytest.mark.parametrize(
    ("argument", "got"),
    [
        ("unready", "got HTTP 503; its last line of output was: listening"),
        ("elsewhere", "got connection refused; it listens on port "),
    ],
)
def test_it_runs_but_is_not_ready(argument: str, got: str, spec: service.ServiceSpec) -> None:
    cause, text = cause_and_text(failed(replace(words(spec, argument), ready_timeout=0.5)))
    assert cause == "probe-failing"
    assert f"/readyz {got}" in text


def test_the_port_is_known_to_be_taken_before_the_start(spec: service.ServiceSpec) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        cause, text = cause_and_text(failed(replace(spec, port=listener.getsockname()[1])))
    assert cause == "port-taken"
    assert "listens on it. End that process" in text
    assert not spec.directory.exists()


def test_the_service_itself_finds_another_port_taken(spec: service.ServiceSpec) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        cause, text = cause_and_text(failed(words(spec, "port", str(listener.getsockname()[1]))))
    assert cause == "port-taken"
    assert "bind: address already in use" in text


def test_a_file_where_the_data_should_go(spec: service.ServiceSpec) -> None:
    spec.covdata.write_text("")
    cause, text = cause_and_text(failed(spec))
    assert cause == "coverage-dir-unwritable"
    assert f"shop cannot write its coverage data to {spec.covdata}" in text


def test_a_wrapper_that_changes_where_the_data_goes(spec: service.ServiceSpec, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    # A script that carries an instrumented program within itself, so that it passes for one.
    wrapper = tmp_path / "wrapper"
    script = f"#!/bin/sh\nGOCOVERDIR={tmp_path}/other exec {spec.argv[0]}\nexit\n"
    wrapper.write_bytes(script.encode().ljust(4096) + Path(spec.argv[0]).read_bytes())
    wrapper.chmod(0o755)
    cause, text = cause_and_text(failed(replace(spec, argv=(str(wrapper),))))
    assert cause == "coverage-dir-unset"
    assert f"There is no covmeta file in {spec.covdata}" in text


@pytest.mark.parametrize(
    ("content", "cause"),
    [(None, "source-missing"), (b"#!/bin/sh\n", "not-instrumented")],
)
def test_what_is_no_instrumented_executable(
    content: bytes | None, cause: str, spec: service.ServiceSpec, tmp_path: Path
) -> None:
    binary = tmp_path / "binary"
    if content is not None:
        binary.write_bytes(content)
    assert failed(replace(spec, argv=(str(binary),))).diagnoses[0].cause == cause


def test_an_executable_that_cannot_be_executed(spec: service.ServiceSpec, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    copied.write_bytes(Path(spec.argv[0]).read_bytes())
    cause, text = cause_and_text(failed(replace(spec, argv=(str(copied),))))
    assert cause == "crash-loop"
    assert f"Executing {copied} failed with: Permission denied" in text


def test_it_ends_with_the_playbook(spec: service.ServiceSpec) -> None:
    with subprocess.Popen(["sleep", str(FOREVER)]) as owner:
        running = service.ensure_running(spec, owner.pid, QUIET)
        owner.kill()
    state = supervisor.stop(spec.directory, FOREVER)
    assert state is not None
    assert (state.pid, state.exit_code) == (running.pid, 0)
