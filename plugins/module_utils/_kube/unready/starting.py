# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a pod that has a node does not start: its volumes, its place on the node, its image, its configuration."""

from __future__ import annotations

import re

from ... import _reference
from ..._diagnosis import Diagnosis
from .. import images, pods
from ..api import Object
from ..pods import Container
from .situation import Situation, memory_limit, missing_config

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


#: Seconds for which a node may lack a driver or a network: what brings them may be starting beside the pod.
_SETTLE = 4.0
#: What containerd says of an image that has no part for the node's platform.
_OTHER_PLATFORM = re.compile(r"no match for platform|no matching manifest|does not match the specified platform")


def mounts(situation: Situation, pod: Object) -> Diagnosis | None:
    """A volume of the pod cannot be mounted."""
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
        return missing_config(pod, f"the {missing[1]} {missing[2]}", message)
    keys = re.search(r"references non-existent (?:config|secret) key: (\S+)", message)
    if keys:
        return missing_config(pod, f"the key {keys[1]}", message)
    driver = re.search(r"driver name (\S+) not found in the list of registered CSI drivers", message)
    if driver and (situation.timed_out or situation.unchanged_for(pod) >= _SETTLE):
        return Diagnosis(
            "mount-failed",
            f"{pods.name_of(pod)} needs the CSI driver {driver[1]}, and {pods.node_of(pod)} has none of that name: "
            f"{message}",
            "Deploy the driver first (service_prepare), or use another kind of volume",
        )
    if situation.timed_out:
        return Diagnosis("mount-failed", f"{pods.name_of(pod)}: {message}", "Correct the volumes of the manifest")
    return None


def sandbox(situation: Situation, pod: Object) -> Diagnosis | None:
    """The kubelet could not even make the place in which the containers run."""
    messages = situation.events_of(pod, "FailedCreatePodSandBox")
    if not messages or any(entry.running or entry.exit_code is not None for entry in pods.containers(pod)):
        return None
    if "OOM-killed" in messages[-1]:
        limits = [str(limit) for entry in images.containers(pod["spec"]) if (limit := memory_limit(pod, entry["name"]))]
        return Diagnosis(
            "oom-killed",
            f"{pods.name_of(pod)} on {pods.node_of(pod)} cannot be started within its limit of {' + '.join(limits)}: "
            f"{messages[-1]}",
            "Raise the memory limit of the container",
        )
    where = f"{pods.name_of(pod)} on {pods.node_of(pod)}"
    handler = re.search(r'no runtime for \\*"([^"\\]+)\\*" is configured', messages[-1])
    if handler:
        # The runtime's configuration is read once, as it starts.
        return Diagnosis(
            "sandbox-failed",
            f"{where} needs the runtime handler {handler[1]}, which the node's runtime does not know: {messages[-1]}",
            "Install that runtime on the nodes, or take runtimeClassName out of the manifest",
        )
    if situation.timed_out or situation.unchanged_for(pod) >= _SETTLE:
        plugin = re.search(r'failed to find plugin \\*"([^"\\]+)\\*"', messages[-1])
        lacks = f" lacks the network plugin {plugin[1]}" if plugin else ""
        return Diagnosis(
            "sandbox-failed",
            f"{where}{lacks}: {messages[-1]}",
            "Install the network plugin on the nodes, or wait for what installs it (service_prepare)"
            if "network" in messages[-1]
            else "Look at the node: its network plugin, its runtime and its room",
        )
    return None


def image(situation: Situation, pod: Object, container: Container) -> Diagnosis | None:
    """The image is not on the node, or cannot be pulled."""
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
        not _reference.has_registry(image) and _reference.repository(image) in _repositories(situation)
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
    if _OTHER_PLATFORM.search(said):
        return Diagnosis(
            "image-pull-failed",
            f"{where}: the image {image} has no part for this node: {said}",
            other_image(situation, pod),
        )
    secrets = missing_pull_secrets(situation, pod)
    if secrets:
        named = ", ".join(secrets)
        return Diagnosis(
            "image-pull-failed",
            f"{where}: the image {image} could not be pulled, and the pull secret {named} is missing: {said}",
            f"Let service_prepare contain the Secret {named}, or take it out of imagePullSecrets",
        )
    return Diagnosis(
        "image-pull-failed",
        f"{where}: the image {image} could not be pulled: {said}",
        "Correct its name or tag, load it onto the nodes (image_archive_load), or give the registry's credentials",
    )


def missing_pull_secrets(situation: Situation, pod: Object) -> list[str]:
    """The names of the pod's pull secrets that the kubelet did not find."""
    said = " ".join(situation.events_of(pod, "FailedToRetrieveImagePullSecret"))
    listed = re.search(r"image pull secrets \(([^)]*)\)", said)
    return [name.strip() for name in listed[1].split(",")] if listed else []


def other_image(situation: Situation, pod: Object) -> str:
    """The remedy for an image of another platform than the node's."""
    platform = situation.platform_of(pod)
    of_node = f"{platform}, the platform of {pods.node_of(pod)}" if platform else f"the platform of {pods.node_of(pod)}"
    return f"Use an image for {of_node}"


def _repositories(situation: Situation) -> set[str]:
    return {_reference.repository(image) for image in situation.built}


def config(situation: Situation, pod: Object, container: Container) -> Diagnosis | None:
    """The kubelet or the runtime refuses to make the container from what the manifest says."""
    where = f"{pods.name_of(pod)}: {container.title}"
    if container.waiting == "CreateContainerConfigError":
        if "failed to sync" in container.message and not situation.timed_out:
            # The kubelet has not heard yet of what may well be there, and tries again.
            return None
        if re.search(r"(configmap|secret|key)", container.message, re.IGNORECASE):
            return missing_config(pod, "configuration", container.message)
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
