# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds something, and whether that is still alive."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import parse_holder, this_holder


def test_a_holder_lives_as_long_as_its_process() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        found = this_holder(process.pid, "/work/coverage")
        assert found is not None and found.alive() is True and not found.certainly_dead()
        assert parse_holder(found.text()) == found
        process.communicate(b"\n")
    assert found.alive() is False and found.certainly_dead()
    assert f"pid {process.pid} in /work/coverage" in found.title


def test_another_machine_cannot_be_asked() -> None:
    own = this_holder(os.getpid(), "/work")
    assert own is not None
    away = replace(own, machine="another boot pids")
    assert away.alive() is None and not away.certainly_dead()
    assert replace(away, since=time.time() - 25 * 3600).certainly_dead()


@pytest.mark.parametrize("text", [None, "", "x", "[]", "{}", '{"pid": "x"}', '{"pid": 1, "since": 1, "more": 2}'])
def test_what_is_no_holder_is_none(text: str | None) -> None:
    assert parse_holder(text) is None


def test_without_a_playbook_nobody_holds() -> None:
    assert this_holder(None, "/work") is None
    assert this_holder(2**22 + 1, "/work") is None
