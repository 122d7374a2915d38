# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References of images: what is valid, what is the same, and what containerd makes of it."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils import _reference
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("notification", "localhost/notification"),
        ("kubernaut/data-storage", "localhost/kubernaut/data-storage"),
        ("quay.io/team/notification", "quay.io/team/notification"),
        ("registry:5000/x", "registry:5000/x"),
        ("localhost/x__y", "localhost/x__y"),
    ],
)
def test_names_are_completed(name: str, expected: str) -> None:
    assert _reference.qualified(name) == expected
    assert _reference.normalized(f"{expected}:v1") == f"{expected}:v1"


@pytest.mark.parametrize(
    "name", ["Notification", "a b", "x:v1", "x@sha256:00", "a//b", "-x", "x-", "", "quay.io/", "a/" + "b" * 300]
)
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(Failure) as caught:
        _reference.qualified(name)
    assert caught.value.diagnoses[0].cause == "image-tag-invalid"


@pytest.mark.parametrize("tag", ["kubernaut/x", "latest", "", ".x", "-x", "a b", "x" * 129])
def test_tags_that_cannot_be(tag: str) -> None:
    with pytest.raises(Failure) as caught:
        _reference.check_tag("localhost/x", tag)
    assert caught.value.diagnoses[0].cause == "image-tag-invalid"


def test_a_content_tag_is_valid_by_construction() -> None:
    tag = _reference.content_tag(f"sha256:{HEX}")
    assert tag == "cov-0123456789ab"
    assert _reference.check_tag("localhost/x", tag) == tag


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgres:15", "docker.io/library/postgres:15"),
        ("postgres", "docker.io/library/postgres:latest"),
        ("team/x:1", "docker.io/team/x:1"),
        ("docker.io/x:1", "docker.io/library/x:1"),
        ("localhost/x:1", "localhost/x:1"),
        ("registry:5000/x", "registry:5000/x:latest"),
    ],
)
def test_references_as_containerd_knows_them(given: str, expected: str) -> None:
    assert _reference.normalized(given) == expected


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
    assert _reference.repository(reference) == repository


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
    assert _reference.same_repository(one, other) is same
    assert _reference.same_repository(*reversed((one, other))) is same


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
def test_a_reference_that_no_runtime_takes_is_refused(reference: str, valid: bool) -> None:
    if valid:
        _reference.check(reference, "x")
        return
    with pytest.raises(Failure) as caught:
        _reference.check(reference, "The image of x cannot be used")
    assert caught.value.diagnoses[0].cause == "image-tag-invalid"
    assert str(caught.value).startswith("The image of x cannot be used.")


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
    assert _reference.has_registry(reference) is registry


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Shop", "shop"),
        ("quay.io/Acme/My Shop", "quay.io/acme/my-shop"),
        ("acme//shop", "acme/shop"),
        ("_shop_", "shop"),
        ("shop--", "shop"),
    ],
)
def test_an_invalid_name_is_refused_with_the_nearest_valid_one(name: str, expected: str) -> None:
    with pytest.raises(Failure) as caught:
        _reference.qualified(name)
    assert caught.value.diagnoses[0].remedy.endswith(f"such as {expected}")
    assert _reference.qualified(expected).endswith(expected)
