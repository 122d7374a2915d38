# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building with coverage: the command, what is said before it and when it fails, and the proof."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._golang import build, executable, target
from ansible_collections.gocover.e2e.plugins.module_utils._golang.toolchain import find_go

ENV = {"GOTOOLCHAIN": "local", "GOFLAGS": "", "CGO_ENABLED": "0"}


@pytest.mark.parametrize(
    ("files", "source", "package", "evidence"),
    [
        ([], "none", "./cmd/x", "There is no directory {}/none."),
        (["a/main.go"], "a", "./cmd/x", "There is no go.mod in {}/a or above it."),
        (["a/go.mod"], "a", "./cmd/x", "There is no ./cmd/x in {}/a."),
        (
            ["a/go.mod", "a/cmd/web/main.go", "a/cmd/api/main.go", "a/cmd/README"],
            "a",
            "./cmd/x",
            "There is no ./cmd/x in {}/a; there is ./cmd/api, ./cmd/web.",
        ),
    ],
)
def test_nothing_to_build(files: list[str], source: str, package: str, evidence: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(Failure) as caught:
        target.check_source(tmp_path / source, package)
    assert [diagnosis.cause for diagnosis in caught.value.diagnoses] == ["source-missing"]
    assert evidence.format(tmp_path) in str(caught.value)


def test_a_module_above_is_enough(tmp_path: Path) -> None:
    (tmp_path / "go.mod").touch()
    (tmp_path / "services" / "cmd" / "x").mkdir(parents=True)
    target.check_source(tmp_path / "services", "./cmd/x")


def test_build_and_proof(small_module: Path, tmp_path: Path) -> None:
    binary = tmp_path / "bin" / "small"
    spec = build.BuildSpec(small_module, "./cmd/small", binary, "count", env=ENV, flags=("-trimpath",))
    lines: list[str] = []
    built = build.build(spec, lines.append)
    info = built.info
    assert (built.covermode, built.warnings) == ("count", ())
    assert (info.path, info.settings["-trimpath"], info.instrumented) == ("example.test/small/cmd/small", "true", True)
    assert (executable.digest(binary) or "").startswith("sha256:")
    assert lines == []


def module_with(directory: Path, main: str, go_version: str = "1.21") -> Path:
    (directory / "go.mod").write_text(f"module example.test/broken\n\ngo {go_version}\n")
    (directory / "main.go").write_text(main)
    return directory


def failed_build(source: Path, binary: Path) -> Failure:
    with pytest.raises(Failure) as caught:
        build.build(build.BuildSpec(source, ".", binary, "set", env=ENV), lambda line: None)
    assert not binary.exists()
    return caught.value


def test_a_compile_error_is_quoted_and_its_command_named(tmp_path: Path) -> None:
    failure = failed_build(module_with(tmp_path, "package main\n\nfunc main() { missing() }\n"), tmp_path / "x")
    (diagnosis,) = failure.diagnoses
    assert diagnosis.cause == "build-failed"
    # The column is that of the instrumented source.
    assert re.search(r"exit code 1: \./main\.go:3:\d+: undefined: missing$", diagnosis.evidence)
    assert f"build -cover -o {tmp_path}/x .' in {tmp_path} ended with exit code 1" in diagnosis.evidence
    assert "# example.test/broken" not in diagnosis.evidence
    assert diagnosis.remedy.startswith(f"Fix the error above. To reproduce it: cd {tmp_path} && ")
    assert failure.result["rc"] == 1


def test_a_too_old_go_is_said_in_one_sentence(tmp_path: Path) -> None:
    failure = failed_build(module_with(tmp_path, "package main\n\nfunc main() {}\n", "1.99"), tmp_path / "x")
    (diagnosis,) = failure.diagnoses
    assert diagnosis.evidence.startswith("go.mod asks for Go 1.99, and this is Go 1.")
    assert diagnosis.remedy.startswith("Install Go 1.99 or later")


def test_a_build_that_nobody_waits_for_is_stopped(small_module: Path, tmp_path: Path) -> None:
    env = {**ENV, "GOCACHE": str(tmp_path / "cache")}
    spec = build.BuildSpec(small_module, "./cmd/small", tmp_path / "x", "set", env=env)
    with pytest.raises(Failure, match="the playbook that asked for it is gone"):
        build.build(spec, lambda line: None, wanted=lambda: False)


#: Build information with a version and nothing else.
PLAIN = b"\xff Go buildinf:\x08\x02" + b"\0" * 16 + b"\x08go1.26.8\0"


@pytest.mark.parametrize(
    ("content", "cause", "words"),
    [
        (None, "source-missing", "does not exist or is not a file"),
        (b"#!/bin/sh\n", "not-instrumented", "holds no Go build information"),
        (b"", "not-instrumented", "holds no Go build information"),
        (PLAIN, "not-instrumented", "(go1.26.8, no main package)"),
    ],
)
def test_no_proof(content: bytes | None, cause: str, words: str, tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    if content is not None:
        binary.write_bytes(content)
    with pytest.raises(Failure) as caught:
        executable.prove(binary)
    assert caught.value.diagnoses[0].cause == cause
    assert words in str(caught.value)


def test_no_digest_without_a_file(tmp_path: Path) -> None:
    assert executable.digest(tmp_path / "none") is None


def test_go_is_found_on_the_path_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\n")
    (tmp_path / "go").chmod(0o755)
    assert find_go({"PATH": f"/nowhere:{tmp_path}"}) == str(tmp_path / "go")
