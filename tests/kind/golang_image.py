# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image of the host's Go toolchain, for builds where no registry can be reached."""

from __future__ import annotations

import subprocess
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Build, Engine

GOLANG = "localhost/golang:gocover-test"
#: Of GOROOT, a build needs no more.
_PARTS = ("bin", "pkg/include", "pkg/tool", "src", "go.env", "VERSION")


def _leave_out(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.endswith("_test.go") or "/testdata/" in member.name else member


@pytest.fixture(scope="session")
def golang(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[str]:
    """An image of Go and nothing else: its programs are static, and the exec form of RUN needs no shell."""
    context = tmp_path_factory.mktemp("golang")
    root = Path(subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip())
    with tarfile.open(context / "go.tar", "w") as archive:
        for part in _PARTS:
            if (root / part).exists():
                archive.add((root / part).resolve(), f"usr/local/go/{part}", filter=_leave_out)
        temporary = tarfile.TarInfo("tmp")
        temporary.type, temporary.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(temporary)
    (context / "main.go").write_text("package main\n\nfunc main() {}\n")
    (context / "Dockerfile").write_text(
        "FROM scratch\nADD go.tar /\nENV PATH=/usr/local/go/bin HOME=/tmp CGO_ENABLED=0 GOTOOLCHAIN=local\n"
        # The standard library is compiled once, not in each build.
        'COPY main.go /tmp/warm/\nRUN ["go", "build", "-cover", "-o", "/tmp/warm/main", "/tmp/warm/main.go"]\n'
    )
    engine.tag(engine.build(Build(str(context), str(context / "Dockerfile")), print), GOLANG)
    yield GOLANG
    engine.remove_image(GOLANG)
