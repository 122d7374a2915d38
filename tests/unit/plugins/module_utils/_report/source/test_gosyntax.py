# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The extents of statements and declarations, with go/parser as the oracle (tests/fixtures/gosyntax)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.gosyntax import nodes_of

ORACLE = Path(__file__).resolve().parents[5] / "fixtures" / "gosyntax" / "nodes.go"
SHAPES = ORACLE.parents[1] / "shapes"
#: Packages of the standard library with every construct of the language.
PACKAGES = ("net/http", "go/parser", "encoding/json", "text/template", "slices", "iter", "database/sql", "sync")


def go(*arguments: str, read: str = "") -> str:
    environment = dict(os.environ, GOFLAGS="", GOTOOLCHAIN="local", GO111MODULE="off")
    command = ["go", *arguments]
    return subprocess.run(command, input=read, env=environment, check=True, capture_output=True, text=True).stdout


def test_nodes_are_those_of_the_go_parser() -> None:
    library = Path(go("env", "GOROOT").strip()) / "src"
    files = [path for package in PACKAGES for path in sorted((library / package).glob("*.go"))]
    files += [ORACLE, *sorted(SHAPES.rglob("*.go"))]
    expected: dict[str, list[tuple[str, int, int]]] = {}
    nodes = expected.setdefault("", [])
    for line in go("run", str(ORACLE), read="\n".join(map(str, files))).splitlines():
        kind, *extent = line.split(" ")
        if len(extent) == 2:
            nodes.append((kind, int(extent[0]), int(extent[1])))
        else:
            nodes = expected.setdefault(line, [])
    for path in files:
        found = [tuple(node) for node in nodes_of(path.read_bytes())]
        assert sorted(found) == sorted(expected[str(path)]), path
    assert len(files) > 100


@pytest.mark.parametrize(
    "text",
    [
        b"func f() {",
        b"func f() { if x { }",
        b"func f() { switch x { y } }",
        b"func f() { x( }",
        b"func f() { } }",
        b"x := 1",
        b"func f() " + b"{" * 1000 + b"}" * 1000,
        b"var x = " + b"(" * 1000 + b")" * 1000,
    ],
)
def test_what_is_no_go_or_nests_too_deeply_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"offset|closed|deeply"):
        nodes_of(b"package p\n" + text)


def test_a_long_chain_of_branches_does_not_nest() -> None:
    text = b"package p\nfunc f() {\n" + b"if a {\n} else " * 5000 + b"{\n}\n}\n"
    assert len(nodes_of(text)) == 5002
