# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the engine or the API refuses, a module ends with a named cause, or does without."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
from module_runner import Modules
from scenes import COVDATA, KIND_NODE, deployment, kind_programs, node_programs

Arguments = dict[str, t.Any]


def engine_arguments(name: str, state: str, modules: Modules, tmp: Path, node_path: Path, service: Path) -> Arguments:
    """A state in which the module has most to ask of the engine, and its arguments."""
    engine = modules.engine
    node_programs(engine)
    engine.add_node("e2e", KIND_NODE, state="exited" if state == "stopped" else "running")
    engine.add_image("localhost/shop:v1", {"/shop": service.read_bytes()}, entrypoint=("/shop",))
    shutil.copytree(COVDATA, node_path)
    cluster = {"cluster": "e2e"}
    if name == "coverage_image":
        source = {"name": "shop", "source": str(service.parent), "package": ".", "build_dir": str(tmp / "build")}
        return source if state == "built" else {"name": "shop", "image": "localhost/shop:v1"}
    if name == "kind_cluster":
        kind_programs(modules)
        return {"name": "e2e", "kubeconfig": str(tmp / "kubeconfig"), "state": state.replace("stopped", "present")}
    if name == "covdata_collect":
        orphan = {"image": "localhost/shop:v1", "pods": [{"name": "a", "node": KIND_NODE, "exit_code": 137}]}
        return {**cluster, "node_path": str(node_path), "state": state, "dest": str(tmp / "dest"), **orphan}
    if name == "node_coverage":
        return {**cluster, "node_path": str(node_path), "user": "shop", "state": state}
    return {**cluster, "image": ["localhost/shop:v1"]} if name == "image_archive_load" else {}


#: For each module and state: the calls that it cannot do without.
ENGINE_CALLS = [
    ("coverage_image", "built", ["image", "load", "unpacked", "read_archive"]),
    ("coverage_image", "prebuilt", ["image", "tag", "unpacked", "read_archive"]),
    ("image_archive_load", "loaded", ["image", "save", "containers", "attach", "execute"]),
    ("kind_cluster", "present", ["containers", "execute"]),
    ("kind_cluster", "stopped", ["containers", "start", "execute"]),
    ("kind_cluster", "absent", ["containers"]),
    ("kind_cluster_info", "listed", ["containers"]),
    ("node_coverage", "present", ["containers", "attach"]),
    ("node_coverage", "absent", ["containers", "attach"]),
    ("covdata_collect", "prepared", ["containers", "execute"]),
    ("covdata_collect", "collected", ["containers", "attach"]),
    ("covdata_collect", "removed", ["containers", "execute"]),
]


@pytest.mark.parametrize(
    ("name", "state", "call"), [(name, state, call) for name, state, calls in ENGINE_CALLS for call in calls]
)
def test_a_refusal_of_the_engine_has_a_named_cause(
    modules: Modules, tmp_path: Path, node_path: Path, service_binary: Path, name: str, state: str, call: str
) -> None:
    arguments = engine_arguments(name, state, modules, tmp_path, node_path, service_binary)
    modules.engine.refused = {call}
    result = modules(name, **arguments)
    assert result["failed"]
    assert "no space left on device" in result["msg"]
    cause = "node-stopped" if call == "start" else "disk-full"
    assert [entry["cause"] for entry in result["diagnosis"]] == [cause]


def api_arguments(name: str, modules: Modules) -> Arguments:
    modules.cluster.add(deployment())
    modules.cluster.settle()
    place = {"workload": "deployment/shop", "namespace": "e2e"}
    arguments: dict[str, Arguments] = {
        "coverage_patch": {**place, "node_path": "/var/lib/gocover/shop"},
        "graceful_shutdown": place,
        "manifest_apply": {"namespace": "e2e", "definition": [deployment(replicas=3)]},
        "workload_ready": place,
    }
    return arguments[name]


@pytest.mark.parametrize("name", ["coverage_patch", "graceful_shutdown", "manifest_apply", "workload_ready"])
@pytest.mark.parametrize("call", ["get", "list_all", "watch", "apply", "patch", "delete"])
def test_a_refusal_of_the_api_has_a_named_cause(modules: Modules, name: str, call: str) -> None:
    arguments = api_arguments(name, modules)
    modules.cluster.refused = {call}
    result = modules(name, **arguments)
    causes = [entry["cause"] for entry in result["diagnosis"]]
    assert "internal-error" not in causes, result["msg"]
    if "failed" in result:
        assert causes == ["api-forbidden"]
