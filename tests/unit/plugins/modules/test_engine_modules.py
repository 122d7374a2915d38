# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of the engine: images built, proven and loaded, clusters and their nodes."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Image
from fake_engine import FakeEngine
from module_runner import Modules
from scenes import KIND_NODE, kind_programs, node_programs


def causes(result: dict[str, t.Any]) -> list[str]:
    assert result["failed"], result
    return [entry["cause"] for entry in result["diagnosis"]]


def test_a_prebuilt_image_is_proven_and_named_by_its_content(
    modules: Modules, engine: FakeEngine, service_binary: Path
) -> None:
    image = engine.add_image("quay.io/shop:v1", {"/shop": service_binary.read_bytes()}, entrypoint=("/shop",))
    result = modules("coverage_image", name="shop", image="quay.io/shop:v1")
    assert result["image"] == f"localhost/shop:cov-{image.id.removeprefix('sha256:')[:12]}"
    assert (result["image_id"], result["executable"], result["binary"]) == (image.id, "/shop", None)
    assert engine.images[result["image"]].id == image.id


def test_an_image_that_has_not_changed_is_proven_once(
    modules: Modules, engine: FakeEngine, service_binary: Path, tmp_path: Path
) -> None:
    files = {"/start": b"#!/bin/sh\ncase $1 in x) ;; esac\n", "/bin/shop": service_binary.read_bytes()}
    engine.add_image("quay.io/shop:v1", files, entrypoint=("/start",))
    arguments: dict[str, t.Any] = {"name": "shop", "image": "quay.io/shop:v1"}
    assert causes(modules("coverage_image", **arguments)) == ["not-instrumented"]
    arguments["executable"] = "/bin/shop"
    first = modules("coverage_image", **arguments)
    engine.calls.clear()
    again = modules("coverage_image", **arguments)
    assert again == {**first, "changed": False}
    assert "unpacked" not in engine.calls
    # Another question, a damaged memory and another image are looked at anew.
    assert causes(modules("coverage_image", name="shop", image="quay.io/shop:v1")) == ["not-instrumented"]
    for kept in (tmp_path / "cache").rglob("*.json"):
        kept.write_text('{"path": "/bin/shop"')
    engine.calls.clear()
    assert modules("coverage_image", **arguments) == again
    assert "unpacked" in engine.calls
    engine.add_image("quay.io/shop:v1", {"/bin/shop": b"#!/bin/sh\n"}, entrypoint=("/bin/shop",))
    assert causes(modules("coverage_image", **arguments)) == ["not-instrumented"]


def test_an_image_is_made_of_the_executable(
    modules: Modules, engine: FakeEngine, service_binary: Path, tmp_path: Path
) -> None:
    source: dict[str, t.Any] = {"name": "shop", "source": str(service_binary.parent), "package": "."}
    first = modules("coverage_image", **source, build_dir=str(tmp_path / "build"))
    again = modules("coverage_image", **source, build_dir=str(tmp_path / "build"))
    assert (first["changed"], again["changed"]) == (True, False)
    assert engine.images[first["image"]].entrypoint == ("/shop",)
    assert first["image"] == again["image"] and first["go_version"].startswith("go1.")


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"image": "shop:missing"}, "image-missing"),
        ({"image": "shop:plain"}, "not-instrumented"),
        ({"image": "shop:plain", "tag": "latest"}, "image-tag-invalid"),
        ({"name": "Shop", "image": "shop:plain"}, "image-tag-invalid"),
        ({"source": "/nowhere"}, "source-missing"),
        ({"dockerfile": "/nowhere/Dockerfile"}, "source-missing"),
    ],
)
def test_images_that_cannot_be(modules: Modules, engine: FakeEngine, arguments: dict[str, t.Any], cause: str) -> None:
    engine.add_image("shop:plain", {"/shop": b"#!/bin/true\n"}, entrypoint=("/shop",))
    assert causes(modules("coverage_image", **{"name": "shop", **arguments})) == [cause]


def test_a_dockerfile(modules: Modules, engine: FakeEngine, service_binary: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM golang\nARG GOFLAGS\nRUN go build\n")
    arguments: dict[str, t.Any] = {"name": "shop", "dockerfile": str(tmp_path / "Dockerfile")}
    assert causes(modules("coverage_image", **arguments)) == ["build-failed"]
    image = Image(f"sha256:{'ab' * 32}", entrypoint=("/shop",))
    engine.build_result = (image, {"/shop": service_binary.read_bytes()})
    assert modules("coverage_image", **arguments)["image"] == f"localhost/shop:cov-{'ab' * 6}"


def test_only_missing_images_are_loaded(modules: Modules, engine: FakeEngine) -> None:
    node_programs(engine)
    engine.add_node("e2e", KIND_NODE)
    engine.add_image("localhost/shop:cov-1", {"/shop": b"program"})
    arguments: dict[str, t.Any] = {"cluster": "e2e", "image": ["localhost/shop:cov-1"], "optional": ["postgres:15"]}
    first, again = (modules("image_archive_load", **arguments) for _turn in range(2))
    assert [(row["name"], row["action"], row["bytes"] > 0) for row in first["nodes"]] == [(KIND_NODE, "loaded", True)]
    assert [(row["action"], row["bytes"]) for row in again["nodes"]] == [("present", 0)]
    assert first["images"] == ["localhost/shop:cov-1"]


def test_what_cannot_be_loaded(modules: Modules, engine: FakeEngine) -> None:
    load: dict[str, t.Any] = {"cluster": "e2e", "image": ["shop:missing"]}
    assert causes(modules("image_archive_load", **load)) == ["cluster-missing"]
    engine.add_node("e2e", KIND_NODE, state="exited")
    assert causes(modules("image_archive_load", **load)) == ["node-stopped"]
    engine.start(KIND_NODE)
    assert causes(modules("image_archive_load", **load)) == ["image-missing"]
    archive: dict[str, t.Any] = {"cluster": "e2e", "archive": "/nowhere/shop.tar"}
    assert causes(modules("image_archive_load", **archive)) == ["archive-invalid"]


def test_an_existing_cluster_is_checked_and_listed(modules: Modules, engine: FakeEngine, tmp_path: Path) -> None:
    kind_programs(modules)
    engine.add_node("e2e", KIND_NODE, state="exited")
    result = modules("kind_cluster", name="e2e", kubeconfig=str(tmp_path / "kubeconfig"))
    assert (result["changed"], result["created"], result["attempts"]) == (True, False, 0)
    assert [(node["name"], node["state"]) for node in result["nodes"]] == [(KIND_NODE, "running")]
    assert (result["context"], result["kubeconfig"]) == ("kind-e2e", str(tmp_path / "kubeconfig"))
    listed = modules("kind_cluster_info")["clusters"]
    assert [(entry["name"], [node["role"] for node in entry["nodes"]]) for entry in listed] == [
        ("e2e", ["control-plane"])
    ]


def test_a_difference_from_the_description_is_a_warning(modules: Modules, engine: FakeEngine, tmp_path: Path) -> None:
    kind_programs(modules)
    engine.add_node("e2e", KIND_NODE)
    result = modules("kind_cluster", name="e2e", kubeconfig=str(tmp_path / "kubeconfig"), image="kindest/node:v1.30.0")
    assert "kindest/node:v1.30.0" in result["warnings"][0]


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"user": "a/b"}, "option-invalid"),
        ({"node_path": "/tmp/covdata"}, "path-mismatch"),
        ({"node_path": "covdata"}, "path-mismatch"),
        ({"cluster": "other"}, "cluster-missing"),
    ],
)
def test_node_coverage_that_cannot_be(
    modules: Modules, engine: FakeEngine, arguments: dict[str, t.Any], cause: str
) -> None:
    engine.add_node("e2e", KIND_NODE)
    assert causes(modules("node_coverage", **{"cluster": "e2e", "user": "shop", **arguments})) == [cause]


def test_node_coverage_is_put_into_the_base_spec_and_restored(
    modules: Modules, engine: FakeEngine, node_path: Path
) -> None:
    node_programs(engine)
    engine.add_node("e2e", KIND_NODE)
    spec = Path(engine.roots["/etc/containerd"], "cri-base.json")
    before = spec.read_bytes()
    place: dict[str, t.Any] = {"cluster": "e2e", "node_path": str(node_path)}
    result = modules("node_coverage", user="shop", **place)
    assert result["nodes"] == [{"name": KIND_NODE, "covered": True, "restarted": True, "users": ["shop"]}]
    assert "GOCOVERDIR=/gocover" in json.loads(spec.read_text())["process"]["env"]
    assert modules("node_coverage", user="shop", state="absent", **place)["changed"]
    assert spec.read_bytes() == before and not node_path.exists()


def test_a_baseline_needs_both_images(modules: Modules, engine: FakeEngine, tmp_path: Path) -> None:
    place = {"service": "shop", "cluster": "e2e", "namespace": "e2e", "node_path": "/var/lib/gocover"}
    images = {"image": "localhost/shop:cov-1", "plain_image": "localhost/shop:plain-1", "executable": "/shop"}
    arguments: dict[str, t.Any] = {**place, **images, "dest": str(tmp_path / "dest")}
    assert modules("startup_baseline", check_mode=True, **arguments)["changed"]
    assert engine.calls == []
    assert causes(modules("startup_baseline", **arguments)) == ["image-missing"]
