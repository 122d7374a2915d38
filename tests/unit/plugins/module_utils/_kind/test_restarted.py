# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node that was restarted tells of itself."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kind import restarted
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import Node

NODE = Node("c-control-plane", "control-plane", "kindest/node:v1.34.4", "running")
MOVED = """written 172.18.0.2
address 172.18.0.5
containerd active
kubelet activating
line failed to run Kubelet: unable to load bootstrap kubeconfig
"""


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        (MOVED, True),
        (MOVED.replace("0.5", "0.2"), False),
        (MOVED.replace("written 172.18.0.2\n", ""), False),
        ("", False),
        ("bash: ip: command not found", False),
    ],
)
def test_a_node_has_moved_if_its_files_name_another_address(text: str, moved: bool) -> None:
    assert restarted.parse(text).moved is moved


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MOVED, ""),
        (MOVED.replace("activating", "failed"), "kubelet in c-control-plane is failed; its last line: failed to run"),
        (MOVED.replace("containerd active", "containerd inactive"), "containerd in c-control-plane is inactive"),
        ("", ""),
    ],
)
def test_a_service_that_has_ended_is_named(text: str, words: str) -> None:
    found = restarted.diagnose(NODE, restarted.parse(text))
    assert bool(found) is bool(words)
    if found:
        assert found.cause == "node-broken"
        assert words in found.evidence
