# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a workload is not ready: a table of what the API shows, and the cause that it means."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube import pods
from ansible_collections.gocover.e2e.plugins.module_utils._kube.unready.cause import diagnose
from ansible_collections.gocover.e2e.plugins.module_utils._kube.unready.scheduling import insufficient, rooms
from ansible_collections.gocover.e2e.plugins.module_utils._kube.unready.situation import Situation

WORKLOAD: dict[str, t.Any] = {"metadata": {"name": "svc", "uid": "w"}, "spec": {"replicas": 1}}
BUILT = "localhost/svc:cov-1"


def pod(status: dict[str, t.Any] | None = None, **spec: t.Any) -> dict[str, t.Any]:
    container = {"name": "svc", "image": BUILT, **spec}
    return {
        "metadata": {"name": "svc-1", "uid": "p"},
        "spec": {"nodeName": "node", "containers": [container]},
        "status": {"phase": "Pending", **(status or {})},
    }


def state(
    restarts: int = 0, last: t.Any = None, ready: bool = False, key: str = "containerStatuses", **current: t.Any
) -> dict[str, t.Any]:
    entry = {"name": "svc", "image": BUILT, "ready": ready, "restartCount": restarts, "state": current}
    if last:
        entry["lastState"] = {"terminated": last}
    return {key: [entry]}


def waiting(reason: str, message: str = "", **more: t.Any) -> dict[str, t.Any]:
    return state(waiting={"reason": reason, "message": message}, **more)


def event(reason: str, message: str, uid: str = "p") -> dict[str, t.Any]:
    return {
        "reason": reason,
        "message": message,
        "involvedObject": {"uid": uid},
        "lastTimestamp": "2026-11-21T09:00:00Z",
    }


def unscheduled(message: str) -> dict[str, t.Any]:
    return {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}


CRASHED = {"exitCode": 3, "reason": "Error"}
OOM = {"exitCode": 137, "reason": "OOMKilled"}
MEMORY = {"resources": {"limits": {"memory": "64Mi"}, "requests": {"memory": "900Gi"}}}
LOG = {("svc-1", "svc"): ["starting", "connect: connection refused"]}
PANIC = {("svc-1", "svc"): ["panic: no configuration", "", "goroutine 1 [running]:", "exit status 2"]}
UNSET = {("svc-1", "svc"): ["warning: GOCOVERDIR not set, no coverage data emitted"]}
DENIED = {("svc-1", "svc"): ["error: coverage meta-data emit failed: open /c: permission denied"]}
FULL = {("svc-1", "svc"): ["error: coverage meta-data emit failed: write /c: no space left on device"]}
HOST_PATH = 'MountVolume.SetUp failed for volume "c" : hostPath type check failed: /c is not a directory'
NO_MAP = 'MountVolume.SetUp failed for volume "c" : configmap "routing" not found'
NO_KEY = 'MountVolume.SetUp failed for volume "c" : references non-existent config key: routing.json'
REFUSED = "Readiness probe failed: HTTP probe failed with statuscode: 503"
KILLED = "Container svc failed liveness probe, will be restarted"
MEMORY_SHORT = "0/2 nodes are available: 2 Insufficient memory."
RUNNING: dict[str, t.Any] = {"running": {"startedAt": "x"}}

NO_SECRETS = (
    "Unable to retrieve some image pull secrets (regcred, other); attempting to pull the image may not succeed."
)
NO_DRIVER = (
    'MountVolume.MountDevice failed for volume "v" : kubernetes.io/csi: attacher.MountDevice failed to create '
    "newCsiDriverClient: driver name fast.csi.example.com not found in the list of registered CSI drivers"
)
NO_PLUGIN = (
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "1": plugin '
    'type="weave-net" failed (add): failed to find plugin "weave-net" in path [/opt/cni/bin]'
)
NO_HANDLER = (
    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "
    '"gvisor" is configured'
)


def unassigned() -> dict[str, t.Any]:
    """A pod that no scheduler has looked at."""
    entry = pod()
    del entry["spec"]["nodeName"]
    return entry


def foreign_scheduler() -> dict[str, t.Any]:
    entry = unassigned()
    entry["spec"]["schedulerName"] = "volcano"
    return entry


def gated(status: str = "") -> dict[str, t.Any]:
    """A pod whose containers are ready, and a readiness gate in this state; empty: nobody has set it."""
    entry = pod(state(ready=True, **RUNNING))
    entry["spec"]["readinessGates"] = [{"conditionType": "example.com/lb"}]
    entry["status"]["conditions"] = [{"type": "ContainersReady", "status": "True"}]
    if status:
        gate = {"type": "example.com/lb", "status": status, "message": "registration in progress"}
        entry["status"]["conditions"].append(gate)
    return entry


# a name, the pod, what else is known, the cause, words of the evidence; without a cause the wait goes on
CASES: list[tuple[str, dict[str, t.Any] | None, dict[str, t.Any], str | None, str]] = [
    ("new", pod(), {}, None, ""),
    ("creating", pod(waiting("ContainerCreating")), {}, None, ""),
    ("never pull", pod(waiting("ErrImageNeverPull", "not present")), {}, "image-not-on-node", BUILT),
    (
        "built",
        pod(waiting("ErrImagePull", "dial tcp: i/o timeout")),
        {"built": [BUILT]},
        "image-not-on-node",
        "on node",
    ),
    (
        "old tag",
        pod(waiting("ErrImagePull", "x"), image="localhost/svc:old"),
        {"built": [BUILT]},
        "image-not-on-node",
        ":old",
    ),
    (
        "absent",
        pod(waiting("ErrImagePull", "failed to pull: not found"), image="r.io/x:1"),
        {},
        "image-pull-failed",
        "not found",
    ),
    ("registry slow", pod(waiting("ErrImagePull", "failed to pull: i/o timeout"), image="r.io/x:1"), {}, None, ""),
    (
        "registry dead",
        pod(waiting("ImagePullBackOff", "Back-off"), image="r.io/x:1"),
        {},
        "image-pull-failed",
        "r.io/x:1",
    ),
    ("tag", pod(waiting("InvalidImageName", "invalid"), image="a:b/c"), {}, "image-tag-invalid", "a:b/c"),
    ("first exit", pod(state(terminated=CRASHED)), {}, None, ""),
    ("second run", pod(state(restarts=1, last=CRASHED, **RUNNING)), {}, None, ""),
    (
        "back-off",
        pod(waiting("CrashLoopBackOff", restarts=1, last=CRASHED)),
        {"logs": LOG},
        "crash-loop",
        "exit code 3, 2 times",
    ),
    ("last words", pod(waiting("CrashLoopBackOff", restarts=1, last=CRASHED)), {"logs": LOG}, "crash-loop", "refused"),
    (
        "panic",
        pod(waiting("CrashLoopBackOff", restarts=1, last=CRASHED)),
        {"logs": PANIC},
        "crash-loop",
        "panic: no conf",
    ),
    ("silent", pod(waiting("CrashLoopBackOff", restarts=1, last=CRASHED)), {}, "crash-loop", "wrote nothing"),
    (
        "init",
        pod(waiting("CrashLoopBackOff", key="initContainerStatuses", last=CRASHED)),
        {},
        "crash-loop",
        "init container svc",
    ),
    ("init done", pod(state(key="initContainerStatuses", terminated={"exitCode": 0})), {}, None, ""),
    ("oom", pod(waiting("CrashLoopBackOff", restarts=1, last=OOM), **MEMORY), {}, "oom-killed", "64Mi"),
    (
        "oom unseen",
        pod(waiting("CrashLoopBackOff", restarts=1, last={**OOM, "reason": "Error"}), **MEMORY),
        {},
        "oom-killed",
        "64Mi",
    ),
    ("sigkill", pod(waiting("CrashLoopBackOff", restarts=1, last={**OOM, "reason": "Error"})), {}, "crash-loop", "137"),
    (
        "no command",
        pod(waiting("RunContainerError", "exec: no such file")),
        {},
        "container-config-invalid",
        "no such file",
    ),
    ("config map", pod(waiting("CreateContainerConfigError", 'configmap "x" not found')), {}, "config-missing", '"x"'),
    ("not heard", pod(waiting("CreateContainerConfigError", "failed to sync secret cache: timed out")), {}, None, ""),
    ("root", pod(waiting("CreateContainerConfigError", "will run as root")), {}, "container-config-invalid", "root"),
    ("host path", pod(), {"events": [event("FailedMount", HOST_PATH)]}, "path-mismatch", "/c is not a directory"),
    ("mounted map", pod(), {"events": [event("FailedMount", NO_MAP)]}, "config-missing", "configmap routing"),
    ("mounted key", pod(), {"events": [event("FailedMount", NO_KEY)]}, "config-missing", "routing.json"),
    ("mount over", pod(state(**RUNNING)), {"events": [event("FailedMount", NO_MAP)]}, None, ""),
    ("others event", pod(), {"events": [event("FailedMount", NO_MAP, "q")]}, None, ""),
    ("claim", pod(unscheduled('persistentvolumeclaim "d" not found')), {}, "config-missing", "PersistentVolumeClaim d"),
    ("just unscheduled", pod(unscheduled(MEMORY_SHORT)), {"since": {"svc-1": 1.0}}, None, ""),
    (
        "unscheduled",
        pod(unscheduled(MEMORY_SHORT), **MEMORY),
        {"since": {"svc-1": 9.0}},
        "unschedulable",
        "900Gi of memory",
    ),
    ("still room to come", pod(unscheduled(MEMORY_SHORT)), {"since": {"svc-1": 9.0}, "former": [pod()]}, None, ""),
    ("new node", pod(unscheduled("taint {node.kubernetes.io/not-ready: }")), {"since": {"svc-1": 9.0}}, None, ""),
    ("unset", pod(state(ready=True, **RUNNING)), {"logs": UNSET, "covered": True}, "coverage-dir-unset", "GOCOVERDIR"),
    ("not covered", pod(state(ready=True, **RUNNING)), {"logs": UNSET}, None, ""),
    (
        "denied",
        pod(state(**RUNNING)),
        {"logs": DENIED, "covered": True},
        "coverage-dir-unwritable",
        "permission denied",
    ),
    ("full", pod(state(**RUNNING)), {"logs": FULL, "covered": True}, "disk-full", "no space left"),
    ("probe", pod(state(**RUNNING)), {"events": [event("Unhealthy", REFUSED)]}, None, ""),
    (
        "probe late",
        pod(state(**RUNNING)),
        {"events": [event("Unhealthy", REFUSED)], "timed_out": True},
        "probe-failing",
        "503",
    ),
    (
        "killed once",
        pod(state(restarts=1, **RUNNING)),
        {"events": [event("Killing", KILLED)]},
        "probe-failing",
        "liveness",
    ),
    ("no reason", pod(state(**RUNNING)), {"timed_out": True}, "not-ready", "runs, not ready yet"),
    ("one exit", pod(state(restarts=1, last=CRASHED, **RUNNING)), {"timed_out": True}, "crash-loop", "exit code 3"),
    (
        "foreign program",
        pod(state(terminated={"exitCode": 255, "reason": "Error"})),
        {"logs": {("svc-1", "svc"): ["exec /app: exec format error"]}},
        "crash-loop",
        "cannot run on node: exec /app: exec format error",
    ),
    (
        "foreign entrypoint",
        pod(waiting("RunContainerError", 'exec: "/app": exec format error', last=CRASHED)),
        {},
        "crash-loop",
        'cannot run on node: exec: "/app": exec format error',
    ),
    (
        "foreign image",
        pod(waiting("ErrImagePull", "failed to pull: no match for platform in manifest"), image="r.io/x:1"),
        {},
        "image-pull-failed",
        "no part for this node",
    ),
    (
        "pull secret",
        pod(waiting("ErrImagePull", "failed to pull: not found"), image="r.io/x:1"),
        {"events": [event("FailedToRetrieveImagePullSecret", NO_SECRETS)]},
        "image-pull-failed",
        "the pull secret regcred, other is missing",
    ),
    ("scheduler silent", foreign_scheduler(), {"since": {"svc-1": 2.0}}, None, ""),
    ("no scheduler", foreign_scheduler(), {"since": {"svc-1": 5.0}}, "scheduler-missing", "the scheduler volcano"),
    (
        "scheduler's word",
        foreign_scheduler(),
        {"since": {"svc-1": 5.0}, "events": [event("FailedScheduling", "queue is full")]},
        None,
        "",
    ),
    ("own scheduler", unassigned(), {"since": {"svc-1": 5.0}}, None, ""),
    ("own scheduler dead", unassigned(), {"since": {"svc-1": 30.0}}, "scheduler-missing", "default-scheduler"),
    ("gate new", gated(), {"since": {"svc-1": 1.0}}, None, ""),
    ("gate unset", gated(), {"since": {"svc-1": 9.0}}, "readiness-gate-unmet", "example.com/lb is not: nothing sets"),
    ("gate false", gated("False"), {"since": {"svc-1": 9.0}}, None, ""),
    (
        "gate false late",
        gated("False"),
        {"since": {"svc-1": 9.0}, "timed_out": True},
        "readiness-gate-unmet",
        "registration in progress",
    ),
    ("gate true", gated("True"), {"since": {"svc-1": 9.0}}, None, ""),
    ("driver comes", pod(), {"events": [event("FailedMount", NO_DRIVER)], "since": {"svc-1": 1.0}}, None, ""),
    (
        "driver missing",
        pod(),
        {"events": [event("FailedMount", NO_DRIVER)], "since": {"svc-1": 6.0}},
        "mount-failed",
        "the CSI driver fast.csi.example.com",
    ),
    ("network comes", pod(), {"events": [event("FailedCreatePodSandBox", NO_PLUGIN)]}, None, ""),
    (
        "network missing",
        pod(),
        {"events": [event("FailedCreatePodSandBox", NO_PLUGIN)], "since": {"svc-1": 6.0}},
        "sandbox-failed",
        "lacks the network plugin weave-net",
    ),
    (
        "handler missing",
        pod(),
        {"events": [event("FailedCreatePodSandBox", NO_HANDLER)]},
        "sandbox-failed",
        "the runtime handler gvisor",
    ),
    (
        "runtime class",
        None,
        {"events": [event("FailedCreate", 'pod rejected: RuntimeClass "kata" not found', "r")]},
        "config-missing",
        "RuntimeClass kata",
    ),
    (
        "policy against the patch",
        None,
        {"events": [event("FailedCreate", 'webhook "p" denied the request: hostPath', "r")], "covered": True},
        "patch-refused",
        "hostPath",
    ),
    (
        "policy against the pod",
        None,
        {"events": [event("FailedCreate", 'webhook "p" denied the request: no team label', "r")], "covered": True},
        "pods-refused",
        "no team label",
    ),
    ("no pod", None, {"timed_out": True}, "pods-missing", "has no pod"),
    ("former pod", None, {"timed_out": True, "former": [pod()]}, "former-pods-remain", "svc-1"),
    (
        "quota",
        None,
        {"events": [event("FailedCreate", "forbidden: exceeded quota: small", "r")]},
        "quota-exceeded",
        "small",
    ),
    (
        "account",
        None,
        {"events": [event("FailedCreate", 'serviceaccount "x" not found', "r")]},
        "config-missing",
        '"x"',
    ),
    (
        "security",
        None,
        {"events": [event("FailedCreate", 'violates PodSecurity "baseline"', "r")]},
        "pod-security-forbids",
        "base",
    ),
    ("webhook", None, {"events": [event("FailedCreate", "denied by webhook", "r")]}, "pods-refused", "webhook"),
]


@pytest.mark.parametrize(
    ("entry", "known", "cause", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_cause(entry: dict[str, t.Any] | None, known: dict[str, t.Any], cause: str | None, words: str) -> None:
    found = diagnose(Situation(WORKLOAD, [entry] if entry else [], **known))
    assert (found.cause if found else None) == cause
    if found:
        assert words in found.evidence
        assert found.remedy


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"},
        {
            "type": "Progressing",
            "status": "False",
            "reason": "ReplicaSetCreateError",
            "message": "Failed to create new replica set: exceeded quota: objects",
        },
    ],
)
def test_a_condition_of_the_workload_says_it_before_any_event(condition: dict[str, str]) -> None:
    found = diagnose(Situation({**WORKLOAD, "status": {"conditions": [condition]}}, []))
    assert found is not None
    assert found.cause == "quota-exceeded"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (pod(), "is being created"),
        (pod(unscheduled("no room")), "is not scheduled: no room"),
        (pod(waiting("ErrImagePull")), "waits: container svc has ErrImagePull"),
        (pod(waiting("ContainerCreating")), "is being created"),
        (pod(state(terminated=CRASHED)), "waits: container svc ended with exit code 3"),
        (pod(state(restarts=2, **RUNNING)), "runs (restart 2), not ready yet"),
        (pod({"conditions": [{"type": "Ready", "status": "True"}]}), "is ready"),
        (pod({"phase": "Failed", "reason": "Evicted"}), "has ended: Evicted"),
        (unassigned(), "is new"),
        (foreign_scheduler(), "waits for the scheduler volcano"),
        (gated(), "waits for its readiness gate example.com/lb"),
        ({**pod(), "metadata": {"name": "x", "deletionTimestamp": "now"}}, "is ending"),
    ],
)
def test_the_words_for_a_state(entry: dict[str, t.Any], words: str) -> None:
    assert pods.state_words(entry) == words


LOOPING = waiting("CrashLoopBackOff", last=CRASHED, restarts=2)
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


@pytest.mark.parametrize(
    ("spec", "present", "former", "cause"),
    [
        pytest.param({"paused": True}, [], [], "pods-missing", id="paused, no pod"),
        pytest.param({"paused": True}, [], [pod(READY)], "pods-missing", id="paused, former pods"),
        pytest.param({"paused": True}, [pod()], [], None, id="paused after its pods came"),
        pytest.param({"updateStrategy": {"type": "OnDelete"}}, [], [pod(READY)], "former-pods-remain", id="OnDelete"),
        pytest.param({"updateStrategy": {"type": "OnDelete"}}, [pod()], [], None, id="OnDelete, none to replace"),
        pytest.param({"updateStrategy": {"type": "RollingUpdate"}}, [], [pod(READY)], None, id="RollingUpdate"),
    ],
)
def test_a_workload_that_stands_still_is_named_at_once(
    spec: dict[str, t.Any], present: list[dict[str, t.Any]], former: list[dict[str, t.Any]], cause: str | None
) -> None:
    found = diagnose(Situation({"metadata": {"name": "svc"}, "spec": spec}, present, former=former))
    assert (found.cause if found else None) == cause


@pytest.mark.parametrize(
    ("former", "covered", "cause"),
    [
        pytest.param([pod(READY)], True, "crash-only-with-coverage", id="the former pod is ready, uncovered"),
        pytest.param([pod(READY)], False, "crash-loop", id="nothing was covered"),
        pytest.param([pod()], True, "crash-loop", id="the former pod is not ready either"),
        pytest.param([pod(READY, env=[{"name": "GOCOVERDIR"}])], True, "crash-loop", id="both are covered"),
    ],
)
def test_a_crash_with_coverage_only_is_one_while_a_pod_without_it_is_ready(
    former: list[dict[str, t.Any]], covered: bool, cause: str
) -> None:
    found = diagnose(Situation(WORKLOAD, [pod(LOOPING)], former=former, logs=LOG, covered=covered))
    assert found is not None
    assert found.cause == cause


@pytest.mark.parametrize(
    "line",
    [
        'pods is forbidden: User "system:serviceaccount:ns:default" cannot list resource "pods"',
        '{"error":"pods is forbidden: User \\"system:serviceaccount:ns:default\\" cannot list resource"}',
    ],
)
def test_a_service_account_without_rights_is_told_from_other_crashes(line: str) -> None:
    found = diagnose(Situation(WORKLOAD, [pod(LOOPING)], logs={("svc-1", "svc"): [line, "exit"]}))
    assert found is not None
    assert found.cause == "access-forbidden"
    assert line in found.evidence


def test_a_pod_that_no_node_has_room_for_is_measured_against_the_nodes() -> None:
    assert insufficient("0/2 nodes are available: 2 Insufficient memory.") == "memory"
    assert insufficient("0/2 nodes are available: 1 node(s) had taints") is None
    nodes = [
        {"metadata": {"name": name}, "status": {"allocatable": {"memory": amount}}}
        for name, amount in (("b", "2Gi"), ("a", "1Gi"))
    ]
    assert rooms(nodes, "memory") == "(of memory, for all pods together: a 1Gi, b 2Gi)"
    assert rooms(nodes, "nvidia.com/gpu") == ""


def test_a_limit_that_is_too_small_to_start_is_told_from_the_sandbox() -> None:
    said = event("FailedCreatePodSandBox", "runc create failed: container init was OOM-killed (memory limit too low?)")
    found = diagnose(Situation(WORKLOAD, [pod(resources={"limits": {"memory": "1Mi"}})], events=[said]))
    assert found is not None
    assert found.cause == "oom-killed"
    assert "1Mi" in found.evidence


def test_a_claim_that_is_not_bound_says_why() -> None:
    waits = pod(unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."))
    waits["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "archive"}}]
    about = {"kind": "PersistentVolumeClaim", "name": "archive"}
    said = {"type": "Warning", "message": 'storageclass "fast" not found', "involvedObject": about}
    found = diagnose(Situation(WORKLOAD, [waits], events=[said], since={"svc-1": 60.0}))
    assert found is not None
    assert found.evidence.endswith('claim archive: storageclass "fast" not found')


def test_an_init_container_that_does_not_end_is_named_with_its_last_line() -> None:
    status = state(key="initContainerStatuses", running={}, ready=False)
    status["conditions"] = [{"type": "Initialized", "status": "False"}]
    situation = Situation(WORKLOAD, [pod(status)], logs={("svc-1", "svc"): ["nowhere:5432"]}, timed_out=True)
    found = diagnose(situation)
    assert found is not None
    assert found.cause == "not-ready"
    assert "runs its init container svc; its last line was: nowhere:5432" in found.evidence


def test_the_remedy_for_a_foreign_program_names_the_platform_of_the_node() -> None:
    failing = pod(state(terminated={"exitCode": 1, "reason": "StartError", "message": "exec format error"}))
    info = {"operatingSystem": "linux", "architecture": "amd64"}
    node = {"metadata": {"name": "node"}, "status": {"nodeInfo": info}}
    found = diagnose(Situation(WORKLOAD, [failing], nodes=[node]))
    assert found is not None
    assert found.remedy == "Use an image for linux/amd64, the platform of node"
