# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which former pods stand in the way of new ones."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.unready import room
from ansible_collections.gocover.e2e.plugins.module_utils._kube.unready.cause import diagnose
from ansible_collections.gocover.e2e.plugins.module_utils._kube.unready.situation import Situation

_QUOTA = "pods is forbidden: exceeded quota: small, requested: {}, used: {}, limited: {}"
FULL = _QUOTA.format("limits.memory=200Mi,pods=1", "limits.memory=200Mi,pods=1", "limits.memory=300Mi,pods=4")
TOO_SMALL = _QUOTA.format("limits.memory=400Mi", "limits.memory=0", "limits.memory=300Mi")


def workload(kind: str = "Deployment", strategy: str = "RollingUpdate", message: str = "") -> Object:
    conditions = [{"type": "ReplicaFailure", "status": "True", "message": message}] if message else []
    return {
        "kind": kind,
        "metadata": {"name": "svc", "uid": "w"},
        "spec": {"replicas": 1, "strategy": {"type": strategy}},
        "status": {"conditions": conditions},
    }


def pod(name: str, message: str = "", *, ready: bool = False, terminating: bool = False) -> Object:
    conditions = [{"type": "Ready", "status": "True"}] if ready else []
    if message:
        conditions = [{"type": "PodScheduled", "status": "False", "message": message}]
    metadata = {"name": name, "uid": name, **({"deletionTimestamp": "now"} if terminating else {})}
    spec = {"containers": [{"name": "svc"}], "nodeName": "" if message else "node"}
    return {"metadata": metadata, "spec": spec, "status": {"phase": "Pending", "conditions": conditions}}


OLD = pod("old", ready=True)


@pytest.mark.parametrize(
    ("entry", "message", "former", "lacking"),
    [
        pytest.param(workload(message=FULL), "", [OLD], True, id="the former pod holds the quota"),
        pytest.param(workload(message=TOO_SMALL), "", [OLD], False, id="a quota that is too small for one"),
        pytest.param(workload(message="exceeded quota: x"), "", [OLD], True, id="a quota that says no amounts"),
        pytest.param(workload(message=FULL), "", [], False, id="a quota that others hold"),
        pytest.param(workload(message=FULL, strategy="Recreate"), "", [OLD], False, id="Recreate"),
        pytest.param(workload(message="denied by a webhook"), "", [OLD], False, id="a webhook"),
        pytest.param(workload(), "1 node(s) didn't have free ports", [OLD], True, id="a host port"),
        pytest.param(workload(), "1 Insufficient memory.", [OLD], True, id="memory"),
        pytest.param(workload(), "1 Insufficient nvidia.com/gpu.", [OLD], True, id="a GPU"),
        pytest.param(workload(), "didn't match pod anti-affinity rules", [OLD], True, id="anti-affinity"),
        pytest.param(
            workload(),
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
            [OLD],
            True,
            id="a claim for one pod",
        ),
        pytest.param(workload(), "didn't match Pod's node affinity/selector", [OLD], False, id="a node selector"),
        pytest.param(workload(), "1 Insufficient memory.", [pod("old", terminating=True)], False, id="going already"),
        pytest.param(workload("StatefulSet"), "1 Insufficient memory.", [OLD], False, id="a StatefulSet"),
    ],
)
def test_a_deployment_makes_room_where_a_former_pod_holds_it(
    entry: Object, message: str, former: list[Object], lacking: bool
) -> None:
    pods = [pod("new", message)] if message else []
    settled = Situation(entry, pods, former=former, since={"new": 3.0})
    assert bool(room.lacking(settled)) is lacking
    if message:
        assert not room.lacking(Situation(entry, pods, former=former, since={"new": 0.5}))


def test_nothing_is_refused_while_the_former_pods_end_first() -> None:
    entry = workload(strategy="Recreate", message=FULL)
    assert diagnose(Situation(entry, [], former=[OLD])) is None
    found = diagnose(Situation(entry, []))
    assert found is not None
    assert found.cause == "quota-exceeded"


def test_a_pod_that_no_node_has_taken_gives_way_at_once() -> None:
    assert room.jam(Situation(workload("StatefulSet"), [], former=[pod("svc-0", "unbound claims")])) is not None


def waiting(reason: str) -> Object:
    entry = pod("svc-0")
    state: t.Any = {"waiting": {"reason": reason, "message": 'configmap "x" not found'}}
    entry["status"]["containerStatuses"] = [{"name": "svc", "state": state}]
    return entry


@pytest.mark.parametrize(
    ("kind", "former", "jammed"),
    [
        pytest.param("StatefulSet", [waiting("CreateContainerConfigError")], True, id="a pod that cannot start"),
        pytest.param("StatefulSet", [waiting("ContainerCreating")], False, id="one that may"),
        pytest.param("StatefulSet", [OLD], False, id="one that is ready"),
        pytest.param("StatefulSet", [pod("svc-0", "unbound claims")], True, id="one without a node"),
        pytest.param("Deployment", [waiting("CreateContainerConfigError")], False, id="a Deployment goes on"),
    ],
)
def test_a_pod_of_a_former_revision_jams_a_stateful_set(kind: str, former: list[Object], jammed: bool) -> None:
    found = room.jam(Situation(workload(kind), [], former=former, since={"svc-0": 9.0}))
    assert (found is not None) is jammed
