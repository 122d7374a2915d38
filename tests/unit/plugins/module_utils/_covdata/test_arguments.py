# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines are blanked, and nothing else changes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.arguments import blank_arguments
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.counters import decode_counters

PROGRAM = """package main

import "os"

func main() {
\tif len(os.Args) > 9 {
\t\tos.Exit(1)
\t}
}
"""


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("program")
    (source / "go.mod").write_text("module example.com/program\n\ngo 1.21\n", encoding="utf-8")
    (source / "main.go").write_text(PROGRAM, encoding="utf-8")
    subprocess.run(["go", "build", "-cover", "-o", "program", "."], cwd=source, check=True)
    return source / "program"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (["--token=s3cret", "serve"], {"argv1": "**************", "argv2": "*****"}),
        # What is a key of the section, too, is no secret, and the table holds each string once.
        (["argc", "linux", ""], {"argv1": "argc", "argv2": "linux", "argv3": ""}),
    ],
)
def test_arguments_are_blanked(binary: Path, tmp_path: Path, arguments: list[str], expected: dict[str, str]) -> None:
    subprocess.run([binary, *arguments], env={**os.environ, "GOCOVERDIR": str(tmp_path)}, check=True)
    (counters,) = tmp_path.glob("covcounters.*")
    data = counters.read_bytes()

    blanked = blank_arguments(data)

    before, after = decode_counters(data), decode_counters(blanked)
    args = after.segments[0].args()
    assert {key: args[key] for key in args if key.startswith("argv") and key != "argv0"} == expected
    assert args["argv0"] == str(binary)
    assert before.segments[0].payload == after.segments[0].payload
    assert len(data) == len(blanked)
    assert blank_arguments(blanked) == blanked
