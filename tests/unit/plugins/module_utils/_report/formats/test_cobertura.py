# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cobertura.xml; tests/browser/test_formats.py validates it against the DTD."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.cobertura import render_cobertura
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.lcov import repo_relative
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    FunctionCoverage,
    PackageCoverage,
)


def _coverage(name: str = "m/p/f.go", function: str = "A") -> Coverage:
    blocks = [Block(3, 14, 4, 10, 1, 4), Block(4, 10, 6, 3, 1, 0), Block(9, 14, 9, 30, 1, 1)]
    functions = [FunctionCoverage(function, name, 3, 1, 2), FunctionCoverage("B", name, 9, 1, 1)]
    file = FileCoverage.of_blocks(name, "m/p", blocks, functions)
    return Coverage("count", [PackageCoverage.of_files("m/p", [file]), PackageCoverage("m/empty", [], 0, 0)])


def _parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def test_lines_rates_and_names() -> None:
    root = _parse(render_cobertura(_coverage(), 1795248012000, repo_relative({"m": ""}), ["/src"]))
    assert root.attrib["timestamp"] == "1795248012000"
    assert (root.attrib["lines-valid"], root.attrib["lines-covered"], root.attrib["line-rate"]) == ("5", "2", "0.4000")
    assert root.findtext("sources/source") == "/src"
    assert [package.attrib["name"] for package in root.findall("packages/package")] == ["m/empty", "m/p"]
    found = root.find("packages/package/classes/class")
    assert found is not None
    assert (found.attrib["name"], found.attrib["filename"], found.attrib["branch-rate"]) == ("f.go", "p/f.go", "0")
    hits = [(line.attrib["number"], line.attrib["hits"]) for line in found.findall("lines/line")]
    assert hits == [("3", "4"), ("4", "0"), ("5", "0"), ("6", "0"), ("9", "1")]
    methods = {method.attrib["name"]: method for method in found.findall("methods/method")}
    assert {name: method.attrib["line-rate"] for name, method in methods.items()} == {"A": "0.2500", "B": "1.0000"}
    assert len(methods["A"].findall("lines/line")) == 4


def test_hostile_names_stay_names() -> None:
    evil = 'm/p/"><line number="1" hits="9"/>\x00\ud800.go'
    root = _parse(render_cobertura(_coverage(evil, "<b>&\x0b"), 0))
    found = root.find(".//class")
    assert found is not None
    assert found.attrib["filename"] == 'm/p/"><line number="1" hits="9"/>\ufffd\ufffd.go'
    assert root.findall(".//method")[0].attrib["name"] == "<b>&\ufffd"


def test_nothing_covered_is_no_division_by_zero() -> None:
    assert _parse(render_cobertura(Coverage("set", []), 0)).attrib["line-rate"] == "0.0000"
