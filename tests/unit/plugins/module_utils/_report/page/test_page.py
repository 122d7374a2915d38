# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML pages as text; tests/browser/ looks at them in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    FunctionCoverage,
    PackageCoverage,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.page import assets as page_assets
from ansible_collections.gocover.e2e.plugins.module_utils._report.page import service as html
from ansible_collections.gocover.e2e.plugins.module_utils._report.page.document import (
    anchor,
    moment,
    percent,
    text,
    tone,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.page.overview import render_overview
from ansible_collections.gocover.e2e.plugins.module_utils._report.page.service import render
from ansible_collections.gocover.e2e.plugins.module_utils._report.page.treemap import squarify

ASSETS = Path(__file__).resolve().parents[6] / "assets"
HOSTILE = "m/</script></noscript><script>alert(1)</script>\u2028\ud800.go"


def _coverage(names: list[str], mode: str = "count") -> Coverage:
    packages: dict[str, list[FileCoverage]] = {}
    for name in names:
        functions = [FunctionCoverage("A", name, 3, 2, 2), FunctionCoverage("<B>", name, 7, 0, 1)]
        blocks = [Block(3, 14, 5, 2, 2, 4), Block(7, 14, 9, 2, 1, 0)]
        package = name.rpartition("/")[0]
        packages.setdefault(package, []).append(FileCoverage.of_blocks(name, package, blocks, functions))
    return Coverage(mode, [PackageCoverage.of_files(*item) for item in packages.items()])


def _summary(**more: Any) -> Any:
    return {"service": "s", "statements": {"covered": 2, "total": 3, "percent": 200 / 3}, "passed": True, **more}


def _data(page: str) -> list[Any]:
    packed = re.search(r'<script type="text/plain" id="data">\n(.*?)\n</script>', page, re.S)
    assert packed
    return [json.loads(zlib.decompress(base64.b64decode(line))) for line in packed[1].split("\n")]


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_assets_and_generated_module_agree() -> None:
    command = [sys.executable, str(ASSETS / "embed.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0, "run `make assets`"


def test_assets_stay_small_and_fetch_nothing() -> None:
    script = page_assets.HEAD_SCRIPT + page_assets.REPORT_SCRIPT
    assert len(script) < 28_672 and len(page_assets.STYLE) < 12_288
    for asset in (script, page_assets.OVERVIEW_SCRIPT, page_assets.STYLE):
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttpRequest|</script", asset)


def test_data_holds_functions_blocks_and_source() -> None:
    page = render(_coverage(["m/b/b.go", "m/a/a.go"]), _summary(), {"m/a/a.go": "package a // \u2028 </script>"})
    functions, first, second = _data(page)
    assert functions == [[["A", 3, 2, 2, 0], ["<B>", 7, 0, 1, 0]]] * 2
    blocks = [[3, 14, 5, 2, 2, 4], [7, 14, 9, 2, 1, 0]]
    assert first == {"blocks": blocks, "source": "package a // \u2028 </script>"}
    assert second == {"blocks": blocks, "source": None}
    assert '<tr class="file" data-f="0" data-of="2/3"><th scope="row"><a href="#m/a/a.go">a.go</a>' in page


def test_source_may_be_a_function() -> None:
    page = render(_coverage(["m/a.go"]), _summary(), lambda name: f"// {name}")
    assert _data(page)[1]["source"] == "// m/a.go"


def test_output_does_not_depend_on_order() -> None:
    names = [f"m/p{n % 5}/f{n}.go" for n in range(20)]
    excluded = {f"m/p1/x{n}.go": "generated file" for n in range(5)}
    expected = render(_coverage(names), _summary(), {}, excluded)
    for seed in range(5):
        random.Random(seed).shuffle(names)
        shuffled = dict(sorted(excluded.items(), key=lambda item: hash((seed, item))))
        assert render(_coverage(names), _summary(), {}, shuffled) == expected


def test_hostile_names_add_no_element() -> None:
    plain = _Elements()
    plain.feed(render(_coverage(["m/as/many/slash/es.go"]), _summary(), {}, {"m/y.go": "reason"}))
    page = render(_coverage([HOSTILE]), _summary(service=HOSTILE), {}, {"m/<b>y.go": HOSTILE})
    page.encode("utf-8")
    hostile = _Elements()
    hostile.feed(page)
    assert hostile.tags == plain.tags


def test_policy_names_the_scripts_of_the_page() -> None:
    page = render(_coverage(["m/a.go"]), _summary(), {})
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert re.findall(r"'sha256-([^']+)'", page) == hashes
    assert len(hashes) == 2 and "default-src 'none'" in page


def test_headline() -> None:
    summary = _summary(
        scope={"covered": 1, "total": 4, "percent": 25.0},
        mode="atomic",
        go_version="go1.26.8",
        functions={"covered": 1, "total": 2},
        meta_files=1,
        counter_files=3,
        passed=False,
        run={"started": "2026-11-21T08:00:12.123Z"},
        tests={"passed": False, "seconds": 61.04},
        thresholds=[
            {"name": "near", "minimum": 30, "actual": 29.0, "passed": False},
            {"name": "far", "minimum": 90, "actual": 25.0, "passed": False},
            {"name": "ok", "minimum": 1, "actual": 25.0, "passed": True},
        ],
    )
    page = render(_coverage(["m/a.go"]), summary, {})
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<header") : page.index("</header")]))
    for expected in (
        "25.0%",
        "1 of 4 statements in scope (66.7%, 2 of 3 of all that was instrumented)",
        "failed",
        "Functions reached 1 of 2",
        "Mode atomic",
        "Go go1.26.8",
        "Run 2026-11-21 08:00 UTC",
        "Tests failed in 61.0 s",
        "Thresholds 1 of 3 reached",
        "Data files 1 meta, 3 counter",
    ):
        assert expected in words
    assert words.index("far is at") < words.index("near is at")


def test_excluded_files_stand_in_their_package() -> None:
    page = render(_coverage(["m/a/a.go"]), _summary(), {}, {"m/a/z.go": "generated file", "m/gone/g.go": "pattern"})
    body = page[page.index('id="package=m/a"') : page.index('id="package=m/gone"')]
    assert '<span class="mark">excluded</span> generated file' in body
    assert "g.go" in page[page.index('id="package=m/gone"') :]


def test_a_big_program_opens_folded() -> None:
    assert '<tbody class="folded">' in render(_coverage([f"m/f{n}.go" for n in range(61)]), _summary(), {})
    assert '<tbody class="folded">' not in render(_coverage([f"m/f{n}.go" for n in range(60)]), _summary(), {})


def test_empty_coverage() -> None:
    page = render(Coverage("set", []), {"service": "s"}, {})
    assert "0.0%" in page and _data(page) == [[]]


@pytest.mark.parametrize(
    ("covered", "total", "expected"),
    [(0, 0, "-"), (1, 3, "33.3%"), (1999, 2000, "100.0%"), (3, 3, "100.0%"), (0, 5, "0.0%")],
)
def test_percent_is_as_go_prints_it(covered: int, total: int, expected: str) -> None:
    assert percent(covered, total) == expected


@pytest.mark.parametrize(
    ("covered", "total", "expected"),
    [(0, 0, "muted"), (4, 5, "good"), (799, 1000, "fair"), (1, 2, "fair"), (499, 1000, "poor")],
)
def test_tone(covered: int, total: int, expected: str) -> None:
    assert tone(covered, total) == expected


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        ("2026-11-21T08:00:12Z", '<time datetime="2026-11-21T08:00:12Z">2026-11-21 08:00 UTC</time>'),
        ("2026-11-21T08:00:12+02:00", '<time datetime="2026-11-21T08:00:12+02:00">2026-11-21 08:00 +02:00</time>'),
        ("2026-11-21 08:00", '<time datetime="2026-11-21 08:00">2026-11-21 08:00</time>'),
        ("<now>", "&lt;now&gt;"),
    ],
)
def test_moment(started: str, expected: str) -> None:
    assert moment(started) == expected


def test_text_and_anchor() -> None:
    assert text("<a\x00\ud800\"'>") == "&lt;a\ufffd\ufffd&quot;&#x27;&gt;"
    assert anchor("m/a b:7.go") == "m/a%20b%3A7.go"


@pytest.mark.parametrize("sizes", [[1], [6, 6, 4, 3, 2, 2, 1], [1000] + [1] * 200, list(range(300, 0, -1))])
def test_squarify_fills_the_map(sizes: list[int]) -> None:
    boxes = squarify(sizes, 100.0, 12.0)
    assert len(boxes) == len(sizes)
    for size, (x, y, width, height) in zip(sizes, boxes, strict=True):
        assert width * height == pytest.approx(size * 1200 / sum(sizes))
        assert min(x, y) >= -1e-6 and x + width <= 100.0001 and y + height <= 12.0001


def test_overview_rows() -> None:
    page = render_overview(
        [
            _summary(
                service="b",
                passed=False,
                thresholds=[{"name": "total", "minimum": 80, "actual": 66.6, "passed": False}],
            ),
            _summary(service="a/../x"),
            {"service": "c", "passed": False, "outcome": {"cause": "no-counters", "message": "none came <back>"}},
            _summary(service="d", passed=False, tests={"passed": False}),
        ],
        "2026-11-21T08:00:12Z",
    )
    rows = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", page[page.index("<tbody") :])]
    words = [" ".join(row.split()) for row in rows]
    assert words == [
        "a/../x passed 2/3 66.7%",
        "b failed total 66.6%, below 80.0% 2/3 66.7%",
        "c failed no-counters none came &lt;back&gt; no data",
        "d failed tests failed 2/3 66.7%",
    ]
    assert re.findall(r'href="([^"]+)"', page) == ["a%2F..%2Fx/index.html", "b/index.html", "d/index.html"]


def test_overview_rows_of_dependencies_follow_their_service() -> None:
    failed = {"service": "lost", "passed": False, "outcome": {"cause": "no-counters", "message": "none"}}
    dependencies = [_summary(service="b/c"), failed]
    page = render_overview([_summary(service="b"), _summary(service="a", dependencies=dependencies)])
    bodies = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows = [[" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"<tr.*?</tr>", b)] for b in bodies]
    assert rows == [["a passed 2/3 66.7%", "b/c passed 2/3 66.7%", "lost failed no-counters none no data"],
                    ["b passed 2/3 66.7%"]]  # fmt: skip
    assert [body.count('class="group"') for body in bodies] == [1, 0]
    assert re.findall(r'href="([^"]+)"', page) == ["a/index.html", "a/dependencies/b%2Fc/index.html", "b/index.html"]


def test_without_javascript_the_functions_are_listed_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    coverage = _coverage(["m/a/a.go", "m/b/b.go"])
    assert render(coverage, _summary(), {}).count("<td>7<td>0/1<td>0.0%") == 2
    monkeypatch.setattr(html, "_MOST_FUNCTIONS_LISTED", 3)
    page = render(coverage, _summary(), {})
    assert page.count("<td>7<td>0/1<td>0.0%") == 1
    assert "functions.txt has all" in page


def test_the_map_shows_the_largest_packages_up_to_a_bound() -> None:
    page = render(_coverage([f"m/p{number}/a.go" for number in range(600)]), _summary(), {})
    assert page.count('<a tabindex="-1" href="#package=') == 500


def test_what_a_report_is_held_against_is_on_the_page() -> None:
    numbers = {"total": 3, "covered": {"e2e": 2, "unit<": 1}, "both": 1, "only_e2e": 1, "any": 2, "percent": 66.7}
    levels = {
        "names": ["e2e", "unit<"],
        "total": numbers,
        "packages": [{"name": "m/a", **numbers}],
        "notes": [{"cause": "block-mismatch", "evidence": "unit<: differs"}],
    }
    share = {"covered": 1, "total": 4, "percent": 25.0}
    stretch = {"name": "m/a/a.go", "path": "a/a.go", "statements": share, "lines": share, "uncovered": [[3, 4], [7, 7]]}
    changed = {"since": "main<", "commit": "c", "statements": share, "lines": share, "files": [stretch]}
    row = {"name": "m/a", "before": share, "after": share, "change": -1.5}
    baseline = {"before": share, "after": share, "change": -1.25, "drift": None, "packages": [row], "functions": []}
    excluded = [
        {"name": "m/a/a.go", "covered": 0, "total": 5, "reason": "a comment in the source: <b>", "lines": [[7, 9]]},
        {"name": "m/gone.go", "covered": 1, "total": 2, "reason": "generated code"},
    ]
    gates = [{"name": "better", "expression": "a < b", "value": False, "passed": False}]
    held = {"levels": levels, "changed": {**changed, "unmeasured": ["x.go"]}, "baseline": baseline, "gates": gates}
    files = [{"name": "m/a/a.go", "levels": numbers}]
    page = render(_coverage(["m/a/a.go"]), _summary(**held, files=files, excluded=excluded), {"m/a/a.go": "package a"})
    for words in (
        "Test levels: unit&lt; 33.3%, e2e 66.7%, both 33.3%, only e2e 33.3%, any 66.7%",
        "unit&lt;: differs",
        "Changed since main&lt;: 25.0% of 4 statements ran, 3 of 4 lines did not",
        '<a href="#m/a/a.go:3">3-4</a>, <a href="#m/a/a.go:7">7</a>',
        "Changed, but not part of the program: x.go",
        "Against the baseline: -1.2 points, from 25.0%",
        "Not counted: 7 statements in 2 places, and why",
        "a comment in the source: &lt;b&gt;",
        "The gate better (a &lt; b) is false",
    ):
        assert words in page
    assert '<a href="#m/gone.go">' not in page
    assert _data(page)[1]["notes"] == [
        [3, 4, "n", "changed since main<"],
        [7, 7, "n", "changed since main<"],
        [7, 9, "x", "not counted: a comment in the source: <b>"],
    ]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"baseline": {"missing": "no <file>", "change": None}}, "No baseline to compare with: no &lt;file&gt;."),
        (
            {"changed": {"since": "HEAD", "statements": {}, "lines": {"total": 0}}},
            "No measured line has changed since HEAD",
        ),
    ],
)
def test_what_cannot_be_held_against_is_said(held: Any, said: str) -> None:
    assert said in render(_coverage(["m/a/a.go"]), _summary(**held), {})
