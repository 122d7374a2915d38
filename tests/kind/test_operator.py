# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator that takes the coverage patch back, a process of its own: it is named, and nobody waits for nothing."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import rig as rigs
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Diagnosis, Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import pods
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import DEPLOYMENT, POD
from ansible_collections.gocover.e2e.plugins.modules import (
    covdata_collect,
    coverage_patch,
    graceful_shutdown,
    workload_ready,
)
from rig import Rig
from shared import TestCluster, step_of

#: Much longer than it may take to name the cause, in seconds.
_TIMEOUT = 500.0
_SOON = 120.0


@contextlib.contextmanager
def operator(rig: Rig) -> t.Iterator[None]:
    """The operator while it runs; it must not have died of anything else than our signal."""
    script = str(Path(__file__).with_name("stubborn_operator.py"))
    process = subprocess.Popen([sys.executable, script, str(rig.kubeconfig), rig.namespace])
    try:
        yield
        assert process.poll() is None, "the operator has ended by itself"
    finally:
        process.terminate()
        process.wait()


def apply_custom_resource(rig: Rig) -> None:
    deployment = rigs.deployment()
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = rigs.IMAGE
    custom = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "shop", "labels": {"kind": "shop"}},
        "data": {"deployment": json.dumps(deployment)},
    }
    rig.apply(custom)


def wait_for(what: str, done: t.Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SOON
    while not done():
        assert time.monotonic() < deadline, f"not so after {_SOON:g} s: {what}"
        time.sleep(0.1)


def made(rig: Rig) -> bool:
    return rig.cluster.get(DEPLOYMENT, "probe", rig.namespace) is not None


def is_patched(rig: Rig) -> bool:
    return "GOCOVERDIR" in json.dumps(rig.workload().object["spec"])


def only_plain_pods(rig: Rig) -> bool:
    present = rig.cluster.list_all(POD, rig.namespace)
    return bool(present) and all(pods.ready(pod) and "GOCOVERDIR" not in json.dumps(pod["spec"]) for pod in present)


def place(rig: Rig) -> dict[str, t.Any]:
    return {"workload": "deployment/probe", "namespace": rig.namespace, "kubeconfig": str(rig.kubeconfig)}


def patch(rig: Rig, node_path: str) -> list[Diagnosis]:
    outcome = coverage_patch.run(step_of(coverage_patch.MODULE, **place(rig), node_path=node_path))
    return list(outcome.diagnosis)


def names_the_operator(found: Diagnosis) -> None:
    assert found.cause == "patch-reverted"
    for word in ("GOCOVERDIR", "the mount", "the volume", "shop-operator", "ConfigMap/shop"):
        assert word in found.evidence, found.evidence
    assert "service_inject=node" in found.remedy


def test_a_patch_that_is_taken_back_is_named_long_before_the_time_is_up(rig: Rig, node_path: str) -> None:
    with operator(rig):
        apply_custom_resource(rig)
        wait_for("the operator makes its Deployment", lambda: made(rig))
        # Who owns the workload is said beforehand.
        assert "ConfigMap/shop" in patch(rig, node_path)[0].evidence
        begun = time.monotonic()
        with pytest.raises(Failure) as caught:
            workload_ready.run(step_of(workload_ready.MODULE, **place(rig), patched=True, timeout=_TIMEOUT))
        assert time.monotonic() - begun < _SOON
    names_the_operator(caught.value.diagnoses[0])
    # Nothing of ours is left once it has been taken back, the record of it included.
    coverage_patch.run(step_of(coverage_patch.MODULE, **place(rig), state="absent"))
    assert not is_patched(rig)
    assert not any(key.startswith("gocover.e2e/") for key in rig.workload().annotations)


def test_a_patch_that_is_taken_back_while_the_tests_run_is_named_in_the_end(
    rig: Rig, engine: t.Any, cluster: TestCluster, node_path: str, tmp_path: Path
) -> None:
    path = f"{node_path}/{rig.namespace}"
    collect = {"cluster": cluster.name, "node_path": path}
    covdata_collect.run(step_of(covdata_collect.MODULE, **collect, state="prepared"))
    apply_custom_resource(rig)
    with operator(rig):
        wait_for("the operator makes its Deployment", lambda: made(rig))
    # It is away while the workload becomes ready, and back while the tests run.
    patch(rig, path)
    ready = step_of(workload_ready.MODULE, **place(rig), patched=True, timeout=_TIMEOUT)
    workload_ready.run(ready)
    with operator(rig):
        wait_for("the operator puts its Deployment back", lambda: not is_patched(rig))
        wait_for("only a pod without coverage is left", lambda: only_plain_pods(rig))
        shutdown = graceful_shutdown.run(step_of(graceful_shutdown.MODULE, **place(rig), patched=True))
    names_the_operator(shutdown.diagnosis[0])
    rows = shutdown.result["pods"]
    assert [row["writes"]["variable"] for row in rows] == [None]
    # The covered pod had to make room for one without coverage, and left its counters; those of the other are missing.
    outcome = covdata_collect.run(step_of(covdata_collect.MODULE, **collect, dest=str(tmp_path / "covdata"), pods=rows))
    assert outcome.result["counter_files"] == 1
    assert [entry["counters"] for entry in outcome.result["verdicts"]] == [False]
    names_the_operator(outcome.diagnosis[0])
