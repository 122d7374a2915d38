# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a workload that is not ready, and words that several rules use."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._diagnosis import Diagnosis
from .. import images, pods
from ..api import Object


@dataclass(frozen=True)
class Situation:
    """All that is known of a workload that is not ready.

    ``pods`` are those of the present generation, ``former`` those of an older one that are still there; ``events`` are
    of the workload, its revisions and pods. ``logs`` are the last lines by pod and container. ``built`` are the
    references of images that were built here and are in no registry. ``since`` says for how many seconds each pod has
    been as it is. ``nodes`` are those of the cluster, as far as they have been asked for.
    """

    workload: Object
    pods: t.Sequence[Object]
    former: t.Sequence[Object] = ()
    events: t.Sequence[Object] = ()
    logs: t.Mapping[tuple[str, str], t.Sequence[str]] = field(default_factory=dict)
    built: t.Collection[str] = ()
    since: t.Mapping[str, float] = field(default_factory=dict)
    covered: bool = False
    timed_out: bool = False
    nodes: t.Sequence[Object] = ()

    def unchanged_for(self, pod: Object) -> float:
        """For how many seconds the pod has been as it is."""
        return self.since.get(pods.name_of(pod), 0.0)

    def platform_of(self, pod: Object) -> str:
        """The platform of the pod's node, such as ``linux/amd64``; empty where the node is not known."""
        info: Object = next(
            (node["status"]["nodeInfo"] for node in self.nodes if node["metadata"]["name"] == pods.node_of(pod)), {}
        )
        return f"{info['operatingSystem']}/{info['architecture']}" if info else ""

    def log(self, pod: Object, container: str) -> t.Sequence[str]:
        """The last lines of a container."""
        return self.logs.get((pods.name_of(pod), container), ())

    def events_of(self, pod: Object, *reasons: str) -> list[str]:
        """The messages of a pod's events with these reasons, the newest last."""
        uid = pod["metadata"].get("uid")
        chosen = [event for event in self.events if pods.involves(event, (uid,)) and event.get("reason") in reasons]
        chosen.sort(key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
        return [" ".join(str(event.get("message")).split()) for event in chosen]


def missing_config(pod: Object, what: str, message: str) -> Diagnosis:
    """``config-missing``: the pod needs what is not there."""
    return Diagnosis(
        "config-missing",
        f"{pods.name_of(pod)} needs {what}, which is not there: {message}",
        "Let service_manifests or service_prepare contain it",
    )


def last_words(log: t.Sequence[str]) -> str:
    """The line that says why: a panic rather than the last line of its stack."""
    for line in log:
        if line.startswith(("panic: ", "fatal error: ")):
            return line
    return next((line.strip() for line in reversed(log) if line.strip()), "(empty)")


def memory_limit(pod: Object, container: str) -> str | None:
    """The memory limit of a container, as the manifest writes it; None without one."""
    for entry in images.containers(pod["spec"]):
        if entry["name"] == container:
            limit = ((entry.get("resources") or {}).get("limits") or {}).get("memory")
            return str(limit) if limit else None
    return None
