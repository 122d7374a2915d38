# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shutdown, restoration and workloads, on a cluster that plays back what an API server has said."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import workload
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import (
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    NODE,
    POD,
    STATEFUL_SET,
    Change,
    Kind,
    Object,
    Source,
)
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending import endings, scaling, shutdown
from ansible_collections.gocover.e2e.plugins.module_utils._kube.workload import Workload
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Interrupted


def make(
    kind: Kind = DEPLOYMENT, replicas: int = 2, annotations: dict[str, str] | None = None, **pod: t.Any
) -> Workload:
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "svc"}},
        "template": {"spec": {"containers": [], **pod}},
    }
    metadata = {"name": "svc", "uid": "w", "generation": 1, "annotations": annotations or {}}
    return Workload(kind, "ns", {"metadata": metadata, "spec": spec, "status": {"desiredNumberScheduled": replicas}})


def pod(name: str, exit_code: int | None = None, reason: str = "Completed", *, ending: bool = False) -> Object:
    state: Object = {"running": {}} if exit_code is None else {"terminated": {"exitCode": exit_code, "reason": reason}}
    metadata: Object = {"name": name, "uid": name}
    if ending:
        metadata |= {"deletionTimestamp": "now", "deletionGracePeriodSeconds": 30}
    return {
        "metadata": metadata,
        "spec": {"nodeName": "node", "containers": [{"name": "svc", "image": "x"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "svc", "restartCount": 0, "state": state}]},
    }


class Log:
    def lines(self) -> list[str]:
        return ["bye"]


class Played:
    """A cluster whose watch plays back a list: None, pods that are there, and (pod,) for pods that are gone."""

    server = "https://played"

    def __init__(self, target: Workload, present: list[Object], changes: list[t.Any]) -> None:
        self.object = target.object
        self.present = present
        self.changes = changes
        self.patches: list[Object] = []
        self.deleted: list[str] = []
        self.node: Object = {}

    def get(self, kind: Kind, _name: str, _namespace: str = "") -> Object:
        return self.node if kind == NODE else self.object

    def list_all(self, kind: Kind, _namespace: str = "", *, labels: str = "", fields: str = "") -> list[Object]:
        return self.present if kind == POD else []

    def delete(self, _kind: Kind, name: str, _namespace: str = "", *, grace_period: int | None = None) -> bool:
        self.deleted.append(name)
        return True

    def logs(self, *_arguments: object) -> list[str]:
        return []

    def follow(self, *_arguments: object) -> Log:
        return Log()

    def patch(self, _kind: Kind, _name: str, _namespace: str, patch: Object, *, dry_run: bool = False) -> Object:
        self.patches.append(patch)
        spec = {**self.object["spec"], **patch.get("spec", {})}
        generation = self.object["metadata"]["generation"] + 1
        annotations = {**self.object["metadata"]["annotations"], **patch["metadata"]["annotations"]}
        kept = {key: value for key, value in annotations.items() if value is not None}
        self.object = {
            "metadata": {**self.object["metadata"], "generation": generation, "annotations": kept},
            "spec": spec,
        }
        return self.object

    def watch(self, sources: t.Sequence[Source], timeout: float, tick: float = 1.0) -> t.Iterator[Change | None]:
        for change in self.changes:
            if isinstance(change, BaseException):
                raise change
            if change is None:
                yield None
            elif isinstance(change, tuple):
                yield Change(sources[1], change[0], gone=True)
            elif "replicas" in change.get("spec", {}):
                yield Change(sources[0], {**self.object, "spec": {**self.object["spec"], **change["spec"]}})
            else:
                yield Change(sources[1], change)


def end(played: Played, target: Workload) -> shutdown.Ended:
    return shutdown.shut_down(t.cast("t.Any", played), target, "svc", None, lambda _text: None)


ENDINGS = [
    ("graceful", [pod("a", ending=True), pod("a", 0, ending=True), (pod("a", 0, ending=True),)], 0, []),
    ("only at the end", [(pod("a", 0, ending=True),)], 0, []),
    ("unhandled", [(pod("a", 2, "Error", ending=True),)], 2, ["sigterm-unhandled"]),
    ("killed", [(pod("a", 137, "Error", ending=True),)], 137, ["killed-before-exit"]),
    ("out of memory", [(pod("a", 137, "OOMKilled", ending=True),)], 137, ["oom-killed"]),
    ("lost", [(pod("a", 137, "ContainerStatusUnknown", ending=True),)], None, ["killed-before-exit"]),
    ("never seen", [(pod("a", ending=True),)], None, ["killed-before-exit"]),
    ("state vanishes again", [pod("a", 0, ending=True), (pod("a", ending=True),)], 0, []),
]


@pytest.mark.parametrize(
    ("changes", "exit_code", "causes"), [case[1:] for case in ENDINGS], ids=[case[0] for case in ENDINGS]
)
def test_each_ending(changes: list[t.Any], exit_code: int | None, causes: list[str]) -> None:
    target = make()
    played = Played(target, [pod("a")], [pod("a"), None, *changes])
    ended = end(played, target)
    assert [(row["name"], row["node"], row["exit_code"], row["log"]) for row in ended.pods] == [
        ("a", "node", exit_code, ["bye"])
    ]
    assert [found.cause for found in ended.diagnosis] == causes
    assert ended.replicas_before == 2
    assert played.patches == [
        {"metadata": {"annotations": {shutdown.RECORD: '{"replicas": 2}'}}, "spec": {"replicas": 0}},
    ]


def test_a_pod_that_went_before_the_watch_began_is_gone() -> None:
    target = make()
    ended = end(Played(target, [pod("a")], [None]), target)
    assert ended.pods[0]["exit_code"] is None


@pytest.mark.parametrize(
    ("against", "words"),
    [({"spec": {"replicas": 2}}, "are 2 again: somebody else wrote them"), (pod("b"), "b was started while")],
)
def test_who_does_not_let_it_be_at_zero_is_named_and_the_pods_end_all_the_same(against: Object, words: str) -> None:
    target = make()
    owned = target._replace(
        object={
            **target.object,
            "metadata": {**target.object["metadata"], "ownerReferences": [{"kind": "Shop", "name": "s"}]},
        }
    )
    played = Played(owned, [pod("a")], [pod("a"), None, against, (pod("a", 0, ending=True),)])
    ended = end(played, owned)
    assert [(row["name"], row["exit_code"]) for row in ended.pods] == [("a", 0)]
    (found,) = ended.diagnosis
    assert found.cause == "replicas-restored-by-other"
    assert words in found.evidence
    assert "in charge of it: Shop/s" in found.evidence
    assert played.deleted == ["a"]


def test_a_pod_that_came_before_the_watch_began_goes_too() -> None:
    target = make()
    played = Played(target, [pod("a")], [pod("a"), pod("b"), None, (pod("a", 0),), (pod("b", 0, ending=True),)])
    assert [(row["name"], row["exit_code"]) for row in end(played, target).pods] == [("a", 0), ("b", 0)]


def test_a_node_that_does_not_answer_is_not_waited_for() -> None:
    target = make()
    played = Played(target, [pod("a")], [pod("a"), *[None] * 5])
    played.node = {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}
    with pytest.raises(Failure) as caught:
        end(played, target)
    assert "a is on the node node, which does not answer" in caught.value.diagnoses[0].evidence


def test_the_grace_period_is_the_one_that_was_granted() -> None:
    target = make()
    last = pod("a", 137, "Error", ending=True)
    # The kubelet deletes for good what has ended.
    last["metadata"]["deletionGracePeriodSeconds"] = 0
    ended = end(Played(target, [pod("a")], [pod("a"), None, pod("a", ending=True), last, (last,)]), target)
    assert ended.pods[0]["grace_period"] == 30


def test_a_pod_that_never_started_has_lost_nothing() -> None:
    target = make()
    waiting = pod("a", ending=True)
    waiting["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ContainerCreating"}}
    # What the kubelet says in the end of a container that it never made.
    lost = pod("a", 137, "ContainerStatusUnknown", ending=True)
    for changes in ([(waiting,)], [lost, (lost,)]):
        ended = end(Played(target, [waiting], [waiting, None, *changes]), target)
        assert [(row["reason"], row["exit_code"]) for row in ended.pods] == [("NeverStarted", None)]
        assert ended.diagnosis == []


def test_the_last_run_of_a_crashing_container_tells() -> None:
    target = make()
    crashed = pod("a", ending=True)
    crashed["status"]["containerStatuses"][0] |= {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 2, "reason": "Error"}},
        "restartCount": 3,
    }
    ended = end(Played(target, [crashed], [crashed, None, (crashed,)]), target)
    assert [(row["exit_code"], row["restarts"]) for row in ended.pods] == [(2, 3)]


@pytest.mark.parametrize(
    ("env", "mounts", "volumes", "expected"),
    [
        ([], [], [], (None, None, None)),
        ([{"name": "GOCOVERDIR", "valueFrom": {}}], [], [], (None, None, None)),
        ([("/tmp/cov")], [], [], ("/tmp/cov", None, None)),
        ([("/cov/a/")], [("v", "/cov")], [{"name": "v", "hostPath": {"path": "/d"}}], ("/cov/a/", "hostPath", "/d/a")),
        ([("/cov")], [("v", "/cov/"), ("w", "/")], [{"name": "v", "emptyDir": {}}], ("/cov", "emptyDir", None)),
        ([("/covers")], [("v", "/cov")], [{"name": "v", "emptyDir": {}}], ("/covers", None, None)),
    ],
)
def test_where_a_pod_writes(env: list[t.Any], mounts: list[t.Any], volumes: list[Object], expected: t.Any) -> None:
    container = {
        "name": "svc",
        "env": [{"name": "GOCOVERDIR", "value": entry} if isinstance(entry, str) else entry for entry in env],
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts],
    }
    found = endings.writes_to({"spec": {"containers": [container], "volumes": volumes}}, "svc")
    assert (found["variable"], found["volume"], found["node_path"]) == expected


@pytest.mark.parametrize(
    ("value_from", "words"),
    [
        ({"configMapKeyRef": {"name": "settings", "key": "dir"}}, "configMapKeyRef settings"),
        ({"fieldRef": {"fieldPath": "metadata.name"}}, "fieldRef metadata.name"),
        ({}, None),
    ],
)
def test_what_a_variable_comes_from(value_from: Object, words: str | None) -> None:
    container = {"name": "svc", "env": [{"name": "GOCOVERDIR", "valueFrom": value_from}]}
    assert endings.writes_to({"spec": {"containers": [container]}}, "svc")["taken_from"] == words


def test_what_a_variable_may_come_from() -> None:
    container: Object = {"name": "svc", "envFrom": [{"prefix": "", "configMapRef": {"name": "settings"}}]}
    pod_spec = {"spec": {"containers": [container]}}
    assert endings.writes_to(pod_spec, "svc")["may_come_from"] == ["configMapRef settings"]
    container["env"] = [{"name": "GOCOVERDIR", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    assert endings.writes_to(pod_spec, "svc")["may_come_from"] == []


@pytest.mark.parametrize(
    ("changes", "error", "cause"),
    [
        ([pod("a"), None], Failure, "pods-remain"),
        ([pod("a"), None, Interrupted("SIGTERM")], Interrupted, None),
    ],
)
def test_replicas_come_back_whatever_happens(
    changes: list[t.Any], error: type[BaseException], cause: str | None
) -> None:
    target = make()
    played = Played(target, [pod("a")], changes)
    with pytest.raises(error) as caught:
        end(played, target)
    if isinstance(caught.value, Failure):
        assert caught.value.diagnoses[0].cause == cause
    assert played.object["spec"]["replicas"] == 2
    assert played.object["metadata"]["annotations"] == {}


@pytest.mark.parametrize(
    ("target", "stop", "back"),
    [
        (make(replicas=3), {"replicas": 0}, None),
        (make(replicas=0), None, None),
        (make(replicas=0, annotations={shutdown.RECORD: '{"replicas": 3}'}), None, {"replicas": 3}),
        (make(replicas=1, annotations={shutdown.RECORD: '{"replicas": 3}'}), {"replicas": 0}, None),
        (make(STATEFUL_SET, replicas=1), {"replicas": 0}, None),
        (make(DAEMON_SET), {"template": {"spec": {"nodeSelector": {"gocover.e2e/nowhere": "true"}}}}, None),
        (
            make(
                DAEMON_SET,
                annotations={shutdown.RECORD: '{"nodeSelector": null}'},
                nodeSelector={"gocover.e2e/nowhere": "true"},
            ),
            None,
            {"template": {"spec": {"nodeSelector": {"gocover.e2e/nowhere": None}}}},
        ),
        (make(JOB), {"suspend": True}, None),
        (make(JOB, annotations={shutdown.RECORD: '{"suspend": false}'}), {"suspend": True}, {"suspend": False}),
        (make(POD), None, None),
    ],
)
def test_to_zero_and_back(target: Workload, stop: Object | None, back: Object | None) -> None:
    patch = shutdown.stopping_patch(target)
    assert (patch["spec"] if patch else None) == stop
    undo = shutdown.restoring_patch(target)
    assert (undo or {}).get("spec") == back


@pytest.mark.parametrize(
    ("spec", "status", "count"),
    [
        ({}, {}, 1),
        ({"parallelism": 3}, {}, 3),
        ({"suspend": True}, {}, 0),
        ({}, {"conditions": [{"type": "Complete", "status": "True"}]}, 0),
        ({}, {"conditions": [{"type": "Complete", "status": "False"}]}, 1),
    ],
)
def test_how_many_pods_a_job_wants(spec: Object, status: Object, count: int) -> None:
    assert scaling.wanted(Workload(JOB, "ns", {"metadata": {"name": "j"}, "spec": spec, "status": status})) == count


class Keda(Played):
    """A cluster with two ScaledObjects, one of them of the workload."""

    def __init__(self, target: Workload, annotations: dict[str, str]) -> None:
        super().__init__(target, [], [])
        own = {"name": "own", "namespace": "ns", "annotations": annotations}
        self.scalers: list[Object] = [
            {"metadata": own, "spec": {"scaleTargetRef": {"name": "svc"}}},
            {"metadata": {"name": "other", "namespace": "ns"}, "spec": {"scaleTargetRef": {"name": "x"}}},
            {"metadata": {"name": "odd", "namespace": "ns"}},
        ]

    def list_all(self, kind: Kind, _namespace: str = "", *, labels: str = "", fields: str = "") -> list[Object]:
        return self.scalers if kind.name == "ScaledObject" else []


def test_keda_is_paused_and_let_go_again() -> None:
    target = make()
    cluster = t.cast("t.Any", Keda(target, {}))
    assert scaling.pause_scalers(cluster, target) == ["ScaledObject/own"]
    assert cluster.patches[-1]["metadata"]["annotations"]["autoscaling.keda.sh/paused"] == "true"
    cluster.scalers[0]["metadata"]["annotations"] = cluster.patches[-1]["metadata"]["annotations"]
    assert scaling.pause_scalers(cluster, target) == []
    assert scaling.restore(cluster, target) is False
    assert set(cluster.patches[-1]["metadata"]["annotations"].values()) == {None}


def test_what_somebody_else_has_paused_stays_paused() -> None:
    target = make()
    cluster = t.cast("t.Any", Keda(target, {"autoscaling.keda.sh/paused": "true"}))
    assert scaling.pause_scalers(cluster, target) == []
    scaling.restore(cluster, target)
    assert cluster.patches == []


@pytest.mark.parametrize("text", ["x", "[]", "3", ""])
def test_a_record_that_cannot_be_read_is_none(text: str) -> None:
    assert shutdown.recorded_replicas(make(annotations={shutdown.RECORD: text}).object) is None


@pytest.mark.parametrize(
    ("name", "kind", "plain"),
    [
        ("svc", DEPLOYMENT, "svc"),
        ("deployment/svc", DEPLOYMENT, "svc"),
        ("Deployment/svc", DEPLOYMENT, "svc"),
        ("deployment.apps/svc", DEPLOYMENT, "svc"),
        ("sts/svc", STATEFUL_SET, "svc"),
        ("daemonset/svc", DAEMON_SET, "svc"),
    ],
)
def test_names_of_workloads(name: str, kind: Kind, plain: str) -> None:
    assert workload.parse_name(name) == (kind, plain)


@pytest.mark.parametrize("name", ["job/x", "pod/x", "deployment/"])
def test_what_cannot_be_scaled_is_named(name: str) -> None:
    with pytest.raises(Failure) as caught:
        workload.parse_name(name)
    assert caught.value.diagnoses[0].cause == "workload-unsupported"


def test_selectors() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "new", "operator": "Exists"},
    ]
    selector = {"matchLabels": {"app": "svc"}, "matchExpressions": expressions}
    assert workload.label_selector(selector) == "app=svc,tier in (a,b),!old,new"


def revision(number: str, pod_hash: str, uid: str = "w") -> Object:
    annotations = {"deployment.kubernetes.io/revision": number}
    metadata = {
        "ownerReferences": [{"uid": uid}],
        "annotations": annotations,
        "labels": {"pod-template-hash": pod_hash},
    }
    return {"metadata": metadata}


@pytest.mark.parametrize(
    ("observed", "number", "expected"), [(1, "2", "new"), (1, "1", "old"), (0, "2", None), (1, "3", None)]
)
def test_the_revision_of_a_deployment(observed: int, number: str, expected: str | None) -> None:
    target = make(annotations={"deployment.kubernetes.io/revision": number})
    target.object["status"]["observedGeneration"] = observed
    revisions = [revision("1", "old"), revision("2", "new"), revision("3", "other", uid="x")]
    assert workload.current_revision(target, revisions) == expected


CONTAINERS = [{"name": "proxy", "image": "envoy:1"}, {"name": "svc", "image": "svc:1"}]


@pytest.mark.parametrize(
    ("containers", "name", "image", "chosen"),
    [
        (CONTAINERS, "", "", "svc"),
        (CONTAINERS, "proxy", "", "proxy"),
        (CONTAINERS, "", "localhost/envoy:cov", "proxy"),
        (CONTAINERS, "none", "", None),
        ([{"name": "only", "image": "x"}], "", "", "only"),
        ([{"name": "a", "image": "x"}, {"name": "b", "image": "y"}], "", "", None),
    ],
)
def test_the_container_that_is_the_service(containers: list[Object], name: str, image: str, chosen: str | None) -> None:
    target = make()
    target.pod_spec["containers"] = containers
    if chosen is not None:
        assert workload.choose_container(target, name, image) == chosen
        return
    with pytest.raises(Failure) as caught:
        workload.choose_container(target, name, image)
    assert caught.value.diagnoses[0].cause == "container-unknown"
