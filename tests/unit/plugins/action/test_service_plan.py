# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin service_plan: an inventory in, the plan of a run out."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_play import AnsiblePlay

INVENTORY = """
all:
  vars:
    coverage_dir: results
  children:
    services:
      hosts:
        shop:
          service_repo: src/shop
          service_dependencies: [depot, pg]
          service_covered_dependencies: [depot]
          service_env: {TOKEN: hunter2}
        depot:
          service_dependencies: [pg]
  hosts:
    pg:
      service_manifests: [pg.yaml]
"""


def planned(directory: Path, inventory: str, host: str = "shop", **arguments: t.Any) -> dict[str, t.Any]:
    play = AnsiblePlay(directory, inventory)
    plugin, variables = play.action(host, {"gocover.e2e.service_plan": arguments})
    return dict(plugin.run(None, variables))


def test_the_plan_of_a_service_with_dependencies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = planned(tmp_path, INVENTORY)
    assert not plan.get("failed"), plan
    assert [entry["name"] for entry in plan["services"]] == ["pg", "depot", "shop"]
    assert [entry["name"] for entry in plan["dependencies"]] == ["pg", "depot"]
    assert [entry["name"] for entry in plan["built"]] == ["depot", "shop"]
    assert plan["covered_dependencies"] == ["depot"]
    assert plan["service"]["repo"] == str(tmp_path / "src" / "shop")
    assert plan["stages"] == [[str(tmp_path / "pg.yaml")]]
    assert plan["root"] == str(tmp_path / "results")
    assert plan["results"] == str(tmp_path / "results" / "shop")
    assert plan["work"] == str(tmp_path / "results" / ".work" / "shop")
    assert plan["binaries"] == str(tmp_path / "results" / ".work" / "bin")
    assert plan["fetch_to"] is None and plan["changed"] is False


def test_secrets_are_in_no_plan(tmp_path: Path) -> None:
    assert "hunter2" not in repr(planned(tmp_path, INVENTORY))


def test_the_argument_coverage_dir_counts_before_the_variable(tmp_path: Path) -> None:
    assert planned(tmp_path, INVENTORY, coverage_dir=str(tmp_path / "other"))["root"] == str(tmp_path / "other")


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("service_repo: src/shop", "service_rep: src/shop", "variable-unknown"),
        ("coverage_dir: results", "coverage_dri: results", "variable-unknown"),
        ("service_repo: src/shop", "service_ready_timeout: soon", "option-invalid"),
        ("[depot, pg]", "[depot, pq]", "service-unknown"),
        ("service_dependencies: [pg]", "service_dependencies: [shop]", "dependency-circle"),
        ("service_covered_dependencies: [depot]", "service_covered_dependencies: [pg]", "option-invalid"),
        ("service_repo: src/shop", "service_thresholds: {total: 600}", "threshold-invalid"),
    ],
)
def test_an_inventory_that_cannot_work_is_refused(tmp_path: Path, before: str, after: str, cause: str) -> None:
    assert before in INVENTORY
    plan = planned(tmp_path, INVENTORY.replace(before, after))
    assert plan["failed"] and plan["msg"]
    assert [entry["cause"] for entry in plan["diagnosis"]] == [cause]
    assert "services" not in plan
