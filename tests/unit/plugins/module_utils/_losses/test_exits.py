# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the way a process ended says about its counters."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._losses.exits import Ending, diagnose

PANIC = ("starting", "panic: out of order", "", "goroutine 1 [running]:")
CUT_PANIC = ("\t/src/main.go:7", "", "goroutine 7 [select]:", "main.main()")


@pytest.mark.parametrize(
    ("ending", "causes", "words"),
    [
        ({"exit_code": 0}, [], ""),
        ({"exit_code": 1}, [], ""),
        ({"exit_code": 1, "log": PANIC}, [], ""),
        ({"exit_code": None}, ["killed-before-exit"], "Nobody saw how shop ended"),
        ({"exit_code": 137, "reason": "OOMKilled"}, ["oom-killed"], "more memory than its limit (exit code 137)"),
        ({"exit_code": 2}, ["sigterm-unhandled"], "ended on SIGTERM with exit code 2"),
        ({"exit_code": 2, "log": PANIC}, ["crash-loop"], "ended by a panic: panic: out of order"),
        ({"exit_code": 2, "log": CUT_PANIC}, ["crash-loop"], "ended by a panic: goroutine 7 [select]:"),
        ({"exit_code": 2, "log": ("fatal error: all goroutines are asleep",)}, ["crash-loop"], "all goroutines"),
        ({"exit_code": 143}, ["sigterm-unhandled"], "ended on SIGTERM with exit code 143"),
        (
            {"exit_code": 137, "seconds": 30.1},
            ["killed-before-exit"],
            "got SIGKILL (exit code 137) after 30.1 s: it had not ended within its grace period of 30 s",
        ),
        (
            {"exit_code": 137, "seconds": 0.2},
            ["killed-before-exit"],
            "got SIGKILL (exit code 137) after 0.2 s, before its grace period of 30 s was over",
        ),
        (
            {"exit_code": 137, "seconds": 30.1, "ignored_sigterm": True},
            ["sigterm-unhandled", "killed-before-exit"],
            "shop ignores SIGTERM (the kernel says so)",
        ),
        ({"exit_code": 0, "ignored_sigterm": True}, [], ""),
    ],
)
def test_diagnose(ending: dict[str, t.Any], causes: list[str], words: str) -> None:
    diagnoses = diagnose(Ending(**{"name": "shop", "reason": "Error", "seconds": 1.0, "grace_period": 30.0, **ending}))
    assert [diagnosis.cause for diagnosis in diagnoses] == causes
    if words:
        assert words in diagnoses[0].evidence
