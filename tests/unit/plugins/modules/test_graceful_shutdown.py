# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""graceful_shutdown: the pods end, and each row says how."""

from __future__ import annotations

import typing as t

import pytest
from fake_cluster import FakeCluster
from module_runner import Modules
from scenes import deployment

PLACE: dict[str, t.Any] = {"workload": "deployment/shop", "namespace": "e2e"}


@pytest.fixture(autouse=True)
def running(cluster: FakeCluster) -> None:
    cluster.add(deployment(replicas=2))
    cluster.settle()


def test_each_pod_has_a_row(modules: Modules, cluster: FakeCluster) -> None:
    result = modules("graceful_shutdown", **PLACE)
    rows = [(row["node"], row["exit_code"], row["reason"]) for row in result["pods"]]
    assert rows == [("e2e-control-plane", 0, "Completed")] * 2
    assert (result["changed"], result["replicas_before"], result["diagnosis"]) == (True, 2, [])
    assert cluster.objects["Deployment", "e2e", "shop"]["spec"]["replicas"] == 0


def test_the_replicas_come_back(modules: Modules, cluster: FakeCluster) -> None:
    modules("graceful_shutdown", **PLACE)
    result = modules("graceful_shutdown", **PLACE, state="restored")
    assert result["changed"]
    assert cluster.objects["Deployment", "e2e", "shop"]["spec"]["replicas"] == 2
    assert not modules("graceful_shutdown", **PLACE, state="restored")["changed"]


def test_the_replicas_come_back_at_once_if_asked_to(modules: Modules, cluster: FakeCluster) -> None:
    assert modules("graceful_shutdown", **PLACE, restore=True)["changed"]
    assert cluster.objects["Deployment", "e2e", "shop"]["spec"]["replicas"] == 2


def test_a_program_that_does_not_handle_sigterm(modules: Modules, cluster: FakeCluster) -> None:
    cluster.exit_code = 143
    result = modules("graceful_shutdown", **PLACE)
    assert [row["exit_code"] for row in result["pods"]] == [143, 143]
    assert {entry["cause"] for entry in result["diagnosis"]} == {"sigterm-unhandled"}


def test_a_patch_that_is_gone_is_named(modules: Modules) -> None:
    result = modules("graceful_shutdown", **PLACE, patched=True)
    assert result["diagnosis"][0]["cause"] == "patch-reverted"
    assert "deployment/shop" in result["warnings"][0]


@pytest.mark.parametrize("name", ["deployment/cart", "job/cart", "pod/cart"])
def test_a_missing_workload(modules: Modules, name: str) -> None:
    result = modules("graceful_shutdown", **{**PLACE, "workload": name})
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == ["workload-missing"]
