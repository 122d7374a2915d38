# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment that the suite gives to every session (tests/suite/machine.py)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "suite"))
import machine  # noqa: E402 - found by the line above


def test_a_path_that_is_added_is_searched_first_and_ends_with_the_environment_of_the_tests() -> None:
    path = machine.environment({"PATH": "/lab/bin:/usr/bin"})["PATH"].split(os.pathsep)

    assert path == ["/lab/bin", "/usr/bin", str(machine.BIN)]


def test_without_one_the_path_of_the_caller_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{machine.BIN}:/usr/bin")

    assert machine.environment({"PATH": None, "EXTRA": "1"})["PATH"] == f"{machine.BIN}:/usr/bin"


def test_what_steers_ansible_is_left_out_and_what_the_lab_names_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "json")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")

    environment = machine.environment({"GOCOVER_NODE_IMAGE": "kindest/node:lab"})

    assert not {"ANSIBLE_STDOUT_CALLBACK", "PYTHONPATH"} & set(environment)
    assert environment["GOCOVER_NODE_IMAGE"] == "kindest/node:lab"
