# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module gives the same result wherever it runs: inside the Ansible worker, or shipped as modules are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from project import BIN, environment

#: Keywords of the task, or variables of the host, that decide where it runs.
WAYS: dict[str, dict[str, Any]] = {
    "in the worker": {},
    "in another environment": {"environment": {"LC_ALL": "C"}},
    "in the background": {"async": 60, "poll": 1},
    "with another Python": {"vars": {"ansible_python_interpreter": "{{ other_python }}"}},
}


def collect(directory: Path, covdata: Path, keywords: dict[str, Any], *options: str) -> tuple[int, dict[str, Any], str]:
    """A playbook of one task; returns its exit code, what the module returned, and what was printed."""
    arguments = {"node_path": str(covdata), "dest": str(directory / "covdata")}
    keep = {"content": "{{ ran | to_json }}", "dest": str(directory / "ran")}
    tasks = [
        {"gocover.e2e.covdata_collect": arguments, "register": "ran", "ignore_errors": True, **keywords},
        {"ansible.builtin.copy": keep, "check_mode": False},
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks, "vars": {"other_python": other_python()}}
    playbook = directory / "collect.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    command = [str(BIN / "ansible-playbook"), str(playbook), *options]
    ran = subprocess.run(command, cwd=directory, env=environment(), capture_output=True, text=True, check=False)
    return ran.returncode, json.loads((directory / "ran").read_text(encoding="utf-8")), ran.stdout + ran.stderr


def other_python() -> str:
    """A Python that is not the one that Ansible runs with: the one below its virtual environment."""
    return str(Path(sys.executable).resolve())


@pytest.mark.parametrize("way", WAYS)
def test_the_same_result(way: str, tmp_path: Path, good_run: Path) -> None:
    covdata = good_run / "sample" / "covdata"
    rc, result, output = collect(tmp_path, covdata, WAYS[way])
    assert rc == 0, output
    assert (result["changed"], result["meta_files"], result["counter_files"], result["diagnosis"]) == (True, 1, 1, [])
    assert sorted(path.name for path in (tmp_path / "covdata").iterdir()) == sorted(
        path.name for path in covdata.iterdir()
    )
    # Nobody waits for what goes on in the background.
    assert ("localhost | collected 1 covmeta and 1 covcounters files" in output) is (way != "in the background")


@pytest.mark.parametrize("way", WAYS)
def test_the_same_failure(way: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _rc, result, output = collect(tmp_path, tmp_path / "empty", WAYS[way])
    assert result["failed"] is True, output
    assert [entry["cause"] for entry in result["diagnosis"]] == ["not-instrumented", "no-counters"]
    assert "Traceback" not in output


def test_check_mode_changes_nothing(tmp_path: Path, good_run: Path) -> None:
    _rc, result, output = collect(tmp_path, good_run / "sample" / "covdata", {}, "--check")
    assert result["changed"] is True, output
    assert not (tmp_path / "covdata").exists()


def test_an_option_that_does_not_exist(tmp_path: Path) -> None:
    command = [
        str(BIN / "ansible"),
        "localhost",
        "-m",
        "gocover.e2e.covdata_collect",
        "-a",
        "node_path=/a dest=/b dst=/b",
    ]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert "dst. Supported parameters include: " in output
    assert "Traceback" not in output
