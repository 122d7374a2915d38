# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is added to commands that build images."""

from __future__ import annotations

import os.path
import shlex

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._images import command_line
from ansible_collections.gocover.e2e.plugins.module_utils._images.changes import Call, Rewritten

PLAIN = "FROM golang AS build\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
ARGUMENT = "FROM golang\nARG GOFLAGS\nRUN go build .\n"
WITH_DEFAULT = "FROM golang\nARG GOFLAGS=-mod=vendor\nRUN go build .\n"
COMPUTED = "FROM golang\nARG MODE=mod\nARG GOFLAGS=-mod=$MODE\nRUN go build .\n"
OUTER = "ARG GOFLAGS=-mod=vendor\nFROM golang\nARG GOFLAGS\nRUN go build .\n"
ENV = 'ENV GOFLAGS="${GOFLAGS:+$GOFLAGS }-cover"'
NGINX = "FROM nginx\nCOPY html /usr/share\n"
FILES = {
    "/src/Dockerfile": PLAIN,
    "/src/Dockerfile.arg": ARGUMENT,
    "/src/Dockerfile.default": WITH_DEFAULT,
    "/src/Dockerfile.computed": COMPUTED,
    "/src/Dockerfile.outer": OUTER,
    "/src/Dockerfile.both": f"{PLAIN}FROM golang AS second\nARG GOFLAGS\nRUN go build .\nCOPY --from=build /app /\n",
    "/src/nginx/Dockerfile": NGINX,
    "/src/sub/Dockerfile": PLAIN,
    "/src/low/dockerfile": PLAIN,
    "/src/both/Containerfile": PLAIN,
    "/src/both/Dockerfile": NGINX,
    "/src/first": "FROM golang AS build\nRUN go build -o /app .",
    "/src/second": "FROM build\nRUN go build -o /b ./b\n",
    "/src/other/frontend.yml": "# syntax=example.com/pack\napk: x\n",
    "/src/mirror": f"# syntax=registry.example.com/docker/dockerfile:1.7\n{PLAIN}",
}
DIRECTORY = "/tmp/derived"


def read(path: str) -> str | None:
    return FILES.get(os.path.normpath(path))


def rewrite(line: str, stdin: str | None = None, model: str = "", **env: str) -> Rewritten:
    call = Call(tuple(shlex.split(line)), "/src", env, stdin)
    return command_line.rewrite(call, read, DIRECTORY, "-cover", model)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("docker build .", "docker build -f /tmp/derived/0/Dockerfile ."),
        ("/usr/bin/docker build .", "/usr/bin/docker build -f /tmp/derived/0/Dockerfile ."),
        ("docker build -t x .", "docker build -t x -f /tmp/derived/0/Dockerfile ."),
        ("docker build . -t x", "docker build . -t x -f /tmp/derived/0/Dockerfile"),
        ("docker build -t x -- .", "docker build -t x -f /tmp/derived/0/Dockerfile -- ."),
        ("docker build -qt x sub", "docker build -qt x -f /tmp/derived/0/Dockerfile sub"),
        ("docker build --pull --no-cache /src", "docker build --pull --no-cache -f /tmp/derived/0/Dockerfile /src"),
        ("docker build -f Dockerfile ..", "docker build -f Dockerfile -f /tmp/derived/0/Dockerfile .."),
        ("docker build -fmirror .", "docker build -fmirror -f /tmp/derived/0/mirror ."),
        ("docker build -f=sub/Dockerfile .", "docker build -f=sub/Dockerfile -f /tmp/derived/0/Dockerfile ."),
        ("docker build -f x -f mirror .", "docker build -f x -f mirror -f /tmp/derived/0/mirror ."),
        ("docker build low", "docker build -f /tmp/derived/0/dockerfile low"),
        ("docker -H tcp://x -D build .", "docker -H tcp://x -D build -f /tmp/derived/0/Dockerfile ."),
        ("docker image build .", "docker image build -f /tmp/derived/0/Dockerfile ."),
        ("docker builder build .", "docker builder build -f /tmp/derived/0/Dockerfile ."),
        ("docker buildx build --push .", "docker buildx build --push -f /tmp/derived/0/Dockerfile ."),
        ("docker buildx --builder x b .", "docker buildx --builder x b -f /tmp/derived/0/Dockerfile ."),
        ("docker-buildx build .", "docker-buildx build -f /tmp/derived/0/Dockerfile ."),
        ("nerdctl -n k8s.io build .", "nerdctl -n k8s.io build -f /tmp/derived/0/Dockerfile ."),
        ("podman --remote build .", "podman --remote build -f /tmp/derived/0/Dockerfile ."),
        ("podman build both", "podman build -f /tmp/derived/0/Containerfile both"),
        ("podman build -f mirror .", "podman build -f /tmp/derived/0/mirror ."),
        ("podman build --file=mirror -t x .", "podman build --file=/tmp/derived/0/mirror -t x ."),
        ("podman build -fsub/Dockerfile .", "podman build -f/tmp/derived/0/Dockerfile ."),
        ("podman build -f Dockerfile sub", "podman build -f /tmp/derived/0/Dockerfile sub"),
        ("podman build -f sub/Dockerfile", "podman build -f /tmp/derived/0/Dockerfile /src/sub"),
        ("podman build -f first,second .", "podman build -f /tmp/derived/0/first,/tmp/derived/1/second ."),
        ("podman build -f first -f second .", "podman build -f /tmp/derived/0/first -f /tmp/derived/1/second ."),
        ("buildah bud --layers .", "buildah bud --layers -f /tmp/derived/0/Dockerfile ."),
        ("buildah build", "buildah build -f /tmp/derived/0/Dockerfile /src"),
        ("docker build --unknown-option value .", "docker build --unknown-option value -f /tmp/derived/0/Dockerfile ."),
        (
            "docker build -f Dockerfile.arg .",
            "docker build -f Dockerfile.arg --build-arg GOFLAGS=-cover .",
        ),
        (
            "docker build -f Dockerfile.default .",
            "docker build -f Dockerfile.default --build-arg 'GOFLAGS=-mod=vendor -cover' .",
        ),
        (
            "docker build -f Dockerfile.outer .",
            "docker build -f Dockerfile.outer --build-arg 'GOFLAGS=-mod=vendor -cover' .",
        ),
        (
            "docker build -f Dockerfile.computed .",
            "docker build -f Dockerfile.computed -f /tmp/derived/0/Dockerfile.computed .",
        ),
        (
            "docker build -f Dockerfile.arg --build-arg GOFLAGS=-v --build-arg A=1 .",
            "docker build -f Dockerfile.arg --build-arg GOFLAGS=-v --build-arg A=1 --build-arg 'GOFLAGS=-v -cover' .",
        ),
        (
            "docker build -f Dockerfile.default --build-arg=GOFLAGS= .",
            "docker build -f Dockerfile.default --build-arg=GOFLAGS= --build-arg GOFLAGS=-cover .",
        ),
        (
            "docker build -f Dockerfile.both --target=second .",
            "docker build -f Dockerfile.both --target=second "
            "--build-arg GOFLAGS=-cover -f /tmp/derived/0/Dockerfile.both .",
        ),
    ],
)
def test_what_is_added(line: str, expected: str) -> None:
    made = rewrite(line)
    assert shlex.join(made.argv) == expected
    assert made.warnings == ()
    assert made.stdin is None
    for word in (word for part in made.argv for word in part.removeprefix("--file=").removeprefix("-f").split(",")):
        if word.startswith(DIRECTORY):
            assert ENV in made.files[word].split("\n")


@pytest.mark.parametrize(
    "line",
    [
        "docker build -f Dockerfile.arg --build-arg 'GOFLAGS=-cover -covermode=atomic' .",
        "docker build nginx",
        "docker build --target unknown .",
        "docker build --help",
        "docker build --print=outline .",
        "docker run build .",
        "docker --version build",
        "docker -c build ps",
        "docker buildx ls",
        "docker buildx bake --print",
        "docker compose ps",
        "docker compose",
        "docker",
        "podman image ls",
        "buildah from golang",
        "nerdctl image ls",
        "ko version",
        "go build .",
        "",
    ],
)
def test_what_stays_as_it_is(line: str) -> None:
    made = rewrite(line)
    assert (shlex.join(made.argv), dict(made.files), dict(made.env), made.warnings) == (
        shlex.join(shlex.split(line)),
        {},
        {},
        (),
    )


def test_an_argument_without_a_value_is_that_of_the_environment() -> None:
    made = rewrite("docker build -f Dockerfile.arg --build-arg GOFLAGS .", GOFLAGS="-mod=mod")
    assert made.argv[-3:] == ("--build-arg", "GOFLAGS=-mod=mod -cover", ".")


def test_notes_name_stage_line_and_file() -> None:
    assert rewrite("docker build .").notes == (
        "stage build gets ENV GOFLAGS before line 2 of /src/Dockerfile, in a copy of it",
    )
    assert rewrite("docker build nginx").notes == ("no step of /src/nginx/Dockerfile is known to compile Go",)
    assert rewrite("docker build -f Dockerfile.arg .").notes == ("the build argument GOFLAGS is '-cover'",)


def test_several_files_make_one_dockerfile_with_podman() -> None:
    made = rewrite("podman build -f first -f second .")
    assert made.files["/tmp/derived/0/first"] == f"FROM golang AS build\n{ENV}\nRUN go build -o /app ."
    assert made.files["/tmp/derived/1/second"] == f"FROM build\n{ENV}\nRUN go build -o /b ./b\n"
    assert made.notes == (
        "stage build gets ENV GOFLAGS before line 2 of /src/first, in a copy of it",
        "stage 1 gets ENV GOFLAGS before line 2 of /src/second, in a copy of it",
    )


@pytest.mark.parametrize("suffix", [".dockerignore", ".containerignore"])
def test_ignore_rules_of_a_dockerfile_lie_beside_the_derived_one(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, f"/src/mirror{suffix}", "*\n!cmd\n")
    assert rewrite("docker build -f mirror .").files[f"/tmp/derived/0/mirror{suffix}"] == "*\n!cmd\n"


@pytest.mark.parametrize("line", ["docker build -f - .", "docker build -", "podman build -f - .", "buildah bud -"])
def test_a_dockerfile_on_stdin_comes_on_stdin(line: str) -> None:
    assert command_line.reads_stdin(Call(tuple(line.split()), "/src"))
    made = rewrite(line, stdin=PLAIN)
    assert (shlex.join(made.argv), dict(made.files)) == (line, {})
    assert made.stdin == PLAIN.replace("RUN", f"{ENV}\nRUN", 1)
    assert made.notes == ("stage build gets ENV GOFLAGS before line 2 of the Dockerfile on stdin, in a copy of it",)


@pytest.mark.parametrize(
    ("line", "name"),
    [("docker build -", "Dockerfile"), ("docker build -f ./a/b --target t -", "a/b"), ("podman build -", "Dockerfile")],
)
def test_an_archive_on_stdin_is_changed_where_it_passes(line: str, name: str) -> None:
    made = rewrite(line)
    assert (made.archive, made.stdin, made.target) == (name, None, "t" if "target" in line else "")
    assert made.argv[-3:] == ("--build-arg", "GOFLAGS=-cover", "-")


@pytest.mark.parametrize(
    "context", ["https://github.com/x/y.git#main", "git@github.com:x/y.git", "github.com/x/y", "ssh://h/x.git"]
)
def test_a_remote_context_gets_the_argument_alone_and_this_is_said(context: str) -> None:
    made = rewrite(f"docker build {context}")
    assert made.argv == ("docker", "build", "--build-arg", "GOFLAGS=-cover", context)
    assert made.warnings == (
        f"the Dockerfile of {context} cannot be read here: only a stage with ARG GOFLAGS can be instrumented",
    )


def test_a_local_dockerfile_of_a_remote_context_is_derived() -> None:
    assert rewrite("docker build -f /src/mirror https://x/y.git").argv[-2:-1] == ("/tmp/derived/0/mirror",)
    assert rewrite("docker build -f mirror https://x/y.git").files == {}


@pytest.mark.parametrize(
    "line", ["docker build missing", "docker build -f missing .", "podman build -f mirror -f no ."]
)
def test_a_missing_dockerfile_is_left_to_the_builder(line: str) -> None:
    made = rewrite(line)
    assert (shlex.join(made.argv), len(made.warnings)) == (line, 1)


def test_another_frontend_is_left_alone_and_this_is_said() -> None:
    made = rewrite("docker build -f other/frontend.yml .")
    assert made.argv == ("docker", "build", "-f", "other/frontend.yml", ".")
    assert made.warnings == (
        "/src/other/frontend.yml is left as it is, because example.com/pack is no frontend for Dockerfiles",
    )


def test_what_takes_the_flags_away_is_a_warning() -> None:
    made = rewrite("docker build -f - .", stdin="FROM golang\nRUN GOFLAGS=-v go build .\n")
    assert made.warnings == ("the Dockerfile on stdin: line 2 replaces GOFLAGS by GOFLAGS=-v",)


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, {"GOFLAGS": "-cover"}), ({"GOFLAGS": "-v"}, {"GOFLAGS": "-v -cover"}), ({"GOFLAGS": "-cover"}, {})],
)
def test_ko_gets_the_flags_by_its_environment(given: dict[str, str], expected: dict[str, str]) -> None:
    made = rewrite("ko build ./cmd/x", **given)
    assert (made.argv, dict(made.env)) == (("ko", "build", "./cmd/x"), expected)


def test_a_configuration_of_ko_that_replaces_the_flags_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "/src/.ko.yaml", "builds:\n- env: [GOFLAGS=-mod=mod]\n")
    assert rewrite("ko apply -f x").warnings == ("/src/.ko.yaml sets GOFLAGS, which replaces that of the environment",)
