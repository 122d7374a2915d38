# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster's API says when it refuses, and when it does not answer."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import client, refusal
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import POD


@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        (401, "Unauthorized", "api-forbidden"),
        (403, 'pods is forbidden: User "x" cannot list resource "pods"', "api-forbidden"),
        (403, "forbidden: exceeded quota: small", "quota-exceeded"),
        (403, "because it is being terminated", "namespace-terminating"),
        (404, 'namespaces "x" not found', "object-missing"),
        (409, "the object has been modified", "field-conflict"),
        (422, "spec.ports[0]: Invalid value: 99999", "manifest-invalid"),
        (500, 'Internal error occurred: failed calling webhook "w": connection refused', "webhook-failing"),
        (403, 'admission webhook "p.example.org" denied the request: no hostPath', "admission-denied"),
        (422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no hostPath", "admission-denied"),
        (400, 'admission webhook "p.example.org" denied the request: no label', "admission-denied"),
    ],
)
def test_refusals_are_named(status: int, message: str, cause: str) -> None:
    body = json.dumps({"kind": "Status", "message": message, "reason": "X"}).encode()
    error = refusal.refused("GET", "/api/v1/pods", status, body)
    assert (error.status, error.reason, error.diagnoses[0].cause) == (status, "X", cause)
    assert message in str(error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"\xff"])
def test_a_refusal_that_is_no_status_is_a_sentence_too(body: bytes) -> None:
    assert refusal.refused("GET", "/x", 502, body).diagnoses[0].cause == "api-failing"


def test_a_kubeconfig_that_cannot_be_used_is_named(tmp_path: t.Any) -> None:
    for name, content in (
        ("none", None),
        ("empty", ""),
        ("broken", "a: ["),
        ("list", "[]"),
        ("context", "apiVersion: v1\nkind: Config\n"),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_text(content)
        with pytest.raises(Failure) as caught:
            client.connect(str(path), None)
        assert caught.value.diagnoses[0].cause == "kubeconfig-invalid"


def test_an_api_server_that_does_not_answer_is_named(tmp_path: t.Any) -> None:
    path = tmp_path / "config"
    cluster = {
        "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:9"}}],
        "users": [{"name": "a", "user": {}}],
    }
    contexts = {"contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}], "current-context": "a"}
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **cluster, **contexts}))
    with pytest.raises(Failure) as caught:
        client.connect(str(path), None).list_all(POD, "default")
    assert caught.value.diagnoses[0].cause == "api-unreachable"
    assert "127.0.0.1:9" in caught.value.diagnoses[0].evidence


@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        (403, 'admission webhook "p.example.org" denied the request: no hostPath', "patch-refused"),
        (403, 'deployments is forbidden: User "x" cannot patch', "api-forbidden"),
        (422, "spec.template: Invalid value", "manifest-invalid"),
    ],
)
def test_a_policy_against_the_coverage_patch_is_told_from_one_against_a_manifest(
    status: int, message: str, cause: str
) -> None:
    error = refusal.refused("PATCH", "/x", status, json.dumps({"message": message}).encode())
    found = refusal.of_coverage_patch(error, "deployment/svc").diagnoses[0]
    assert found.cause == cause
    assert message in found.evidence
