# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services and tests that go wrong: the run fails with the cause, and where there is data there is a report."""

from __future__ import annotations

import os
import socket

import pytest
from project import Project


def has_report(project: Project) -> bool:
    return all((project.coverage / "sample" / name).is_file() for name in ("summary.json", "index.html", "profile.out"))


def test_failing_tests(project: Project) -> None:
    project.describe(sample={"tests_env": {"OUTCOME": "fails"}})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes() == ["tests-failed"]
    assert "TestOutcome failed: " in ran.sentences, ran.output
    assert "the greeting is out of date" in ran.sentences, ran.output
    assert has_report(project)
    assert project.document("summary.json")["statements"]["covered"] > 0
    assert project.document("summary.json")["passed"] is False
    assert project.document("run.json")["outcome"] == "failed"


def test_hanging_tests(project: Project) -> None:
    project.describe(sample={"tests_env": {"OUTCOME": "hangs"}, "tests_timeout": 1.5})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes() == ["tests-timeout"]
    assert "TestOutcome had begun and not ended" in ran.sentences, ran.output
    assert has_report(project)


@pytest.mark.parametrize(
    "behaviour, causes, said",
    [
        ("ignores-sigterm", ["sigterm-unhandled", "killed-before-exit"], "ignores SIGTERM"),
        ("does-not-handle-sigterm", ["sigterm-unhandled"], "ended on SIGTERM with exit code"),
        ("loses-its-directory", ["coverage-dir-unwritable"], "permission denied"),
    ],
)
def test_counters_that_are_lost(project: Project, behaviour: str, causes: list[str], said: str) -> None:
    project.describe(sample={"env": {"BEHAVIOUR": behaviour}, "grace_period": 1})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes() == [*causes, "no-counters"]
    assert said in ran.sentences, ran.output
    assert f"[{causes[0]}]" in ran.sentences, ran.output
    # Without counters there is no number that could be taken for a result.
    assert not (project.coverage / "sample" / "summary.json").exists()


def test_a_service_that_never_becomes_ready(project: Project) -> None:
    project.describe(sample={"env": {"BEHAVIOUR": "never-ready"}, "ready_timeout": 1})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes()[0] == "probe-failing"
    assert "503" in ran.sentences, ran.output


def test_a_service_that_listens_on_another_port(project: Project) -> None:
    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    project.describe(sample={"env": {"PORT": str(port)}, "ready_timeout": 2})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes()[0] == "probe-failing"
    assert f"it listens on port {port} and not on" in ran.sentences, ran.output


def test_a_service_that_ends_at_once(project: Project) -> None:
    project.describe(sample={"env": {"BEHAVIOUR": "panics"}})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes()[0] == "crash-loop"
    assert "panic: no configuration" in ran.sentences, ran.output


def test_a_build_without_instrumentation(project: Project) -> None:
    project.describe(sample={"build_flags": ["-cover=false"]})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes() == ["not-instrumented"]
    assert "has no -cover=true" in ran.sentences, ran.output


def test_a_port_that_is_taken(project: Project) -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        project.describe(sample={"ports": [port]})
        ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes()[0] == "port-taken"
    assert f"pid {os.getpid()} " in ran.sentences, ran.output
    assert f"port {port}" in ran.sentences, ran.output


def test_the_results_of_the_last_good_run_are_kept(project: Project) -> None:
    before = project.has_been_run()
    project.describe(sample={"env": {"BEHAVIOUR": "does-not-handle-sigterm"}})
    assert project.run().rc != 0
    assert project.results() == before
    assert project.document("run.json")["outcome"] == "failed"
