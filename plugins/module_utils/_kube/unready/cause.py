# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a workload is not ready, from pods, events and logs, said as soon as it is certain.

Pure, as all of this package. Each rule looks at one kind of evidence and gives a diagnosis or None; the order is from
what stops everything to what may still mend itself.
"""

from __future__ import annotations

from ..._diagnosis import Diagnosis
from .. import pods
from ..api import Object
from ..patch import rollout
from .running import coverage, ended, foreign, gates, probes
from .scheduling import pods_refused, stands_still, unschedulable, without_scheduler
from .situation import Situation, last_words
from .starting import config, image, mounts, sandbox


def diagnose(situation: Situation) -> Diagnosis | None:
    """The cause that is certain, or None: wait. At the timeout the most probable one, always."""
    # A Deployment that ends its former pods first has not tried to start any other yet.
    waits_for_former = bool(situation.former) and rollout.replaces_in_place(situation.workload)
    refused = stands_still(situation) or pods_refused(situation)
    if refused is not None and not waits_for_former:
        return refused
    for pod in situation.pods:
        for rule in (without_scheduler, unschedulable, mounts, sandbox, _containers, coverage, probes, gates):
            found = rule(situation, pod)
            if found is not None:
                return found
    return _at_timeout(situation) if situation.timed_out else None


def diagnose_start(situation: Situation) -> Diagnosis | None:
    """Why a pod cannot even start, if that is certain; what its program does is left to whoever runs it."""
    refused = pods_refused(situation)
    if refused is not None:
        return refused
    for pod in situation.pods:
        for rule in (without_scheduler, unschedulable, mounts, sandbox):
            found = rule(situation, pod)
            if found is not None:
                return found
        for container in pods.containers(pod):
            for rule_of_container in (image, foreign, config):
                found = rule_of_container(situation, pod, container)
                if found is not None:
                    return found
    return None


def _containers(situation: Situation, pod: Object) -> Diagnosis | None:
    for container in pods.containers(pod):
        for rule in (image, foreign, config, ended):
            found = rule(situation, pod, container)
            if found is not None:
                return found
    return None


def _at_timeout(situation: Situation) -> Diagnosis:
    """Nothing certain: say what was seen."""
    if situation.former:
        names = ", ".join(pods.name_of(pod) for pod in situation.former)
        return Diagnosis(
            "former-pods-remain",
            f"Pods of the former generation are still there: {names}",
            "They end when their grace period is over; raise service_ready_timeout",
        )
    if not situation.pods:
        return Diagnosis(
            "pods-missing",
            "The workload has no pod, and its controller has reported no reason",
            "Look at the events of the workload and at kube-controller-manager",
        )
    waiting = [pod for pod in situation.pods if not pods.ready(pod)] or list(situation.pods)
    words = "; ".join(f"{pods.name_of(pod)} {pods.state_words(pod)}" for pod in waiting)
    unready = {pods.name_of(pod) for pod in waiting}
    log = next((lines for (name, _container), lines in situation.logs.items() if name in unready and lines), ())
    words += f"; its last line was: {last_words(log)}" if log else ""
    return Diagnosis("not-ready", words, "Look at the pod's events and log, or raise service_ready_timeout")
