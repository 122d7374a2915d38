# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait for a workload: what it does about former pods in the way, and what it says of pods that were ready once."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure, failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import readiness
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import (
    DEPLOYMENT,
    EVENT,
    POD,
    REPLICA_SET,
    STATEFUL_SET,
    Change,
    Kind,
    Object,
    Source,
)
from ansible_collections.gocover.e2e.plugins.module_utils._kube.workload import Workload

REVISION = "deployment.kubernetes.io/revision"
QUOTA = "exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1"
READY = {"type": "Ready", "status": "True"}


def deployment(generation: int, strategy: str, *conditions: Object) -> Object:
    return {
        "kind": "Deployment",
        "metadata": {"name": "svc", "uid": "w", "generation": generation, "annotations": {REVISION: "2"}},
        "spec": {
            "replicas": 1,
            "strategy": {"type": strategy},
            "selector": {"matchLabels": {"app": "svc"}},
            "template": {"spec": {"containers": [{"name": "svc"}]}},
        },
        "status": {"observedGeneration": generation, "conditions": list(conditions)},
    }


def replica_set(name: str, revision: str, replicas: int) -> Object:
    metadata = {
        "name": name,
        "uid": name,
        "labels": {"pod-template-hash": revision},
        "annotations": {REVISION: revision},
        "ownerReferences": [{"uid": "w"}],
    }
    return {"metadata": metadata, "status": {"replicas": replicas}}


def pod(name: str, revision: str, *conditions: Object, label: str = "pod-template-hash", **status: t.Any) -> Object:
    metadata = {"name": name, "uid": name, "labels": {label: revision}}
    spec = {"nodeName": "node", "containers": [{"name": "svc"}]}
    return {"metadata": metadata, "spec": spec, "status": {"conditions": list(conditions), **status}}


class Script:
    """An API that lists ``first``, and goes on with ``then`` once something has been patched or deleted."""

    def __init__(self, first: dict[Kind, list[Object]], then: list[tuple[Kind, Object, bool]]) -> None:
        self.first, self.then = first, then
        self.patched: list[Object] = []
        self.deleted: list[str] = []

    def watch(self, sources: t.Sequence[Source], _timeout: float, tick: float = 1.0) -> t.Iterator[Change | None]:
        by_kind = {source.kind: source for source in sources}
        for kind, objects in self.first.items():
            yield from (Change(by_kind[kind], entry) for entry in objects)
        yield None
        for kind, entry, gone in self.then:
            yield Change(by_kind[kind], entry, gone)
        yield None

    def list_all(self, kind: Kind, _namespace: str = "", **_selectors: str) -> list[Object]:
        return self.first.get(kind, [])

    def get(self, kind: Kind, _name: str, _namespace: str = "") -> Object | None:
        return next(iter(self.first.get(kind, [])), None)

    def patch(self, _kind: Kind, _name: str, _namespace: str, patch: Object) -> Object:
        self.patched.append(patch)
        changed = deployment(3, "Recreate")
        changed["metadata"]["annotations"].update(patch["metadata"]["annotations"])
        self.first[DEPLOYMENT] = [changed]
        return changed

    def delete(self, kind: Kind, name: str, _namespace: str = "") -> bool:
        self.deleted.append(f"{kind.name}/{name}")
        return True

    def logs(self, *_arguments: t.Any, **_options: t.Any) -> list[str]:
        return ["checking", "no licence"]


def wait(cluster: Script, kind: Kind = DEPLOYMENT) -> tuple[readiness.Ready, list[str]]:
    notes: list[str] = []
    target = Workload(kind, "ns", cluster.first[kind][0])
    return readiness.wait_until_ready(t.cast(t.Any, cluster), target, 60.0, notes.append), notes


OLD, NEW = pod("old", "1", READY), pod("new", "2", READY)


def test_a_quota_that_the_former_pod_holds_ends_it_first() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": QUOTA}
    first = {
        DEPLOYMENT: [deployment(2, "RollingUpdate", refused)],
        REPLICA_SET: [replica_set("svc-1", "1", 1), replica_set("svc-2", "2", 0)],
        POD: [OLD],
    }
    # The condition goes only with the next sync of the controller: it says nothing once room is made.
    then = [
        (DEPLOYMENT, deployment(3, "Recreate", refused), False),
        (REPLICA_SET, first[REPLICA_SET][1], True),
        (POD, OLD, True),
        (REPLICA_SET, replica_set("svc-2b", "2", 1), False),
        (POD, NEW, False),
    ]
    cluster = Script(first, then)
    ready, notes = wait(cluster)
    assert [entry["name"] for entry in ready.pods] == ["new"]
    # Nothing is patched for coverage here, so the strategy goes back at once.
    assert [patch["spec"]["strategy"]["type"] for patch in cluster.patched] == ["Recreate", "RollingUpdate"]
    assert cluster.deleted == ["ReplicaSet/svc-2"]
    assert any(QUOTA in note for note in notes)


def test_what_was_refused_before_the_controller_saw_the_patch_says_nothing() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": 'serviceaccount "x" not found'}
    unseen = deployment(2, "RollingUpdate", refused)
    unseen["metadata"]["generation"] = 3
    first = {DEPLOYMENT: [unseen], REPLICA_SET: [replica_set("svc-2", "2", 1)], POD: [NEW]}
    ready, _notes = wait(Script(first, [(DEPLOYMENT, deployment(3, "RollingUpdate"), False)]))
    assert [entry["name"] for entry in ready.pods] == ["new"]


def test_a_quota_that_is_full_without_a_former_pod_is_the_cause() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": QUOTA}
    first = {DEPLOYMENT: [deployment(2, "RollingUpdate", refused)], REPLICA_SET: [replica_set("svc-2", "2", 0)]}
    with pytest.raises(Failure) as caught:
        wait(Script(first, []))
    assert caught.value.diagnoses[0].cause == "quota-exceeded"


def test_a_quota_that_still_counts_pods_of_the_run_before_is_waited_for() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": QUOTA}
    first = {DEPLOYMENT: [deployment(2, "RollingUpdate", refused)], REPLICA_SET: [replica_set("svc-2", "2", 0)]}
    then = [
        (REPLICA_SET, replica_set("svc-2", "2", 1), False),
        (DEPLOYMENT, deployment(2, "RollingUpdate"), False),
        (POD, NEW, False),
    ]
    ready, _notes = wait(Script(first, then))
    assert [entry["name"] for entry in ready.pods] == ["new"]


def test_a_broken_pod_of_a_former_revision_is_deleted_for_the_stateful_set_to_go_on() -> None:
    stateful = deployment(2, "")
    stateful["kind"] = "StatefulSet"
    stateful["status"]["updateRevision"] = "svc-b"
    label = "controller-revision-hash"
    missing = {"waiting": {"reason": "CreateContainerConfigError", "message": 'configmap "settings" not found'}}
    broken = pod("svc-0", "svc-a", label=label, containerStatuses=[{"name": "svc", "state": missing}])
    successor = pod("svc-0", "svc-b", READY, label=label)
    successor["metadata"]["uid"] = "svc-0b"
    cluster = Script({STATEFUL_SET: [stateful], POD: [broken]}, [(POD, broken, True), (POD, successor, False)])
    ready, notes = wait(cluster, STATEFUL_SET)
    assert cluster.deleted == ["Pod/svc-0"]
    assert [entry["name"] for entry in ready.pods] == ["svc-0"]
    assert any("former revision" in note for note in notes)


def ended(code: int) -> Object:
    state = {"terminated": {"exitCode": code, "reason": "Error"}}
    return pod("svc-1", "2", containerStatuses=[{"name": "sidecar", "state": state}])


@pytest.mark.parametrize(
    ("present", "cause", "causes"),
    [
        pytest.param([ended(7)], "not-ready", ["crash-loop", "not-ready"], id="no pod is ready"),
        pytest.param([ended(7)], "tests-failed", ["tests-failed", "crash-loop"], id="the tests failed"),
        pytest.param([NEW], "tests-failed", ["tests-failed"], id="the pods are well"),
        pytest.param([], "not-ready", ["not-ready"], id="there is no pod"),
    ],
)
def test_a_failure_of_the_tests_says_what_has_become_of_the_pods(
    present: list[Object], cause: str, causes: list[str]
) -> None:
    live = deployment(2, "RollingUpdate")
    cluster = Script({DEPLOYMENT: [live], POD: present, EVENT: []}, [])
    failed = failure("The tests failed", cause, "What they said", "What to do")
    readiness.explain(t.cast(t.Any, cluster), Workload(DEPLOYMENT, "ns", live), failed)
    assert [entry.cause for entry in failed.diagnoses] == causes
    if "crash-loop" in causes:
        found = failed.diagnoses[causes.index("crash-loop")]
        assert "container sidecar ended with exit code 7" in found.evidence
        assert "no licence" in found.evidence
