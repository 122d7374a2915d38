# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests on a real cluster share: a real engine, and one kind cluster for all that a process of pytest runs.

Most of a test's time is waiting for a cluster, so two processes (pytest -n 2 --dist loadfile) run side by side, each
with a cluster of its own. GOCOVER_TEST_CLUSTER names a cluster that is there already and stays; otherwise one is made
and deleted again. GOCOVER_LAB_NODE_IMAGE names the node image where there is no registry (see tests/lab).
"""

from __future__ import annotations

import os
import re
import secrets
import typing as t

import pytest

from shared import TestCluster  # isort: skip  # first: it makes the checkout importable

import rig as rigs  # isort: skip
from golang_image import golang  # isort: skip  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect as connect_engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster as clusters
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import ApiCluster, connect
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress

# Beside, not below, the directories of other tests: those are taken away with what lies above them.
NODE_PATH = "/var/lib/gocover-test-workloads/data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first: whoever runs it is still at it when the other has done the rest."""
    items.sort(key=lambda item: item.path.name != "test_main_job.py")


@pytest.fixture(scope="session")
def engine() -> Engine:
    return connect_engine("auto")


@pytest.fixture(scope="session")
def node_image() -> str:
    return os.environ.get("GOCOVER_LAB_NODE_IMAGE", "")


@pytest.fixture(scope="session")
def cluster(
    engine: Engine, node_image: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> t.Iterator[TestCluster]:
    given = os.environ.get("GOCOVER_TEST_CLUSTER")
    directory = tmp_path_factory.mktemp("cluster")
    spec = clusters.ClusterSpec(
        name=given or f"gocover-test-{worker_id}",
        kubeconfig=directory / "kubeconfig",
        state=clusters.state_directory(),
        image=node_image,
    )
    clusters.ensure_present(engine, spec, Progress())
    yield TestCluster(spec.name, spec.kubeconfig, nodes_of(engine, spec.name))
    if not given:
        clusters.ensure_absent(engine, spec, Progress())


@pytest.fixture(scope="session")
def api(cluster: TestCluster) -> ApiCluster:
    return connect(str(cluster.kubeconfig), None)


@pytest.fixture(scope="session")
def probe_image(engine: Engine, cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    rigs.load(engine, cluster.nodes, rigs.build_probe(tmp_path_factory.mktemp("probe")))
    return rigs.IMAGE


@pytest.fixture(scope="session")
def node_path(engine: Engine, cluster: TestCluster) -> t.Iterator[str]:
    for node in cluster.nodes:
        made = engine.execute(node.name, ["sh", "-c", f"mkdir -p {NODE_PATH} && chmod 1777 {NODE_PATH}"])
        assert made.rc == 0, made.said
    yield NODE_PATH
    for node in cluster.nodes:
        engine.execute(node.name, ["rm", "-rf", NODE_PATH])


@pytest.fixture
def rig(
    api: ApiCluster, cluster: TestCluster, probe_image: str, request: pytest.FixtureRequest
) -> t.Iterator[rigs.Rig]:
    word = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    name = f"{word}-{secrets.token_hex(2)}"
    rigs.make_namespace(api, name)
    yield rigs.Rig(api, name, cluster.kubeconfig)
    rigs.delete_namespace(api, name)
