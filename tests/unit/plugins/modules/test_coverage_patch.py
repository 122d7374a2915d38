# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""coverage_patch: arguments in, a patched workload and a result out."""

from __future__ import annotations

import typing as t

import pytest
from fake_cluster import FakeCluster
from module_runner import Modules
from scenes import deployment

PLACE: dict[str, t.Any] = {"workload": "deployment/shop", "namespace": "e2e"}
PATCH = {**PLACE, "node_path": "/var/lib/gocover/shop", "image": "localhost/shop:cov-1"}


def template(cluster: FakeCluster) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", cluster.objects["Deployment", "e2e", "shop"]["spec"]["template"])


def test_the_workload_gets_variable_mount_volume_and_image(modules: Modules, cluster: FakeCluster) -> None:
    cluster.add(deployment())
    result = modules("coverage_patch", diff_mode=True, **PATCH)
    assert {key: result[key] for key in ("changed", "patched", "workload", "container", "image")} == {
        "changed": True,
        "patched": True,
        "workload": "deployment/shop",
        "container": "shop",
        "image": "localhost/shop:cov-1",
    }
    (container,) = template(cluster)["spec"]["containers"]
    (volume,) = template(cluster)["spec"]["volumes"]
    assert {"name": "GOCOVERDIR", "value": "/gocover"} in container["env"]
    assert container["volumeMounts"][0]["mountPath"] == "/gocover"
    assert volume["hostPath"]["path"] == "/var/lib/gocover/shop"
    assert "GOCOVERDIR" in result["diff"]["after"] and "GOCOVERDIR" not in result["diff"]["before"]


def test_the_patch_is_removed_exactly(modules: Modules, cluster: FakeCluster) -> None:
    before = cluster.add(deployment())["spec"]
    modules("coverage_patch", **PATCH)
    result = modules("coverage_patch", **PLACE, state="absent")
    assert (result["changed"], result["patched"], result["container"]) == (True, False, "")
    assert cluster.objects["Deployment", "e2e", "shop"]["spec"] == before


def test_who_may_undo_the_patch_is_named(modules: Modules, cluster: FakeCluster) -> None:
    cluster.add(deployment())
    target = {"kind": "Deployment", "name": "shop"}
    metadata = {"name": "scaler", "namespace": "e2e"}
    cluster.add({"kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": {"scaleTargetRef": target}})
    result = modules("coverage_patch", **PATCH)
    assert [entry["cause"] for entry in result["diagnosis"]] == ["replicas-restored-by-other"]
    assert "HorizontalPodAutoscaler/scaler" in result["warnings"][0]


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"image": "localhost/shop:a/b"}, "image-tag-invalid"),
        ({"probes": "loose"}, "option-invalid"),
        ({"probes": {"livenes": {}}}, "option-invalid"),
        ({"workload": "", "image": ""}, "option-invalid"),
        ({"workload": "deployment/cart"}, "workload-missing"),
        ({"workload": "cronjob/shop"}, "workload-unsupported"),
        ({"container": "cart"}, "container-unknown"),
        ({"probes": "measured", "baseline": "/nowhere/baseline.json"}, "baseline-missing"),
    ],
)
def test_failures(modules: Modules, cluster: FakeCluster, arguments: dict[str, t.Any], cause: str) -> None:
    cluster.add(deployment())
    result = modules("coverage_patch", **{**PATCH, **arguments})
    assert result["failed"] and [entry["cause"] for entry in result["diagnosis"]] == [cause]
    assert cluster.changes == []
