# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook as processes, check mode, and what neither progress nor -v may show."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from project import BIN, CHECKOUT, Project, environment

PROCESS = ("-e", "coverage_runtime=process")


@pytest.mark.parametrize("name", sorted(path.stem for path in CHECKOUT.glob("playbooks/*.yml")))
def test_every_playbook_is_well_formed(name: str, project: Project) -> None:
    ran = project.run("sample", "--syntax-check", playbook=name)
    assert ran.rc == 0, ran.output


@pytest.mark.parametrize("state", ["up", "down", "status", "logs"])
def test_a_cluster_needs_an_engine_and_no_run(state: str, project: Project) -> None:
    # An engine that is not there: the playbook gets as far as asking for it.
    ran = project.run(
        "sample",
        *("-e", f"cluster={state}", "-e", "coverage_provider=podman"),
        playbook="cluster",
        variables={"CONTAINER_HOST": f"unix://{project.directory}/none.sock"},
    )
    assert ran.rc != 0, ran.output
    # On a machine without kind that is what is missing first.
    assert re.search(r"\[(engine-unreachable|kind-missing)\]", ran.sentences), ran.output
    assert not (project.coverage / "sample").exists(), "only a run has results"


@pytest.mark.parametrize("playbook", ["cluster", "doctor"])
def test_the_doctor_needs_no_inventory(project: Project, playbook: str) -> None:
    """Processes need nothing that the suite's own machine lacks; an engine that is named and dead fails."""
    command = [str(BIN / "ansible-playbook"), f"gocover.e2e.{playbook}", "-e", "cluster=doctor"]

    def doctor(*more: str, **variables: str) -> subprocess.CompletedProcess[str]:
        env = {**environment(), "ANSIBLE_INVENTORY": "", **variables}
        return subprocess.run(
            [*command, *more], cwd=project.directory, env=env, capture_output=True, text=True, check=False
        )

    good = doctor("-e", "coverage_runtime=process")
    assert good.returncode == 0, good.stdout + good.stderr
    assert re.search(r"^ok +Go: [0-9.]+ at ", good.stdout, re.MULTILINE), good.stdout
    assert "this machine is ready" in good.stdout
    dead = doctor("-e", "coverage_provider=docker", DOCKER_HOST=f"unix://{project.directory}/none.sock")
    assert dead.returncode != 0
    assert re.search(r"^error +engine: .*\[engine-unreachable\]", dead.stdout, re.MULTILINE), dead.stdout
    assert not (project.directory / "coverage").exists()


def test_an_action_on_clusters_that_does_not_exist(project: Project) -> None:
    ran = project.run("sample", "-e", "cluster=sideways", playbook="cluster")
    assert ran.rc != 0, ran.output
    assert "The action sideways does not exist. Use -e cluster=up" in ran.sentences, ran.output


def test_a_start_can_only_be_measured_in_a_cluster(project: Project) -> None:
    ran = project.run("sample", *PROCESS, playbook="baseline")
    assert ran.rc != 0, ran.output
    assert "cannot be measured: the runtime is process. Use -e coverage_runtime=kind." in ran.sentences, ran.output


def test_restore_without_a_run_has_nothing_to_do(project: Project) -> None:
    ran = project.run("sample", *PROCESS, playbook="restore")
    assert ran.rc == 0, ran.output


def test_check_mode_changes_nothing_and_shows_no_results(project: Project) -> None:
    project.has_been_run()
    before = {path: path.read_bytes() for path in project.coverage.rglob("*") if path.is_file()}
    ran = project.run("sample", "--check")
    assert ran.rc == 0, ran.output
    assert "SERVICE" not in ran.output
    assert "the results stay those of the last run" in ran.output
    assert {path: path.read_bytes() for path in project.coverage.rglob("*") if path.is_file()} == before

    ran = project.run("sample", "--check", playbook="report")
    assert ran.rc == 0, ran.output
    assert "SERVICE" not in ran.output
    assert {path: path.read_bytes() for path in project.coverage.rglob("*") if path.is_file()} == before


def test_check_mode_before_the_first_run(project: Project) -> None:
    ran = project.run("sample", "--check")
    assert ran.rc == 0, ran.output
    assert not (project.coverage / "sample").exists()


@pytest.mark.parametrize("mode", ["suite", "collect"])
def test_a_mode_that_is_not_supported(mode: str, project: Project) -> None:
    project.describe(sample={"mode": mode})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert f"The mode {mode} of sample is not supported." in ran.sentences, ran.output
    assert "[mode-unsupported]" in ran.sentences, ran.output


@pytest.mark.parametrize(
    ("variable", "guess"), [("coverage_runtim", "coverage_runtime"), ("baseline_rollout", "baseline_rollouts")]
)
def test_a_misspelt_variable(variable: str, guess: str, project: Project) -> None:
    ran = project.run("sample", "-e", f"{variable}=x")
    assert ran.rc != 0, ran.output
    assert f"No role reads {variable} (did you mean {guess}?)." in ran.sentences, ran.output
    assert "[variable-unknown]" in ran.sentences, ran.output


def test_secrets_are_displayed_nowhere(project: Project) -> None:
    project.describe(
        sample={
            "env": {"API_TOKEN": "hunter2-service"},
            "tests_env": {"API_TOKEN": "hunter2-tests"},
            "go_env": {"NETRC_TOKEN": "hunter2-go"},
            "build_args": {"NPM_TOKEN": "hunter2-build"},
            "tests": f"echo leaked $API_TOKEN; {project.tests}",
        }
    )
    ran = project.run("sample", *PROCESS, "-v")
    assert ran.rc == 0, ran.output
    assert "leaked ********" in ran.output
    assert "hunter2" not in ran.output
    assert "hunter2" not in (project.coverage / "sample" / "run.json").read_text(encoding="utf-8")
    ran = project.run("sample", *PROCESS, "-vvv")
    assert "hunter2" not in ran.output
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in ran.output


def test_a_task_without_log_is_silent(tmp_path: Path) -> None:
    task = {"gocover.e2e.test_run": {"command": "echo not-to-be-seen"}, "no_log": True}
    for number, keywords in enumerate([{}, {"environment": {"LC_ALL": "C"}}]):
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [{**task, **keywords}]}
        playbook = tmp_path / f"{number}.json"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        command = [str(BIN / "ansible-playbook"), str(playbook), "-v"]
        ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "not-to-be-seen" not in ran.stdout + ran.stderr


def test_the_table_shows_what_the_run_took_beside_its_steps(project: Project) -> None:
    ran = project.run("sample", *PROCESS)
    assert ran.rc == 0, ran.output
    heading = next(line for line in ran.output.splitlines() if line.startswith("SECONDS"))
    row = next(line for line in ran.output.splitlines() if re.match(r"sample +[\d.-]+ ", line))
    shown = dict(zip(heading.split(), row.split(), strict=True))
    run = project.document("run.json")
    assert float(shown["TOTAL"]) == pytest.approx(run["seconds"], abs=0.06)
    columns = [name.lower() for name in shown if name not in ("SECONDS", "OTHER", "TOTAL")]
    steps = [step["seconds"] for step in run["steps"] if step["name"] in columns]
    assert len(steps) == len(columns) > 3, shown
    assert float(shown["OTHER"]) == pytest.approx(run["seconds"] - sum(steps), abs=0.06)


def test_what_a_program_reads_on_stdout_has_no_progress_in_it(project: Project) -> None:
    callbacks = str(CHECKOUT / "tests" / "run" / "callbacks")
    project.describe(sample={})
    ran = subprocess.run(
        [BIN / "ansible-playbook", "gocover.e2e.coverage", "-i", "hosts.json", "-e", "service=sample", *PROCESS],
        cwd=project.directory,
        env={**environment(), "ANSIBLE_CALLBACK_PLUGINS": callbacks, "ANSIBLE_STDOUT_CALLBACK": "json_events"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(events) > 5 and not any(event["failed"] for event in events)
    assert re.search(r"^sample +\d", ran.stderr, re.MULTILINE), "progress and the table are on stderr"
