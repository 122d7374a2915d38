# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One service of podman per user: found again, kept while it is used, and gone after that, whoever was killed."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine import connect, detection, podman_service
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import identify

STAND_IN = Path(__file__).with_name("podman_stand_in.py")
FORK = multiprocessing.get_context("fork")


class Podman(t.NamedTuple):
    """The environment of a user who has podman, and no socket of it."""

    env: dict[str, str]
    runtime: Path
    starts: Path

    @property
    def pids(self) -> list[int]:
        return [int(line) for line in self.starts.read_text().split()] if self.starts.exists() else []


@pytest.fixture
def podman(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Podman]:
    place = tmp_path_factory.mktemp("p")
    program = place / "bin" / "podman"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n" + STAND_IN.read_text(encoding="utf-8").split("\n", 1)[1])
    program.chmod(0o755)
    runtime = place / "run"
    runtime.mkdir(mode=0o700)
    starts = place / "starts"
    # No test waits until a service that is to be found again has ended, so its time only bounds what a failure leaves.
    monkeypatch.setattr(podman_service, "IDLE", 30)
    monkeypatch.setenv("STARTS", str(starts))
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}", "XDG_RUNTIME_DIR": str(runtime), "HOME": str(place)}
    found = Podman(env, runtime, starts)
    yield found
    for pid in found.pids:
        if identify(pid) is not None:
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(place)


def gone(pid: int) -> bool:
    for _attempt in range(1200):
        if identify(pid) is None:
            return True
        time.sleep(0.05)
    return False


def use(podman: Podman, ready: t.Any, leave: t.Any) -> None:
    """A step: connect, and keep the engine until told otherwise."""
    engine = connect.connect("podman", podman.env)
    ready.put(engine.version)
    leave.wait()


def test_one_service_serves_all_steps_at_once_and_the_next(podman: Podman) -> None:
    ready, leave = FORK.Queue(), FORK.Event()
    steps = [FORK.Process(target=use, args=(podman, ready, leave)) for _step in range(4)]
    for step in steps:
        step.start()
    assert [ready.get() for _step in steps] == ["4.3.1"] * 4
    leave.set()
    for step in steps:
        step.join()
    engine = connect.connect("podman", podman.env)
    assert (engine.provider, engine.address) == ("podman", f"unix://{podman.runtime}/gocover.e2e/podman.sock")
    assert len(podman.pids) == 1
    assert sorted(entry.name for entry in (podman.runtime / "gocover.e2e").iterdir()) == [
        "lock",
        "podman.sock",
        "service.log",
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_service_stays_while_a_step_lives_and_ends_after_it(
    podman: Podman, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(podman_service, "IDLE", 1)
    ready, leave = FORK.Queue(), FORK.Event()
    step = FORK.Process(target=use, args=(podman, ready, leave))
    step.start()
    ready.get()
    (pid,) = podman.pids
    # Twice the idle time of the service, in which the step asks for nothing: a build may take that long.
    time.sleep(2)
    assert identify(pid) is not None
    os.kill(t.cast(int, step.pid), number)
    step.join()
    assert gone(pid)
    assert not (podman.runtime / "gocover.e2e" / "podman.sock").exists()


def test_the_socket_of_a_service_that_was_killed_is_taken_over(podman: Podman) -> None:
    connect.connect("podman", podman.env)
    (pid,) = podman.pids
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    assert (podman.runtime / "gocover.e2e" / "podman.sock").exists()
    assert connect.connect("podman", podman.env).version == "4.3.1"
    assert len(podman.pids) == 2


def test_the_words_of_a_podman_that_cannot_serve_are_kept(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODMAN_FAILS", "1")
    with pytest.raises(Failure) as caught:
        connect.connect("podman", podman.env)
    assert [entry.cause for entry in caught.value.diagnoses] == ["engine-unreachable"]
    assert "cannot set up namespace using newuidmap" in str(caught.value)


def test_a_directory_that_others_can_use_is_refused(podman: Podman) -> None:
    (podman.runtime / "gocover.e2e").mkdir()
    (podman.runtime / "gocover.e2e").chmod(0o777)
    with pytest.raises(Failure) as caught:
        connect.connect("podman", podman.env)
    assert "which others can use" in str(caught.value)
    assert podman.pids == []


def test_podman_without_a_socket_is_detected_and_serves_the_next_step(podman: Podman) -> None:
    found = detection.detect("podman", podman.env)
    assert found.place is not None
    assert found.place.words() == f"{podman.runtime}/gocover.e2e/podman.sock (podman system service)"
    assert connect.connect("podman", podman.env).address == found.place.address
    assert len(podman.pids) == 1


def test_podman_that_cannot_serve_is_no_engine(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODMAN_FAILS", "1")
    found = detection.detect("podman", podman.env)
    assert not found.usable
    assert "('podman system service': Error: cannot set up namespace using newuidmap)" in found.reason


def test_podman_of_another_machine_is_not_served_here(podman: Podman) -> None:
    env = {**podman.env, "CONTAINER_HOST": f"unix://{podman.runtime}/remote.sock"}
    found = detection.detect("podman", env)
    assert found.place is None
    assert found.reason.startswith(f"no container engine answers on {podman.runtime}/remote.sock (CONTAINER_HOST)")
    assert podman.pids == []
