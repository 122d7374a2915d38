# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbook runs against a real kind cluster, and what they leave behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

from shared import CHECKOUT, TestCluster

#: What the coverage patch leaves nowhere once it has been removed.
PATCH_MARKS = ("gocover", "GOCOVERDIR")


class Job:
    """Runs of the main job in one cluster, with one directory of results."""

    def __init__(self, cluster: TestCluster, node_image: str, directory: Path, inventory: Path) -> None:
        self.cluster = cluster
        self.coverage = directory / "coverage"
        self._inventory = inventory
        self._node_image = node_image

    def start(self, service: str, playbook: str = "coverage", **variables: t.Any) -> subprocess.Popen[str]:
        settings = {
            "service": service,
            "coverage_runtime": "kind",
            "coverage_dir": str(self.coverage),
            "service_cluster": self.cluster.name,
            **({"coverage_node_image": self._node_image} if self._node_image else {}),
            **variables,
        }
        command = [str(Path(sys.executable).parent / "ansible-playbook"), f"gocover.e2e.{playbook}"]
        return subprocess.Popen(
            [*command, "-i", str(self._inventory), "-e", json.dumps(settings)],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible" / "collections")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, service: str, playbook: str = "coverage", **variables: t.Any) -> tuple[int, str]:
        process = self.start(service, playbook, **variables)
        output, _none = process.communicate(timeout=300)
        assert "Traceback" not in output, output
        return process.returncode, re.sub(r"\s+", " ", output)

    def document(self, service: str, name: str) -> dict[str, t.Any]:
        read: dict[str, t.Any] = json.loads((self.coverage / service / name).read_text(encoding="utf-8"))
        return read

    def causes(self, service: str) -> list[str]:
        failures = self.document(service, "run.json")["failures"]
        return [entry["cause"] for failure in failures for entry in failure["diagnosis"]]

    def kubectl(self, *arguments: str) -> str:
        command = ["kubectl", "--kubeconfig", str(self.cluster.kubeconfig), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def deployment(self, service: str) -> dict[str, t.Any]:
        shown = self.kubectl("get", "deployment", service, "--namespace", f"{service}-e2e", "--output", "json")
        read: dict[str, t.Any] = json.loads(shown)
        return read

    def is_as_applied(self, service: str, replicas: int = 1) -> bool:
        """Whether nothing of ours is left on the workload, and it has its replicas."""
        there = self.deployment(service)
        spec = json.dumps(there["spec"])
        kept = [name for name in there["metadata"].get("annotations", {}) if "gocover" in name]
        return not kept and not any(mark in spec for mark in PATCH_MARKS) and there["spec"]["replicas"] == replicas

    def node_directories(self) -> str:
        """What is left in the place for coverage data on the first node."""
        command = [
            "docker",
            "exec",
            self.cluster.nodes[0].name,
            "sh",
            "-c",
            "ls -A /var/lib/gocover 2>/dev/null || true",
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
