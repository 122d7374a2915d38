# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A patch that is in force, and one that somebody has taken back in part or as a whole."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import DEPLOYMENT
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import pod_template, reverted
from ansible_collections.gocover.e2e.plugins.module_utils._kube.workload import Workload

VARIABLE = {"name": "GOCOVERDIR", "value": "/gocover"}
MOUNT = {"mountPath": "/gocover", "name": "gocover-covdata"}
VOLUME = {"name": "gocover-covdata", "hostPath": {"path": "/data", "type": "Directory"}}
RECORD = pod_template.Record(
    "shop", "gocover-covdata", "/gocover", {}, {"env": VARIABLE, "mount": MOUNT, "volume": VOLUME, "image": "shop:cov"}
)


def template(wrote: str) -> dict[str, t.Any]:
    return {"manager": wrote, "fieldsV1": {"f:spec": {"f:template": {}}}}


def patched(record: bool = True, name: str = "shop", **changes: t.Any) -> Workload:
    container = {"name": name, "image": "shop:cov", "env": [VARIABLE], "volumeMounts": [MOUNT], **changes}
    pod = {"containers": [container], "volumes": changes.pop("volumes", [VOLUME])}
    metadata: dict[str, t.Any] = {
        "name": "shop",
        "annotations": {pod_template.RECORD: RECORD.text()} if record else {},
        "ownerReferences": [{"kind": "Shop", "name": "main"}],
        "managedFields": [
            template("gocover-e2e"), template("shop-operator"), template("kube-controller-manager"),
            {"manager": "scaler", "fieldsV1": {"f:spec": {"f:replicas": {}}}}, template("shop-operator"), {},
        ],
    }  # fmt: skip
    return Workload(DEPLOYMENT, "ns", {"metadata": metadata, "spec": {"template": {"spec": pod}}})


@pytest.mark.parametrize(
    ("workload", "lost"),
    [
        (patched(), ""),
        (patched(env=[VARIABLE, {"name": "A", "value": "a"}], terminationGracePeriodSeconds=1), ""),
        (patched(volumes=[{**VOLUME, "hostPath": {"path": "/data", "type": "Directory", "defaulted": 1}}]), ""),
        (patched(env=[]), "GOCOVERDIR"),
        (patched(env=[{**VARIABLE, "value": "/other"}]), "GOCOVERDIR"),
        (patched(image="shop:1"), "the image"),
        (patched(volumeMounts=[], volumes=None), "the mount and the volume"),
        (patched(name="other"), "the container shop"),
        (patched(record=False), "the image, GOCOVERDIR, the mount and the volume"),
    ],
)
def test_what_is_gone_and_who_took_it(workload: Workload, lost: str) -> None:
    found = reverted.patch_reverted(workload)
    if not lost:
        assert found is None
        return
    assert found is not None and found.cause == "patch-reverted"
    assert (
        f"the patch is gone ({lost}); shop-operator writes its pod template; it belongs to Shop/main" in found.evidence
    )


def test_nobody_is_named_where_nobody_is_known() -> None:
    workload = patched(env=[])
    for key in ("ownerReferences", "managedFields"):
        del workload.object["metadata"][key]
    found = reverted.patch_reverted(workload)
    assert found is not None and found.evidence.endswith("the patch is gone (GOCOVERDIR)")
