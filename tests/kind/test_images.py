# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instrumented images: made, proven, loaded into the nodes, and run there under the reference that was returned."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect import nodes
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.modules import coverage_image, image_archive_load
from shared import TestCluster, step_of

SCRIPT = '#!/bin/sh\nset -e\n# the service itself\nexec /opt/program "$@"\n'
PROGRAM = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("%s") }\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    main = tmp_path / "source" / "cmd" / "gocover-test"
    main.mkdir(parents=True)
    (tmp_path / "source" / "go.mod").write_text("module example.com/gocover-test\n\ngo 1.21\n")
    (main / "main.go").write_text(PROGRAM % "one")
    return tmp_path / "source"


@pytest.fixture
def made(engine: Engine, cluster: TestCluster) -> t.Iterator[list[str]]:
    """References that are removed again, from the engine and from the nodes: the same source gives them again."""
    references: list[str] = []
    yield references
    for reference in references:
        engine.remove_image(reference)
        for node in cluster.nodes:
            engine.execute(node.name, ["ctr", "--namespace=k8s.io", "images", "rm", reference])


def build(source: Path, made: list[str], **params: t.Any) -> Outcome:
    place = {"name": "gocover-test", "source": str(source), "build_dir": str(source.parent / "build")}
    outcome = coverage_image.run(step_of(coverage_image.MODULE, **{**place, **params}))
    made.append(outcome.result["image"])
    return outcome


def load(cluster: TestCluster, **params: t.Any) -> Outcome:
    return image_archive_load.run(step_of(image_archive_load.MODULE, cluster=cluster.name, **params))


def test_the_same_source_gives_the_same_image_another_one_another(source: Path, made: list[str]) -> None:
    first = build(source, made)
    assert first.changed
    assert first.result["image"].startswith("localhost/gocover-test:cov-")
    assert first.result["executable"] == "/gocover-test"
    again = build(source, made)
    assert not again.changed
    assert again.result == first.result
    (source / "cmd" / "gocover-test" / "main.go").write_text(PROGRAM % "two")
    other = build(source, made)
    assert other.changed
    assert other.result["image"] != first.result["image"]


def dockerfile(source: Path, tmp_path: Path, cover: bool, lines: str) -> str:
    """A build context with a program, instrumented or not, that is started by a script behind a link."""
    context = tmp_path / "context"
    context.mkdir(exist_ok=True)
    flags = ["-cover"] if cover else []
    subprocess.run(
        ["go", "build", *flags, "-o", str(context / "program"), "./cmd/gocover-test"],
        cwd=source, check=True, env={**os.environ, "CGO_ENABLED": "0"},
    )  # fmt: skip
    (context / "start.sh").write_text(SCRIPT)
    (context / "start.sh").chmod(0o755)
    if not (context / "start").is_symlink():
        (context / "start").symlink_to("start.sh")
    (context / "Dockerfile").write_text(lines)
    return str(context / "Dockerfile")


BEHIND_A_SCRIPT = """
FROM scratch
ARG GOFLAGS=""
LABEL goflags=$GOFLAGS
COPY program /opt/program
COPY start start.sh /usr/bin/
ENV PATH=/usr/bin
ENTRYPOINT ["start.sh"]
"""


def test_a_dockerfile_gets_exactly_cover_and_its_script_is_looked_through(
    engine: Engine, source: Path, made: list[str], tmp_path: Path
) -> None:
    described = {
        "dockerfile": dockerfile(source, tmp_path, True, BEHIND_A_SCRIPT),
        "context": str(tmp_path / "context"),
    }
    first = build(source, made, **described)
    assert first.changed
    assert first.result["executable"] == "/opt/program"
    image = engine.image(first.result["image"])
    assert image is not None
    assert image.labels["goflags"] == "-cover"
    again = build(source, made, **described)
    assert (again.changed, again.result["image"]) == (False, first.result["image"])


def test_an_image_without_instrumentation_is_told_with_its_executable(
    source: Path, made: list[str], tmp_path: Path
) -> None:
    plain = BEHIND_A_SCRIPT.replace('ARG GOFLAGS=""\n', "").replace("LABEL goflags=$GOFLAGS\n", "")
    path = dockerfile(source, tmp_path, False, plain)
    with pytest.raises(Failure) as caught:
        build(source, made, dockerfile=path, context=str(tmp_path / "context"))
    assert caught.value.diagnoses[0].cause == "not-instrumented"
    assert "/opt/program in it was built by go" in str(caught.value)
    assert f"{path}: line 3 copies it finished from the build context" in str(caught.value)


def test_a_dockerfile_that_does_not_build_is_told_with_its_last_lines(
    source: Path, made: list[str], tmp_path: Path
) -> None:
    path = dockerfile(source, tmp_path, True, "FROM scratch\nCOPY no-such-file /\n")
    with pytest.raises(Failure) as caught:
        build(source, made, dockerfile=path, context=str(tmp_path / "context"))
    assert caught.value.diagnoses[0].cause == "build-failed"
    assert "no-such-file" in str(caught.value)


def test_the_pod_runs_what_was_built_and_its_data_comes_back(
    engine: Engine, cluster: TestCluster, source: Path, made: list[str], tmp_path: Path
) -> None:
    reference = build(source, made).result["image"]
    first = load(cluster, image=[reference])
    assert [entry["action"] for entry in first.result["nodes"]] == ["loaded"] * len(cluster.nodes)
    again = load(cluster, image=[reference])
    assert not again.changed
    assert {entry["action"] for entry in again.result["nodes"]} == {"present"}

    path = "/var/lib/gocover-test/pod"
    nodes.prepare(engine, cluster.nodes, path)
    manifest = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "gocover-test"},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "tolerations": [{"operator": "Exists"}],
            "securityContext": {"runAsNonRoot": True},
            "containers": [{
                "name": "c", "image": reference, "env": [{"name": "GOCOVERDIR", "value": "/cov"}],
                "securityContext": {"readOnlyRootFilesystem": True},
                "volumeMounts": [{"name": "cov", "mountPath": "/cov"}],
            }],
            "volumes": [{"name": "cov", "hostPath": {"path": path, "type": "Directory"}}],
        },
    }  # fmt: skip
    kubectl = ["kubectl", "--kubeconfig", str(cluster.kubeconfig)]
    try:
        subprocess.run([*kubectl, "apply", "-f", "-"], input=json.dumps(manifest), text=True, check=True)
        done = "--for=jsonpath={.status.phase}=Succeeded"
        subprocess.run([*kubectl, "wait", done, "--timeout=60s", "pod/gocover-test"], check=True)
        said = subprocess.run([*kubectl, "logs", "gocover-test"], capture_output=True, text=True, check=True).stdout
        assert said == "one\n"
        brought: list[str] = []
        for node in cluster.nodes:
            place = tmp_path / node.name
            place.mkdir()
            nodes.fetch(engine, node.name, path, place)
            brought += os.listdir(place)
        assert sorted(name.partition(".")[0] for name in brought) == ["covcounters", "covmeta"]
    finally:
        subprocess.run([*kubectl, "delete", "pod", "gocover-test", "--ignore-not-found", "--now"], check=True)
        nodes.remove(engine, cluster.nodes, path, discard=True)


def test_an_archive_is_loaded_once_and_a_damaged_one_is_named(
    engine: Engine, cluster: TestCluster, source: Path, made: list[str], tmp_path: Path
) -> None:
    (source / "cmd" / "gocover-test" / "main.go").write_text(PROGRAM % "from an archive")
    reference = build(source, made).result["image"]
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"".join(engine.save(reference)))
    assert load(cluster, archive=str(archive)).result["images"] == [reference]
    assert not load(cluster, archive=str(archive)).changed
    # Of the archive's content only: the node has it under this name and digest, wherever it came from.
    assert not load(cluster, image=[reference]).changed
    (tmp_path / "cut.tar").write_bytes(archive.read_bytes()[:1000])
    with pytest.raises(Failure) as caught:
        load(cluster, archive=str(tmp_path / "cut.tar"))
    assert caught.value.diagnoses[0].cause == "archive-invalid"


def test_what_the_engine_does_not_have_is_named(cluster: TestCluster) -> None:
    with pytest.raises(Failure) as caught:
        load(cluster, image=["localhost/no-such-image:v1"])
    assert caught.value.diagnoses[0].cause == "image-missing"
