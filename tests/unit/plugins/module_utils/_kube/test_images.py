# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built image in place of the one that a manifest names."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube import images


def pod(*names: str) -> dict[str, object]:
    return {"initContainers": [{"name": "i", "image": "tool:1"}], "containers": [{"image": name} for name in names]}


@pytest.mark.parametrize(
    "manifest",
    [
        {"kind": "Pod", "spec": pod("svc:dev", "other:1")},
        {"kind": "Deployment", "spec": {"template": {"spec": pod("svc:dev", "other:1")}}},
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod("svc:dev", "other:1")}}}}},
    ],
    ids=lambda manifest: str(manifest["kind"]),
)
def test_images_are_replaced_wherever_a_pod_is_described(manifest: dict[str, object]) -> None:
    built = {"svc": "localhost/svc:cov-1", "tool": "localhost/tool:cov-2"}
    assert images.replace_images(manifest, built) == [("tool:1", built["tool"]), ("svc:dev", built["svc"])]
    (template,) = images.pod_templates(manifest)
    assert [(entry["image"], entry.get("imagePullPolicy")) for entry in images.containers(template)] == [
        ("localhost/tool:cov-2", "IfNotPresent"),
        ("localhost/svc:cov-1", "IfNotPresent"),
        ("other:1", None),
    ]


@pytest.mark.parametrize(
    "manifest", [{"kind": "Service", "spec": {"ports": []}}, {"kind": "ConfigMap"}, {"spec": None}]
)
def test_what_has_no_pod_is_left_alone(manifest: dict[str, object]) -> None:
    assert images.replace_images(manifest, {"svc": "x"}) == []
