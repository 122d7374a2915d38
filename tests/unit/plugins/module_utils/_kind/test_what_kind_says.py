# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of kind's words and of its nodes'."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster, failures, presence, program
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import Node

_NO_LINE = (
    'ERROR: failed to create cluster: could not find a log line that matches "Reached target .*Multi-User System.*'
    '|detected cgroup v1"'
)
_PORT = (
    "docker: Error response from daemon: driver failed programming external connectivity on endpoint e2e-control-plane "
    "(0123): Bind for 127.0.0.1:8080 failed: port is already allocated."
)


@pytest.mark.parametrize(
    ("seen", "cause", "words"),
    [
        (failures.Seen([_PORT]), "port-taken", "Free port 8080"),
        (
            failures.Seen(
                [_NO_LINE], logs={"n": ["Failed to create control group inotify object: Too many open files"]}
            ),
            "inotify-limit",
            "n said: Failed to create control group inotify object",
        ),
        (failures.Seen([_NO_LINE], inotify_instances=128), "inotify-limit", "max_user_instances is 128"),
        (failures.Seen([_NO_LINE], "podman", inotify_instances=1024), "cluster-create-failed", "k8s-file"),
        (
            failures.Seen([_NO_LINE], logs={"n": ["systemd 252 running"]}),
            "cluster-create-failed",
            "n last said: systemd 252",
        ),
        (failures.Seen(["write /var/x: no space left on device"]), "disk-full", "docker system df"),
        (failures.Seen(["x"], logs={"n": ["write: no space left on device"]}), "disk-full", "n said: write"),
        (failures.Seen(["Cannot connect to the Docker daemon at unix:///x"]), "engine-unreachable", "Start docker"),
        (failures.Seen(['ERROR: failed to pull image "kindest/node:v9"']), "image-pull-failed", "option image"),
        (failures.Seen(['ERROR: unknown field "nodez"']), "cluster-config-invalid", "nodez"),
        (failures.Seen(["ERROR: something new", "Stack Trace:"]), "cluster-create-failed", "something new"),
        (failures.Seen([]), "cluster-create-failed", "nothing"),
    ],
)
def test_diagnosis(seen: failures.Seen, cause: str, words: str) -> None:
    found = failures.diagnose(seen)
    assert found[0].cause == cause
    assert words in found[0].sentence()
    assert failures.worth_a_retry(found) is (cause == "cluster-create-failed")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (" \u2022 Preparing nodes \U0001f4e6   ...", "Preparing nodes"),
        (" \u2022 Waiting \u2264 2m0s for control-plane = Ready \u23f3  ...", "Waiting 2m0s for control-plane = Ready"),
        (" \u2713 Preparing nodes \U0001f4e6 ", None),
        ('Creating cluster "dev" ...', None),
        ("You can now use your cluster with:", None),
    ],
)
def test_phases(line: str, expected: str | None) -> None:
    assert program.phase(line) == expected


def _nodes(*roles: str, image: str = "kindest/node:v1") -> list[Node]:
    return [Node(f"n{number}", role, image, "running") for number, role in enumerate(roles)]


@pytest.mark.parametrize(
    ("config", "image", "nodes", "expected"),
    [
        ({}, "", _nodes("control-plane", "worker"), []),
        ({"nodes": [{"role": "control-plane"}]}, "", _nodes("control-plane", "external-load-balancer"), []),
        ({"nodes": [{}, {"role": "worker"}]}, "", _nodes("control-plane", "worker"), []),
        (
            {"nodes": [{}, {"role": "worker"}]},
            "",
            _nodes("control-plane"),
            ["it has 1 control-plane, and 1 control-plane and 1 worker is described"],
        ),
        ({}, "kindest/node:v1", _nodes("control-plane", image="docker.io/kindest/node:v1"), []),
        ({}, "kindest/node:v2", _nodes("control-plane"), ["its node image is kindest/node:v1, not kindest/node:v2"]),
    ],
)
def test_differences(config: dict[str, object], image: str, nodes: list[Node], expected: list[str]) -> None:
    spec = cluster.ClusterSpec("e2e", Path("/k"), Path("/s"), image=image, config=config)
    assert cluster.differences(spec, nodes) == expected


def test_the_configuration_is_completed_and_keeps_its_own_words() -> None:
    spec = cluster.ClusterSpec("e2e", Path("/k"), Path("/s"), config={"name": "other", "nodes": [{}]})
    assert spec.kind_config() == {
        "kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "name": "e2e", "nodes": [{}],
    }  # fmt: skip


def test_state_lies_where_xdg_says() -> None:
    assert cluster.state_directory({"XDG_STATE_HOME": "/s"}) == Path("/s/gocover.e2e")
    assert cluster.state_directory({"HOME": "/h"}) == Path("/h/.local/state/gocover.e2e")


class Arm:
    """An engine of a machine with arm64."""

    provider = "docker"
    architecture = "arm64"


@pytest.mark.parametrize(
    ("platform", "fits"),
    [
        ("linux/arm64", True),
        ("linux/arm64/v8", True),
        ("linux/amd64", False),
        ("windows/arm64", False),
        ("arm64", False),
    ],
)
def test_an_image_that_no_node_can_run_is_refused_before_it_is_built(platform: str, fits: bool) -> None:
    wanted = presence.ClusterOptions(
        name="c",
        state="present",
        image=None,
        config={},
        wait_timeout=1,
        retries=0,
        kubeconfig=None,
        platforms=[platform],
    )
    if fits:
        presence.check_platforms(wanted, t.cast(t.Any, Arm()))
        return
    with pytest.raises(Failure) as caught:
        presence.check_platforms(wanted, t.cast(t.Any, Arm()))
    assert caught.value.diagnoses[0].cause == "platform-mismatch"
    assert "linux/arm64" in caught.value.diagnoses[0].remedy
