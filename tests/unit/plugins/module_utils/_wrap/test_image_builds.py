# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds of images with coverage: what is passed on instead of what the user has written."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._wrap.image_builds import covered

PLAIN = (
    "FROM golang:1.26 AS build\nCOPY . .\nRUN go build -o /manager ./cmd\nFROM scratch\nCOPY --from=build /manager /\n"
)
ARGUMENT = PLAIN.replace("COPY . .", "ARG GOFLAGS\nCOPY . .")
NO_GO = "FROM scratch\nCOPY manager /\n"
ENV = 'ENV GOFLAGS="${GOFLAGS:+$GOFLAGS }-cover"\n'
DERIVED = PLAIN.replace("RUN go", f"{ENV}RUN go")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    directory = tmp_path / "check out"
    (directory / "deploy").mkdir(parents=True)
    (directory / "Dockerfile").write_text(PLAIN, encoding="utf-8")
    (directory / "deploy" / "with-argument").write_text(ARGUMENT, encoding="utf-8")
    (directory / "deploy" / "finished").write_text(NO_GO, encoding="utf-8")
    (directory / "deploy" / "plain").write_text(PLAIN, encoding="utf-8")
    (directory / "deploy" / "plain.dockerignore").write_text("*.md\n", encoding="utf-8")
    return directory


@pytest.mark.parametrize(
    ("words", "passed_on"),
    [
        ("build .", "build -f NEW ."),
        ("build -t x:y --no-cache .", "build -f NEW -t x:y --no-cache ."),
        ("build -f deploy/plain .", "build -f NEW ."),
        ("build . --file=deploy/plain", "build -f NEW ."),
        ("build -fdeploy/plain .", "build -f NEW ."),
        ("build --file deploy/plain -t x .", "build -f NEW -t x ."),
        ("--context build build --label a=b .", "--context build build -f NEW --label a=b ."),
        ("-H tcp://x image build .", "-H tcp://x image build -f NEW ."),
        ("buildx build --platform linux/amd64 --load .", "buildx build -f NEW --platform linux/amd64 --load ."),
        ("buildx b .", "buildx b -f NEW ."),
        ("build -f deploy/with-argument .", "build --build-arg GOFLAGS=-cover -f deploy/with-argument ."),
        (
            "build --build-arg GOFLAGS=-mod=vendor -f deploy/with-argument .",
            "build --build-arg GOFLAGS=-mod=vendor_-cover -f deploy/with-argument .",
        ),
        # What stays as it is: coverage of the team's own, nothing that compiles, and what cannot be read.
        ("build --build-arg GOFLAGS=-cover -f deploy/with-argument .", None),
        ("build --build-arg=GOFLAGS=-covermode=atomic .", None),
        ("build -f deploy/finished .", None),
        ("build -f deploy/missing .", None),
        ("build -", None),
        ("build -f - .", None),
        ("build https://example.com/x.git", None),
        ("build --help", None),
        ("ps -a", None),
    ],
)
def test_a_build(checkout: Path, tmp_path: Path, words: str, passed_on: str | None) -> None:
    found = covered(words.split(), checkout, tmp_path / "new")
    if passed_on is None:
        assert found is None
        return
    assert found is not None
    made = next((word for word in found if word.startswith(str(tmp_path / "new"))), "")
    assert [("NEW" if word == made else word.replace(" ", "_")) for word in found] == passed_on.split()
    if made:
        assert Path(made).read_text(encoding="utf-8") == DERIVED


def test_ignore_rules_stay_beside_the_dockerfile(checkout: Path, tmp_path: Path) -> None:
    found = covered(["build", "-f", "deploy/plain", "."], checkout, tmp_path / "new")
    assert found == ("build", "-f", str(tmp_path / "new" / "plain"), ".")
    assert (tmp_path / "new" / "plain.dockerignore").read_text(encoding="utf-8") == "*.md\n"


def test_a_context_elsewhere(checkout: Path, tmp_path: Path) -> None:
    found = covered(["build", str(checkout)], tmp_path, tmp_path / "new")
    assert found == ("build", "-f", str(tmp_path / "new" / "Dockerfile"), str(checkout))


def test_podman_takes_a_containerfile_of_the_context(checkout: Path, tmp_path: Path) -> None:
    (checkout / "Dockerfile").rename(checkout / "Containerfile")
    found = covered(["build", str(checkout)], tmp_path, tmp_path / "new")
    assert found == ("build", "-f", str(tmp_path / "new" / "Containerfile"), str(checkout))
