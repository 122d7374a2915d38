# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures as the quiet view shows them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.callback.live import CallbackModule, _part
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Diagnosis, Failure

ONE = Diagnosis("crash-loop", "It ended with exit code 3", "Run it by hand")
TWO = Diagnosis("no-counters", "None were there", "Write some")
MUTE = Diagnosis("odd", "", "Do that")


def result_of(failure: Failure) -> dict[str, t.Any]:
    return {"msg": str(failure), "diagnosis": [diagnosis.as_dict() for diagnosis in failure.diagnoses]}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (result_of(Failure("shop could not start", [ONE])), "shop could not start. [crash-loop]"),
        (result_of(Failure("No counters", [ONE, TWO])), "No counters. [crash-loop]"),
        (result_of(Failure("It failed")), "It failed."),
        (result_of(Failure("It failed", [MUTE])), "It failed. [odd]"),
        ({"msg": "Undefined variable"}, "Undefined variable"),
        ({"msg": "Another message", "diagnosis": [ONE.as_dict()]}, "Another message [crash-loop]"),
        ({"msg": ONE.sentence(), "diagnosis": [ONE.as_dict()]}, f"{ONE.sentence()} [crash-loop]"),
        ({"msg": ""}, "failed without a message"),
        ({}, "failed without a message"),
    ],
)
def test_message_of_a_recorded_step(result: dict[str, t.Any], message: str) -> None:
    assert CallbackModule._message({**result, "ansible_facts": {"coverage_run": {}}}) == message


def test_what_no_journal_tells_is_told_at_once() -> None:
    assert CallbackModule._message(result_of(Failure("No plan", [ONE]))) == f"No plan. {ONE.sentence()}"


@pytest.mark.parametrize("name", ["result", "_result"])
def test_results_of_an_ansible_that_is_too_old_are_read_too(name: str) -> None:
    assert _part(type("Result", (), {name: {"msg": "x"}})(), "result") == {"msg": "x"}
