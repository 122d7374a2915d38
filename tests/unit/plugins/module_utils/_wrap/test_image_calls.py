# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that build images: what a shim does with them. How each builder is rewritten is tested with _images."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._wrap import image_calls
from ansible_collections.gocover.e2e.plugins.module_utils._wrap.requests import Answer, Request

PLAIN = (
    "FROM golang:1.26 AS build\nCOPY . .\nRUN go build -o /manager ./cmd\nFROM scratch\nCOPY --from=build /manager /\n"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    directory = tmp_path / "check out"
    directory.mkdir()
    (directory / "Dockerfile").write_text(PLAIN, encoding="utf-8")
    return directory


def nothing(_argv: Sequence[str], _directory: str, _environment: Mapping[str, str]) -> str:
    raise AssertionError("no question is needed")


def request(checkout: Path, line: str, **environment: str) -> Request:
    program, *arguments = line.split()
    return Request(program, "build", tuple(arguments), str(checkout), environment)


@pytest.mark.parametrize("program", ["docker", "podman", "nerdctl", "buildah"])
def test_a_dockerfile_that_knows_nothing_of_coverage(checkout: Path, tmp_path: Path, program: str) -> None:
    found = image_calls.covered(request(checkout, f"{program} build -t x ."), tmp_path / "new", nothing)
    assert found is not None
    assert found.warnings == ()
    (derived,) = (tmp_path / "new").rglob("Dockerfile")
    assert "-cover" in derived.read_text(encoding="utf-8")
    assert found.answer.arguments is not None
    assert str(derived) in found.answer.arguments
    assert [word for word in found.answer.arguments if word in ("build", "-t", "x", ".")] == ["build", "-t", "x", "."]
    assert (checkout / "Dockerfile").read_text(encoding="utf-8") == PLAIN


@pytest.mark.parametrize("line", ["docker ps", "docker build --help", "docker compose ps", "ko version", "buildah ps"])
def test_a_call_that_builds_nothing(checkout: Path, tmp_path: Path, line: str) -> None:
    assert image_calls.covered(request(checkout, line), tmp_path / "new", nothing) is None


@pytest.mark.parametrize("line", ["docker build -", "docker build -f - .", "podman build -f- ."])
def test_a_build_from_stdin_stays_and_is_named(checkout: Path, tmp_path: Path, line: str) -> None:
    found = image_calls.covered(request(checkout, line), tmp_path / "new", nothing)
    assert found == (Answer(), (f"{line} reads its Dockerfile from stdin and stays as it is",))


def test_nothing_is_instrumented_twice(checkout: Path, tmp_path: Path) -> None:
    text = PLAIN.replace("COPY . .", "ARG GOFLAGS\nCOPY . .")
    (checkout / "Dockerfile").write_text(text, encoding="utf-8")
    line = "docker build --build-arg GOFLAGS=-cover ."
    found = image_calls.covered(request(checkout, line), tmp_path / "new", nothing)
    assert found is not None
    assert found.answer.arguments is None


def test_ko_gets_a_variable(checkout: Path, tmp_path: Path) -> None:
    found = image_calls.covered(request(checkout, "ko build ./cmd", GOFLAGS="-mod=vendor"), tmp_path / "new", nothing)
    assert found is not None
    assert found.answer == Answer(environment={"GOFLAGS": "-mod=vendor -cover"})
    shown = found.answer.script() + 'echo "$GOFLAGS"'
    assert subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=True).stdout == (
        "-mod=vendor -cover\n"
    )


def test_compose_is_asked_for_its_own_view(checkout: Path, tmp_path: Path) -> None:
    asked: list[tuple[Sequence[str], str]] = []

    def ask(argv: Sequence[str], directory: str, _environment: Mapping[str, str]) -> str:
        asked.append((argv, directory))
        return ""

    image_calls.covered(request(checkout, "docker compose build"), tmp_path / "new", ask)
    assert [(argv[:2], directory) for argv, directory in asked] == [(("docker", "compose"), str(checkout))]


def test_a_question_that_fails_is_no_answer(tmp_path: Path) -> None:
    assert image_calls.output_of(["sh", "-c", "echo yes"], str(tmp_path), {"PATH": "/bin"}) == "yes\n"
    assert image_calls.output_of(["sh", "-c", "echo no; exit 1"], str(tmp_path), {"PATH": "/bin"}) == ""
    assert image_calls.output_of([str(tmp_path / "missing")], str(tmp_path), {}) == ""
