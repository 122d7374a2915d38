# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a machine and its engine can run the nodes of a kind cluster: findings from facts, without any I/O.

Only what is certain to fail blocks. The figures were measured with kind 0.33 and Kubernetes 1.34: a control plane has
28 inotify instances open, takes 0.5 GB of memory, and 1 GB below the engine's directory.
"""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from .._diagnosis import Diagnosis
from .._engine.about import About, numbers
from .finding import Finding, good, wrong
from .limits import Disk, Inotify

_MB = 1 << 20
#: Instances that a node opens until its control plane answers, and the limit that kind's documentation recommends.
_INSTANCES_PER_NODE, _INSTANCES = 20, 512
_WATCHES_LEAST, _WATCHES = 8192, 65536
_DISK_PER_NODE, _DISK = 512 * _MB, 5 * 1024 * _MB
_INODES_PER_NODE = 10_000
_MEMORY_FIRST, _MEMORY_PER_NODE, _MEMORY = 384 * _MB, 128 * _MB, 2 * 1024 * _MB
_CONTROLLERS = frozenset({"cpu", "memory", "pids"})
#: The first Kubernetes whose kubelet ends on cgroup v1, and the first that knows v2.
_WITHOUT_V1, _WITH_V2 = (1, 35), (1, 19)
_FEW_PIDS = 1024
#: Releases that cannot run a node: (first, first that can again, why).
_BROKEN: t.Mapping[str, tuple[tuple[int, ...], tuple[int, ...], str]] = {
    "conmon": ((2, 1, 9), (2, 1, 10), "its exec sessions end with 'no logs from conmon'"),
}
_OLDEST: t.Mapping[str, tuple[int, ...]] = {"runc": (1, 0, 0), "crun": (1, 0), "conmon": (2, 0, 24)}
_TAG = re.compile(r":v?([0-9]+)\.([0-9]+)(?:\.[0-9]+)?[^/:]*(?:@|$)")
_LOOPBACK = re.compile(r"^(?:localhost|127(?:\.[0-9]+){3}|::1)$")


def inotify(limits: Inotify, nodes: int) -> Finding:
    """Whether the kernel has inotify instances and watches for this many further nodes."""
    subject = "inotify"
    if limits.instances is None:
        return good(subject, "its limits are not known")
    found = f"fs.inotify.max_user_instances is {limits.instances}, {limits.used} in use"
    if limits.watches is not None:
        found += f"; max_user_watches is {limits.watches}"
    short = limits.instances - limits.used < _INSTANCES_PER_NODE * nodes
    few_watches = limits.watches is not None and limits.watches < _WATCHES
    if not short and limits.instances >= _INSTANCES and not few_watches:
        return good(subject, found)
    blocks = short or (limits.watches is not None and limits.watches < _WATCHES_LEAST)
    needed = f", and {nodes} further nodes open {_INSTANCES_PER_NODE} each" if short else ""
    remedy = "Raise the limits: sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288"
    return wrong(subject, Diagnosis("inotify-limit", found + needed, remedy), blocks=blocks)


def disk(found: Disk | None, nodes: int, provider: str) -> Finding:
    """Whether there is room for this many nodes where the engine keeps its data."""
    subject = "disk"
    if found is None:
        return good(subject, "the engine keeps its data on another machine")
    said = f"{found.free // _MB} MB are free in {found.path}"
    short = found.free < _DISK_PER_NODE * nodes
    few_inodes = found.inodes is not None and found.inodes < _INODES_PER_NODE * nodes
    if few_inodes:
        said += f", and {found.inodes} inodes"
    if not short and not few_inodes and found.free >= _DISK:
        return good(subject, said)
    remedy = (
        f"Free some space there; {provider} system df shows what {provider} takes, {provider} system prune frees it"
    )
    return wrong(subject, Diagnosis("disk-full", said, remedy), blocks=short or few_inodes)


def memory(available: int | None, nodes: int) -> Finding:
    """Whether there is memory for this many nodes."""
    subject = "memory"
    if available is None:
        return good(subject, "the free memory is not known")
    said = f"{available // _MB} MB are available"
    if available >= _MEMORY:
        return good(subject, said)
    blocks = available < _MEMORY_FIRST + _MEMORY_PER_NODE * nodes
    remedy = "End programs or delete other clusters; a cluster of one node takes 500 MB before your services start"
    return wrong(subject, Diagnosis("memory-low", said, remedy), blocks=blocks)


def cgroup(about: About, image: str) -> Finding:
    """Whether the Kubernetes of the node image runs with the engine's version of cgroup."""
    subject = "cgroup"
    if about.cgroup is None:
        return good(subject, "its version is not known")
    kubernetes = kubernetes_of(image)
    named = f", and the node image {image} has Kubernetes {'.'.join(map(str, kubernetes))}" if kubernetes else ""
    said = f"{about.provider} uses cgroup v{about.cgroup}"
    switch = "boot the kernel with systemd.unified_cgroup_hierarchy=1"
    if about.rootless and about.cgroup == 1:
        return _cgroup(f"{said} without root, which a node cannot", f"{switch.capitalize()}, or run the engine as root")
    if kubernetes and about.cgroup == 1 and kubernetes >= _WITHOUT_V1:
        return _cgroup(
            f"{said}{named}, whose kubelet refuses v1", f"Use an older node image (before 1.35), or {switch}"
        )
    if kubernetes and about.cgroup == 2 and kubernetes < _WITH_V2:
        return _cgroup(f"{said}{named}, which does not know v2", "Use a newer node image (1.19 or later)")
    missing = _CONTROLLERS - about.controllers if about.rootless and about.controllers is not None else frozenset()
    if missing:
        delegate = "Delegate=cpu cpuset io memory pids in /etc/systemd/system/user@.service.d/delegate.conf"
        words = " and ".join(sorted(missing))
        return _cgroup(f"{said} without root, and may not use the controllers {words}", f"Set {delegate}; log in again")
    return good(subject, said)


def _cgroup(evidence: str, remedy: str) -> Finding:
    return wrong("cgroup", Diagnosis("cgroup-unsupported", evidence, remedy), blocks=True)


def kubernetes_of(image: str) -> tuple[int, int] | None:
    """The version of Kubernetes that the tag of a node image names, such as (1, 34); None if it names none."""
    found = _TAG.search(image)
    return (int(found[1]), int(found[2])) if found else None


def logging(about: About) -> Finding:
    """Whether kind can read the console of a node."""
    subject = "log driver"
    driver = about.log_driver
    if driver in ("none", "passthrough") or (about.provider == "podman" and about.rootless and driver == "journald"):
        evidence = f"{about.provider} logs by {driver}, where kind may not read the console of a node"
        to = ("json-file", "daemon.json") if about.provider == "docker" else ("k8s-file", "containers.conf")
        remedy = f"Set the log driver {to[0]} in {to[1]}"
        # A user of the group systemd-journal may read it.
        return wrong(subject, Diagnosis("engine-unfit", evidence, remedy), blocks=driver != "journald")
    return good(subject, driver or "not known")


def pids(limit: int | None) -> Finding:
    """Whether a node may have enough processes; ``limit`` is podman's pids_limit, None or not above 0 for none."""
    subject = "processes"
    if limit is None or limit <= 0 or limit >= _FEW_PIDS:
        return good(subject, f"a container may have {limit}" if limit and limit > 0 else "no limit of podman is known")
    evidence = f"podman lets a container have {limit} processes, and a node with its pods has several hundred"
    return wrong(
        subject, Diagnosis("engine-unfit", evidence, "Set pids_limit = 0 in containers.conf"), blocks=limit < 256
    )


def programs(about: About) -> list[Finding]:
    """Whether the programs below the engine are known to be too old, or broken."""
    found = []
    for named in (about.runtime, about.conmon):
        name, _space, version = named.partition(" ")
        present = numbers(version)
        if not present:
            continue
        first, mended, why = _BROKEN.get(name, ((), (), ""))
        oldest = _OLDEST.get(name, ())
        if first and first <= present < mended:
            evidence, remedy = f"{named} is broken: {why}", f"Install {name} {_dotted(mended)} or later"
        elif present < oldest:
            evidence, remedy = f"{named} is too old for a node", f"Install {name} {_dotted(oldest)} or later"
        else:
            found.append(good(name, version))
            continue
        found.append(wrong(name, Diagnosis("engine-unfit", evidence, remedy), blocks=False))
    return found


def network(about: About, nodes: int) -> Finding | None:
    """Whether nodes find each other by name; None where there is nothing to say."""
    if about.provider != "podman" or not about.network_backend:
        return None
    if about.network_backend == "netavark" or nodes < 2:
        return good("network", about.network_backend)
    evidence = f"podman's network backend is {about.network_backend}, whose networks may have no names for other nodes"
    remedy = 'Install netavark and aardvark-dns, and set network_backend = "netavark" in containers.conf'
    return wrong("network", Diagnosis("engine-unfit", evidence, remedy), blocks=False)


def proxies(env: t.Mapping[str, str]) -> Finding | None:
    """Whether a proxy of the environment, which kind hands to the nodes, can be reached there; None without one."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        value = env.get(name, "")
        host = urllib.parse.urlsplit(value if "//" in value else f"//{value}").hostname if value else None
        if host and _LOOPBACK.match(host):
            evidence = f"{name} is a proxy at {host}, and in a node {host} is the node itself"
            remedy = f"Let the proxy listen on an address that containers reach, or unset {name}"
            return wrong("proxy", Diagnosis("proxy-unreachable", evidence, remedy), blocks=False)
    used = sorted({name.upper() for name in ("HTTP_PROXY", "HTTPS_PROXY") if env.get(name) or env.get(name.lower())})
    return good("proxy", f"{' and '.join(used)} reach the nodes too") if used else None


def _dotted(version: t.Iterable[int]) -> str:
    return ".".join(map(str, version))
