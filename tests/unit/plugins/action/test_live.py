# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of the steps: real tasks with a real module, inside this process and shipped, and the journal."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.plugin_utils import live
from ansible_play import AnsiblePlay

INVENTORY = "services:\n  hosts:\n    shop:\n    depot:\n"
JOURNAL = {"service": "shop", "runtime": "process", "steps": [], "failures": []}
#: A task of a recorded step without engine and cluster.
TASK = "gocover.e2e.test_run"


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AnsiblePlay:
    # A step in this process goes to the directory of the playbook.
    monkeypatch.chdir(tmp_path)
    return AnsiblePlay(tmp_path, INVENTORY)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(live.display, "display", lambda text, **_options: lines.append(text))
    return lines


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "work" / "run.json"
    path.parent.mkdir()
    path.write_text(json.dumps(JOURNAL))
    return path


def run(play: AnsiblePlay, command: str, keywords: dict[str, t.Any], **variables: t.Any) -> dict[str, t.Any]:
    arguments = {"command": command, "timeout": 60}
    plugin, task_vars = play.action("shop", {TASK: arguments, **keywords}, **variables)
    return dict(plugin.run(None, task_vars))


@pytest.mark.parametrize(
    ("command", "failed", "unit", "failures"),
    [
        ("true", False, "shop", []),
        ("exit 3", True, "shop", [("shop", "tests-failed")]),
        ("exit 3", True, "depot", [("depot", "tests-failed")]),
    ],
)
def test_a_step_is_recorded_with_its_unit(
    play: AnsiblePlay,
    shown: list[str],
    journal: Path,
    command: str,
    failed: bool,
    unit: str,
    failures: list[tuple[str, str]],
) -> None:
    result = run(play, command, {}, service_journal=str(journal), service_unit={"name": unit})
    assert bool(result.get("failed")) is failed
    document = json.loads(journal.read_text())
    assert result["ansible_facts"]["coverage_run"] == document
    (step,) = document["steps"]
    assert (step["unit"], step["failed"]) == (unit, failed) and step["seconds"] > 0
    assert [(entry["unit"], entry["diagnosis"][0]["cause"]) for entry in document["failures"]] == failures


@pytest.mark.parametrize("keywords", [{}, {"check_mode": True}])
def test_without_a_journal_and_in_check_mode_nothing_is_recorded(
    play: AnsiblePlay, shown: list[str], journal: Path, keywords: dict[str, t.Any]
) -> None:
    result = run(play, "true", keywords, **({"service_journal": str(journal)} if keywords else {}))
    assert "coverage_run" not in result.get("ansible_facts", {})
    assert json.loads(journal.read_text()) == JOURNAL


def test_a_journal_that_cannot_be_written_is_a_warning_and_the_facts_go_on(
    play: AnsiblePlay, shown: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "a file"
    path.touch()
    known = {"coverage_run": dict(JOURNAL)}
    result = run(play, "true", {}, service_journal=str(path / "run.json"), ansible_facts=known)
    assert not result.get("failed")
    assert len(result["ansible_facts"]["coverage_run"]["steps"]) == 1
    (warning,) = result["warnings"]
    assert warning.startswith(f"Cannot write {path}/run.json: ")


@pytest.mark.parametrize(("keywords", "silent"), [({}, False), ({"no_log": True}, True)])
def test_progress_is_shown_unless_the_task_asks_for_silence(
    play: AnsiblePlay, shown: list[str], keywords: dict[str, t.Any], silent: bool
) -> None:
    run(play, "echo my-progress-line; exit 3", keywords)
    assert any("my-progress-line" in line for line in shown) is not silent


@pytest.mark.parametrize(
    ("keywords", "variables", "here"),
    [
        ({}, {}, True),
        ({}, {"ansible_python_interpreter": "auto_silent"}, True),
        ({}, {"ansible_python_interpreter": "/other/python"}, False),
        ({"environment": {"A": "b"}}, {}, False),
        ({"async": 10, "poll": 0}, {}, False),
    ],
)
def test_which_tasks_run_in_this_process(
    play: AnsiblePlay, keywords: dict[str, t.Any], variables: dict[str, t.Any], here: bool
) -> None:
    plugin, task_vars = play.action("shop", {TASK: {"command": "true"}, **keywords}, **variables)
    assert plugin._belongs_here(task_vars) is here


def test_where_no_python_starts_the_step_fails_and_the_missing_record_is_a_warning(
    play: AnsiblePlay, shown: list[str], journal: Path
) -> None:
    variables = {"service_journal": str(journal), "ansible_python_interpreter": "/nowhere/python"}
    result = run(play, "true", {}, **variables)
    assert result["failed"] and "/nowhere/python" in repr(result)
    assert result["warnings"]
    assert json.loads(journal.read_text()) == JOURNAL


def test_the_working_directory_is_that_of_the_playbook(play: AnsiblePlay, shown: list[str], tmp_path: Path) -> None:
    os.chdir("/")
    run(play, "pwd; exit 3", {})
    assert any(str(tmp_path) in line for line in shown)
