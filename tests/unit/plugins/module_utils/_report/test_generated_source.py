# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated source with generics, closures and line directives: one total in all formats, a name for each function."""

from __future__ import annotations

import random
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.bundle import ReportSpec, make_report, write_report

BODY = "\tif n > {limit} {{\n\t\treturn n\n\t}}\n\treturn n + 1\n}}\n"
#: Declarations with a number in their names, and a call of each.
PIECES = {
    "function": ("func F{i}(n int) int {{\n" + BODY, "F{i}(3)"),
    "method": ("type T{i} struct{{}}\n\nfunc (*T{i}) Get(n int) int {{\n" + BODY, "(&T{i}{{}}).Get(3)"),
    "generic": (
        "type G{i}[T any] struct{{}}\n\nfunc (g *G{i}[T]) Get(n int) int {{\n" + BODY,
        "(&G{i}[int]{{}}).Get(3)",
    ),
    "closure": ("var c{i} = func(n int) int {{\n" + BODY, "c{i}(3)"),
    "group": ("var (\n\tx{i}, y{i} = 1, func(n int) int {{\n" + BODY.rstrip() + "\n)\n", "y{i}(x{i})"),
    "template": (
        "//line page{i}.tpl:7\nfunc P{i}(n int) int {{\n//line page{i}.tpl:8\n\tif n > {limit} {{ return n }}\n"
        "//line page{i}.tpl:8\n\treturn n + 1\n//line page{i}.tpl:9\n}}\n//line {file}:{i}000\n",
        "P{i}(3)",
    ),
}


@pytest.mark.parametrize("seed", range(4))
def test_totals_of_all_formats_agree_for_every_kind_of_function(repository: Any, tmp_path: Any, seed: int) -> None:
    pick = random.Random(seed)
    files = {"go.mod": "module example.com/made\n\ngo 1.21\n"}
    calls, number = [], 0
    for index in range(3):
        file = f"part{index}.go"
        pieces = []
        for kind in pick.sample(sorted(PIECES), 4):
            number += 1
            text, call = PIECES[kind]
            pieces.append(text.format(i=number, limit=pick.choice([1, 5]), file=file))
            calls += [f"\tprintln({call.format(i=number)})\n"] * pick.randint(0, 1)
        files[file] = "package main\n\n" + "\n".join(pieces)
    files["main.go"] = "package main\n\nfunc main() {\n" + "".join(calls) + "}\n"
    repository.write(**files)
    repository.run("", ".", "./...", "-covermode=count")
    shown = repository.report()
    totals = shown.totals()
    # As in Go, functions.txt leaves out literals that are in no function.
    totals.pop("percent")
    for by_format in totals.values():
        assert len(set(by_format.values())) == 1, by_format
    functions = [function for file in shown.summary["files"] for function in file["functions"]]
    names = [function["name"] for function in functions]
    assert len(set(names)) == len(names) and "Get" not in names
    assert sum(function["total"] for function in functions) == shown.summary["statements"]["total"]
    spec = ReportSpec((repository.data,), "made", repository.top)
    made = make_report(spec)
    write_report(made, spec, tmp_path / "out", keep_covdata=False)
    assert not [warning for warning in made.summary["warnings"] if "totals-differ" in warning]
