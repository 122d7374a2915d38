# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the campaign: what else has a say in whether pods run, and shutdowns that are interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import typing as t

from endings import counted
from shared import CHECKOUT
from stage import Seen, Stage, expect, row, wait_for

RECORD = "gocover.e2e/replicas"


def replicas(stage: Stage) -> str:
    """What spec.replicas says."""
    return stage.kubectl("get", "deployment/svc", "-o", "jsonpath={.spec.replicas}")


@contextlib.contextmanager
def opponent(act: t.Callable[[], None], every: float = 0.1) -> t.Iterator[None]:
    """Something that acts again and again meanwhile."""
    over = threading.Event()

    def fight() -> None:
        while not over.wait(every):
            act()

    thread = threading.Thread(target=fight)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@row("a HorizontalPodAutoscaler with minReplicas 2")
def a_horizontalpodautoscaler_with_minreplicas_2(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=2))
    stage.api.apply({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "svc", "namespace": stage.name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "svc"},
            "minReplicas": 2, "maxReplicas": 4,
            "metrics": [{"type": "Resource", "resource": {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}],
        },
    })  # fmt: skip
    sent = stage.hit(2)
    ended, causes = stage.shut()
    expect(causes == [], f"the shutdown said {causes}")
    # The controller looks every 15 s; it leaves what is at zero alone.
    wait_for("the autoscaler to have looked", lambda: "ScalingDisabled" in stage.kubectl(
        "get", "hpa/svc", "-o", "jsonpath={.status.conditions[*].reason}"))  # fmt: skip
    expect(replicas(stage) == "0", f"replicas are {replicas(stage)}")
    seen = counted(stage.module(pods=ended["pods"]), sent, "it leaves alone what is at zero; replicas put back")
    stage.shut(state="restored")
    expect(replicas(stage) == "2", f"replicas are {replicas(stage)}")
    return seen


@row("an operator that sets replicas back at once, each time")
def an_operator_that_sets_replicas_back_at_once_each(stage: Stage) -> Seen:
    stage.api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop", "namespace": stage.name}})
    uid = stage.kubectl("get", "configmap/shop", "-o", "jsonpath={.metadata.uid}")
    manifest = stage.manifest(replicas=3)
    manifest["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "shop", "uid": uid, "controller": True}
    ]
    stage.up(manifest)
    sent = stage.hit(2)
    before = set(stage.ready())

    def insist() -> None:
        if replicas(stage) == "0":
            stage.kubectl("scale", "deployment/svc", "--replicas=3")

    with opponent(insist):
        ended, causes = stage.shut()
    expect(causes == ["replicas-restored-by-other"], f"the shutdown said {causes}")
    expect(before <= {pod["name"] for pod in ended["pods"]}, "a pod is missing")
    old = [pod for pod in ended["pods"] if pod["name"] in before]
    expect({pod["exit_code"] for pod in old} == {0}, f"exit codes were {[pod['exit_code'] for pod in old]}")
    collected = stage.module(pods=old)
    seen = counted(collected, sent, "its pods were ended one by one, the owner is named; the run goes on")
    return Seen(["replicas-restored-by-other"], seen.note, seen.sent, seen.counted, seen.files)


_SCALED_OBJECTS = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "scaledobjects.keda.sh"},
    "spec": {
        "group": "keda.sh", "scope": "Namespaced",
        "names": {"kind": "ScaledObject", "plural": "scaledobjects"},
        "versions": [{
            "name": "v1alpha1", "served": True, "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        }],
    },
}  # fmt: skip


@row("KEDA scales up from zero (its CRD, and its part played by a loop)")
def keda_scales_up_from_zero_its_crd_and_its_part_pl(stage: Stage) -> Seen:
    stage.api.apply(_SCALED_OBJECTS)
    wait_for("the CRD", lambda: "scaledobjects" in stage.kubectl("api-resources", "--api-group=keda.sh", "-o", "name"))
    stage.up(stage.manifest(replicas=2))
    stage.api.apply({
        "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "svc", "namespace": stage.name},
        "spec": {"scaleTargetRef": {"name": "svc"}, "minReplicaCount": 2},
    })  # fmt: skip

    def annotations() -> dict[str, str]:
        shown = stage.kubectl("get", "scaledobject/svc", "-o", "json")
        return json.loads(shown)["metadata"].get("annotations") or {}

    def scale_up() -> None:
        if annotations().get("autoscaling.keda.sh/paused") != "true" and replicas(stage) == "0":
            stage.kubectl("scale", "deployment/svc", "--replicas=2")

    sent = stage.hit(2)
    with opponent(scale_up):
        ended, causes = stage.shut()
        expect(causes == [], f"the shutdown said {causes}")
        seen = counted(stage.module(pods=ended["pods"]), sent, "paused by its annotation, and released again")
        expect(replicas(stage) == "0", "it was scaled up")
    stage.shut(state="restored")
    expect(annotations() == {}, f"annotations are left: {annotations()}")
    stage.kubectl("delete", "crd/scaledobjects.keda.sh")
    return seen


@row("a PodDisruptionBudget that allows none")
def a_poddisruptionbudget_that_allows_none(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=2))
    stage.api.apply({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "svc", "namespace": stage.name},
        "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "svc"}}},
    })  # fmt: skip
    sent = stage.hit(2)
    ended, causes = stage.shut()
    expect(causes == [], f"the shutdown said {causes}")
    return counted(stage.module(pods=ended["pods"]), sent, "scaling down is no eviction")


@row("a rollout that is paused between two generations")
def a_rollout_that_is_paused_between_two_generations(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3))
    stage.kubectl("set", "env", "deployment/svc", "GENERATION=2")
    wait_for("a pod of the new generation", lambda: len(stage.pods()) > 3)
    stage.kubectl("rollout", "pause", "deployment/svc")
    wait_for("all of them", lambda: len(stage.ready()) == len(
        [pod for pod in stage.pods() if not pod["metadata"].get("deletionTimestamp")]))  # fmt: skip
    before = stage.module(into="before")
    sent = stage.hit(2)
    ended, causes = stage.shut()
    expect(causes == [], f"the shutdown said {causes}")
    count = len({pod["name"].rpartition("-")[0] for pod in ended["pods"]})
    expect(count == 2, f"{count} generations were ended")
    expect(before.failed or before.hits() == 0, "something was counted before")
    return counted(stage.module(pods=ended["pods"]), sent, "pods of both generations were ended")


def other_kind(stage: Stage, kind: str, count: int, note: str) -> Seen:
    """A workload of another kind."""
    stage.up(stage.manifest(replicas=count, kind=kind))
    if kind == "DaemonSet":
        count = len(stage.nodes)
    wait_for("its pods", lambda: len(stage.ready()) == count)
    sent = stage.hit(2)
    name = f"{kind.lower()}/svc"
    before = json.loads(stage.kubectl("get", name, "-o", "json"))["spec"]
    ended, causes = stage.shut(name)
    expect(causes == [], f"the shutdown said {causes}")
    expect([pod["exit_code"] for pod in ended["pods"]] == [0] * count, str(ended["pods"]))
    seen = counted(stage.module(pods=ended["pods"]), sent, note)
    if kind != "Pod":
        stage.shut(name, state="restored")
        after = json.loads(stage.kubectl("get", name, "-o", "json"))
        expect(after["spec"] == before, "it is not as it was")
        expect(RECORD not in (after["metadata"].get("annotations") or {}), "the record is left")
    return seen


@row("a StatefulSet")
def a_statefulset(stage: Stage) -> Seen:
    return other_kind(stage, "StatefulSet", 3, "scaled, and put back")


@row("a DaemonSet")
def a_daemonset(stage: Stage) -> Seen:
    return other_kind(stage, "DaemonSet", 3, "sent to no node, and put back")


@row("a Job that runs")
def a_job_that_runs(stage: Stage) -> Seen:
    return other_kind(stage, "Job", 2, "suspended, and resumed")


@row("a bare pod")
def a_bare_pod(stage: Stage) -> Seen:
    return other_kind(stage, "Pod", 1, "deleted; a warning says that it is gone for good")


@row("a pod that a finalizer keeps")
def a_pod_that_a_finalizer_keeps(stage: Stage) -> Seen:
    stage.up(stage.manifest())
    sent = stage.hit(2)
    (name,) = stage.ready()
    stage.kubectl("patch", "pod", name, "-p", '{"metadata":{"finalizers":["example.com/keep"]}}')
    try:
        ended, causes = stage.shut(timeout=5.0)
    finally:
        stage.kubectl("patch", "pod", name, "--type=json", "-p", '[{"op":"remove","path":"/metadata/finalizers"}]')
    expect(causes == ["pods-remain"], f"the shutdown said {causes}")
    seen = counted(stage.module(pods=ended["pods"]), sent, "the finalizer is named, the data is collected all the same")
    return Seen(["pods-remain"], seen.note, seen.sent, seen.counted, seen.files)


_CHILD = """
import sys
sys.path.insert(0, {kind!r})
import shared
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending import scaling, shutdown
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import connect
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Interrupted
from ansible_collections.gocover.e2e.plugins.module_utils._run import step
cluster = connect({kubeconfig!r}, None)
target = scaling.find(cluster, {namespace!r}, "deployment/svc")
def interruptible():
    import signal
    def interrupt(*_arguments):
        raise Interrupted("a signal")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
interruptible()
shutdown.shut_down(cluster, target, "svc", None, lambda text: print(text, flush=True))
"""


def interrupted(stage: Stage, number: signal.Signals) -> Seen:
    """A shutdown that gets a signal while pods are ending, and is run again."""
    stage.up(stage.manifest(mode="slow", replicas=2))
    sent = stage.hit(2)
    script = _CHILD.format(
        kind=str(CHECKOUT / "tests" / "kind"), kubeconfig=str(stage.kubeconfig), namespace=stage.name
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ)
    wait_for("zero", lambda: replicas(stage) == "0", 60)
    time.sleep(0.2)  # within the three seconds that its pods take
    child.send_signal(number)
    child.communicate(timeout=60)
    back = replicas(stage)
    if number == signal.SIGKILL:
        expect(back == "0", "somebody put replicas back")
        expect(RECORD in stage.kubectl("get", "deployment/svc", "-o", "yaml"), "nothing is recorded")
        stage.shut(state="restored")
    expect(replicas(stage) == "2", f"replicas are {replicas(stage)}")
    expect(RECORD not in stage.kubectl("get", "deployment/svc", "-o", "yaml"), "the record is left")
    wait_for("its pods again", lambda: len(stage.ready()) == 2 and len(stage.pods()) == 2)
    sent += stage.hit(1)
    ended, causes = stage.shut()
    expect(causes == [], f"the shutdown said {causes}")
    collected = stage.module(pods=ended["pods"])
    return counted(collected, sent, "replicas are back, and the next run counts both generations")


@row("SIGTERM to the shutdown while pods are ending")
def sigterm_to_the_shutdown_while_pods_are_ending(stage: Stage) -> Seen:
    return interrupted(stage, signal.SIGTERM)


@row("SIGKILL to the shutdown while pods are ending")
def sigkill_to_the_shutdown_while_pods_are_ending(stage: Stage) -> Seen:
    return interrupted(stage, signal.SIGKILL)
