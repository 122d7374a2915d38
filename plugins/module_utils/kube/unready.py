# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a workload is not ready, from pods, events and logs, said as soon as it is certain.

Pure. Each rule looks at one kind of evidence and gives a diagnosis or None; the order is from what stops everything to
what may still mend itself.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ..diagnosis import Diagnosis
from . import images, pods
from .api import Object
from .pods import Container

#: Seconds that a pod may stay unschedulable: the scheduler tries again when another pod has gone.
_SETTLE = 3.5
#: Failures of a registry that may be over at the next attempt.
_PASSING = (
    "timeout",
    "timed out",
    "connection reset",
    "TLS handshake",
    "too many requests",
    "503",
    "502",
    "unexpected EOF",
)
#: How the API refuses a service account (authorization/v1), in the log of whoever asked.
_FORBIDDEN = re.compile(r'forbidden: User \\*"system:serviceaccount:')
_META_FAILED = ("coverage meta-data emit failed", "coverage counter data emit failed")


@dataclass(frozen=True)
class Situation:
    """All that is known of a workload that is not ready.

    ``pods`` are those of the present generation, ``former`` those of an older one that are still there; ``events`` are
    of the workload, its revisions and pods. ``logs`` are the last lines by pod and container. ``built`` are the
    references of images that were built here and are in no registry. ``since`` says for how many seconds each pod has
    been as it is.
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

    def log(self, pod: Object, container: str) -> t.Sequence[str]:
        """The last lines of a container."""
        return self.logs.get((pods.name_of(pod), container), ())

    def events_of(self, pod: Object, *reasons: str) -> list[str]:
        """The messages of a pod's events with these reasons, the newest last."""
        uid = pod["metadata"].get("uid")
        chosen = [event for event in self.events if pods.involves(event, (uid,)) and event.get("reason") in reasons]
        chosen.sort(key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
        return [" ".join(str(event.get("message")).split()) for event in chosen]


def diagnose(situation: Situation) -> Diagnosis | None:
    """The cause that is certain, or None: wait. At the timeout the most probable one, always."""
    refused = _pods_refused(situation)
    if refused is not None:
        return refused
    for pod in situation.pods:
        for rule in (_unschedulable, _mounts, _sandbox, _containers, _coverage, _probes):
            found = rule(situation, pod)
            if found is not None:
                return found
    return _at_timeout(situation) if situation.timed_out else None


def _pods_refused(situation: Situation) -> Diagnosis | None:
    """The controller could not even create the pods."""
    messages = [
        str(entry.get("message"))
        for entry in (situation.workload.get("status") or {}).get("conditions") or []
        if entry["type"] == "ReplicaFailure" and entry["status"] == "True"
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
    if re.search(r"serviceaccount .*not found|error looking up service account", message):
        return Diagnosis(
            "config-missing", message, "Let service_manifests or service_prepare contain the ServiceAccount"
        )
    if "calling webhook" in message:
        return Diagnosis(
            "pods-refused", message, "Deploy what answers that webhook (service_prepare), or delete its configuration"
        )
    return Diagnosis("pods-refused", message, "Correct the manifest as the API says")


def _unschedulable(situation: Situation, pod: Object) -> Diagnosis | None:
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
    settled = situation.since.get(pods.name_of(pod), 0.0) >= _SETTLE and not situation.former
    if not situation.timed_out and (not settled or "node.kubernetes.io/not-ready" in message):
        return None
    return Diagnosis(
        "unschedulable",
        f"No node can take {pods.name_of(pod)}{_asked_for(pod, message)}{_selected(pod, message)}: {message}"
        f"{_claims(situation, pod, message)}",
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


def _mounts(situation: Situation, pod: Object) -> Diagnosis | None:
    messages = situation.events_of(pod, "FailedMount", "FailedAttachVolume")
    # A mount that failed once and then went well is over: the containers have started.
    if not messages or any(container.running or container.exit_code is not None for container in pods.containers(pod)):
        return None
    message = messages[-1]
    if "hostPath type check failed" in message:
        return Diagnosis(
            "path-mismatch",
            f"{pods.name_of(pod)} on {pods.node_of(pod)}: {message}",
            "Make the directory on every node before the pods start, or correct hostPath",
        )
    missing = re.search(r'(configmap|secret|persistentvolumeclaim) "([^"]+)" not found', message)
    if missing:
        return _missing_config(pod, f"the {missing[1]} {missing[2]}", message)
    keys = re.search(r"references non-existent (?:config|secret) key: (\S+)", message)
    if keys:
        return _missing_config(pod, f"the key {keys[1]}", message)
    if situation.timed_out:
        return Diagnosis("mount-failed", f"{pods.name_of(pod)}: {message}", "Correct the volumes of the manifest")
    return None


def _missing_config(pod: Object, what: str, message: str) -> Diagnosis:
    return Diagnosis(
        "config-missing",
        f"{pods.name_of(pod)} needs {what}, which is not there: {message}",
        "Let service_manifests or service_prepare contain it",
    )


def _sandbox(situation: Situation, pod: Object) -> Diagnosis | None:
    """The kubelet could not even make the place in which the containers run."""
    messages = situation.events_of(pod, "FailedCreatePodSandBox")
    if not messages or any(entry.running or entry.exit_code is not None for entry in pods.containers(pod)):
        return None
    if "OOM-killed" in messages[-1]:
        limits = [
            str(limit) for entry in images.containers(pod["spec"]) if (limit := _memory_limit(pod, entry["name"]))
        ]
        return Diagnosis(
            "oom-killed",
            f"{pods.name_of(pod)} on {pods.node_of(pod)} cannot be started within its limit of {' + '.join(limits)}: "
            f"{messages[-1]}",
            "Raise the memory limit of the container",
        )
    if situation.timed_out:
        return Diagnosis(
            "sandbox-failed",
            f"{pods.name_of(pod)} on {pods.node_of(pod)}: {messages[-1]}",
            "Look at the node: its network plugin, its runtime and its room",
        )
    return None


def _containers(situation: Situation, pod: Object) -> Diagnosis | None:
    for container in pods.containers(pod):
        for rule in (_image, _config, _ended):
            found = rule(situation, pod, container)
            if found is not None:
                return found
    return None


def _image(situation: Situation, pod: Object, container: Container) -> Diagnosis | None:
    image = pods.image_of(pod, container.name)
    where = f"{pods.name_of(pod)} on {pods.node_of(pod)}"
    if container.waiting == "InvalidImageName":
        return Diagnosis(
            "image-tag-invalid",
            f"{where}: {image} is not a reference that a container runtime takes ({container.message})",
            "A reference is name:tag; only the name may contain slashes, and it is in lower case",
        )
    if container.waiting not in ("ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "ImageInspectError"):
        return None
    message = container.message or container.waiting
    built_here = image in situation.built or (
        not images.has_registry(image) and images.repository(image) in _repositories(situation)
    )
    if container.waiting == "ErrImageNeverPull" or built_here:
        return Diagnosis(
            "image-not-on-node",
            f"{where}: the image {image} is not on the node, and no registry has it ({message})",
            "Load it with image_archive_load, and let the manifest name the reference that coverage_image returned",
        )
    pulls = [message, *situation.events_of(pod, "Failed")]
    said = next((text for text in pulls if "failed to pull" in text.lower() or "not found" in text), message)
    if any(word in said for word in _PASSING) and not situation.timed_out and container.waiting != "ImagePullBackOff":
        return None
    return Diagnosis(
        "image-pull-failed",
        f"{where}: the image {image} could not be pulled: {said}",
        "Correct its name or tag, load it onto the nodes (image_archive_load), or give the registry's credentials",
    )


def _repositories(situation: Situation) -> set[str]:
    return {images.repository(image) for image in situation.built}


def _config(situation: Situation, pod: Object, container: Container) -> Diagnosis | None:
    where = f"{pods.name_of(pod)}: {container.title}"
    if container.waiting == "CreateContainerConfigError":
        if "failed to sync" in container.message and not situation.timed_out:
            # The kubelet has not heard yet of what may well be there, and tries again.
            return None
        if re.search(r"(configmap|secret|key)", container.message, re.IGNORECASE):
            return _missing_config(pod, "configuration", container.message)
        return Diagnosis(
            "container-config-invalid",
            f"{where}: {container.message}",
            "Correct the container's securityContext or env",
        )
    if container.waiting in ("CreateContainerError", "RunContainerError") and (
        container.message or situation.timed_out
    ):
        return Diagnosis(
            "container-config-invalid",
            f"{where} cannot be started: {container.message or container.waiting}",
            "Correct the command, the mounts or the securityContext of the container",
        )
    return None


def _ended(situation: Situation, pod: Object, container: Container) -> Diagnosis | None:
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
    limit = _memory_limit(pod, container.name)
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
    meta = next((line for line in log if any(words in line for words in _META_FAILED)), None)
    said = f"its last line was: {_last_words(log)}" if log else "it wrote nothing"
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
        variable.get("name") == "GOCOVERDIR"
        for entry in images.containers(pod["spec"])
        for variable in entry.get("env") or []
    )


def _last_words(log: t.Sequence[str]) -> str:
    """The line that says why: a panic rather than the last line of its stack."""
    for line in log:
        if line.startswith(("panic: ", "fatal error: ")):
            return line
    return next((line.strip() for line in reversed(log) if line.strip()), "(empty)")


def _memory_limit(pod: Object, container: str) -> str | None:
    for entry in images.containers(pod["spec"]):
        if entry["name"] == container:
            limit = ((entry.get("resources") or {}).get("limits") or {}).get("memory")
            return str(limit) if limit else None
    return None


def _coverage(situation: Situation, pod: Object) -> Diagnosis | None:
    """What the Go runtime says as the program starts (GOROOT/src/internal/coverage/cfile/emit.go)."""
    if not situation.covered:
        return None
    for (name, _container), lines in situation.logs.items():
        found = coverage_warning(lines) if name == pods.name_of(pod) else None
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


def coverage_warning(lines: t.Iterable[str]) -> tuple[str, str] | None:
    """The cause and the line, if a program's output says that its coverage data is lost."""
    for line in lines:
        if "GOCOVERDIR not set" in line:
            return "coverage-dir-unset", line.strip()
        if any(words in line for words in _META_FAILED):
            return ("disk-full" if "no space left" in line else "coverage-dir-unwritable"), line.strip()
    return None


def _probes(situation: Situation, pod: Object) -> Diagnosis | None:
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
    said = f"; its last line was: {_last_words(log)}" if log else ""
    again = f" {killed[-1]}" if killed and unhealthy else ""
    return Diagnosis(
        "probe-failing",
        f"{pods.name_of(pod)} runs, but {seen[:1].lower() + seen[1:]}{again}{said}",
        "Look into its log, correct path and port of the probe, or give it more time "
        "(service_probes: measured or relaxed)",
    )


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
        paused = situation.workload["spec"].get("paused")
        return Diagnosis(
            "pods-missing",
            "There is no pod" + (": the rollout is paused" if paused else ", and the controller says nothing about it"),
            "Resume the rollout (kubectl rollout resume)"
            if paused
            else "Look at the events of the workload and at kube-controller-manager",
        )
    waiting = [pod for pod in situation.pods if not pods.ready(pod)] or list(situation.pods)
    words = "; ".join(f"{pods.name_of(pod)} {pods.state_words(pod)}" for pod in waiting)
    unready = {pods.name_of(pod) for pod in waiting}
    log = next((lines for (name, _container), lines in situation.logs.items() if name in unready and lines), ())
    words += f"; its last line was: {_last_words(log)}" if log else ""
    return Diagnosis("not-ready", words, "Look at the pod's events and log, or raise service_ready_timeout")
