# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks beside the main job: the clusters of services in each state, and the start-up baseline."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

from job import Job
from shared import CHECKOUT, TestCluster

DEMO = CHECKOUT / "inventories" / "demo"


def nodes(name: str) -> list[str]:
    command = ["docker", "ps", "--all", "--quiet", "--filter", f"label=io.x-k8s.kind.cluster={name}"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def test_a_cluster_goes_up_and_down(node_image: str, tmp_path: Path) -> None:
    name = f"gocover-updown-{secrets.token_hex(2)}"
    kubeconfig = tmp_path / "kubeconfig"
    job = Job(TestCluster(name, kubeconfig, []), node_image, tmp_path, DEMO)

    def cluster(state: str) -> str:
        rc, output = job.run("datastorage", "cluster", cluster=state, service_kubeconfig=str(kubeconfig))
        assert rc == 0, output
        return output

    try:
        assert f"no cluster {name} exists" in cluster("status")
        assert f"cluster {name} created" in cluster("up")
        assert len(nodes(name)) == 1 and kubeconfig.is_file()
        assert f"cluster {name} present" in cluster("up")
        assert "running" in cluster("status")
        cluster("down")
        assert nodes(name) == [] and not kubeconfig.exists()
        cluster("down")
    finally:
        subprocess.run(["kind", "delete", "cluster", "--name", name], check=True)
    assert not (job.coverage / "datastorage").exists(), "only a run has results"


def test_a_start_up_baseline_is_measured_and_everything_put_back(
    cluster: TestCluster, node_image: str, tmp_path: Path
) -> None:
    job = Job(cluster, node_image, tmp_path, DEMO)
    rc, output = job.run("datastorage", "baseline", baseline_rollouts=1, baseline_requests=20)
    assert rc == 0, output
    assert "WITHOUT COVERAGE" in output
    baseline = job.document("datastorage", "baseline.json")
    assert baseline["startup_allowed"] > 0
    assert job.is_as_applied("datastorage")
    assert "datastorage" not in job.node_directories()
