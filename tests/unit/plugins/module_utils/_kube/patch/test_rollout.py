# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a workload replaces its pods while it is covered, and that a team's own settings come back."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure, failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import DEPLOYMENT, Kind, Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import pod_template, rollout

IMAGE = "localhost/svc:cov-1"
SETTINGS = pod_template.Settings("/var/lib/gocover/svc/run", "/gocover")


def workload(kind: str = "Deployment", name: str = "svc", *, spec: Object | None = None, **more: t.Any) -> Object:
    pod = {"containers": [{"name": "svc", "image": IMAGE}], "volumes": []}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "ns", "annotations": {}},
        "spec": {"replicas": 1, "template": {"spec": pod}, **(spec or {}), **more},
    }


def merged(entry: Object, patch: Object | None) -> Object:
    """A JSON merge (RFC 7386): the patches here touch no list but those of the pod template, which is left out."""

    def merge(live: t.Any, change: t.Any) -> t.Any:
        if not isinstance(change, dict):
            return change
        result = dict(live) if isinstance(live, dict) else {}
        for key, value in change.items():
            if value is None:
                result.pop(key, None)
            elif key != "template":
                result[key] = merge(result.get(key), value)
        return result

    return t.cast("Object", merge(copy.deepcopy(entry), patch or {}))


ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
ROLLING_ALL = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
PARTITION = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}


@pytest.mark.parametrize(
    ("kind", "spec", "started"),
    [
        pytest.param("Deployment", {"paused": True}, {"paused": None}, id="paused by the team"),
        pytest.param("StatefulSet", ON_DELETE, {"updateStrategy": ROLLING_ALL}, id="OnDelete"),
        pytest.param("StatefulSet", PARTITION, {"updateStrategy": ROLLING_ALL}, id="a partition"),
        pytest.param("DaemonSet", ON_DELETE, {"updateStrategy": {"type": "RollingUpdate"}}, id="a DaemonSet, OnDelete"),
    ],
)
def test_what_keeps_pods_from_being_replaced_is_set_aside_and_comes_back(
    kind: str, spec: Object, started: Object
) -> None:
    before = workload(kind, spec=spec)
    patch = pod_template.coverage_patch(before, "svc", SETTINGS)
    assert patch is not None
    assert {key: patch["spec"][key] for key in started} == started
    covered = merged(before, patch)
    assert rollout.start(covered) is None
    restored = merged(covered, rollout.restoring_patch(covered))
    assert restored["spec"] == before["spec"]
    assert rollout.RECORD not in restored["metadata"]["annotations"]


@pytest.mark.parametrize(
    "entry",
    [
        workload(),
        workload("StatefulSet", updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}),
        workload("DaemonSet", updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0}}),
    ],
    ids=["Deployment", "StatefulSet", "DaemonSet"],
)
def test_a_workload_that_replaces_its_pods_is_left_alone(entry: Object) -> None:
    assert rollout.start(entry) is None
    assert rollout.restoring_patch(entry) is None


@pytest.mark.parametrize("paused", [False, True])
def test_a_held_deployment_goes_as_its_manifest_has_it(paused: bool) -> None:
    manifest = workload(spec={"paused": True} if paused else {})
    held = rollout.held(manifest, IMAGE)
    assert held["spec"]["paused"] is True
    assert rollout.is_held(held)
    assert merged(held, rollout.release(held)) == manifest
    covered = merged(held, rollout.start(held))
    assert not rollout.is_held(covered)
    assert "paused" not in covered["spec"]
    assert merged(covered, rollout.restoring_patch(covered)) == manifest


ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}}


@pytest.mark.parametrize("strategy", [ROLLING, {"type": "RollingUpdate"}, None])
def test_a_deployment_ends_its_former_pods_first_and_goes_back(strategy: Object | None) -> None:
    before = workload(spec={"strategy": strategy} if strategy else {})
    assert not rollout.replaces_in_place(before)
    changed = merged(before, rollout.without_surge(before))
    assert changed["spec"]["strategy"] == {"type": "Recreate"}
    assert rollout.replaces_in_place(changed)
    again = merged(changed, rollout.without_surge(changed))
    assert again == changed
    restored = merged(again, rollout.restoring_patch(again))
    assert restored["spec"]["strategy"] == (strategy or {"type": "RollingUpdate"})


def test_what_somebody_has_set_since_is_theirs() -> None:
    changed = merged(workload(strategy=ROLLING), rollout.without_surge(workload(strategy=ROLLING)))
    changed["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0}}
    assert rollout.restoring_patch(changed) == {"metadata": {"annotations": {rollout.RECORD: None}}}


class Deployments:
    """An API that holds Deployments, and merges patches into them."""

    def __init__(self, *objects: Object) -> None:
        self.objects = {entry["metadata"]["name"]: entry for entry in objects}

    def list_all(self, kind: Kind, _namespace: str = "", **_selectors: str) -> list[Object]:
        return list(self.objects.values()) if kind == DEPLOYMENT else []

    def patch(self, _kind: Kind, name: str, _namespace: str, patch: Object) -> Object:
        self.objects[name] = merged(self.objects[name], patch)
        return self.objects[name]


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_stays_held_whatever_comes_of_the_patch(fails: bool) -> None:
    others = rollout.held(workload(name="other"), "localhost/other:cov-9")
    cluster = Deployments(
        rollout.held(workload(name="a"), IMAGE), rollout.held(workload(name="b", paused=True), IMAGE), others
    )
    notes: list[str] = []

    def patch_a() -> None:
        with rollout.held_until_covered(t.cast(t.Any, cluster), "ns", IMAGE, notes.append):
            if fails:
                raise failure("No way", "workload-missing", "a and b", "Name one")
            cluster.patch(DEPLOYMENT, "a", "ns", t.cast(Object, rollout.start(cluster.objects["a"])))

    if fails:
        with pytest.raises(Failure, match="No way"):
            patch_a()
    else:
        patch_a()
    assert cluster.objects["a"] == workload(name="a")
    assert cluster.objects["b"] == workload(name="b", paused=True)
    assert cluster.objects["other"] == others
    assert len(notes) == (2 if fails else 1)
