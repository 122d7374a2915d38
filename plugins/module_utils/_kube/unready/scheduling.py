# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why there is no pod, or none that has a node."""

from __future__ import annotations

import re
import typing as t

from ..._diagnosis import Diagnosis
from .. import images, pods
from ..api import Object
from .situation import Situation

#: Seconds that a pod may stay unschedulable: the scheduler tries again when another pod has gone.
_SETTLE = 3.5
#: Seconds without a word of a scheduler: the cluster's own may be choosing its leader after a restart.
_SILENT = {pods.DEFAULT_SCHEDULER: 20.0}
_SILENT_OTHER = 4.0


def stands_still(situation: Situation) -> Diagnosis | None:
    """The workload does not replace its pods at all, as its spec says."""
    name, spec = situation.workload["metadata"]["name"], situation.workload["spec"]
    if spec.get("paused") and not situation.pods:
        return Diagnosis(
            "pods-missing",
            f"The rollout of {name} is paused, so no pod of its present revision starts",
            f"Resume it: kubectl rollout resume deployment/{name}",
        )
    remaining = [pods.name_of(pod) for pod in situation.former if not pods.terminating(pod)]
    if remaining and (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return Diagnosis(
            "former-pods-remain",
            f"{name} has the update strategy OnDelete, so nothing replaces {', '.join(remaining)}",
            f"Delete them: kubectl delete pod {' '.join(remaining)}",
        )
    return None


def pods_refused(situation: Situation) -> Diagnosis | None:
    """The controller could not even create the pods."""
    messages = [
        str(entry.get("message"))
        for entry in (situation.workload.get("status") or {}).get("conditions") or []
        if (entry["type"] == "ReplicaFailure" and entry["status"] == "True")
        # The Deployment could not even create its ReplicaSet.
        or (entry["type"] == "Progressing" and entry.get("reason") == "ReplicaSetCreateError")
    ]
    if not situation.pods:
        messages += [str(event.get("message")) for event in situation.events if event.get("reason") == "FailedCreate"]
    if not messages:
        return None
    message = " ".join(messages[-1].split())
    if "exceeded quota" in message:
        return Diagnosis(
            "quota-exceeded", message, "Raise the ResourceQuota of the namespace, or ask for less in the manifest"
        )
    if "violates PodSecurity" in message:
        return Diagnosis(
            "pod-security-forbids",
            message,
            "Let the namespace allow it (label pod-security.kubernetes.io/enforce), or use service_inject=node",
        )
    runtime_class = re.search(r'RuntimeClass "([^"]+)" not found', message)
    if runtime_class:
        return Diagnosis(
            "config-missing",
            f"The pod needs the RuntimeClass {runtime_class[1]}, which is missing: {message}",
            "Let service_prepare contain the RuntimeClass, or correct runtimeClassName",
        )
    if re.search(r"serviceaccount .*not found|error looking up service account", message):
        return Diagnosis(
            "config-missing", message, "Let service_manifests or service_prepare contain the ServiceAccount"
        )
    if situation.covered and "denied" in message and re.search(r"host ?path|gocover", message, re.IGNORECASE):
        return Diagnosis(
            "patch-refused",
            f"A policy refuses the pods because of the coverage patch: {message}",
            "Use service_inject=node, which changes no workload, or exempt the namespace from that policy for the test",
        )
    if "calling webhook" in message:
        return Diagnosis(
            "pods-refused", message, "Deploy what answers that webhook (service_prepare), or delete its configuration"
        )
    return Diagnosis("pods-refused", message, "Correct the manifest as the API says")


def without_scheduler(situation: Situation, pod: Object) -> Diagnosis | None:
    """No scheduler has looked at the pod: nothing serves its ``schedulerName``."""
    if pods.node_of(pod) or pods.condition(pod, "PodScheduled") or situation.events_of(pod, "FailedScheduling"):
        return None
    name = str(pod["spec"].get("schedulerName") or pods.DEFAULT_SCHEDULER)
    silent = situation.unchanged_for(pod)
    if not situation.timed_out and silent < _SILENT.get(name, _SILENT_OTHER):
        return None
    return Diagnosis(
        "scheduler-missing",
        f"{pods.name_of(pod)} waits for the scheduler {name}, which has not looked at it for {silent:.0f} s",
        "Correct schedulerName, or deploy that scheduler first (service_prepare)"
        if name not in _SILENT
        else "Look at kube-scheduler in the namespace kube-system",
    )


def unschedulable(situation: Situation, pod: Object) -> Diagnosis | None:
    """No node can take the pod, or it waits for a claim that is not there."""
    scheduled = pods.condition(pod, "PodScheduled")
    if scheduled.get("status") != "False":
        return None
    message = " ".join(str(scheduled.get("message") or scheduled.get("reason")).split())
    missing_claim = re.search(r'persistentvolumeclaim "([^"]+)" not found', message)
    if missing_claim:
        return Diagnosis(
            "config-missing",
            f"{pods.name_of(pod)} needs the PersistentVolumeClaim {missing_claim[1]}, and there is none",
            "Let service_manifests or service_prepare contain it",
        )
    # A former pod that is still there may hold what this one needs, and a new node is tainted for a while.
    settled = situation.unchanged_for(pod) >= _SETTLE and not situation.former
    if not situation.timed_out and (not settled or "node.kubernetes.io/not-ready" in message):
        return None
    return Diagnosis(
        "unschedulable",
        f"No node can take {pods.name_of(pod)}{_asked_for(pod, message)}{_selected(pod, message)}: {message}"
        f"{_claims(situation, pod, message)}{_room(situation, message)}",
        "Ask for less in the manifest, give the cluster more nodes, or correct nodeSelector, affinity and tolerations",
    )


def insufficient(message: str) -> str | None:
    """The resource that the scheduler calls insufficient, if it does."""
    short = re.search(r"Insufficient ([\w.-]+(?:/[\w.-]+)?)", message)
    return short[1].rstrip(".") if short else None


def rooms(nodes: t.Iterable[Object], resource: str) -> str:
    """What each node has of a resource for all pods together, as a sentence; empty if none says."""
    told = {node["metadata"]["name"]: (node["status"].get("allocatable") or {}).get(resource) for node in nodes}
    words = [f"{name} {amount}" for name, amount in sorted(told.items()) if amount]
    return f"(of {resource}, for all pods together: {', '.join(words)})" if words else ""


def _room(situation: Situation, message: str) -> str:
    """What the nodes have of the resource that is short, as far as they have been asked for."""
    short = insufficient(message)
    found = rooms(situation.nodes, short) if short else ""
    return f" {found}" if found else ""


def _asked_for(pod: Object, message: str) -> str:
    """What it asked for of a resource that the scheduler calls insufficient."""
    resource = insufficient(message)
    if not resource:
        return ""
    asked = [
        ((entry.get("resources") or {}).get("requests") or {}).get(resource) for entry in images.containers(pod["spec"])
    ]  # fmt: skip
    amounts = [amount for amount in asked if amount]
    return f", which asks for {' + '.join(amounts)} of {resource}" if amounts else ""


def _selected(pod: Object, message: str) -> str:
    """The labels that it wants of a node, where the scheduler says that they do not fit."""
    labels = pod["spec"].get("nodeSelector") or {}
    if "affinity/selector" not in message or not labels:
        return ""
    return f", which wants one labelled {', '.join(f'{key}={value}' for key, value in sorted(labels.items()))}"


def _claims(situation: Situation, pod: Object, message: str) -> str:
    """What is said of its claims, where the scheduler only says that they are not bound."""
    if "unbound" not in message:
        return ""
    names = pods.claims(pod)
    about = {
        event["involvedObject"]["name"]: " ".join(str(event.get("message")).split())
        for event in situation.events
        if pods.involves_claim(event, names) and event.get("type") == "Warning"
    }
    return "; " + "; ".join(f"claim {name}: {about.get(name, 'no word of it yet')}" for name in names)
