# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""manifest_apply and workload_ready: objects in the cluster, and pods that are ready."""

from __future__ import annotations

import typing as t

from fake_cluster import FakeCluster
from module_runner import Modules
from scenes import deployment

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": {"LEVEL": "debug"}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop"}, "stringData": {"TOKEN": "hunter2"}}
PLACE: dict[str, t.Any] = {"workload": "deployment/shop", "namespace": "e2e"}


def apply(modules: Modules, *manifests: dict[str, t.Any], **arguments: t.Any) -> dict[str, t.Any]:
    return modules("manifest_apply", namespace="e2e", definition=list(manifests), diff_mode=True, **arguments)


def test_objects_are_applied_in_order_with_the_built_image(modules: Modules, cluster: FakeCluster) -> None:
    result = apply(modules, deployment(), CONFIG, images={"shop": "localhost/shop:cov-1"})
    assert [(row["object"], row["action"]) for row in result["objects"]] == [
        ("Namespace/e2e", "created"),
        ("ConfigMap/shop", "created"),
        ("Deployment/shop", "created"),
    ]
    assert result["images"] == [{"object": "Deployment/shop", "image": "localhost/shop:cov-1"}]
    (container,) = cluster.objects["Deployment", "e2e", "shop"]["spec"]["template"]["spec"]["containers"]
    assert (container["image"], container["imagePullPolicy"]) == ("localhost/shop:cov-1", "IfNotPresent")


def test_a_change_is_shown_without_secrets(modules: Modules) -> None:
    apply(modules, CONFIG)
    result = apply(modules, {**CONFIG, "data": {"LEVEL": "info"}}, SECRET)
    assert [row["action"] for row in result["objects"]] == ["created", "changed"]
    assert "LEVEL: debug" in result["diff"]["before"] and "LEVEL: info" in result["diff"]["after"]
    assert "hunter2" not in str(result["diff"])


def test_an_invalid_reference_is_refused_before_anything_is_applied(modules: Modules, cluster: FakeCluster) -> None:
    result = apply(modules, deployment(), images={"shop": "shop:a/b"})
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == ["image-tag-invalid"]
    assert cluster.objects == {}


def test_a_manifest_that_is_none_is_refused_before_anything_is_applied(modules: Modules, cluster: FakeCluster) -> None:
    result = apply(modules, deployment(), {"kind": "Deployment"})
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == ["manifest-invalid"]
    assert cluster.objects == {}


def test_a_ready_workload_has_its_pods(modules: Modules, cluster: FakeCluster) -> None:
    cluster.add(deployment(replicas=2))
    cluster.settle()
    result = modules("workload_ready", **PLACE)
    assert (result["changed"], [pod["node"] for pod in result["pods"]]) == (False, ["e2e-control-plane"] * 2)


def test_a_workload_without_replicas_is_not_waited_for(modules: Modules, cluster: FakeCluster) -> None:
    cluster.add(deployment(replicas=0))
    cluster.settle()
    result = modules("workload_ready", **PLACE)
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == ["no-replicas"]


def test_a_workload_without_its_patch_is_not_waited_for(modules: Modules, cluster: FakeCluster) -> None:
    cluster.add(deployment())
    cluster.settle()
    result = modules("workload_ready", **PLACE, patched=True)
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == ["patch-reverted"]


def test_a_variable_of_the_pod_that_leads_elsewhere_is_refused(modules: Modules, cluster: FakeCluster) -> None:
    entry = deployment()
    entry["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "GOCOVERDIR", "value": "/elsewhere"}]
    cluster.add(entry)
    cluster.settle()
    result = modules("workload_ready", **PLACE, node_path="/var/lib/gocover/node", mount_path="/gocover")
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == ["path-mismatch"]
