# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""service_process, test_run and coverage_run: real processes, and the run around them."""

from __future__ import annotations

import json
import typing as t
import urllib.request
from pathlib import Path

import pytest
from module_runner import Modules


@pytest.fixture
def service(modules: Modules, service_binary: Path, tmp_path: Path) -> t.Iterator[dict[str, t.Any]]:
    arguments: dict[str, t.Any] = {
        "name": "shop",
        "command": [str(service_binary)],
        "covdata": str(tmp_path / "covdata"),
        "directory": str(tmp_path / "process"),
    }
    yield arguments
    modules("service_process", **{**arguments, "state": "stopped"})


def test_a_service_answers_and_ends(modules: Modules, service: dict[str, t.Any]) -> None:
    started = modules("service_process", **service)
    assert started["changed"] and started["url"] == f"http://127.0.0.1:{started['port']}"
    with urllib.request.urlopen(started["url"], timeout=5) as response:
        assert response.status == 200
    stopped = modules("service_process", **{**service, "state": "stopped"})
    (pod,) = stopped["pods"]
    assert (pod["name"], pod["exit_code"], pod["reason"], stopped["diagnosis"]) == ("shop", 0, "Completed", [])


@pytest.mark.parametrize(
    ("word", "cause"), [("crash", "crash-loop"), ("unready", "probe-failing"), ("panic", "crash-loop")]
)
def test_a_service_that_is_not_ready(modules: Modules, service: dict[str, t.Any], word: str, cause: str) -> None:
    wanted = {**service, "command": [*service["command"], word], "ready_timeout": 1.5}
    result = modules("service_process", **wanted)
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == [cause]


def test_the_tests_get_the_address_of_the_service(modules: Modules, tmp_path: Path) -> None:
    wanted: dict[str, t.Any] = {"env": {"TOKEN": "of $(SERVICE_NAMESPACE)"}, "log": str(tmp_path / "tests.log")}
    place: dict[str, t.Any] = {"service_url": "http://127.0.0.1:1", "namespace": "e2e"}
    result = modules("test_run", command='echo "$SERVICE_URL $TOKEN"', **wanted, **place)
    assert (result["rc"], result["changed"]) == (0, True)
    assert (tmp_path / "tests.log").read_text() == "http://127.0.0.1:1 of e2e\n"


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"command": "exit 3"}, "tests-failed"),
        ({"command": ["/nowhere/tests"]}, "tests-failed"),
        ({"command": ""}, "no-tests-run"),
        ({"command": "true", "chdir": "/nowhere"}, "source-missing"),
    ],
)
def test_tests_that_fail(modules: Modules, arguments: dict[str, t.Any], cause: str) -> None:
    result = modules("test_run", **arguments)
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == [cause]


def test_a_run_begins_and_ends(modules: Modules, tmp_path: Path) -> None:
    work, results = tmp_path / ".work" / "shop", tmp_path / "shop"
    place: dict[str, t.Any] = {"service": "shop", "work": str(work), "results": str(results), "runtime": "process"}
    begun = modules("coverage_run", **place)
    assert begun["run"]["outcome"] == "running" == begun["ansible_facts"]["coverage_run"]["outcome"]
    step = {"name": "image", "seconds": 1.0, "changed": True, "sections": {"go_version": "go1.26.6"}, "error": None}
    modules("coverage_run", **place, state="recorded", step=step)
    ended = modules("coverage_run", **place, state="ended")["run"]
    assert (ended["outcome"], ended["go_version"]) == ("passed", "go1.26.6")
    assert json.loads((results / "run.json").read_text())["steps"][0]["name"] == "image"


def test_a_run_that_failed_outside_of_its_steps(modules: Modules, tmp_path: Path) -> None:
    place: dict[str, t.Any] = {"service": "shop", "work": str(tmp_path / "work"), "results": str(tmp_path / "shop")}
    modules("coverage_run", **place, runtime="process")
    ended = modules("coverage_run", **place, state="ended", error="The playbook was stopped")["run"]
    assert (ended["outcome"], ended["failures"][0]["msg"]) == ("failed", "The playbook was stopped")
