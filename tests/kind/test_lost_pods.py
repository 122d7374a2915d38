# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that come and go while the tests run, on a real cluster: each end has its counters or a reason."""

from __future__ import annotations

import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch.pod_template import Settings
from ansible_collections.gocover.e2e.plugins.modules import (
    covdata_collect,
    graceful_shutdown,
    test_run,
    workload_ready,
)
from rig import Rig, deployment, service
from shared import TestCluster, step_of

DELETE = "kubectl delete pod --selector app=probe --namespace $SERVICE_NAMESPACE --wait=false"
#: Until another pod is ready, so that the shutdown finds it.
AGAIN = "kubectl rollout status deployment/probe --namespace $SERVICE_NAMESPACE --timeout=60s"
CRASH = "curl -s --max-time 5 $SERVICE_URL/crash || true"


class Ending:
    """The modules from readiness to collection, one after the other as the roles call them."""

    def __init__(self, rig: Rig, cluster: TestCluster, engine: Engine, work: Path) -> None:
        self.rig, self.cluster, self.engine, self.work = rig, cluster, engine, work
        self.path = f"/var/lib/gocover-test-endings/{rig.namespace}"
        self.api = {"namespace": rig.namespace, "kubeconfig": str(rig.kubeconfig), "workload": "deployment/probe"}

    def begin(self) -> None:
        covdata_collect.run(step_of(covdata_collect.MODULE, **self.place, state="prepared"))

    @property
    def place(self) -> dict[str, t.Any]:
        return {
            "node_path": self.path,
            "cluster": self.cluster.name,
            "provider": self.engine.provider,
            "dest": str(self.work / "covdata"),
        }

    def play(self, tests: str, lost_counters: str = "fail") -> dict[str, t.Any]:
        """What the collection returns. Raises Failure."""
        ready = workload_ready.run(step_of(workload_ready.MODULE, **self.api, timeout=60.0)).result
        tested = test_run.run(
            step_of(
                test_run.MODULE,
                **self.api,
                command=tests,
                env={"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"},
                pod_history=ready["pod_history"],
            )
        ).result
        shut = graceful_shutdown.run(
            step_of(graceful_shutdown.MODULE, **self.api, pod_history=tested["pod_history"])
        ).result
        self.pods = shut["pods"]
        collected = step_of(
            covdata_collect.MODULE, **self.place, pods=self.pods, remove=True, lost_counters=lost_counters
        )
        result = covdata_collect.run(collected).result
        self.warnings = collected.warnings
        return result


@pytest.fixture
def ending(rig: Rig, cluster: TestCluster, engine: Engine, tmp_path: Path) -> t.Iterator[Ending]:
    made = Ending(rig, cluster, engine, tmp_path)
    made.begin()
    yield made
    for node in cluster.nodes:
        engine.execute(node.name, ["rm", "-rf", made.path])


@pytest.mark.parametrize(
    ("tests", "mode", "ended", "counted", "causes"),
    [
        pytest.param("true", "", 1, 1, [], id="nothing happens"),
        pytest.param(f"{DELETE} && sleep 3 && {AGAIN}", "", 2, 2, [], id="deleted"),
        pytest.param(
            f"{DELETE} --force --grace-period=0 && {AGAIN}", "deaf", 2, 0, ["killed-before-exit"], id="deleted by force"
        ),
        pytest.param(f"{CRASH}; sleep 4; {AGAIN}", "", 2, 1, ["crash-loop"], id="crashed"),
    ],
)
def test_each_end_has_counters_or_a_reason(
    ending: Ending, tests: str, mode: str, ended: int, counted: int, causes: list[str]
) -> None:
    manifest = deployment(mode=mode)
    manifest["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 2 if mode == "deaf" else 10
    ending.rig.apply(manifest, service(), hold=True)
    ending.rig.cover(Settings(node_path=ending.path, mount_path="/gocover"))
    begun = time.monotonic()
    found: list[str] = []
    try:
        result = ending.play(tests)
    except Failure as error:
        result, found = error.result, [diagnosis.cause for diagnosis in error.diagnoses]
    print(f"{time.monotonic() - begun:.1f} s", [(row["name"], row["exit_code"]) for row in ending.pods])
    assert len(ending.pods) == ended
    assert found[: len(causes)] == causes
    if counted:
        assert result["processes"] == {"ended": ended, "counted": counted}
        assert len(list((ending.work / "covdata").glob("covcounters.*"))) == counted
    assert bool(found) == (counted < ended)
