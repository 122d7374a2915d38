# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that is shipped: a real process, parameters as JSON, one JSON object as its result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[5]

MODULE = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
_AnsibleCollectionFinder(paths=[sys.argv[2]])._install()
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.readline()
basic._ANSIBLE_PROFILE = "legacy"
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run import step
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Diagnosis, failure

def logic(this):
    this.progress.warn("look out")
    this.progress.note("at work")
    this.progress.note(f"{this.params['env'].get('API_TOKEN', '')} {this.playbook_pid} {this.dependency}")
    what = this.params["what"]
    if what == "fail":
        raise failure("It failed", "x-y", "It is so", "Do that", rc=3, changed=True, sections={"tests": 1})
    if what == "break":
        return 1 / 0
    if what == "fill":
        # A device that is always full.
        with open("/dev/full", "w") as log:
            log.write("x")
    if what == "leak":
        env = this.params["env"]
        raise failure(f"No login with {env['API_TOKEN']}", "x-y", "It is so", "Do that", sections={"env": [env]})
    if what == "inherit":
        return step.Outcome(changed=False, result={"inherited": "GOCOVER_STEP" in os.environ})
    if what == "wait":
        print("waiting", file=sys.stderr, flush=True)
        # A signal that comes just before a sleep is only seen after it: short ones, so that it is seen at all.
        for _ in range(6000):
            time.sleep(0.1)
    return Outcome(
        changed=True,
        result={"answer": 42},
        sections={"workload": {"pid": 1}},
        diff={"before": "a", "after": "b"},
        diagnosis=[Diagnosis("a-b", "It was so", "Nothing")],
    )

spec = {"what": {"type": "str", "required": True}, "env": {"type": "dict", "default": {}, "no_log": True}}
step.Module("deploy", spec, logic, step_name=lambda params: f"deploy {params['what']}").main()
"""


def start(handover: dict[str, t.Any] | None = None, **params: t.Any) -> subprocess.Popen[str]:
    collections = CHECKOUT / ".ansible" / "collections"
    process = subprocess.Popen(
        [sys.executable, "-c", MODULE, str(CHECKOUT), str(collections)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **({"GOCOVER_STEP": json.dumps(handover)} if handover is not None else {})},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": params}) + "\n")
    process.stdin.flush()
    return process


def result_of(process: subprocess.Popen[str]) -> dict[str, t.Any]:
    stdout, stderr = process.communicate()
    assert "Traceback" not in stderr
    result = json.loads(stdout)
    assert process.returncode == (1 if result.get("failed") else 0)
    return dict(result)


def test_success(tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    handover = {"playbook_pid": 4711, "dependency": "depot", "progress": str(progress), "record": True}
    result = result_of(start(handover, what="work", _ansible_diff=True))
    assert (result["changed"], result["answer"], result["diff"]) == (True, 42, {"before": "a", "after": "b"})
    assert result["diagnosis"] == [{"cause": "a-b", "evidence": "It was so", "remedy": "Nothing"}]
    assert "look out" in str(result["warnings"])
    record = result["gocover_step"]
    assert record.pop("seconds") >= 0
    assert record == {"name": "deploy work", "changed": True, "sections": {"workload": {"pid": 1}}, "error": None}
    lines = [json.loads(line)["text"] for line in progress.read_text().splitlines()]
    assert lines == ["at work", " 4711 depot"]


def test_what_nobody_asks_for_is_not_returned() -> None:
    result = result_of(start(what="work"))
    assert "gocover_step" not in result
    assert "diff" not in result


def test_processes_of_a_step_do_not_inherit_the_handover() -> None:
    assert result_of(start({"record": True}, what="inherit"))["inherited"] is False


def test_progress_that_this_user_cannot_write_is_no_failure(tmp_path: Path) -> None:
    assert result_of(start({"progress": str(tmp_path / "none" / "progress")}, what="work"))["answer"] == 42


def test_failure() -> None:
    result = result_of(start({"record": True}, what="fail"))
    assert (result["failed"], result["changed"], result["rc"]) == (True, True, 3)
    assert result["msg"] == "It failed. It is so. Do that. [x-y]"
    assert "sections" not in result
    record = result["gocover_step"]
    assert record["error"] == {"msg": result["msg"], "diagnosis": result["diagnosis"]}
    assert record["sections"] == {"tests": 1}


def test_secrets_are_in_nothing_that_a_step_says(tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    handover = {"progress": str(progress), "record": True}
    environment = {"API_TOKEN": "hunter2", "LOG_LEVEL": "debug", "PORT": 1}
    process = start(handover, what="leak", env=environment)
    result = result_of(process)
    assert "hunter2" not in json.dumps(result) + progress.read_text()
    assert result["invocation"]["module_args"]["env"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert result["msg"] == "No login with ********. It is so. Do that. [x-y]"
    # What is no secret stays legible, although Ansible itself would blank it.
    assert result["gocover_step"]["sections"] == {"env": [{"API_TOKEN": "********", "LOG_LEVEL": "debug", "PORT": 1}]}


def test_a_defect_of_ours_is_a_sentence_too() -> None:
    result = result_of(start(what="break"))
    assert result["msg"].startswith("deploy failed unexpectedly: ZeroDivisionError: division by zero. ")
    assert [entry["cause"] for entry in result["diagnosis"]] == ["internal-error"]
    assert "Traceback" not in str(result)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_no_defect() -> None:
    result = result_of(start(what="fill"))
    assert [entry["cause"] for entry in result["diagnosis"]] == ["disk-full"]
    assert "No space left on device" in result["msg"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_step_with_a_result(number: signal.Signals) -> None:
    process = start({"record": True}, what="wait")
    assert process.stderr is not None
    assert process.stderr.readline() == "waiting\n"
    process.send_signal(number)
    result = result_of(process)
    assert result["msg"] == f"deploy was interrupted by {number.name}."
    assert result["gocover_step"]["error"]["msg"] == result["msg"]
