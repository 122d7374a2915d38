# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dockerfiles that know nothing of coverage, built for real in an image of the host's Go toolchain."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Build, Engine
from ansible_collections.gocover.e2e.plugins.module_utils._images import instrumented

NAME = "localhost/gocover-test-dockerfile"
DOCKERFILE = """\
# escape=`
FROM {golang} AS builder
WORKDIR /src
COPY . .
RUN ["go", "build", {flags} `
     "-o", "/out/manager", "./cmd"]
FROM scratch
COPY --from=builder /out/manager /manager
ENTRYPOINT ["/manager"]
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A module with a Dockerfile and a file that must not reach the build."""
    (tmp_path / "cmd").mkdir()
    (tmp_path / "go.mod").write_text("module example.test/manager\n\ngo 1.21\n")
    (tmp_path / "cmd" / "main.go").write_text("package main\n\nfunc main() {}\n")
    (tmp_path / "cmd" / "broken.go").write_text("package broken\n")
    (tmp_path / ".dockerignore").write_text("**/broken.go\n")
    return tmp_path


def test_a_dockerfile_is_instrumented_without_an_edit(engine: Engine, golang: str, checkout: Path) -> None:
    path = checkout / "Dockerfile"
    path.write_text(DOCKERFILE.format(golang=golang, flags='"-ldflags=-s -w",'))
    before = sorted(checkout.rglob("*"))
    notes: list[str] = []
    build = Build(str(checkout), str(path), {"GOFLAGS": "-cover"})
    made = instrumented.from_dockerfile(engine, NAME, build, print, note=notes.append)
    try:
        assert (made.proven.path, made.proven.info.path) == ("/manager", "example.test/manager/cmd")
        assert notes == [
            f"building {NAME} from {path} with GOFLAGS='-cover'",
            f"stage builder gets ENV GOFLAGS before line 5 of {path}, in a copy of it",
        ]
        assert sorted(checkout.rglob("*")) == before
    finally:
        engine.remove_image(made.reference)


def test_the_line_that_builds_without_coverage_is_named(engine: Engine, golang: str, checkout: Path) -> None:
    path = checkout / "Dockerfile"
    path.write_text(DOCKERFILE.format(golang=golang, flags='"-cover=false",'))
    with pytest.raises(Failure) as caught:
        instrumented.from_dockerfile(engine, NAME, Build(str(checkout), str(path), {"GOFLAGS": "-cover"}), print)
    (diagnosis,) = caught.value.diagnoses
    assert diagnosis.cause == "not-instrumented"
    assert f"{path}: line 5 builds with -cover=false" in diagnosis.evidence
