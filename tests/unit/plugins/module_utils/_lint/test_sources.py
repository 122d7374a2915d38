# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are read, what is skipped with a note, and input that no parser may break on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._lint import golang, scripts
from ansible_collections.gocover.e2e.plugins.module_utils._lint.check import RULES, check_paths, check_sources
from ansible_collections.gocover.e2e.plugins.module_utils._lint.golang import read_go
from ansible_collections.gocover.e2e.plugins.module_utils._lint.output import render
from ansible_collections.gocover.e2e.plugins.module_utils._lint.scripts import read_script
from ansible_collections.gocover.e2e.plugins.module_utils._lint.sources import Kind, Source, kind_of_name, read_sources
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("deploy/shop.yaml", "yaml"),
        ("kind.yml", "yaml"),
        ("cmd/main.go", "go"),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.coverage", "dockerfile"),
        ("shop.Dockerfile", "dockerfile"),
        ("Makefile", "makefile"),
        ("hack/e2e.mk", "makefile"),
        ("hack/collect.sh", "shell"),
        ("hack/collect", "shell"),
        ("Dockerfile.dockerignore", None),
        ("README.md", None),
        ("vendor/x/x.go", None),
    ],
)
def test_kinds(tmp_path: Path, name: str, kind: Kind | None) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/bash\n")
    sources, _notes = read_sources([tmp_path], str(tmp_path))
    assert [(source.name, source.kind) for source in sources] == ([(name, kind)] if kind else [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"kind: \0", "is binary"),
        (b"kind: \xff", "is not UTF-8"),
        (b"# " + b"x" * (1 << 20), "is larger than 1 MiB"),
        (b"apiVersion: v1\nname: {{ .Values.name }}", "is a template"),
        (b"apiVersion: [", "is not valid YAML: while parsing a flow node"),
    ],
)
def test_skipped_files(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    report = check_paths([tmp_path], str(tmp_path))
    assert [(note.file, note.reason) for note in report.notes] == [("a.yaml", reason)]


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="does not exist"):
        read_sources([tmp_path / "missing"])


#: Words with which a file gets past the first look of its reader.
BEGINNINGS: dict[Kind, str] = {
    "yaml": "apiVersion: v1\nkind: Pod\n",
    "go": "package main\n",
    "makefile": "all:\n\t",
    "shell": "docker cp n:/cov ",
    "dockerfile": "FROM golang AS build\nRUN go build ",
}


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(BEGINNINGS)), text=st.text(max_size=200))
def test_no_text_breaks_a_parser(kind: Kind, text: str) -> None:
    check_sources([Source("file", kind, text)])
    check_sources([Source("file", kind, BEGINNINGS[kind] + text)])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(["docs/lint.md"]))
def test_no_broken_file_breaks_a_rule(data: st.DataObject, name: str) -> None:
    # Each example of the documentation, cut and changed anywhere.
    page = (Path(__file__).resolve().parents[5] / name).read_text(encoding="utf-8")
    blocks = re.findall(r"`([\w./]+)`:\n\n```\w+\n(.*?)```", page, re.DOTALL)
    file, text = data.draw(st.sampled_from(blocks))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    broken = text[:start] + data.draw(st.text(max_size=8)) + text[end:]
    kind = kind_of_name(Path(file))
    assert kind is not None
    findings = check_sources([Source(file, kind, broken)]).findings
    assert all(1 <= entry.line <= broken.count("\n") + 1 for entry in findings)


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: " + "[" * 20000,
        "apiVersion: v1\n" + "".join(f"{' ' * depth}a:\n" for depth in range(900)),
        "apiVersion: &a [x]\n" + "b: [" + "*a, " * 5000 + "]",
        "kind: Pod\napiVersion: v1\nspec: &s {containers: [{image: *s}]}\n",
        "kind: List\napiVersion: v1\nitems: [1, null, {}]\n",
        "kind: Pod\napiVersion: v1\nspec: {containers: 3}\n",
        "kind: [Pod]\napiVersion: {v: 1}\n",
    ],
)
def test_odd_yaml(text: str) -> None:
    check_sources([Source("a.yaml", "yaml", text)])


@pytest.mark.parametrize("language", ["go", "shell", "makefile", "dockerfile"])
def test_deep_nesting(language: Kind) -> None:
    check_sources([Source("a", language, BEGINNINGS[language] + "f(" * 20000)])
    check_sources([Source("a", language, BEGINNINGS[language] + "$(" * 20000)])


def test_directories_that_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "pipe.yaml").symlink_to(tmp_path / "missing")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "Makefile").mkdir()
    os.mkfifo(tmp_path / "fifo.sh")
    report = check_paths([tmp_path], str(tmp_path))
    assert [(note.file, note.reason) for note in report.notes] == [
        ("fifo.sh", "is no regular file"),
        ("pipe.yaml", "cannot be read: No such file or directory"),
    ]


@pytest.mark.parametrize("cut", [10, 120, 240, 400])
def test_broken_go_gives_what_can_be_read(cut: int) -> None:
    text = Path(__file__).read_text() + "\n" + 'package e2e\nfunc f() {\n\tBuild("x")\n}\n' * 20
    check_sources([Source("a.go", "go", text[:cut])])


def test_commands_of_a_makefile() -> None:
    text = "all:\n\t@go build \\\n\t  ./cmd/$(NAME)\n\t-docker cp $$NODE:/x y\nclean:\n\trm -rf y || true\n"
    recipes = read_script(Source("Makefile", "makefile", text), scripts.grammar())
    commands = [(command.line, command.words, command.ignored) for script in recipes for command in script.commands]
    assert commands == [
        (2, ("go", "build", "./cmd/${NAME}"), False),
        (4, ("docker", "cp", "$NODE:/x", "y"), True),
        (6, ("rm", "-rf", "y"), True),
        (6, ("true",), False),
    ]


GO_PROGRAM = r"""package main

import (
    "encoding/json"
    "go/ast"
    "go/parser"
    "go/token"
    "os"
)

func main() {
    set := token.NewFileSet()
    file, err := parser.ParseFile(set, os.Args[1], nil, 0)
    if err != nil {
        panic(err)
    }
    calls := [][]any{}
    ast.Inspect(file, func(node ast.Node) bool {
        if call, ok := node.(*ast.CallExpr); ok {
            if _, conversion := call.Fun.(*ast.ArrayType); conversion {
                return true
            }
            arguments := []any{}
            for _, argument := range call.Args {
                if literal, ok := argument.(*ast.BasicLit); ok && literal.Kind == token.STRING {
                    arguments = append(arguments, literal.Value[1:len(literal.Value)-1])
                } else {
                    arguments = append(arguments, nil)
                }
            }
            calls = append(calls, []any{set.Position(call.Pos()).Line, arguments})
        }
        return true
    })
    json.NewEncoder(os.Stdout).Encode(calls)
}
"""


@pytest.mark.skipif(shutil.which("go") is None, reason="needs Go, whose own parser is the oracle")
def test_calls_are_those_of_go_parser(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text(GO_PROGRAM)
    (tmp_path / "go.mod").write_text("module example.test/calls\n\ngo 1.21\n")
    subprocess.run(["go", "build", "-o", "calls", "."], cwd=tmp_path, check=True)
    checkout = Path(__file__).resolve().parents[5]
    for path in sorted((checkout / "examples").glob("*/internal/*/*.go")):
        expected = json.loads(subprocess.run([tmp_path / "calls", path], stdout=subprocess.PIPE, check=True).stdout)
        # Without the word no rule would look into the file.
        file = read_go(Source("a.go", "go", f"{path.read_text()}\n// signal.Notify"), golang.grammar())
        calls = [[call.line, list(call.arguments)] for call in file.calls]
        assert sorted(map(str, calls)) == sorted(map(str, expected)), path


def test_formats() -> None:
    source = Source("a,b.sh", "shell", "go build -cover ./cmd/x/main.go\n")
    findings = check_sources([source]).findings
    sarif = json.loads(render("sarif", findings, RULES))
    result = sarif["runs"][0]["results"][0]
    assert result["ruleId"] == sarif["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "main-by-file"
    assert json.loads(render("json", findings, RULES)) == [findings[0].as_dict()]
    assert render("github", findings, RULES).startswith(
        "::warning file=a%2Cb.sh,line=1,title=main-by-file::go build gets"
    )
    assert render("text", findings, RULES).splitlines()[-1] == "findings: 1, errors: 0"
