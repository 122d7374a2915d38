# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module as Ansible runs it: a real process, parameters as JSON, one JSON object as its result."""

from __future__ import annotations

import json
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
    what = this.params["what"]
    if what == "fail":
        raise failure("It failed", "x-y", "It is so", "Do that", rc=3, changed=True, sections={"tests": 1})
    if what == "break":
        return 1 / 0
    if what == "wait":
        print("waiting", file=sys.stderr, flush=True)
        time.sleep(600)
    return Outcome(
        changed=True,
        result={"answer": 42},
        sections={"workload": {"pid": 1}},
        diff={"before": "a", "after": "b"},
        diagnosis=[Diagnosis("a-b", "It was so", "Nothing")],
    )

step.Module("deploy", {"what": {"type": "str", "required": True}}, logic).main()
"""


def start(**params: t.Any) -> subprocess.Popen[str]:
    collections = CHECKOUT / ".ansible" / "collections"
    process = subprocess.Popen(
        [sys.executable, "-c", MODULE, str(CHECKOUT), str(collections)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
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


@pytest.fixture
def journal_file(tmp_path: Path) -> Path:
    return tmp_path / "run.json"


def test_success(journal_file: Path, tmp_path: Path) -> None:
    journal_file.write_text('{"service": "shop"}')
    result = result_of(
        start(what="work", journal=str(journal_file), progress_file=str(tmp_path / "progress"), _ansible_diff=True)
    )
    assert (result["changed"], result["answer"], result["diff"]) == (True, 42, {"before": "a", "after": "b"})
    assert result["diagnosis"] == [{"cause": "a-b", "evidence": "It was so", "remedy": "Nothing"}]
    assert "look out" in str(result["warnings"])
    document = json.loads(journal_file.read_text())
    assert result["ansible_facts"] == {"coverage_run": document}
    assert (document["service"], document["workload"], document["failures"]) == ("shop", {"pid": 1}, [])
    (entry,) = document["steps"]
    assert (entry["name"], entry["changed"], entry["failed"]) == ("deploy", True, False)
    assert json.loads((tmp_path / "progress").read_text()) == {"kind": "note", "text": "at work"}


def test_without_a_journal_and_without_diff() -> None:
    result = result_of(start(what="work"))
    assert "ansible_facts" not in result
    assert "diff" not in result


def test_check_mode_leaves_the_journal_alone(journal_file: Path) -> None:
    assert "ansible_facts" not in result_of(start(what="work", journal=str(journal_file), _ansible_check_mode=True))
    assert not journal_file.exists()


def test_failure(journal_file: Path) -> None:
    result = result_of(start(what="fail", journal=str(journal_file), journal_step="serve", journal_dependency="depot"))
    assert (result["failed"], result["changed"], result["rc"]) == (True, True, 3)
    assert result["msg"] == "It failed. It is so. Do that. [x-y]"
    assert "sections" not in result
    document = json.loads(journal_file.read_text())
    assert document["failures"] == [{"step": "serve depot", "msg": result["msg"], "diagnosis": result["diagnosis"]}]
    assert document["dependencies"] == {"depot": {"tests": 1}}


def test_a_defect_of_ours_is_a_sentence_too(journal_file: Path) -> None:
    result = result_of(start(what="break", journal=str(journal_file)))
    assert result["msg"].startswith("deploy failed unexpectedly: ZeroDivisionError: division by zero. ")
    assert [entry["cause"] for entry in result["diagnosis"]] == ["internal-error"]
    assert "Traceback" not in str(result)
    assert json.loads(journal_file.read_text())["failures"][0]["msg"] == result["msg"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_step_with_a_result(number: signal.Signals, journal_file: Path) -> None:
    process = start(what="wait", journal=str(journal_file))
    assert process.stderr is not None
    assert process.stderr.readline() == "waiting\n"
    process.send_signal(number)
    result = result_of(process)
    assert result["msg"] == f"deploy was interrupted by {number.name}."
    assert json.loads(journal_file.read_text())["failures"][0]["msg"] == result["msg"]


def test_a_journal_that_cannot_be_written_is_only_warned_about(tmp_path: Path) -> None:
    result = result_of(start(what="work", journal=str(tmp_path / "none" / "run.json")))
    assert result["answer"] == 42
    assert "Could not write" in str(result["warnings"])
