# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How pods end on a real cluster, and that their replicas come back."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import pods
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import POD
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending import scaling, shutdown
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Interrupted
from rig import Rig, deployment


def end(rig: Rig, name: str = "deployment/probe", timeout: float | None = None) -> shutdown.Ended:
    return shutdown.shut_down(rig.cluster, rig.workload(name), "probe", timeout, rig.notes.append)


@pytest.mark.parametrize(
    ("mode", "grace", "exit_code", "reason", "causes"),
    [
        ("", 10, 0, "Completed", []),
        ("default", 10, 2, "Error", ["sigterm-unhandled"]),
        ("deaf", 2, 137, "Error", ["killed-before-exit"]),
    ],
)
def test_each_pod_tells_how_it_ended(
    rig: Rig, mode: str, grace: int, exit_code: int, reason: str, causes: list[str]
) -> None:
    manifest = deployment(mode=mode, replicas=2)
    manifest["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = grace
    rig.apply(manifest)
    rig.wait()
    ended = end(rig)
    print([(row["seconds"], row["log"][-1:]) for row in ended.pods])
    assert ended.replicas_before == 2
    assert [(row["exit_code"], row["reason"]) for row in ended.pods] == [(exit_code, reason)] * 2
    assert [found.cause for found in ended.diagnosis] == causes * 2
    assert all(row["node"] and row["seconds"] < grace + 30 for row in ended.pods)
    last = "shutting down" if not mode else "listening"
    assert all(row["log"][-1] == last for row in ended.pods)
    assert rig.cluster.list_all(POD, rig.namespace) == []
    assert rig.workload().replicas == 0
    assert end(rig).changed is False
    assert shutdown.restore(rig.cluster, rig.workload())
    assert rig.workload().replicas == 2
    assert shutdown.RECORD not in rig.workload().annotations


def test_a_stateful_set_is_scaled_and_a_daemon_set_is_sent_nowhere(rig: Rig) -> None:
    for kind in ("StatefulSet", "DaemonSet"):
        manifest = deployment(kind.lower())
        manifest["kind"] = kind
        labels = {"app": kind.lower()}
        manifest["spec"]["selector"]["matchLabels"] = labels
        manifest["spec"]["template"]["metadata"]["labels"] = labels
        if kind == "StatefulSet":
            manifest["spec"]["serviceName"] = "probe"
        else:
            del manifest["spec"]["replicas"]
        rig.apply(manifest)
        name = f"{kind.lower()}/{kind.lower()}"
        rig.wait(name=name)
        before = rig.workload(name).object["spec"]
        ended = end(rig, name)
        assert {row["exit_code"] for row in ended.pods} == {0}
        assert shutdown.restore(rig.cluster, rig.workload(name))
        assert rig.workload(name).object["spec"] == before
        rig.wait(name=name)


def test_a_signal_puts_the_replicas_back(rig: Rig) -> None:
    manifest = deployment(mode="deaf", replicas=2)
    rig.apply(manifest)
    rig.wait()

    def alive() -> bool:
        if rig.workload().replicas == 0:
            raise Interrupted("SIGTERM")
        return True

    with pytest.raises(Interrupted):
        shutdown.shut_down(rig.cluster, rig.workload(), "probe", None, rig.notes.append, alive)
    assert rig.workload().replicas == 2
    assert shutdown.RECORD not in rig.workload().annotations


def test_who_puts_replicas_back_is_named_and_the_pods_end_all_the_same(rig: Rig) -> None:
    rig.apply(deployment())
    name = rig.wait().pods[0]["name"]

    def fight() -> None:
        while rig.workload().replicas:
            time.sleep(0.05)
        rig.cluster.scale(rig.workload().kind, "probe", rig.namespace, 2)

    other = threading.Thread(target=fight)
    other.start()
    ended = end(rig)
    other.join()
    assert [(row["name"], row["exit_code"]) for row in ended.pods if row["name"] == name] == [(name, 0)]
    assert [found.cause for found in ended.diagnosis] == ["replicas-restored-by-other"]


def test_a_job_is_suspended_and_a_bare_pod_is_deleted(rig: Rig) -> None:
    template = deployment()["spec"]["template"]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "probe"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": template["spec"]}
    rig.apply({**job, "spec": {"template": {"spec": {**template["spec"], "restartPolicy": "Never"}}}}, pod)
    for name in ("job/probe", "pod/probe"):
        target = scaling.find(rig.cluster, rig.namespace, name)
        source = scaling.pods_of(target)
        for _change in rig.cluster.watch([source], 60):
            present = rig.cluster.list_all(POD, rig.namespace, labels=source.labels, fields=source.fields)
            if present and all(pods.ready(entry) for entry in present):
                break
        ended = shutdown.shut_down(rig.cluster, target, "probe", None, rig.notes.append)
        assert [row["exit_code"] for row in ended.pods] == [0], name
    assert scaling.find(rig.cluster, rig.namespace, "job/probe").object["spec"]["suspend"] is True
    assert shutdown.restore(rig.cluster, scaling.find(rig.cluster, rig.namespace, "job/probe"))
    assert scaling.find(rig.cluster, rig.namespace, "job/probe").object["spec"]["suspend"] is False


def test_a_pod_that_a_finalizer_keeps_is_named(rig: Rig) -> None:
    rig.apply(deployment())
    name = rig.wait().pods[0]["name"]
    rig.cluster.patch(POD, name, rig.namespace, {"metadata": {"finalizers": ["example.com/keep"]}})
    with pytest.raises(Failure) as caught:
        end(rig, timeout=4)
    rig.cluster.patch(
        POD, name, rig.namespace, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/keep"]}}
    )
    assert caught.value.diagnoses[0].cause == "pods-remain"
    assert "example.com/keep" in caught.value.diagnoses[0].evidence
    assert caught.value.result["pods"][0]["exit_code"] == 0
    assert rig.workload().replicas == 1
