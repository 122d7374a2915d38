# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From hostile bytes to every format: a report that its readers can parse, or one sentence; within bounds.

What tests/fuzz found, and what its authors thought of, is kept in tests/fixtures/hostile (NAME.pod: four bytes of
length, little-endian, a covmeta file of that length, a covcounters file; NAME.profile.bin: a text profile).
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.errors import CovdataError
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._report import bundle
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.profile import parse_profile

HERE = Path(__file__).resolve()
FIXTURES = HERE.parents[4] / "fixtures"
CORPUS = FIXTURES / "hostile"
SOURCE = FIXTURES / "covdata" / "program"
COLLECTIONS = HERE.parents[5] / ".ansible" / "collections"
RECORDS = re.compile(r"(TN|SF|FN|FNDA|FNF|FNH|DA|LF|LH):.*|end_of_record|")
CAUSES = {"truncated-data", "mixed-binaries", "block-mismatch", "mode-clash", "no-counters", "orphan-counters"}
# Tags of a page that has nothing but what the collection writes; a name that became a tag would add to them.
TAG = re.compile(
    "a|b|body|button|caption|dd|details|dialog|div|dl|dt|footer|form|h1|h2|head|header|html|i|input|kbd|label|li|link"
    "|main|meta|nav|noscript|ol|p|script|section|small|span|strong|style|table|tbody|td|th|thead|time|title|tr"
)


def check_pod(data: bytes) -> str:
    """Report a pod; returns the cause of the failure, or an empty string. Raises AssertionError, or what went wrong."""
    length = int.from_bytes(data[:4], "little")
    meta, counters = data[4 : 4 + length], data[4 + length :]
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        # The names fit what the files say of themselves, or the fuzzer would never get further.
        name = meta[24:40].hex()
        (directory / f"covmeta.{name}").write_bytes(meta)
        counters = counters[:8] + meta[24:40] + counters[24:]
        (directory / f"covcounters.{name}.1.1").write_bytes(counters)
        spec = bundle.ReportSpec((directory,), "fuzzed", SOURCE, run={"started": "2026-01-02T03:04:05Z"})
        try:
            report = bundle.make_report(spec)
            bundle.write_report(report, spec, directory / "report", keep_covdata=False)
        except Failure as failed:
            said = failed.diagnoses[0]
            assert said.cause in CAUSES, said
            assert "\n" not in said.evidence and "Traceback" not in str(failed)
            return said.cause
        _check_files(directory / "report")
        assert sorted(path.name for path in directory.iterdir()) == sorted(
            [f"covmeta.{name}", f"covcounters.{name}.1.1", "report"]
        )
    return ""


def check_profile(data: bytes) -> str:
    """Read a text profile; returns the cause of the failure, or an empty string."""
    try:
        coverage = parse_profile(io.StringIO(data.decode("utf-8", "replace")))
        assert coverage.covered <= coverage.total
    except CovdataError as error:
        assert error.cause in CAUSES and "\n" not in str(error)
        return error.cause
    return ""


def _check_files(report: Path) -> None:
    """What the readers of each format rely on."""

    def text(name: str) -> str:
        return (report / name).read_text(encoding="utf-8")

    ElementTree.parse(report / "cobertura.xml")
    ElementTree.parse(report / "badge.svg")
    assert [line for line in text("lcov.info").split("\n") if not RECORDS.fullmatch(line)] == []
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(text("index.html"))
    assert [tag for tag in tags if not TAG.fullmatch(tag)] == []
    assert tags.count("script") == 3
    try:
        parse_profile(text("profile.out").split("\n")[:-1])
    except CovdataError as error:
        # Data that says two things of one place; go tool covdata textfmt writes it just so, and go tool cover refuses.
        assert error.cause == "block-mismatch"
    assert text("functions.txt").split("\n")[-2].startswith("total:")


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.pod")), ids=lambda path: path.stem)
def test_pods(path: Path) -> None:
    cause = check_pod(path.read_bytes())
    expected = path.stem.rpartition("=")[2]
    assert cause == ("" if expected == "reported" else expected)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.profile.bin")), ids=lambda path: path.stem)
def test_profiles(path: Path) -> None:
    cause = check_profile(path.read_bytes())
    expected = path.name.removesuffix(".profile.bin").rpartition("=")[2]
    assert cause == ("" if expected == "read" else expected)


def test_all_of_it_within_bounds() -> None:
    """No case takes a gigabyte or a minute: the process would end before it has said that it is through."""
    assert len(list(CORPUS.glob("*.pod"))) > 15
    script = (
        "import importlib.util, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "spec = importlib.util.spec_from_file_location('hostile', sys.argv[2])\n"
        "hostile = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(hostile)\n"
        "for path in sorted(hostile.CORPUS.glob('*.p*[de]')):\n"
        "    check = hostile.check_pod if path.suffix == '.pod' else hostile.check_profile\n"
        "    check(path.read_bytes())\n"
        "print('through')\n"
    )
    command = [sys.executable, "-c", script, str(COLLECTIONS), str(HERE)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout == "through\n", ran.stderr
