# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a kind cluster did not come up: from what kind printed and from what its nodes say.

kind deletes the nodes before anyone can look: it is run with --retain, and deleted once this has been read.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._diagnosis import FULL_DISK, Diagnosis

_INOTIFY = re.compile(r"too many open files|inotify_(?:init|add_watch)|Failed to create inotify object", re.IGNORECASE)
_PORT = re.compile(r"port is already allocated|address already in use|Bind for \S+ failed", re.IGNORECASE)
_PORT_NUMBER = re.compile(r"(?:Bind for )?(?:[0-9.]+|\[[0-9a-f:]*\]):([0-9]+)")
_ENGINE = re.compile(
    r"cannot connect to the (?:docker daemon|podman socket)|is the docker daemon running", re.IGNORECASE
)
_PULL = re.compile(
    r"failed to pull image|pull access denied|manifest unknown|no such host|"
    r"failed to (?:resolve|do request)|dial tcp .* (?:i/o timeout|connection refused)",
    re.IGNORECASE,
)
_CONFIG = re.compile(
    r"unable to decode config|unknown field|error converting YAML|unknown apiVersion|unknown kind|"
    r"invalid configuration|is not a valid cluster name|at least one control-plane|error unmarshaling|cannot unmarshal",
    re.IGNORECASE,
)
_CGROUP = re.compile(
    r"cgroup.*(?:delegat|not mounted|permission denied|controller)|running kind with rootless", re.IGNORECASE
)
_NO_LOG_LINE = re.compile(r"could not find a log line that matches", re.IGNORECASE)
_ERROR = re.compile(r"^(?:ERROR:|Command Output:|error:)", re.IGNORECASE)
_KUBELET = re.compile(
    r"kubelet is not (?:running|healthy)|kubelet-check\].*(?:fail|refused)|timed out waiting for the condition"
)
#: Below this many instances a second cluster runs out of them (kind.sigs.k8s.io, "known issues").
_FEW_INSTANCES = 512


@dataclass(frozen=True)
class Seen:
    """What is known of a failed creation.

    ``output`` is what kind printed, ``logs`` the last lines of each node by name (its console and its kubelet),
    ``inotify_instances`` the kernel's limit, None where it cannot be read.
    """

    output: t.Sequence[str]
    provider: str = "docker"
    logs: t.Mapping[str, t.Sequence[str]] = field(default_factory=dict)
    inotify_instances: int | None = None


def diagnose(seen: Seen) -> list[Diagnosis]:
    """Why the creation failed, the most certain first; never empty."""
    found = [diagnosis for check in _CHECKS if (diagnosis := check(seen)) is not None]
    return found[:2] or [_unknown(seen)]


def worth_a_retry(diagnoses: t.Sequence[Diagnosis]) -> bool:
    """Whether trying again may help: not if what is wrong stays wrong."""
    return all(diagnosis.cause == "cluster-create-failed" for diagnosis in diagnoses)


def _engine(seen: Seen) -> Diagnosis | None:
    line = _first(_ENGINE, seen.output)
    return _told("engine-unreachable", line, f"Start {seen.provider}, or set DOCKER_HOST")


def _config(seen: Seen) -> Diagnosis | None:
    line = _first(_CONFIG, seen.output)
    return _told("cluster-config-invalid", line, "Correct it as kind.sigs.k8s.io/docs/user/configuration says")


def _port(seen: Seen) -> Diagnosis | None:
    line = _first(_PORT, seen.output)
    if line is None:
        return None
    number = _PORT_NUMBER.search(line)
    which = f"port {number[1]}" if number else "the port"
    return Diagnosis(
        "port-taken",
        f"The engine said: {line}",
        f"Free {which}, or choose another hostPort in extraPortMappings of the cluster's config",
    )


def _disk(seen: Seen) -> Diagnosis | None:
    remedy = f"Free some space where {seen.provider} keeps its data: {seen.provider} system df"
    said = _anywhere(FULL_DISK, seen)
    return Diagnosis("disk-full", said, remedy) if said else None


def _pull(seen: Seen) -> Diagnosis | None:
    remedy = f"Load the node image into {seen.provider} beforehand, or name one that is there with the option image"
    return _told("image-pull-failed", _first(_PULL, seen.output), remedy)


def _inotify(seen: Seen) -> Diagnosis | None:
    line = _anywhere(_INOTIFY, seen)
    if line is None:
        # Without a word from the node a low limit is the most common reason for systemd not to come up in it.
        silent = _first(_NO_LOG_LINE, seen.output)
        few = seen.inotify_instances is not None and seen.inotify_instances < _FEW_INSTANCES
        if not (silent and few):
            return None
        line = "The node's systemd never came up"
    limit = "" if seen.inotify_instances is None else f" (fs.inotify.max_user_instances is {seen.inotify_instances})"
    return Diagnosis(
        "inotify-limit",
        f"{line}{limit}",
        "Raise the limit: sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288",
    )


def _podman(seen: Seen) -> Diagnosis | None:
    line = _first(_NO_LOG_LINE, seen.output)
    if line is None or seen.provider != "podman" or any(seen.logs.values()):
        return None
    return Diagnosis(
        "cluster-create-failed",
        "kind waited for a line of the node's console, and podman gave it no logs at all",
        'Set log_driver = "k8s-file" in containers.conf: with journald a rootless user may not read them',
    )


def _cgroup(seen: Seen) -> Diagnosis | None:
    remedy = (
        "Delegate the cgroup controllers to the user (kind.sigs.k8s.io/docs/user/rootless), or run the engine as root"
    )
    return _told("cluster-create-failed", _first(_CGROUP, seen.output), remedy)


def _kubelet(seen: Seen) -> Diagnosis | None:
    line = _first(_KUBELET, seen.output)
    if line is None:
        return None
    said = next((lines[-1] for name, lines in seen.logs.items() if name.endswith("kubelet") and lines), None)
    return Diagnosis(
        "cluster-create-failed",
        line + (f"; the kubelet's last line: {said}" if said else ""),
        "See what the kubelet says; a node image that does not fit the kernel or the cgroup version is a common reason",
    )


_CHECKS: tuple[t.Callable[[Seen], Diagnosis | None], ...] = (
    _engine, _config, _port, _disk, _inotify, _pull, _podman, _cgroup, _kubelet,
)  # fmt: skip


def _unknown(seen: Seen) -> Diagnosis:
    said = [line for line in seen.output if line.strip()]
    errors = [line for line in said if _ERROR.search(line)]
    console = next((f"; {name} last said: {lines[-1]}" for name, lines in seen.logs.items() if lines), "")
    return Diagnosis(
        "cluster-create-failed",
        f"kind said: {(errors or said or ['nothing'])[0 if errors else -1]}{console}",
        "Run 'kind create cluster --retain' by hand and look into the node",
    )


def _told(cause: str, line: str | None, remedy: str) -> Diagnosis | None:
    return Diagnosis(cause, f"kind said: {line}", remedy) if line else None


def _first(pattern: re.Pattern[str], lines: t.Iterable[str]) -> str | None:
    return next((" ".join(line.split())[:400] for line in lines if pattern.search(line)), None)


def _anywhere(pattern: re.Pattern[str], seen: Seen) -> str | None:
    line = _first(pattern, seen.output)
    if line is not None:
        return f"kind said: {line}"
    for name, lines in seen.logs.items():
        line = _first(pattern, lines)
        if line is not None:
            return f"{name} said: {line}"
    return None
