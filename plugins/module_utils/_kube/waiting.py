# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait for a workload, from its options to the outcome."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._diagnosis import Failure
from .._losses import elsewhere
from .._losses.records import PodRecord
from .._outcome import Outcome
from .._run.progress import Progress
from . import pod_watch, readiness, workload
from .api import Cluster
from .ending import endings
from .workload import Workload


@dataclass(frozen=True)
class WaitOptions:
    """The options of workload_ready; see its documentation. ``timeout`` is in seconds."""

    workload: str
    namespace: str
    timeout: float
    images: t.Sequence[str]
    container: str
    patched: bool
    node_path: str | None
    mount_path: str | None
    record: bool


def wait_for_workload(
    wanted: WaitOptions, cluster: Cluster, progress: Progress, alive: t.Callable[[], bool] = lambda: True
) -> Outcome:
    """Wait until the workload is ready. Raises Failure with the cause as soon as it cannot become ready."""
    image = wanted.images[0] if wanted.images else ""
    target = workload.find(cluster, wanted.namespace, wanted.workload, image)
    empty = readiness.nothing_runs(target)
    if empty is not None:
        raise Failure(f"{target.title} runs no pod", [empty])
    container = ""
    if wanted.record or wanted.node_path:
        container = workload.choose_container(target, wanted.container, image)
    if wanted.node_path:
        _check_coverage_directory(target, container, wanted.node_path, wanted.mount_path or "")
    ready = readiness.wait_until_ready(
        cluster, target, wanted.timeout, progress.note, wanted.images, alive, patched=wanted.patched
    )
    seconds = round(ready.seconds, 3)
    progress.note(f"{target.title} is ready after {seconds:.1f} s: {len(ready.pods)} pods")
    result: dict[str, t.Any] = {"seconds": seconds, "pods": ready.pods}
    history = pod_watch.look(cluster, wanted.namespace)
    sections: dict[str, t.Any] = {"ready": dict(result), "pod_history": history}
    result["pod_history"] = history
    if wanted.record:
        sections["workload"] = {
            "resource": target.title,
            "namespace": target.namespace,
            "container": container,
            "user": workload.user_of(target.pod_spec, container),
        }
    return Outcome(changed=False, result=result, sections=sections)


def _check_coverage_directory(target: Workload, container: str, node_path: str, mount_path: str) -> None:
    """Raise Failure ``path-mismatch`` before any test runs if the container has a GOCOVERDIR of its own elsewhere."""
    writes = endings.writes_to({"spec": target.pod_spec}, container)
    pod: PodRecord = {"name": target.title, "container": container, "writes": writes}
    mismatch = elsewhere.mismatch(elsewhere.completed(pod, node_path, mount_path), node_path, node_path)
    if mismatch is not None:
        raise Failure(f"{target.title} would leave no counters", [mismatch])
