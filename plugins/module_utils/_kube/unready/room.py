# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the former pods of a workload stand in the way of its new ones: they hold a quota, a port, room on a node.

Pure.
"""

from __future__ import annotations

import re

from ..._diagnosis import Diagnosis
from .. import pods
from ..api import STATEFUL_SET, Object
from ..patch import rollout
from .cause import diagnose
from .scheduling import pods_refused
from .situation import Situation

#: What the scheduler says where the end of another pod of the same workload may help.
_HELD_BY_A_POD = re.compile(
    r"free ports|Insufficient |Too many pods|anti-affinity|topology spread|ReadWriteOncePod|"
    r"persistentvolumeclaim .* in use|node\(s\) exceed max volume count",
    re.IGNORECASE,
)
#: Seconds for which a new pod finds no node before former ones are ended for it.
_SETTLE = 2.0


def lacking(situation: Situation) -> str:
    """What a Deployment's new pods lack and its former ones may hold, in the words of the API; empty if nothing."""
    former = [pod for pod in situation.former if not pods.terminating(pod)]
    if not former or rollout.replaces_in_place(situation.workload):
        return ""
    refused = pods_refused(situation)
    if refused is not None and may_come_free(refused):
        return refused.evidence
    for pod in situation.pods:
        scheduled = pods.condition(pod, "PodScheduled")
        message = str(scheduled.get("message") or "")
        settled = situation.unchanged_for(pod) >= _SETTLE
        if scheduled.get("status") == "False" and settled and _HELD_BY_A_POD.search(message):
            return f"{pods.name_of(pod)}: {message}"
    return ""


def may_come_free(found: Diagnosis) -> bool:
    """Whether pods were refused by a quota that would take them if no others were counted."""
    return found.cause == "quota-exceeded" and _within(found.evidence)


def jam(situation: Situation) -> Object | None:
    """The pod of a former revision that will not become ready, and which a StatefulSet waits for before it goes on."""
    if situation.workload.get("kind") != STATEFUL_SET.name:
        return None
    for pod in situation.former:
        if pods.terminating(pod) or pods.ready(pod):
            continue
        # A pod that no node has taken has not begun anything.
        if pods.condition(pod, "PodScheduled").get("status") == "False":
            return pod
        alone = Situation(
            situation.workload, [pod], events=situation.events, logs=situation.logs, since=situation.since
        )
        if diagnose(alone) is not None:
            return pod
    return None


def _within(message: str) -> bool:
    """Whether a quota would take the new pods if nothing else were counted; True where the message does not tell."""
    from kubernetes.utils.quantity import parse_quantity

    requested, limited = (_amounts(message, word) for word in ("requested", "limited"))
    try:
        return all(
            parse_quantity(amount) <= parse_quantity(limited[resource])
            for resource, amount in requested.items()
            if resource in limited
        )
    except ValueError:
        return True


def _amounts(message: str, word: str) -> dict[str, str]:
    """The amounts by resource in ``requested: limits.memory=200Mi,pods=1, used: ...``."""
    listed = re.search(rf"\b{word}: ([^ ]+)", message)
    pairs = [entry.partition("=") for entry in listed[1].strip(",").split(",")] if listed else []
    return {resource: amount for resource, _equals, amount in pairs if amount}
