# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module has a unit test that runs it, and is routed to the action plugin of the steps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
TESTS = CHECKOUT / "tests" / "unit" / "plugins" / "modules"
NAMES = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))
#: Modules that are an action plugin of their own name; tests/unit/plugins/action tests them.
ACTIONS = {path.stem for path in (CHECKOUT / "plugins" / "action").glob("*.py")}
#: Modules that so far only tests/run runs (test_every_module.py). Remove a name when its unit test is written.
WITHOUT = {"coverage_wrap", "kind_cluster_logs"}


def test_the_modules_are_found() -> None:
    assert {"coverage_run", "covdata_report", "service_plan"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_test_runs_the_module(name: str) -> None:
    if name in ACTIONS:
        assert (TESTS.parent / "action" / f"test_{name}.py").exists()
        return
    call = re.compile(rf'\bmodules\(\s*"{name}"')
    users = [path.name for path in TESTS.glob("test_*.py") if call.search(path.read_text(encoding="utf-8"))]
    if name in WITHOUT:
        assert not users, f"{name} has a unit test now: remove it from WITHOUT"
        return
    assert users, f'no test in {TESTS.name} calls modules("{name}", ...)'


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ACTIONS])
def test_the_module_is_routed_to_the_action_plugin_of_the_steps(name: str) -> None:
    routing = yaml.safe_load((CHECKOUT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["plugin_routing"]
    assert routing["modules"][name]["action_plugin"] == "gocover.e2e.live"
