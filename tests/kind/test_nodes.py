# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of a real cluster as sources of coverage data."""

from __future__ import annotations

import tracemalloc
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect import nodes
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine, ExecResult

if t.TYPE_CHECKING:
    from shared import TestCluster

PATH = "/var/lib/gocover-test/nodes/run"


@pytest.fixture
def directory(engine: Engine, cluster: TestCluster) -> t.Iterator[str]:
    nodes.prepare(engine, cluster.nodes, PATH)
    yield PATH
    for node in cluster.nodes:
        engine.execute(node.name, ["rm", "-rf", "/var/lib/gocover-test"])


def shell(engine: Engine, cluster: TestCluster, script: str) -> ExecResult:
    result = engine.execute(cluster.nodes[0].name, ["sh", "-c", f"cd {PATH} && {script}"])
    assert result.rc == 0, result.said
    return result


def test_the_directory_is_writable_for_every_uid_and_empty(
    engine: Engine, cluster: TestCluster, directory: str
) -> None:
    shell(engine, cluster, "touch covmeta.old covcounters.old.1.1 tmp.covmeta.x coverage.out; chmod 700 .")
    assert nodes.prepare(engine, cluster.nodes, directory) is True
    assert nodes.prepare(engine, cluster.nodes, directory) is False
    assert shell(engine, cluster, "stat -c %a .; ls").stdout.decode().split() == ["1777", "coverage.out"]


def test_ten_thousand_files_come_with_flat_memory(
    engine: Engine, cluster: TestCluster, directory: str, tmp_path: Path
) -> None:
    shell(engine, cluster, "head -c 30000000 /dev/urandom | split -b 3000 -a 4 -d - covcounters.a.1.")
    tracemalloc.start()
    assert nodes.fetch(engine, cluster.nodes[0].name, directory, tmp_path) == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
    assert len(list(tmp_path.iterdir())) == 10_000
    assert {entry.stat().st_size for entry in tmp_path.iterdir()} == {3000}


def test_only_regular_coverage_files_of_the_directory_itself_are_taken(
    engine: Engine, cluster: TestCluster, directory: str, tmp_path: Path
) -> None:
    shell(
        engine, cluster,
        "echo a > covmeta.a; chown 65532 covmeta.a; chmod 400 covmeta.a; ln -s /etc/passwd covmeta.link;"
        " mkfifo covmeta.fifo; mkdir sub; echo b > sub/covmeta.b; echo c > other; echo d > tmp.covmeta.d",
    )  # fmt: skip
    assert nodes.fetch(engine, cluster.nodes[0].name, directory, tmp_path) == 2
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["covmeta.a", "tmp.covmeta.d"]


def test_no_directory_means_no_files(engine: Engine, cluster: TestCluster, tmp_path: Path) -> None:
    assert nodes.fetch(engine, cluster.nodes[0].name, f"{PATH}/none", tmp_path) == 0


def test_removing_leaves_nothing_of_ours_and_everything_else(
    engine: Engine, cluster: TestCluster, directory: str
) -> None:
    shell(engine, cluster, "touch covmeta.a mine")
    assert nodes.remove(engine, cluster.nodes, directory).changed
    assert shell(engine, cluster, "ls").stdout == b"mine\n"
    shell(engine, cluster, "rm mine")
    assert nodes.remove(engine, cluster.nodes, directory) == (True, [])
    assert nodes.remove(engine, cluster.nodes, directory) == (False, [])
    assert engine.execute(cluster.nodes[0].name, ["ls", "-d", "/var/lib/gocover-test"]).rc != 0


def test_counters_that_nobody_has_brought_stay(engine: Engine, cluster: TestCluster, directory: str) -> None:
    shell(engine, cluster, "touch covmeta.a covcounters.a.1.1")
    assert nodes.remove(engine, cluster.nodes, directory).kept_on == [cluster.nodes[0].name]
    assert shell(engine, cluster, "ls").stdout.split() == [b"covcounters.a.1.1", b"covmeta.a"]
    assert nodes.remove(engine, cluster.nodes, directory, discard=True).changed
    assert engine.execute(cluster.nodes[0].name, ["ls", "-d", PATH]).rc != 0


def test_directories_of_other_runs_are_found_by_looking(engine: Engine, cluster: TestCluster, directory: str) -> None:
    beside = f"{PATH.rpartition('/')[0]}/20260101T000000Z-00ff"
    nodes.prepare(engine, cluster.nodes, beside, "whose it is")
    shell(engine, cluster, "mkdir ../mine")
    assert nodes.runs_beside(engine, cluster.nodes, directory) == {beside: "whose it is"}
    assert nodes.remove(engine, cluster.nodes, beside).changed
    assert nodes.runs_beside(engine, cluster.nodes, directory) == {}


def test_a_tmpfs_that_no_list_names_is_refused(engine: Engine, cluster: TestCluster) -> None:
    node = cluster.nodes[0].name
    assert (
        engine.execute(node, ["sh", "-c", "mkdir -p /var/gocover-tmpfs && mount -t tmpfs t /var/gocover-tmpfs"]).rc == 0
    )
    try:
        with pytest.raises(Failure) as caught:
            nodes.prepare(engine, cluster.nodes, "/var/gocover-tmpfs/x")
        assert caught.value.diagnoses[0].cause == "path-mismatch"
        assert "tmpfs" in str(caught.value)
    finally:
        engine.execute(node, ["sh", "-c", "umount /var/gocover-tmpfs && rmdir /var/gocover-tmpfs"])
