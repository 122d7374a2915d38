# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is added to commands of compose and bake, from what they print of their files."""

from __future__ import annotations

import json
import os.path
import shlex
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._images import command_line
from ansible_collections.gocover.e2e.plugins.module_utils._images.changes import Call, Rewritten

PLAIN = "FROM golang AS build\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
ENV = 'ENV GOFLAGS="${GOFLAGS:+$GOFLAGS }-cover"'
FILES = {
    "/src/Dockerfile": PLAIN,
    "/src/arg/Dockerfile": "FROM golang\nARG GOFLAGS\nRUN go build .\n",
    "/src/web/Dockerfile": "FROM nginx\n",
}
OVERRIDE = "/tmp/derived/compose.coverage.yaml"


def rewrite(
    line: str, model: t.Any, files: t.Mapping[str, str] | None = None, cwd: str = "/src", **env: str
) -> Rewritten:
    call = Call(tuple(shlex.split(line)), cwd, env)
    text = model if isinstance(model, str) else json.dumps(model)

    def read(path: str) -> str | None:
        return (FILES if files is None else files).get(os.path.normpath(path))

    return command_line.rewrite(call, read, "/tmp/derived", "-cover", text)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "docker compose -f a.yml up --build web",
            "docker compose -f a.yml --profile * config --format json",
        ),
        ("docker -D compose build", "docker -D compose --profile * config --format json"),
        ("docker-compose -p x build", "docker-compose -p x config"),
        ("podman compose up -d", "podman compose config"),
        ("docker buildx bake -f x.hcl app", "docker buildx bake -f x.hcl --print app"),
        ("docker build .", ""),
        ("docker compose down", ""),
        ("ls", ""),
    ],
)
def test_what_is_asked_first(line: str, expected: str) -> None:
    assert " ".join(command_line.question(Call(tuple(line.split()), "/src"))) == expected


MODEL = {
    "services": {
        "app": {"build": {"context": "/src", "dockerfile": "Dockerfile"}},
        "arg": {"build": {"context": "/src/arg", "args": {"GOFLAGS": "-v", "X": "$1"}}},
        "short": {"build": "/src"},
        "web": {"build": {"context": "/src/web"}},
        "inline": {"build": {"context": "/src", "dockerfile_inline": PLAIN}},
        "db": {"image": "postgres"},
    }
}


def test_compose_gets_one_more_file() -> None:
    made = rewrite("docker compose -f a.yml --profile x up --build web", MODEL)
    assert shlex.join(made.argv) == f"docker compose -f a.yml --profile x -f {OVERRIDE} up --build web"
    services = json.loads(made.files[OVERRIDE])["services"]
    assert services == {
        "app": {"build": {"dockerfile": "/tmp/derived/0/Dockerfile"}},
        "arg": {"build": {"args": {"GOFLAGS": "-v -cover"}}},
        "short": {"build": {"dockerfile": "/tmp/derived/1/Dockerfile"}},
        # Compose replaces variables in its files.
        "inline": {"build": {"dockerfile_inline": PLAIN.replace("RUN", f"{ENV}\nRUN", 1).replace("$", "$$")}},
    }
    assert ENV in made.files["/tmp/derived/0/Dockerfile"]
    assert (
        "stage build gets ENV GOFLAGS before line 2 of the inline Dockerfile of inline, in a copy of it" in made.notes
    )
    assert made.warnings == ()


@pytest.mark.parametrize(
    ("files", "line", "env", "named"),
    [
        (["/src/compose.yaml", "/src/docker-compose.yml"], "", {}, ["/src/compose.yaml"]),
        (
            ["/src/docker-compose.yml", "/src/compose.override.yml"],
            "",
            {},
            ["/src/docker-compose.yml", "/src/compose.override.yml"],
        ),
        (["/compose.yml"], "", {}, ["/compose.yml"]),
        (["/src/compose.yml"], "", {"COMPOSE_FILE": "a.yml:b.yml"}, ["a.yml", "b.yml"]),
        (["/src/compose.yml"], "", {"COMPOSE_FILE": "a.yml,b", "COMPOSE_PATH_SEPARATOR": ","}, ["a.yml", "b"]),
        (["/src/x/compose.yml"], "--project-directory x", {}, ["/src/x/compose.yml"]),
        (["/src/compose.yml"], "-f c.yml", {}, []),
        ([], "", {}, []),
    ],
)
def test_the_files_that_compose_finds_by_itself_are_named(
    files: list[str], line: str, env: dict[str, str], named: list[str]
) -> None:
    given = {**FILES, **dict.fromkeys(files, "")}
    made = rewrite(f"docker compose {line} build", {"services": {"app": {"build": "/src"}}}, given, **env)
    words = [word for path in [*named, OVERRIDE] for word in ("-f", path)]
    assert list(made.argv) == ["docker", "compose", *line.split(), *words, "build"]


def test_an_env_file_may_name_the_files() -> None:
    files = {**FILES, "/src/.env": "A=1\nCOMPOSE_FILE='a.yml'\n"}
    made = rewrite("docker compose build", {"services": {"app": {"build": "/src"}}}, files)
    assert made.argv[2:6] == ("-f", "a.yml", "-f", OVERRIDE)


def test_the_users_build_argument_is_completed_behind_it() -> None:
    model = {"services": {"arg": {"build": {"context": "/src/arg"}}}}
    made = rewrite("docker compose -f c build --build-arg GOFLAGS=-v arg", model)
    assert shlex.join(made.argv[6:]) == "build --build-arg GOFLAGS=-v --build-arg 'GOFLAGS=-v -cover' arg"


def test_files_of_version_1_are_yaml() -> None:
    made = rewrite("docker-compose -f c build", "services:\n  app:\n    build: {context: /src}\nversion: '3'\n")
    assert made.argv == ("docker-compose", "-f", "c", "-f", OVERRIDE, "build")


def test_bake_gets_its_dockerfiles_by_set() -> None:
    model = {
        "group": {"default": {"targets": ["app", "arg"]}},
        "target": {
            "app": {"context": ".", "dockerfile": "Dockerfile"},
            "arg": {"context": "cwd://arg", "dockerfile": "Dockerfile", "args": {"GOFLAGS": "-v"}},
            "web": {"context": "web"},
        },
    }
    made = rewrite("docker buildx bake -f x.hcl app", model)
    added = [
        "--set",
        "app.dockerfile=/tmp/derived/0/Dockerfile",
        "--set",
        "arg.args.GOFLAGS=-v -cover",
        "--allow",
        "fs.read=/tmp/derived",
    ]
    assert list(made.argv) == ["docker", "buildx", "bake", "-f", "x.hcl", *added, "app"]
    assert ENV in made.files["/tmp/derived/0/Dockerfile"]


def test_an_inline_dockerfile_of_bake_is_left_and_this_is_said() -> None:
    made = rewrite("docker buildx bake", {"target": {"app": {"dockerfile-inline": PLAIN}}})
    assert made.argv == ("docker", "buildx", "bake")
    assert made.warnings == ("app is left as it is: bake cannot replace dockerfile-inline by --set",)


@pytest.mark.parametrize("model", ["", "{", "[]", "services: [", '{"services": null}', "x: 1"])
def test_files_that_cannot_be_resolved_are_named(model: str) -> None:
    made = rewrite("docker compose -f a build", model)
    assert made.argv == ("docker", "compose", "-f", "a", "build")
    shown = "docker compose -f a --profile * config --format json"
    assert made.warnings == (f"The images are built as they are, because '{shown}' shows no services",)


def test_a_remote_context_gets_the_argument_alone() -> None:
    model = {"services": {"far": {"build": {"context": "https://x/y.git"}}, "no": {"build": {"context": "/no"}}}}
    made = rewrite("docker compose -f c build", model)
    assert json.loads(made.files[OVERRIDE]) == {"services": {"far": {"build": {"args": {"GOFLAGS": "-cover"}}}}}
    assert len(made.warnings) == 2


def test_a_project_without_go_is_built_as_it_is() -> None:
    made = rewrite("docker compose build", {"services": {"web": {"build": "/src/web"}, "db": {"image": "x"}}})
    assert (made.argv, dict(made.files)) == (("docker", "compose", "build"), {})
