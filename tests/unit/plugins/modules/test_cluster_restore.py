# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cluster_restore: which changed workloads it restores, and which it leaves to the run that has changed them."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube import lease as leases
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import Holder, this_holder
from fake_cluster import FakeCluster
from module_runner import Modules
from scenes import deployment

RESTORE: dict[str, t.Any] = {"service": "shop", "namespace": "e2e"}
RESTORED = [{"object": "deployment/shop", "namespace": "e2e", "restored": True}]


@pytest.fixture
def before(modules: Modules, cluster: FakeCluster) -> t.Any:
    """The spec of the Deployment before a run has patched it."""
    spec = cluster.add(deployment())["spec"]
    modules("coverage_patch", workload="deployment/shop", namespace="e2e", node_path="/var/lib/gocover/shop/R1")
    return spec


def spec(cluster: FakeCluster) -> t.Any:
    return cluster.objects["Deployment", "e2e", "shop"]["spec"]


def living_run(cluster: FakeCluster, service: str, *workloads: str) -> None:
    """A lease of a run that goes on: its playbook is the process of this test."""
    holder = this_holder(os.getpid(), os.getcwd())
    assert isinstance(holder, Holder)
    cluster.add(leases._object("e2e", service, holder, sorted(workloads)))


def test_a_patched_workload_is_restored_once(modules: Modules, cluster: FakeCluster, before: t.Any) -> None:
    first = modules("cluster_restore", **RESTORE)
    assert (first["changed"], first["objects"], first["diagnosis"]) == (True, RESTORED, [])
    assert spec(cluster) == before
    second = modules("cluster_restore", **RESTORE)
    assert (second["changed"], second["objects"]) == (False, [])


@pytest.mark.parametrize("patched", [True, False])
def test_check_mode_names_the_workload_and_changes_nothing(
    modules: Modules, cluster: FakeCluster, before: t.Any, patched: bool
) -> None:
    if not patched:
        modules("cluster_restore", **RESTORE)
    changes = list(cluster.changes)
    foretold = modules("cluster_restore", check_mode=True, **RESTORE)
    assert cluster.changes == changes
    assert foretold["changed"] is patched
    assert modules("cluster_restore", **RESTORE)["changed"] is patched


@pytest.mark.parametrize(
    ("service", "workloads", "restored"),
    [
        pytest.param("shop", ["deployment/shop"], False, id="another run of the service goes on"),
        pytest.param("cart", ["deployment/cart"], True, id="the run of another service, with its own workload"),
    ],
)
def test_what_a_living_run_has_changed_stays(
    modules: Modules, cluster: FakeCluster, before: t.Any, service: str, workloads: list[str], restored: bool
) -> None:
    living_run(cluster, service, *workloads)
    result = modules("cluster_restore", **RESTORE)
    assert (result["changed"], spec(cluster) == before) == (restored, restored)


def test_a_workload_that_cannot_be_restored_is_named_with_the_command_that_restores_it(
    modules: Modules, cluster: FakeCluster, before: t.Any
) -> None:
    cluster.refused = {"patch"}
    result = modules("cluster_restore", **RESTORE)
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == ["api-forbidden"]
    assert result["msg"].startswith("deployment/shop in the namespace e2e could not be restored")
    assert "ansible-playbook gocover.e2e.restore -e service=shop" in result["msg"]
    assert result["objects"] == [{**RESTORED[0], "restored": False}]


@pytest.mark.parametrize("call", ["list_all"])
def test_an_api_that_shows_no_objects_is_no_success(modules: Modules, cluster: FakeCluster, call: str) -> None:
    cluster.refused = {call}
    result = modules("cluster_restore", **RESTORE)
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == ["api-forbidden"]
