# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node's directory as a claim: its objects, and the patch that uses it."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import DEPLOYMENT
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import claim, pod_template
from ansible_collections.gocover.e2e.plugins.module_utils._kube.refusal import refused
from ansible_collections.gocover.e2e.plugins.module_utils._kube.workload import Workload

PATH = "/var/lib/gocover/svc/run"


def deployment() -> dict[str, t.Any]:
    containers = [{"name": "svc", "image": "svc:1"}]
    return {
        "kind": "Deployment",
        "metadata": {"name": "svc"},
        "spec": {"template": {"metadata": {}, "spec": {"containers": containers}}},
    }


def test_volume_and_claim_are_bound_to_each_other_and_are_the_directory_on_the_node() -> None:
    volume, claimed = claim.objects("gocover-1", "ns", PATH)
    assert volume["spec"]["hostPath"] == {"path": PATH, "type": "Directory"}
    assert (volume["spec"]["claimRef"]["namespace"], volume["spec"]["claimRef"]["name"]) == ("ns", "gocover-1")
    assert claimed["spec"]["volumeName"] == volume["metadata"]["name"]
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_each_directory_and_workload_has_a_name_of_its_own() -> None:
    one, other = Workload(DEPLOYMENT, "a", deployment()), Workload(DEPLOYMENT, "b", deployment())
    names = {claim.name_of(one, PATH), claim.name_of(other, PATH), claim.name_of(one, PATH + "2")}
    assert len(names) == 3
    assert claim.name_of(one, PATH) in names


def test_a_patch_with_a_claim_names_no_directory_and_is_remembered() -> None:
    patch = pod_template.coverage_patch(deployment(), "svc", pod_template.Settings(PATH, "/gocover", claim="gocover-1"))
    assert patch is not None
    volume = patch["spec"]["template"]["spec"]["volumes"][0]
    assert volume["persistentVolumeClaim"] == {"claimName": "gocover-1"}
    assert "hostPath" not in volume
    assert claim.claimed(pod_template.recorded(patch)) == "gocover-1"
    assert claim.claimed(None) == ""


class Refusing:
    """An API with a policy."""

    def __init__(self, status: int, message: str) -> None:
        self.error = refused("PATCH", "/pods", status, json.dumps({"message": message}).encode())

    def apply(self, _manifest: dict[str, t.Any], *, dry_run: bool) -> None:
        assert dry_run
        raise self.error


@pytest.mark.parametrize(
    ("status", "message", "forbidden"),
    [
        (403, 'violates PodSecurity "restricted": hostPath volumes', True),
        (422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no hostPath", True),
        (400, 'admission webhook "p" denied the request: hostPath is not allowed', True),
        (403, 'User "x" cannot create pods', False),
        (500, "failed calling webhook: hostPath", False),
    ],
)
def test_whoever_forbids_the_volume_a_claim_takes_its_place(status: int, message: str, forbidden: bool) -> None:
    cluster = t.cast(t.Any, Refusing(status, message))
    assert bool(claim.forbidden(cluster, Workload(DEPLOYMENT, "ns", deployment()), PATH)) is forbidden
