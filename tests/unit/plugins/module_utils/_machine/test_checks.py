# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of a machine's limits and of what its engine says."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._engine.about import About, of_docker, of_podman
from ansible_collections.gocover.e2e.plugins.module_utils._machine import checks
from ansible_collections.gocover.e2e.plugins.module_utils._machine.finding import Finding
from ansible_collections.gocover.e2e.plugins.module_utils._machine.limits import Disk, Inotify

MB = 1 << 20
DOCKER = About("docker", cgroup=2, log_driver="json-file")
PODMAN = About("podman", cgroup=2, log_driver="k8s-file", network_backend="netavark")
ROOTLESS = replace(PODMAN, rootless=True, controllers=frozenset({"cpu", "memory", "pids"}))
OLD, NEW, ANCIENT = "kindest/node:v1.34.4", "kindest/node:v1.35.0@sha256:abc", "kindest/node:v1.18.20"


def found(finding: Finding | None) -> tuple[str, str]:
    """The level, and the cause."""
    assert finding is not None
    return finding.level, finding.as_dict()["cause"]


@pytest.mark.parametrize(
    ("limits", "nodes", "expected"),
    [
        (Inotify(), 1, ("ok", "")),
        (Inotify(8192, 524288, 300), 3, ("ok", "")),
        (Inotify(128, 524288, 0), 1, ("warning", "inotify-limit")),
        (Inotify(128, 524288, 110), 1, ("error", "inotify-limit")),
        (Inotify(512, 524288, 460), 1, ("ok", "")),
        (Inotify(512, 524288, 460), 3, ("error", "inotify-limit")),
        (Inotify(512, 8192, 0), 1, ("warning", "inotify-limit")),
        (Inotify(512, 100, 0), 1, ("error", "inotify-limit")),
    ],
)
def test_inotify(limits: Inotify, nodes: int, expected: tuple[str, str]) -> None:
    assert found(checks.inotify(limits, nodes)) == expected


@pytest.mark.parametrize(
    ("disk", "nodes", "expected"),
    [
        (None, 1, ("ok", "")),
        (Disk("/d", 20_000 * MB, 10**6), 3, ("ok", "")),
        (Disk("/d", 2_000 * MB, None), 1, ("warning", "disk-full")),
        (Disk("/d", 400 * MB, None), 1, ("error", "disk-full")),
        (Disk("/d", 1_000 * MB, None), 3, ("error", "disk-full")),
        (Disk("/d", 20_000 * MB, 100), 1, ("error", "disk-full")),
    ],
)
def test_disk(disk: Disk | None, nodes: int, expected: tuple[str, str]) -> None:
    assert found(checks.disk(disk, nodes, "docker")) == expected


@pytest.mark.parametrize(
    ("megabytes", "nodes", "expected"),
    [(None, 1, "ok"), (8_000, 1, "ok"), (1_000, 1, "warning"), (400, 1, "error"), (700, 3, "error")],
)
def test_memory(megabytes: int | None, nodes: int, expected: str) -> None:
    available = None if megabytes is None else megabytes * MB
    assert found(checks.memory(available, nodes)) == (expected, "" if expected == "ok" else "memory-low")


@pytest.mark.parametrize(
    ("about", "image", "expected"),
    [
        (DOCKER, NEW, ""),
        (replace(DOCKER, cgroup=None), NEW, ""),
        (replace(DOCKER, cgroup=1), OLD, ""),
        (replace(DOCKER, cgroup=1), "", ""),
        (replace(DOCKER, cgroup=1), "registry.example.org:5000/node:latest", ""),
        (replace(DOCKER, cgroup=1), NEW, "kubelet refuses v1"),
        (DOCKER, ANCIENT, "does not know v2"),
        (replace(ROOTLESS, cgroup=1), OLD, "without root"),
        (ROOTLESS, OLD, ""),
        (replace(ROOTLESS, controllers=frozenset({"memory", "pids"})), OLD, "may not use the controllers cpu"),
        (replace(PODMAN, controllers=frozenset()), OLD, ""),
    ],
)
def test_cgroup(about: About, image: str, expected: str) -> None:
    finding = checks.cgroup(about, image)
    assert found(finding) == (("error", "cgroup-unsupported") if expected else ("ok", ""))
    assert expected in finding.line()


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (OLD, (1, 34)),
        (NEW, (1, 35)),
        ("localhost:5000/node:1.30", (1, 30)),
        ("localhost:5000/node", None),
        ("node:latest", None),
        ("", None),
    ],
)
def test_the_version_of_kubernetes(image: str, expected: tuple[int, int] | None) -> None:
    assert checks.kubernetes_of(image) == expected


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (DOCKER, "ok"),
        (replace(DOCKER, log_driver="journald"), "ok"),
        (replace(DOCKER, log_driver="none"), "error"),
        (PODMAN, "ok"),
        (replace(PODMAN, log_driver="journald"), "ok"),
        (replace(ROOTLESS, log_driver="journald"), "warning"),
        (replace(PODMAN, log_driver="passthrough"), "error"),
    ],
)
def test_the_log_driver(about: About, expected: str) -> None:
    finding = checks.logging(about)
    assert found(finding) == (expected, "" if expected == "ok" else "engine-unfit")
    assert expected == "ok" or ("daemon.json" if about.provider == "docker" else "containers.conf") in finding.line()


@pytest.mark.parametrize(
    ("limit", "expected"), [(None, "ok"), (0, "ok"), (-1, "ok"), (2048, "ok"), (512, "warning"), (64, "error")]
)
def test_the_limit_of_processes(limit: int | None, expected: str) -> None:
    assert found(checks.pids(limit)) == (expected, "" if expected == "ok" else "engine-unfit")


@pytest.mark.parametrize(
    ("runtime", "conmon", "expected"),
    [
        ("runc 1.1.5", "conmon 2.1.6", []),
        ("runc 1.0.0", "", []),
        ("runc 0.1", "", ["runc 0.1 is too old"]),
        ("crun 0.17", "conmon 2.0.20", ["crun 0.17 is too old", "conmon 2.0.20 is too old"]),
        ("crun 1.8", "conmon 2.1.9", ["conmon 2.1.9 is broken"]),
        ("kata 2.0", "", []),
        ("", "", []),
    ],
)
def test_the_programs_below(runtime: str, conmon: str, expected: list[str]) -> None:
    findings = checks.programs(replace(PODMAN, runtime=runtime, conmon=conmon))
    wrong = [finding for finding in findings if finding.level != "ok"]
    assert len(wrong) == len(expected)
    for finding, words in zip(wrong, expected, strict=True):
        assert words in finding.line() and found(finding) == ("warning", "engine-unfit")


def test_the_network() -> None:
    cni = replace(PODMAN, network_backend="cni")
    assert checks.network(DOCKER, 3) is None
    assert found(checks.network(PODMAN, 3)) == ("ok", "")
    assert found(checks.network(cni, 1)) == ("ok", "")
    assert found(checks.network(cni, 2)) == ("warning", "engine-unfit")


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, None),
        ({"HTTP_PROXY": "http://proxy.example.org:3128"}, "ok"),
        ({"https_proxy": "proxy.example.org:3128"}, "ok"),
        ({"HTTP_PROXY": "http://localhost:3128"}, "warning"),
        ({"https_proxy": "http://user:word@127.0.0.1:3128"}, "warning"),
        ({"HTTPS_PROXY": "[::1]:3128"}, "warning"),
    ],
)
def test_proxies(env: dict[str, str], expected: str | None) -> None:
    finding = checks.proxies(env)
    assert (finding.level if finding else None) == expected
    assert finding is None or "word" not in finding.line(), "a proxy may hold a password"


def test_docker_about_itself() -> None:
    info: dict[str, t.Any] = {
        "ServerVersion": "28.0.1",
        "DockerRootDir": "/var/lib/docker",
        "CgroupVersion": "2",
        "LoggingDriver": "json-file",
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"],
        "RuncCommit": {"ID": "v1.2.4-0-g6c52b3f"},
        "OperatingSystem": "Debian",
    }
    expected = About("docker", "28.0.1", "/var/lib/docker", 2, None, True, "json-file", "", "runc 1.2.4", "", "Debian")
    assert of_docker(info) == expected
    assert of_docker({}) == About("docker")


def test_podman_about_itself() -> None:
    info: dict[str, t.Any] = {
        "version": {"Version": "4.3.1"},
        "store": {"graphRoot": "/home/u/.local/share/containers/storage"},
        "host": {
            "cgroupVersion": "v2",
            "cgroupControllers": ["memory", "pids"],
            "logDriver": "journald",
            "networkBackend": "netavark",
            "security": {"rootless": True},
            "ociRuntime": {"name": "crun", "version": "crun version 1.8.1\ncommit: f8a0\nspec: 1.0.0"},
            "conmon": {"version": "conmon version 2.1.6, commit: unknown"},
            "distribution": {"distribution": "debian"},
        },
    }
    about = of_podman(info)
    assert (about.cgroup, about.rootless, about.controllers) == (2, True, frozenset({"memory", "pids"}))
    assert (about.runtime, about.conmon, about.version) == ("crun 1.8.1", "conmon 2.1.6", "4.3.1")
    assert of_podman({}) == About("podman")
