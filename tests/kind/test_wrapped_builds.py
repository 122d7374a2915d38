# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that build images, run with what is added to them: the program in each image is instrumented.

Each program is tried that this machine has: docker with its legacy builder, buildx, compose, podman, buildah, ko.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Build, Engine
from ansible_collections.gocover.e2e.plugins.module_utils._golang import executable
from ansible_collections.gocover.e2e.plugins.module_utils._images import command_line, delivery, proof
from ansible_collections.gocover.e2e.plugins.module_utils._images.changes import Call, Rewritten
from shared import CHECKOUT

BIN = Path(sys.executable).parent
COLLECTIONS = str(CHECKOUT / ".ansible" / "collections")
NAME = "localhost/gocover-test-wrapped:e2e"
DOCKERFILE = """\
FROM localhost/golang:gocover-test AS build
WORKDIR /src
COPY . .
RUN ["go", "build", "-o", "/out/manager", "./cmd"]
FROM scratch
COPY --from=build /out/manager /manager
ENTRYPOINT ["/manager"]
"""
WITH_ARGUMENT = DOCKERFILE.replace("WORKDIR", "ARG GOFLAGS=-mod=mod\nWORKDIR")


#: Where docker finds the plugin buildx that the lab has made; empty where docker has its own.
LAB = {"DOCKER_CONFIG": path} if (path := os.environ.get("GOCOVER_LAB_DOCKER_CONFIG")) else {}
LEGACY = {"DOCKER_BUILDKIT": "0"}


def _has(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    ended = subprocess.run([*command, "version"], env={**os.environ, **LAB}, capture_output=True, check=False)
    return ended.returncode == 0


buildx = pytest.mark.skipif(not _has("docker", "buildx"), reason="docker has no buildx here")
compose = pytest.mark.skipif(not _has("docker", "compose"), reason="docker has no compose here")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A module with a Dockerfile and a file that must not reach the build."""
    source = tmp_path / "checkout"
    (source / "cmd").mkdir(parents=True)
    (source / "go.mod").write_text("module example.test/manager\n\ngo 1.21\n")
    (source / "cmd" / "main.go").write_text("package main\n\nfunc main() {}\n")
    (source / "cmd" / "broken.go").write_text("package broken\n")
    (source / ".dockerignore").write_text("**/broken.go\n")
    (source / "Dockerfile").write_text(DOCKERFILE)
    (source / "Dockerfile.arg").write_text(WITH_ARGUMENT)
    return source


@pytest.fixture(autouse=True)
def _removed(engine: Engine) -> t.Iterator[None]:
    yield
    engine.remove_image(NAME)


def _run(argv: t.Sequence[str], checkout: Path, env: t.Mapping[str, str], stdin: bytes | None = None) -> Rewritten:
    """Run the command as a stand-in for its program does; returns what it was changed to."""
    environment = {**os.environ, **LAB, **env}
    call = Call(tuple(argv), str(checkout), environment)
    asked = command_line.question(call)
    model = ""
    if asked:
        model = subprocess.run(asked, cwd=checkout, env=environment, capture_output=True, text=True, check=True).stdout
    data = stdin
    if command_line.reads_stdin(call) and not delivery.is_archive((stdin or b"")[:512]):
        call = Call(tuple(argv), str(checkout), environment, (stdin or b"").decode())
    directory = checkout.parent / "derived"
    new = command_line.rewrite(call, delivery.read_text, str(directory), "-cover", model)
    delivery.place(new.files)
    if new.archive:
        sink = io.BytesIO()
        delivery.rewrite_archive(io.BytesIO(stdin or b""), sink, new.archive, "-cover", new.target)
        data = sink.getvalue()
    elif new.stdin is not None:
        data = new.stdin.encode()
    before = sorted(path for path in checkout.rglob("*"))
    ended = subprocess.run(
        new.argv, cwd=checkout, env={**environment, **new.env}, input=data, capture_output=True, check=False
    )
    assert ended.returncode == 0, (new.argv, ended.stdout.decode()[-2000:], ended.stderr.decode()[-2000:])
    assert sorted(path for path in checkout.rglob("*")) == before
    return new


def _prove(engine: Engine, name: str = NAME) -> None:
    image = engine.image(name)
    assert image is not None
    assert proof.prove(engine, image, name).info.path == "example.test/manager/cmd"


@pytest.mark.parametrize(
    ("command", "env"),
    [
        pytest.param("docker build -t NAME .", LEGACY, id="legacy"),
        pytest.param("docker image build . -qt NAME --rm -f Dockerfile", LEGACY, id="legacy image build"),
        pytest.param("docker build --tag=NAME -fDockerfile.arg .", LEGACY, id="legacy with ARG"),
        pytest.param("docker build -t NAME .", {"DOCKER_BUILDKIT": "1"}, id="BuildKit", marks=buildx),
        pytest.param("docker buildx build --load -t NAME -f Dockerfile .", {}, id="buildx", marks=buildx),
        pytest.param("docker buildx build --load --tag=NAME -fDockerfile.arg .", {}, id="buildx ARG", marks=buildx),
    ],
)
def test_build(engine: Engine, golang: str, checkout: Path, command: str, env: dict[str, str]) -> None:
    _run(command.replace("NAME", NAME).split(), checkout, env)
    _prove(engine)


@pytest.mark.parametrize(
    "env", [pytest.param(LEGACY, id="legacy"), pytest.param({"DOCKER_BUILDKIT": "1"}, id="BuildKit", marks=buildx)]
)
def test_build_from_stdin(engine: Engine, golang: str, checkout: Path, env: dict[str, str]) -> None:
    _run(["docker", "build", "-t", NAME, "-f", "-", "."], checkout, env, DOCKERFILE.encode())
    _prove(engine)


@pytest.mark.parametrize(
    "env", [pytest.param(LEGACY, id="legacy"), pytest.param({"DOCKER_BUILDKIT": "1"}, id="BuildKit", marks=buildx)]
)
def test_build_of_an_archive(engine: Engine, golang: str, checkout: Path, env: dict[str, str]) -> None:
    (checkout / "cmd" / "broken.go").unlink()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(checkout, ".")
    _run(["docker", "build", "-t", NAME, "-"], checkout, env, gzip.compress(stream.getvalue()))
    _prove(engine)


def test_the_playbook_wrap_reports_a_program_of_an_image(golang: str, checkout: Path) -> None:
    (checkout / "cmd" / "main.go").write_text('package main\n\nfunc main() {\n    println("running")\n}\n')
    steps = [
        f"docker build -t {NAME} .",
        f"docker create --name gocover-test-wrapped {NAME}",
        "docker cp gocover-test-wrapped:/manager ../manager",
        "docker rm gocover-test-wrapped",
        "../manager",
    ]
    ended = subprocess.run(
        [BIN / "ansible-playbook", "gocover.e2e.wrap", "-e", json.dumps({"run": " && ".join(steps)})],
        cwd=checkout,
        # As a shell that stands there would have it.
        env={**os.environ, **LEGACY, **{"PWD": str(checkout), "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads((checkout / "coverage" / "manager" / "summary.json").read_text())
    assert (summary["statements"]["covered"], summary["statements"]["total"]) == (1, 1)


@buildx
def test_ignore_rules_of_the_dockerfile(engine: Engine, golang: str, checkout: Path) -> None:
    (checkout / ".dockerignore").write_text("")
    (checkout / "Dockerfile.dockerignore").write_text("**/broken.go\n")
    _run(["docker", "build", "-t", NAME, "."], checkout, {"DOCKER_BUILDKIT": "1"})
    _prove(engine)


@buildx
@pytest.mark.parametrize("dockerfile", ["Dockerfile", "Dockerfile.arg"])
def test_bake(engine: Engine, golang: str, checkout: Path, dockerfile: str) -> None:
    (checkout / "docker-bake.hcl").write_text(
        f'variable "NAME" {{ default = "{NAME}" }}\n'
        f'target "default" {{\n  dockerfile = "{dockerfile}"\n  tags = [NAME]\n  output = ["type=docker"]\n}}\n'
    )
    _run(["docker", "buildx", "bake"], checkout, {})
    _prove(engine)


SERVICE = "services:\n  app:\n    image: {name}\n"
COMPOSE = {
    "dockerfile": SERVICE + "    build: {{context: ., dockerfile: '${{FILE:-Dockerfile}}'}}\n",
    "argument": SERVICE + "    build: {{context: ., dockerfile: Dockerfile.arg}}\n",
    "short": SERVICE + "    profiles: [e2e]\n    build: .\n",
    "inline": SERVICE + "    build:\n      context: .\n      dockerfile_inline: |\n{inline}",
}


@compose
@buildx
@pytest.mark.parametrize("form", COMPOSE)
@pytest.mark.parametrize("words", ["build app", "--profile e2e build", "-f compose.yaml build app"])
def test_compose(engine: Engine, golang: str, checkout: Path, form: str, words: str) -> None:
    inline = "".join(f"        {line}\n" for line in DOCKERFILE.splitlines())
    (checkout / "compose.yaml").write_text(COMPOSE[form].format(name=NAME, inline=inline))
    _run(["docker", "compose", *words.split()], checkout, {})
    _prove(engine)


@pytest.mark.parametrize("command", ["podman build", "buildah bud"])
@pytest.mark.parametrize("words", ["-t NAME .", "-t NAME -f Dockerfile.arg .", "-t NAME -f Dockerfile"])
def test_build_without_docker(
    engine: Engine, golang: str, checkout: Path, tmp_path: Path, command: str, words: str
) -> None:
    program = command.split()[0]
    if not _has(program):
        pytest.skip(f"there is no {program} here")
    archive = tmp_path / "golang.tar"
    with archive.open("wb") as file:
        file.writelines(engine.save(golang))
    load = (
        ["podman", "load", "-qi", str(archive)]
        if program == "podman"
        else ["buildah", "pull", f"docker-archive:{archive}"]
    )
    subprocess.run(load, check=True, capture_output=True)
    _run([*command.split(), *words.replace("NAME", NAME).split()], checkout, {})
    built = tmp_path / "built.tar"
    save = (
        ["podman", "save", "-qo", str(built), NAME]
        if program == "podman"
        else ["buildah", "push", NAME, f"docker-archive:{built}:{NAME}"]
    )
    subprocess.run(save, check=True, capture_output=True)
    with built.open("rb") as image:
        engine.load(image)
    subprocess.run([program, "rmi", "-f", NAME], check=True, capture_output=True)
    _prove(engine)


@pytest.mark.skipif(shutil.which("ko") is None, reason="there is no ko here")
def test_ko(engine: Engine, checkout: Path, tmp_path: Path) -> None:
    (checkout / "cmd" / "broken.go").unlink()
    # ko takes a base image of this registry from the engine.
    base = "ko.local/gocover-test-base:e2e"
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    engine.tag(engine.build(Build(str(tmp_path / "base"), str(tmp_path / "base" / "Dockerfile")), print), base)
    (checkout / ".ko.yaml").write_text(f"defaultBaseImage: {base}\n")
    archive = tmp_path / "ko.tar"
    words = ["--push=false", f"--tarball={archive}", "--sbom=none", "--tags=e2e", "-B", "./cmd"]
    try:
        _run(["ko", "build", *words], checkout, {"KO_DOCKER_REPO": "localhost/gocover-test-ko"})
    finally:
        engine.remove_image(base)
    program = tmp_path / "program"
    with tarfile.open(archive) as image:
        for name in image.getnames():
            if name.endswith(".tar.gz"):
                with tarfile.open(fileobj=image.extractfile(name)) as layer:
                    for member in layer:
                        if member.isreg() and member.name.endswith("ko-app/cmd"):
                            program.write_bytes(t.cast(t.IO[bytes], layer.extractfile(member)).read())
    assert executable.prove(program).path == "example.test/manager/cmd"
