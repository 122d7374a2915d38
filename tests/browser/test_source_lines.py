# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a source on the page: Go's lines whatever else is in them, line directives, and very long files."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    PackageCoverage,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.page.service import render
from conftest import Browse, Driver
from pages import summary_of
from selenium.webdriver.common.by import By
from test_report_page import focused_line, go, line_states, settle, texts, wait

NAME = "example.com/shop/f.go"


def opened(browse: Browse, directory: Path, source: str, blocks: list[Block], line: int = 0) -> Driver:
    """The view of one file with this source and these blocks."""
    file = FileCoverage.of_blocks(NAME, "example.com/shop", blocks, [])
    coverage = Coverage("count", [PackageCoverage.of_files("example.com/shop", [file])])
    path = directory / "index.html"
    path.write_text(render(coverage, summary_of(coverage), {NAME: source}), encoding="utf-8")
    return go(browse(), f"{path.as_uri()}#{NAME}" + (f":{line}" if line else ""))


@pytest.mark.parametrize(
    "strange",
    ["\r", "\f", "\v", "\u2028", "\u2029", "\x85", "\x1c", "\udcff", "\ufeff", "x" * 20_000],
    ids=["CR", "FF", "VT", "U+2028", "U+2029", "NEL", "FS", "no UTF-8", "BOM", "long"],
)
def test_only_a_line_feed_ends_a_line(browse: Browse, tmp_path: Path, strange: str) -> None:
    source = f"package p\n\n// a{strange}b\nfunc f() {{\n\tg()\n}}\n"
    driver = opened(browse, tmp_path, source, [Block(4, 10, 6, 2, 1, 0)])
    states = line_states(driver)
    assert (len(states), states[3], states[5]) == (6, "l", "u")
    heights = {element.size["height"] for element in driver.find_elements(By.CSS_SELECTOR, ".l")}
    assert len(heights) == 1


def test_columns_count_a_byte_that_is_no_letter_as_one(browse: Browse, tmp_path: Path) -> None:
    source = 'package p\n\nfunc f(s string) { if s == "\udcff\u00e9" { g() } }\n'
    start = len(source.split("\n")[2].encode("utf-8", "surrogateescape").partition(b"{ g")[0]) + 1
    blocks = [Block(3, 18, 3, start, 1, 1), Block(3, start, 3, start + 7, 1, 0)]
    assert texts(opened(browse, tmp_path, source, blocks), "mark") == ["{ g() }"]


def test_lines_end_with_crlf(browse: Browse, tmp_path: Path) -> None:
    driver = opened(browse, tmp_path, "package p\r\n\r\nfunc f() {\r\n\tg()\r\n}\r\n", [Block(3, 10, 5, 2, 1, 0)])
    assert [text.strip() for text in texts(driver, ".l code")] == ["package p", "", "func f() {", "g()", "}"]


def test_blocks_of_a_line_directive_have_whole_lines(browse: Browse, tmp_path: Path) -> None:
    source = "{% func Page %}\n{% if n %}many{% else %}few{% endif %}\n{% endfunc %}\nrest\n"
    blocks = [Block(1, 0, 2, 0, 2, 1), Block(2, 0, 2, 1, 1, 0), Block(3, 0, 2, 0, 1, 0)]
    driver = opened(browse, tmp_path, source, blocks)
    assert line_states(driver) == {1: "c", 2: "p", 3: "u", 4: "l"}
    assert driver.find_element(By.ID, "runs").text == ", 1 uncovered place"


def test_a_long_file_is_written_where_a_reader_looks(browse: Browse, tmp_path: Path) -> None:
    functions = 20_000
    source = "package p\n\n" + "".join(f"func F{n}() {{\n\tg({n})\n}}\n\n" for n in range(functions))
    blocks = [Block(3 + 4 * n, 14, 5 + 4 * n, 2, 1, n % 2) for n in range(functions)]
    driver = opened(browse, tmp_path, source, blocks)
    assert driver.execute_script("return document.querySelectorAll('.l').length") < 3000
    height = driver.execute_script("return document.querySelector('#rows').scrollHeight")
    go(driver, f"{driver.current_url}:60000")
    assert focused_line(driver) == "60000"
    wait(driver, lambda d: d.find_element(By.CSS_SELECTOR, ".l.on").location["y"] > 60000 * 15)
    assert driver.execute_script("return document.querySelectorAll('.l').length") < 5000
    # Lines that are not written take the room that they will take.
    assert abs(driver.execute_script("return document.querySelector('#rows').scrollHeight") - height) < 50
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    settle(driver)
    assert driver.execute_script("return document.querySelectorAll('.l').length") == 4 * functions + 2
