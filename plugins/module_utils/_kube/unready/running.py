# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a program that has started is not ready: it ended, cannot write its coverage data, or fails its probe."""

from __future__ import annotations

import re

from ..._covdata import runtime
from ..._diagnosis import Diagnosis
from .. import images, pods
from ..api import Object
from ..pods import Container
from .situation import Situation, last_words, memory_limit
from .starting import other_image

#: How the API refuses a service account (authorization/v1), in the log of whoever asked.
_FORBIDDEN = re.compile(r'forbidden: User \\*"system:serviceaccount:')
#: What the kernel answers to a program of another architecture, in the words of runc and of shells.
_OTHER_ARCHITECTURE = re.compile(r"exec format error", re.IGNORECASE)
#: Seconds for which nothing may have set a readiness gate: its controller may be starting beside the pod.
_GATE_SETTLE = 4.0


def foreign(situation: Situation, pod: Object, container: Container) -> Diagnosis | None:
    """A program of another architecture than the node's: it never starts, however often it is tried."""
    said = next((line for line in situation.log(pod, container.name) if _OTHER_ARCHITECTURE.search(line)), "")
    if not said and _OTHER_ARCHITECTURE.search(container.message):
        said = container.message
    if not said:
        return None
    return Diagnosis(
        "crash-loop",
        f"{pods.name_of(pod)}: {container.title} with the image {pods.image_of(pod, container.name)} cannot run on "
        f"{pods.node_of(pod)}: {said.strip()}",
        other_image(situation, pod),
    )


def ended(situation: Situation, pod: Object, container: Container) -> Diagnosis | None:
    """The program ends, again and again, or with its pod."""
    if container.exit_code is None or (container.init and container.exit_code == 0):
        return None
    looping = container.waiting == "CrashLoopBackOff" or container.restarts >= 2
    if not looping and not (situation.timed_out and not container.ready):
        return None
    where = f"{pods.name_of(pod)}: {container.title}"
    times = (
        "once"
        if container.restarts == 0
        else f"{container.restarts + 1} times"
        if not container.running
        else f"{container.restarts} times"
    )
    limit = memory_limit(pod, container.name)
    # The runtime may miss the kernel's word: nothing else sends SIGKILL to a container that no probe has killed.
    unseen = container.exit_code == 137 and limit and not situation.events_of(pod, "Killing")
    if container.reason == "OOMKilled" or unseen:
        return Diagnosis(
            "oom-killed",
            f"{where} was killed for using more memory than its limit"
            + (f" of {limit}" if limit else "")
            + f", {times}"
            + (" (exit code 137, and nobody else killed it)" if unseen else ""),
            "Raise the memory limit of the container",
        )
    if container.reason in ("StartError", "ContainerCannotRun"):
        return Diagnosis(
            "container-config-invalid",
            f"{where} cannot be started: {container.message}",
            "Correct the command of the container, or build its image for this platform",
        )
    log = situation.log(pod, container.name)
    killed = situation.events_of(pod, "Killing")
    if any("failed liveness probe" in text or "failed startup probe" in text for text in killed):
        unhealthy = situation.events_of(pod, "Unhealthy")
        return Diagnosis(
            "probe-failing",
            f"{where} was restarted {container.restarts} times because its probe failed: {(unhealthy or killed)[-1]}",
            "Give it more time (service_probes: measured or relaxed), or correct path and port of the probe",
        )
    meta = next((line for line in log if runtime.cause_of(line) in ("coverage-dir-unwritable", "disk-full")), None)
    said = f"its last line was: {last_words(log)}" if log else "it wrote nothing"
    also = f" (and: {meta})" if meta else ""
    refused = next((line.strip() for line in reversed(log) if _FORBIDDEN.search(line)), None)
    if refused:
        return Diagnosis(
            "access-forbidden",
            f"{where} ended with exit code {container.exit_code}, {times}, for the API refused it: {refused}",
            "Let service_manifests or service_prepare give its service account that right (Role and RoleBinding)",
        )
    uncovered = next((entry for entry in situation.former if pods.ready(entry) and not _is_covered(entry)), None)
    if situation.covered and uncovered is not None:
        return Diagnosis(
            "crash-only-with-coverage",
            f"{where} ended with exit code {container.exit_code}, {times}, while {pods.name_of(uncovered)}, without "
            f"coverage, is ready; {said}{also}",
            "Build it without the flag that it does not bear (service_coverpkg, service_go_env), or with more memory",
        )
    return Diagnosis(
        "crash-loop",
        f"{where} ended with exit code {container.exit_code}, {times}; {said}{also}",
        "Give it what it lacks (service_dependencies, service_prepare, its ConfigMap), or look into its log",
    )


def _is_covered(pod: Object) -> bool:
    return any(
        variable.get("name") == runtime.VARIABLE
        for entry in images.containers(pod["spec"])
        for variable in entry.get("env") or []
    )


def coverage(situation: Situation, pod: Object) -> Diagnosis | None:
    """What the Go runtime says as the program starts (GOROOT/src/internal/coverage/cfile/emit.go)."""
    if not situation.covered:
        return None
    for (name, _container), lines in situation.logs.items():
        found = runtime.warning(lines) if name == pods.name_of(pod) else None
        if found is not None:
            cause, line = found
            return Diagnosis(cause, f"{name} said: {line}", _COVERAGE_REMEDIES[cause])
    return None


_COVERAGE_REMEDIES = {
    "coverage-dir-unset": "Set GOCOVERDIR for the very process that is instrumented: a wrapper may have cleared it, or "
    "another container runs the service (service_container)",
    "coverage-dir-unwritable": "Make the directory on the node writable for the pod's user (mode 1777); "
    "its security context need not change",
    "disk-full": "Free some space on the node",
}


def gates(situation: Situation, pod: Object) -> Diagnosis | None:
    """The containers are ready, and a readiness gate is not true."""
    closed = pods.closed_gates(pod)
    if not closed or pods.ready(pod) or pods.condition(pod, "ContainersReady").get("status") != "True":
        return None
    # What has been set to false is in somebody's hands; a condition that is missing for seconds is in nobody's.
    unset = [gate for gate in closed if not pods.condition(pod, gate)]
    if not situation.timed_out and not (unset and situation.unchanged_for(pod) >= _GATE_SETTLE):
        return None
    gate = (unset or closed)[0]
    said = pods.condition(pod, gate).get("message")
    state = "nothing sets that condition" if unset else f"its condition is not true{f': {said}' if said else ''}"
    return Diagnosis(
        "readiness-gate-unmet",
        f"The containers of {pods.name_of(pod)} are ready, and its readiness gate {gate} is not: {state}",
        f"Deploy what sets {gate} (service_prepare), or take it out of readinessGates",
    )


def probes(situation: Situation, pod: Object) -> Diagnosis | None:
    """A probe fails: what it got."""
    killed = [text for text in situation.events_of(pod, "Killing") if "probe" in text]
    unhealthy = situation.events_of(pod, "Unhealthy")
    if pods.ready(pod) or not (killed or (situation.timed_out and unhealthy)):
        return None
    if killed and not situation.timed_out and not any(entry.restarts >= 1 for entry in pods.containers(pod)):
        return None
    seen = unhealthy[-1] if unhealthy else killed[-1]
    log = next(
        (lines for (name, _container), lines in situation.logs.items() if name == pods.name_of(pod) and lines), ()
    )
    said = f"; its last line was: {last_words(log)}" if log else ""
    again = f" {killed[-1]}" if killed and unhealthy else ""
    return Diagnosis(
        "probe-failing",
        f"{pods.name_of(pod)} runs, but {seen[:1].lower() + seen[1:]}{again}{said}",
        "Look into its log, correct path and port of the probe, or give it more time "
        "(service_probes: measured or relaxed)",
    )
