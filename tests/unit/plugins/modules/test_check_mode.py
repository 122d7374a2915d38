# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode answers what the real run then does, and changes nothing itself."""

from __future__ import annotations

import copy
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
from module_runner import Modules
from scenes import COVDATA, KIND_NODE, deployment, kind_programs, node_programs

Arguments = dict[str, t.Any]


@dataclass
class World:
    """Whatever a module may change."""

    modules: Modules
    tmp: Path
    #: A directory outside of /tmp, which is a tmpfs in kind's nodes.
    node: Path
    service: Path

    def snapshot(self) -> t.Any:
        """The state of all that a module may change; locks and caches do not count."""
        files = {
            str(path): path.read_bytes() if path.is_file() else path.stat().st_mode
            for root in (self.tmp, self.node)
            for path in root.rglob("*")
            if not path.name.endswith(".lock") and path.name not in ("state", "gocover.e2e")
            if "cache" not in path.relative_to(root).parts
        }
        cluster, engine = self.modules.cluster, self.modules.engine
        return files, copy.deepcopy(cluster.objects), dict(engine.images), dict(engine.nodes)


@pytest.fixture
def world(modules: Modules, tmp_path: Path, node_root: Path, service_binary: Path) -> World:
    return World(modules, tmp_path, node_root, service_binary)


def patch(world: World, **arguments: t.Any) -> Arguments:
    world.modules.cluster.add(deployment())
    world.modules.cluster.settle()
    place: Arguments = {"workload": "deployment/shop", "namespace": "e2e"}
    return {**place, "node_path": "/var/lib/gocover/shop", **arguments}


def patched(world: World, **arguments: t.Any) -> Arguments:
    wanted = patch(world)
    assert world.modules("coverage_patch", **wanted)["changed"]
    return {**wanted, **arguments}


def patched_place(world: World, **arguments: t.Any) -> Arguments:
    wanted = patched(world)
    world.modules.cluster.settle()
    return {"workload": wanted["workload"], "namespace": wanted["namespace"], **arguments}


def stopped(world: World, **arguments: t.Any) -> Arguments:
    patch(world)
    place: Arguments = {"workload": "deployment/shop", "namespace": "e2e"}
    assert world.modules("graceful_shutdown", **place)["changed"]
    return {**place, **arguments}


def shutdown(world: World, replicas: int = 2, **arguments: t.Any) -> Arguments:
    world.modules.cluster.add(deployment(replicas=replicas))
    world.modules.cluster.settle()
    return {"workload": "deployment/shop", "namespace": "e2e", **arguments}


def manifests(world: World, applied: bool = False) -> Arguments:
    world.modules.cluster.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "e2e"}})
    arguments: Arguments = {
        "definition": [deployment()],
        "namespace": "e2e",
        "images": {"shop": "localhost/shop:cov-1"},
    }
    if applied:
        assert world.modules("manifest_apply", **arguments)["changed"]
    return arguments


def covdata(world: World) -> Path:
    path = world.node / "covdata"
    shutil.copytree(COVDATA, path)
    return path


def collect(world: World, again: bool = False, **arguments: t.Any) -> Arguments:
    wanted: Arguments = {"node_path": str(covdata(world)), "dest": str(world.tmp / "dest")}
    if again:
        assert world.modules("covdata_collect", **wanted)["changed"]
    return {**wanted, **arguments}


def directory(world: World, state: str, present: bool = True, nodes: bool = False, files: bool = True) -> Arguments:
    path = covdata(world)
    if not files:
        for file in path.iterdir():
            file.unlink()
    path.chmod(0o1777)
    if not present:
        shutil.rmtree(path)
    if nodes:
        world.modules.engine.add_node("e2e", KIND_NODE)
    return {"node_path": str(path), "state": state, **({"cluster": "e2e"} if nodes else {})}


def foreign_directory(world: World, nodes: bool) -> Arguments:
    """A directory that also holds files of somebody else."""
    arguments = directory(world, "removed", nodes=nodes, files=False)
    Path(arguments["node_path"], "notes.txt").write_text("keep me")
    return arguments


def report(world: World, again: bool = False) -> Arguments:
    arguments: Arguments = {"covdata": [str(COVDATA)], "dest": str(world.tmp / "shop")}
    if again:
        assert world.modules("covdata_report", **arguments)["changed"]
    return arguments


def overview(world: World, again: bool = False) -> Arguments:
    world.modules("covdata_report", **report(world))
    arguments: Arguments = {"coverage_dir": str(world.tmp), "services": ["shop"]}
    if again:
        assert world.modules("coverage_overview", **arguments)["changed"]
    return arguments


def prebuilt(world: World, again: bool = False, **arguments: t.Any) -> Arguments:
    files = {"/shop": world.service.read_bytes()}
    world.modules.engine.add_image("quay.io/team/shop:v1", files, entrypoint=("/shop",))
    wanted: Arguments = {"name": "shop", "image": "quay.io/team/shop:v1", **arguments}
    if again:
        assert world.modules("coverage_image", **wanted)["changed"]
    return wanted


def binary(world: World, present: bool = False) -> Arguments:
    path = world.tmp / "bin" / "service"
    wanted: Arguments = {"name": "service", "source": str(world.service.parent), "package": ".", "binary": str(path)}
    if present:
        assert world.modules("coverage_image", **wanted)["changed"]
    return wanted


def plain(world: World) -> Arguments:
    source: Arguments = {"name": "service", "source": str(world.service.parent), "package": "."}
    return {**source, "build_dir": str(world.tmp / "build"), "instrument": False}


def load(world: World, again: bool = False) -> Arguments:
    node_programs(world.modules.engine)
    world.modules.engine.add_node("e2e", KIND_NODE)
    world.modules.engine.add_image("localhost/shop:cov-1", {"/shop": b"program"})
    arguments: Arguments = {"cluster": "e2e", "image": ["localhost/shop:cov-1"]}
    if again:
        assert world.modules("image_archive_load", **arguments)["changed"]
    return arguments


def kind_cluster(world: World, state: str, node: str = "", file: bool = True) -> Arguments:
    kind_programs(world.modules)
    if node:
        world.modules.engine.add_node("e2e", KIND_NODE, state=node)
    kubeconfig = world.tmp / "kubeconfig"
    if file and node:
        arguments: Arguments = {"name": "e2e", "kubeconfig": str(kubeconfig)}
        world.modules.engine.start(KIND_NODE)
        world.modules("kind_cluster", **arguments)
        world.modules.engine.add_node("e2e", KIND_NODE, state=node)
    return {"name": "e2e", "kubeconfig": str(kubeconfig), "state": state}


def node_coverage(world: World, users: t.Sequence[str] = (), **arguments: t.Any) -> Arguments:
    node_programs(world.modules.engine)
    world.modules.engine.add_node("e2e", KIND_NODE)
    place: Arguments = {"cluster": "e2e", "node_path": str(world.node / "covdata")}
    for user in users:
        assert world.modules("node_coverage", user=user, **place)["changed"]
    return {**place, **arguments}


def process(world: World, state: str, running: bool) -> Arguments:
    arguments: Arguments = {
        "name": "shop",
        "command": [str(world.service)],
        "covdata": str(world.tmp / "covdata"),
        "directory": str(world.tmp / "process"),
    }
    if running:
        assert world.modules("service_process", **arguments)["changed"]
    return {**arguments, "state": state}


def life(world: World, state: str, begun: bool) -> Arguments:
    arguments: Arguments = {
        "service": "shop",
        "work": str(world.tmp / ".work" / "shop"),
        "results": str(world.tmp / "shop"),
        "runtime": "process",
    }
    if begun:
        world.modules("coverage_run", **arguments)
    return {**arguments, "state": state}


CASES: list[tuple[str, str, t.Callable[[World], Arguments], bool]] = [
    ("coverage_patch", "not patched", patch, True),
    ("coverage_patch", "patched as described", patched, False),
    ("coverage_patch", "patched otherwise", lambda w: patched(w, grace_period=90), True),
    ("coverage_patch", "removed", lambda w: patched(w, state="absent"), True),
    ("coverage_patch", "removed, never patched", lambda w: patch(w, state="absent"), False),
    ("coverage_patch", "removed, scaled to zero only", lambda w: stopped(w, state="absent"), True),
    ("graceful_shutdown", "pods run", shutdown, True),
    ("graceful_shutdown", "no replicas", lambda w: shutdown(w, replicas=0), False),
    ("graceful_shutdown", "stopped already", stopped, False),
    ("graceful_shutdown", "restored", lambda w: stopped(w, state="restored"), True),
    ("graceful_shutdown", "restored, never stopped", lambda w: shutdown(w, state="restored"), False),
    ("manifest_apply", "new", manifests, True),
    ("manifest_apply", "applied already", lambda w: manifests(w, applied=True), False),
    ("workload_ready", "ready", shutdown, False),
    ("workload_ready", "ready with its patch", lambda w: patched_place(w, patched=True), False),
    ("covdata_collect", "new files", collect, True),
    ("covdata_collect", "the same files again", lambda w: collect(w, again=True), False),
    ("covdata_collect", "the same files, removed there", lambda w: collect(w, again=True, remove=True), True),
    ("covdata_collect", "prepared, missing", lambda w: directory(w, "prepared", present=False), True),
    ("covdata_collect", "prepared, with old files", lambda w: directory(w, "prepared"), True),
    ("covdata_collect", "prepared already", lambda w: directory(w, "prepared", files=False), False),
    ("covdata_collect", "removed", lambda w: directory(w, "removed"), True),
    ("covdata_collect", "removed, missing", lambda w: directory(w, "removed", present=False), False),
    ("covdata_collect", "removed, somebody else's", lambda w: foreign_directory(w, nodes=False), False),
    ("covdata_collect", "nodes: prepared, missing", lambda w: directory(w, "prepared", False, nodes=True), True),
    ("covdata_collect", "nodes: prepared, old files", lambda w: directory(w, "prepared", nodes=True), True),
    ("covdata_collect", "nodes: prepared", lambda w: directory(w, "prepared", nodes=True, files=False), False),
    ("covdata_collect", "nodes: removed", lambda w: directory(w, "removed", nodes=True), True),
    ("covdata_collect", "nodes: removed, empty", lambda w: directory(w, "removed", nodes=True, files=False), True),
    ("covdata_collect", "nodes: removed, missing", lambda w: directory(w, "removed", False, nodes=True), False),
    ("covdata_collect", "nodes: removed, somebody else's", lambda w: foreign_directory(w, nodes=True), False),
    ("covdata_report", "new", report, True),
    ("covdata_report", "the same again", lambda w: report(w, again=True), False),
    ("coverage_overview", "new", overview, True),
    ("coverage_overview", "the same again", lambda w: overview(w, again=True), False),
    ("coverage_overview", "no results", lambda w: {"coverage_dir": str(w.tmp), "services": ["shop"]}, False),
    ("coverage_image", "an image that is built already", prebuilt, True),
    ("coverage_image", "the same image again", lambda w: prebuilt(w, again=True), False),
    ("coverage_image", "without coverage, given", lambda w: prebuilt(w, instrument=False), False),
    ("coverage_image", "without coverage, new", plain, True),
    ("coverage_image", "an executable", binary, True),
    ("coverage_image", "the same executable again", lambda w: binary(w, present=True), False),
    ("image_archive_load", "missing on the node", load, True),
    ("image_archive_load", "on the node already", lambda w: load(w, again=True), False),
    ("kind_cluster", "present and well", lambda w: kind_cluster(w, "present", "running"), False),
    ("kind_cluster", "present, stopped", lambda w: kind_cluster(w, "present", "exited"), True),
    ("kind_cluster", "present, no kubeconfig", lambda w: kind_cluster(w, "present", "running", file=False), True),
    ("kind_cluster", "absent, and gone", lambda w: kind_cluster(w, "absent"), False),
    ("kind_cluster", "absent", lambda w: kind_cluster(w, "absent", "running"), True),
    ("kind_cluster_info", "a cluster", lambda w: {"name": None} if load(w) else {}, False),
    ("kind_cluster_info", "no cluster", lambda w: {"name": "e2e"}, False),
    ("node_coverage", "new", lambda w: node_coverage(w, user="shop"), True),
    ("node_coverage", "set up already", lambda w: node_coverage(w, ["shop"], user="shop"), False),
    ("node_coverage", "another user", lambda w: node_coverage(w, ["cart"], user="shop"), True),
    ("node_coverage", "removed", lambda w: node_coverage(w, ["shop"], user="shop", state="absent"), True),
    ("node_coverage", "removed, never set up", lambda w: node_coverage(w, state="absent"), False),
    ("node_coverage", "removed, others stay", lambda w: node_coverage(w, ["a", "b"], user="a", state="absent"), True),
    ("node_coverage", "removed, no user of it", lambda w: node_coverage(w, ["a"], user="b", state="absent"), False),
    ("service_process", "not running", lambda w: process(w, "started", running=False), True),
    ("service_process", "running", lambda w: process(w, "started", running=True), False),
    ("service_process", "stopped", lambda w: process(w, "stopped", running=True), True),
    ("service_process", "stopped, never started", lambda w: process(w, "stopped", running=False), False),
    ("test_run", "tests that pass", lambda w: {"command": "true"}, True),
    ("test_run", "tests that fail", lambda w: {"command": "false"}, True),
    ("coverage_run", "begun", lambda w: life(w, "begun", begun=False), False),
    ("coverage_run", "ended", lambda w: life(w, "ended", begun=True), False),
]


@pytest.mark.parametrize(
    ("name", "arrange", "changed"),
    [pytest.param(name, arrange, changed, id=f"{name}: {state}") for name, state, arrange, changed in CASES],
)
def test_check_mode_answers_what_the_real_run_does(
    world: World, name: str, arrange: t.Callable[[World], Arguments], changed: bool
) -> None:
    arguments = arrange(world)
    try:
        before = world.snapshot()
        predicted = world.modules(name, check_mode=True, diff_mode=True, **arguments)
        assert world.snapshot() == before
        done = world.modules(name, diff_mode=True, **arguments)
    finally:
        if name == "service_process":
            world.modules(name, **{**arguments, "state": "stopped"})
    assert "failed" not in predicted, predicted
    assert done.get("failed", False) is (arguments.get("command") == "false"), done
    assert (predicted["changed"], done["changed"]) == (changed, changed), done
    assert predicted.get("diff") == done.get("diff")
