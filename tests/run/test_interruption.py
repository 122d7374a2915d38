# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are cut short, and runs that meet: no process is left behind, and the next run is clean."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from project import Project, ended, wait_until


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "SIGKILL"])
def test_an_end_in_the_middle_of_the_tests(project: Project, pause: Path, how: str) -> None:
    before = project.has_been_run()

    project.describe(sample={"tests_env": {"PAUSE": str(pause)}})
    process = project.start()
    wait_until((pause / "reached").exists, "the tests have begun")
    assert len(project.processes()) > 2
    if how == "Ctrl-C":
        # A terminal sends it to the whole group.
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGTERM if how == "SIGTERM" else signal.SIGKILL)
    run = ended(process, timeout=20)
    assert run.rc != 0
    if how == "Ctrl-C":
        assert f"the results in {project.coverage / 'sample'} stay as they were" in run.sentences, run.output
    wait_until(lambda: not project.processes(), "every process has gone", timeout=10)
    assert project.results() == before

    project.describe(sample={})
    ran = project.run()
    assert ran.rc == 0, ran.output
    assert project.document("summary.json")["counter_files"] == 1


def test_two_runs_of_one_service_at_once(project: Project, pause: Path) -> None:
    project.describe(sample={"tests_env": {"PAUSE": str(pause)}})
    first = project.start()
    wait_until((pause / "reached").exists, "the tests have begun")
    second = project.run()
    assert second.rc != 0, second.output
    assert "[run-in-progress]" in second.sentences, second.output
    assert f"pid {first.pid} " in second.sentences, second.output
    (pause / "go-on").touch()
    ran = ended(first)
    assert ran.rc == 0, ran.output
    assert project.document("run.json")["outcome"] == "passed"
