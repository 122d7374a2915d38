# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End-to-end tests, from the options to the outcome: run against a URL, or against a workload of a cluster."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import Failure
from .._kube import evidence, forward, pod_watch, readiness, workload
from .._kube.client import ApiCluster
from .._kube.pod_history import PodHistory, PodHistoryRecord
from .._outcome import Outcome
from .._process.environment import expanded
from .._run.progress import Progress
from . import suite


@dataclass(frozen=True)
class TestOptions:
    """The options of test_run; see its documentation. ``timeout`` is in seconds."""

    command: str | t.Sequence[str]
    chdir: str | None
    env: t.Mapping[str, t.Any]
    host_address: str
    workload: str | None
    port: int | None
    node_ports: bool
    pod_history: t.Sequence[PodHistoryRecord]
    evidence: str | None
    service_url: str | None
    namespace: str | None
    kubeconfig: str | None
    timeout: float
    log: str | None


def run_tests(wanted: TestOptions, progress: Progress, playbook_pid: int | None = None) -> Outcome:
    """Run the tests against ``service_url``. They end with ``playbook_pid``. Raises Failure if they fail."""
    return _run(wanted, wanted.service_url, progress, playbook_pid)


def run_tests_in_cluster(
    wanted: TestOptions, cluster: ApiCluster, progress: Progress, playbook_pid: int | None = None
) -> Outcome:
    """Run the tests against the workload, through a forwarded port; save the evidence if they fail. Raises Failure."""
    namespace = str(wanted.namespace)
    target = workload.find(cluster, namespace, str(wanted.workload), "")
    watch = pod_watch.PodWatch(cluster, namespace, PodHistory(wanted.pod_history))
    try:
        with watch, forward.way_to(cluster, target, wanted.port, node_ports=wanted.node_ports) as url:
            outcome = _run(wanted, url, progress, playbook_pid)
        history = {"pod_history": watch.history.rows()}
        return dataclasses.replace(
            outcome, result={**outcome.result, **history}, sections={**outcome.sections, **history}
        )
    except Failure as error:
        readiness.explain(cluster, target, error)
        error.sections["pod_history"] = watch.history.rows()
        if wanted.evidence:
            files = evidence.save(cluster, namespace, Path(wanted.evidence))
            progress.note(f"saved logs, events and objects before any pod is stopped: {len(files)} files")
        raise
    finally:
        if watch.error is not None:
            progress.warn(
                f"The pods were not watched while the tests ran, so a lost pod may go unnoticed: {watch.error}"
            )


def _run(wanted: TestOptions, url: str | None, progress: Progress, playbook_pid: int | None) -> Outcome:
    variables = {
        "SERVICE_URL": url,
        "SERVICE_NAMESPACE": wanted.namespace,
        "KUBECONFIG": wanted.kubeconfig,
        "GOCOVER_HOST_ADDRESS": wanted.host_address,
    }
    given = {name: value for name, value in variables.items() if value}
    spec = suite.SuiteSpec(
        command=wanted.command,
        cwd=wanted.chdir,
        env={**given, **expanded(wanted.env, given)},
        timeout=wanted.timeout,
        log=wanted.log,
    )
    result = suite.run(spec, progress, playbook_pid)
    return Outcome(changed=True, result=result, sections={"tests": suite.section(result)})
