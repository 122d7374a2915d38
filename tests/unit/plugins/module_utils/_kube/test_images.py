# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References in manifests, and the built image in their place."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube import images


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("datastorage", "datastorage"),
        ("datastorage:dev", "datastorage"),
        ("localhost:5000/datastorage", "localhost:5000/datastorage"),
        ("localhost:5000/datastorage:dev", "localhost:5000/datastorage"),
        ("ghcr.io/a/b@sha256:" + "0" * 64, "ghcr.io/a/b"),
        ("ghcr.io/a/b:v1@sha256:" + "0" * 64, "ghcr.io/a/b"),
    ],
)
def test_repository(reference: str, repository: str) -> None:
    assert images.repository(reference) == repository


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("datastorage:dev", "datastorage", True),
        ("localhost/datastorage:dev", "datastorage", True),
        ("docker.io/library/datastorage", "datastorage:x", True),
        ("docker.io/kubernaut/gateway:v1", "kubernaut/gateway", True),
        ("kubernaut/gateway", "gateway", False),
        ("datastorage-migrate:dev", "datastorage", False),
        ("ghcr.io/kubernaut/gateway:v1", "kubernaut/gateway", False),
    ],
)
def test_same_repository(one: str, other: str, same: bool) -> None:
    assert images.same_repository(one, other) is same
    assert images.same_repository(*reversed((one, other))) is same


@pytest.mark.parametrize(
    ("reference", "valid"),
    [
        ("datastorage", True),
        ("localhost/datastorage:cov-5f70bf18a086", True),
        ("registry.example:5000/a/b_c/d--e:v1.2_3", True),
        ("a@sha256:" + "a" * 64, True),
        ("kubernaut/datastorage:kubernaut/datastorage", False),
        ("Datastorage:dev", False),
        ("datastorage:", False),
        ("data storage", False),
        ("", False),
    ],
)
def test_is_valid(reference: str, valid: bool) -> None:
    assert images.is_valid(reference) is valid


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("datastorage:dev", False),
        ("localhost/datastorage:dev", False),
        ("docker.io/library/redis:7", False),
        ("kubernaut/gateway", False),
        ("ghcr.io/a/b", True),
        ("localhost:5000/a", True),
    ],
)
def test_has_registry(reference: str, registry: bool) -> None:
    assert images.has_registry(reference) is registry


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
