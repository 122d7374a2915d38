# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program with C in it: Go compiles files that cgo has written, and the data names those that a team has written."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

import pytest

MAIN = """package main

// static int twice(int n) { return 2 * n; }
import "C"

// Twice doubles in C.
func Twice(n int) int {
    if n < 0 {
        return 0
    }
    return int(C.twice(C.int(n)))
}

type Box struct{ n int }

func (b *Box) Get() int {
    twice := func() int { return int(C.twice(C.int(b.n))) }
    return twice()
}

//export Back
func Back(n C.int) C.int {
    return n
}

func main() {
    println(Twice(2), (&Box{3}).Get())
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="cgo needs gcc, which is not installed here")
@pytest.mark.parametrize("options", [[], ["-trimpath"]])
def test_functions_sources_and_totals_are_those_of_the_files_of_the_team(
    repository: Any, go_tool: Any, options: list[str]
) -> None:
    repository.write(**{"go.mod": "module example.com/shop\n\ngo 1.21\n", "main.go": MAIN})
    repository.commit()
    binary, profile = repository.data.parent / "program", repository.data.parent / "profile.out"
    go_tool(repository.top, "build", "-cover", *options, "-o", str(binary), ".", CGO_ENABLED="1")
    repository.data.mkdir()
    subprocess.run([binary], env={**os.environ, "GOCOVERDIR": str(repository.data)}, check=True, capture_output=True)
    shown = repository.report()
    assert shown.paths() == {"cobertura": {"main.go"}, "lcov": {"main.go"}}
    assert shown.page_functions() == ["Twice", "Box.Get", "Back", "main"]
    assert all(file["source"] for file in shown.page_files())
    assert shown.summary["warnings"] == [] and "unplaced" not in shown.summary
    for counted in shown.totals().values():
        assert len(set(counted.values())) == 1, counted
    go_tool(repository.top, "tool", "covdata", "textfmt", f"-i={repository.data}", f"-o={profile}")
    assert sorted(shown.files["profile.out"].splitlines()) == sorted(profile.read_text().splitlines())
    assert shown.files["functions.txt"] == go_tool(repository.top, "tool", "cover", f"-func={profile}")
