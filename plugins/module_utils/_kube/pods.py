# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods as the API shows them (core/v1 PodStatus), in a few words. Pure."""

from __future__ import annotations

import typing as t

from .api import Object

DEFAULT_SCHEDULER = "default-scheduler"


class Container(t.NamedTuple):
    """The state of one container: what it waits for, or how its present or last run ended."""

    name: str
    image: str
    init: bool
    ready: bool
    started: bool
    restarts: int
    waiting: str
    message: str
    exit_code: int | None
    reason: str
    running: bool

    @property
    def title(self) -> str:
        """``container NAME`` or ``init container NAME``."""
        return f"{'init ' if self.init else ''}container {self.name}"


def name_of(pod: Object) -> str:
    """The pod's name."""
    return str(pod["metadata"]["name"])


def node_of(pod: Object) -> str:
    """The node that it was scheduled to; empty if it is not."""
    return str(pod["spec"].get("nodeName") or "")


def finished(pod: Object) -> bool:
    """Whether it has ended for good (an evicted pod, for one): it counts for nothing any more."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def terminating(pod: Object) -> bool:
    """Whether it is being deleted."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def condition(pod: Object, name: str) -> Object:
    """A condition of the pod; an empty one if it has none of that type."""
    return next((entry for entry in (pod.get("status") or {}).get("conditions") or [] if entry["type"] == name), {})


def ready(pod: Object) -> bool:
    """Whether it gets traffic."""
    return condition(pod, "Ready").get("status") == "True" and not terminating(pod) and not finished(pod)


def containers(pod: Object) -> list[Container]:
    """The states of its containers, init containers first; none before the kubelet has seen the pod."""
    status = pod.get("status") or {}
    return [
        _container(entry, init) for key, init in (("initContainerStatuses", True), ("containerStatuses", False))
        for entry in status.get(key) or []
    ]  # fmt: skip


def _container(status: Object, init: bool) -> Container:
    state, last = status.get("state") or {}, status.get("lastState") or {}
    waiting = state.get("waiting") or {}
    terminated = state.get("terminated") or last.get("terminated") or {}
    return Container(
        name=status["name"],
        image=status.get("image") or "",
        init=init,
        ready=bool(status.get("ready")),
        started=bool(status.get("started")),
        restarts=int(status.get("restartCount") or 0),
        waiting=waiting.get("reason") or "",
        message=" ".join((waiting.get("message") or terminated.get("message") or "").split()),
        exit_code=terminated.get("exitCode"),
        reason=terminated.get("reason") or "",
        running="running" in state,
    )


def image_of(pod: Object, container: str) -> str:
    """The image that the pod's spec names for a container."""
    spec = pod["spec"]
    entries = [*(spec.get("initContainers") or []), *spec.get("containers", [])]
    return str(next((entry.get("image") for entry in entries if entry["name"] == container), ""))


def state_words(pod: Object) -> str:
    """What the pod is doing, in as few words as ``kubectl get pods`` needs."""
    if terminating(pod):
        return "is ending"
    if ready(pod):
        return "is ready"
    if finished(pod):
        return f"has ended: {(pod.get('status') or {}).get('reason') or pod['status']['phase']}"
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"is not scheduled: {scheduled.get('message') or scheduled.get('reason')}"
    for container in containers(pod):
        if container.waiting and container.waiting not in ("PodInitializing", "ContainerCreating"):
            return f"waits: {container.title} has {container.waiting}"
        if container.init and container.running and condition(pod, "Initialized").get("status") == "False":
            return f"runs its {container.title}"
        if not container.init and container.exit_code is not None and not container.running:
            return f"waits: {container.title} ended with exit code {container.exit_code}"
    closed = closed_gates(pod)
    if closed and condition(pod, "ContainersReady").get("status") == "True":
        return f"waits for its readiness gate {closed[0]}"
    states = containers(pod)
    running = [container for container in states if container.running and not container.init]
    if running:
        restarted = max((container.restarts for container in running), default=0)
        again = f" (restart {restarted})" if restarted else ""
        return f"runs{again}, not ready yet"
    scheduler = pod["spec"].get("schedulerName") or DEFAULT_SCHEDULER
    waits = scheduler != DEFAULT_SCHEDULER and not scheduled
    return "is being created" if node_of(pod) else f"waits for the scheduler {scheduler}" if waits else "is new"


def closed_gates(pod: Object) -> list[str]:
    """The condition types of its readiness gates that are not true."""
    gates = [str(gate["conditionType"]) for gate in pod["spec"].get("readinessGates") or []]
    return [gate for gate in gates if condition(pod, gate).get("status") != "True"]


def grace_period(pod: Object) -> float:
    """How long the pod has to end, in seconds: what its deletion said, or its own setting."""
    granted = pod["metadata"].get("deletionGracePeriodSeconds")
    return float(granted if granted is not None else pod["spec"].get("terminationGracePeriodSeconds", 30))


def involves(event: Object, uids: t.Container[str]) -> bool:
    """Whether the event is about one of these objects."""
    return (event.get("involvedObject") or {}).get("uid") in uids


def claims(pod: Object) -> list[str]:
    """The names of the PersistentVolumeClaims that it mounts."""
    sources = [volume.get("persistentVolumeClaim") or {} for volume in pod["spec"].get("volumes") or []]
    return [str(source["claimName"]) for source in sources if source.get("claimName")]


def involves_claim(event: Object, names: t.Container[str]) -> bool:
    """Whether the event is about one of these PersistentVolumeClaims."""
    about = event.get("involvedObject") or {}
    return about.get("kind") == "PersistentVolumeClaim" and about.get("name") in names
