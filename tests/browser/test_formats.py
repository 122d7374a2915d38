# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cobertura.xml, lcov.info and badge.svg as programs that the project did not write see them.

Needs Debian's packages libxml2-utils (xmllint) and lcov (genhtml), and Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._report import bundle
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats import badge, cobertura, lcov
from conftest import Browse, program
from pages import HOSTILE, ROUTE, small_coverage

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "covdata"
DTD = Path(__file__).with_name("coverage-04.dtd")
PATH_OF = lcov.repo_relative({"example.com/notification": "services/notification"})


def _xmllint(path: Path) -> subprocess.CompletedProcess[str]:
    command = [program("xmllint", "libxml2-utils"), "--noout", "--nonet", "--dtdvalid", str(DTD), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_cobertura_is_valid_against_its_dtd(tmp_path: Path) -> None:
    coverage, _sources, _excluded = small_coverage()
    path = tmp_path / "cobertura.xml"
    text = cobertura.render_cobertura(coverage, 1795248012000, PATH_OF, ["."])
    path.write_text(text, encoding="utf-8")
    result = _xmllint(path)
    assert result.returncode == 0, result.stderr
    # The check can fail: a document without its methods is not valid.
    path.write_text(text.replace("<methods>", "<lines>").replace("</methods>", "</lines>"), encoding="utf-8")
    assert _xmllint(path).returncode != 0


def test_genhtml_accepts_the_tracefile(tmp_path: Path) -> None:
    coverage, sources, _excluded = small_coverage()
    for package in coverage.packages:
        package.files = [file for file in package.files if file.name != HOSTILE]
    for name, text in sources.items():
        if name != HOSTILE:
            path = tmp_path / PATH_OF(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    absent = tmp_path / "services/notification/api/absent.go"
    absent.write_text("package api\n\nfunc Absent() {\n\tnever()\n}\n", encoding="utf-8")
    (tmp_path / "lcov.info").write_text(lcov.render_lcov(coverage, PATH_OF), encoding="utf-8")
    command = [program("genhtml", "lcov"), "--output-directory", "out", "lcov.info"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    # api.go: 3 of 3 lines; absent.go: 0 of 3; route.go: 3 of 8, since a line counts as its least count.
    assert "lines......: 42.9% (6 of 14 lines)" in result.stdout
    assert "functions..: 50.0% (2 of 4 functions)" in result.stdout
    assert ROUTE.startswith("package route")
    assert (tmp_path / "out/index.html").is_file()


def test_a_whole_report_of_a_module_below_the_top_of_its_repository(tmp_path: Path) -> None:
    module = tmp_path / "services" / "shapes"
    shutil.copytree(FIXTURES / "program", module)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    spec = bundle.ReportSpec((FIXTURES / "go1.26.6-count" / "covdata",), "shapes", module, exclude=("./idle",))
    made = bundle.make_report(spec)
    bundle.write_report(made, spec, tmp_path / "out", keep_covdata=False)
    result = _xmllint(tmp_path / "out" / "cobertura.xml")
    assert result.returncode == 0, result.stderr
    # genhtml reads the source of each file, so that every path must be one from the top of the repository.
    command = [program("genhtml", "lcov"), "--output-directory", "html", "out/lcov.info"]
    drawn = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert drawn.returncode == 0, drawn.stderr
    names = {path.name for path in (tmp_path / "html").rglob("*.go.gcov.html")}
    assert names == {"main.go.gcov.html", "shape.go.gcov.html", "store.go.gcov.html"}


def test_badge_is_drawn(browse: Browse, tmp_path: Path) -> None:
    path = tmp_path / "badge.svg"
    path.write_text(badge.render_badge(63.4), encoding="utf-8")
    driver = browse()
    driver.get(path.as_uri())
    assert driver.execute_script("return document.querySelector('title').textContent") == "e2e coverage: 63.4%"
    widths = driver.execute_script(
        "return Array.from(document.querySelectorAll('text'), t => t.getBBox().width - t.getAttribute('textLength'))"
    )
    assert all(abs(width) < 2 for width in widths)
