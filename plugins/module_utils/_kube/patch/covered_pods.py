# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods that a coverage patch has brought, ended with the patch.

A rollout alone does not end them where the restored pods do not become ready either. A runtime that goes on trying to
start such a pod makes its directory on the node anew, whenever that is removed.
"""

from __future__ import annotations

import typing as t

from .. import pods
from ..api import DEPLOYMENT, POD, Cluster, Object, Source
from ..workload import Workload
from .pod_template import Record

#: Seconds beyond the longest grace period that the kubelet may need to report the end of a pod.
_SLACK = 15.0


def of(cluster: Cluster, target: Workload, record: Record | None) -> list[Object]:
    """The pods of the workload that have the volume of its coverage patch; those that have ended do not count."""
    if record is None:
        return []
    present = cluster.list_all(POD, target.namespace, labels=target.selector)
    return [pod for pod in present if _has_volume(pod, record) and not pods.finished(pod)]


def end(
    cluster: Cluster,
    target: Workload,
    covered: t.Sequence[Object],
    note: t.Callable[[str], None] = lambda _text: None,
) -> None:
    """Wait until these pods are gone, for as long as they may take; delete those that nothing replaces.

    A Deployment ends them by itself, as it was patched to end former pods first. Raises ApiError.
    """
    if not covered:
        return
    remaining = {pod["metadata"]["uid"] for pod in covered}
    names = {pod["metadata"]["uid"]: pods.name_of(pod) for pod in covered}
    note(f"ending the pods of the coverage patch: {', '.join(names.values())}")
    for pod in covered:
        if target.kind != DEPLOYMENT and not pods.terminating(pod):
            cluster.delete(POD, pods.name_of(pod), target.namespace)
    timeout = max(map(pods.grace_period, covered)) + _SLACK
    present: set[str] = set()
    listed = False
    for change in cluster.watch([Source(POD, target.namespace, labels=target.selector)], timeout):
        if change is None:
            remaining = remaining if listed else remaining & present
            listed = True
        elif change.gone or pods.finished(change.object):
            remaining.discard(change.object["metadata"]["uid"])
        else:
            present.add(change.object["metadata"]["uid"])
        if not remaining:
            return
    note(f"not gone after {timeout:g} s: {', '.join(names[uid] for uid in sorted(remaining))}")


def _has_volume(pod: Object, record: Record) -> bool:
    volume = record.set.get("volume") or {}
    source = {key: value for key, value in volume.items() if key != "name"}
    return any(
        entry.get("name") == record.volume and all(entry.get(key) == value for key, value in source.items())
        for entry in pod["spec"].get("volumes") or []
    )
