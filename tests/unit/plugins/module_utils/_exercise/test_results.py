# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What test runners of all forms tell of a run: counts, or that they are unknown."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._exercise import build_tags, junit
from ansible_collections.gocover.e2e.plugins.module_utils._exercise.results import Results

VERBOSE = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestS\n--- SKIP: TestS (0.00s)\nPASS\nok  \tx\t0.1s\n"
ALL_SKIPPED = "=== RUN   TestS\n--- SKIP: TestS (0.00s)\nPASS\nok  \tx\t0.1s\n"


def events(text: str) -> str:
    """Output of go test as -json wraps it."""
    wrapped = [{"Action": "start", "Package": "x"}]
    wrapped += [{"Action": "output", "Package": "x", "Output": line + "\n"} for line in text.splitlines()]
    return "\n".join(json.dumps(event) for event in [*wrapped, {"Action": "pass", "Package": "x"}])


GOTESTSUM = "∅  example.test/none\n✓  example.test/e2e (1.2s)\n\nDONE 4 tests, 1 skipped in 1.234s\n"
GOTESTSUM_FAILED = """\
=== Failed
=== FAIL: example.test/e2e TestTable/two (0.00s)
    a_test.go:4: got 3, want 2

=== FAIL: example.test/e2e TestTable (0.00s)

DONE 5 tests, 2 failures in 0.004s
"""
GOTESTSUM_VERBOSE = VERBOSE + "\nDONE 2 tests, 1 skipped in 0.1s\n"
GOTESTSUM_EMPTY = "∅  example.test/none\n\nDONE 0 tests in 0.1s\n"
TAP = "TAP version 13\n1..4\nok 1 - starts\nok 2 - stops # SKIP no root\nnot ok 3 - answers\nnot ok 4 later # TODO\n"
BATS = "1..2\nok 1 starts in 12ms\nok 2 stops\n"
BATS_PRETTY = " ✓ starts\n - stops (skipped)\n\n3 tests, 0 failures, 1 skipped\n"
CHAINSAW = """\
Tests Summary...
- Passed  tests 2
- Failed  tests 0
- Skipped tests 1
Done.
"""
CHAINSAW_EMPTY = "=== RUN   chainsaw\n--- PASS: chainsaw (0.00s)\nPASS\n" + CHAINSAW.replace(" 2\n", " 0\n").replace(
    " 1\n", " 0\n"
)
KUTTL = """\
=== RUN   kuttl
    harness.go:462: starting setup
=== RUN   kuttl/harness
=== RUN   kuttl/harness/create
--- PASS: kuttl (3.60s)
    --- PASS: kuttl/harness (0.00s)
        --- PASS: kuttl/harness/create (3.10s)
PASS
"""
KUTTL_EMPTY = KUTTL.replace("=== RUN   kuttl/harness/create\n", "").replace(
    "        --- PASS: kuttl/harness/create (3.10s)\n", ""
)
# Ginkgo 1.16, and Ginkgo 2 with --succinct.
GINKGO_1 = """\
[Fail] Books [It] has pages
/src/books/a_test.go:6

Ran 3 of 4 Specs in 0.001 seconds
FAIL! -- 2 Passed | 1 Failed | 0 Flaked | 1 Pending | 0 Skipped
--- FAIL: TestBooks (0.00s)
"""
GINKGO_SUCCINCT = "[1604516] Books Suite - 3/4 specs ••• SUCCESS! 1.2ms PASS\n\nGinkgo ran 1 suite in 2.1s\n"
GINKGO_SUCCINCT_EMPTY = "[1604516] Books Suite - 0/4 specs  SUCCESS! 1.2ms PASS\n"


PRINTED = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" skipped="1">
\t<testsuite name="x" tests="3">
\t\t<testcase name="TestA" classname="x"><system-out><![CDATA[--- FAIL: TestInner (0.00s)]]></system-out></testcase>
\t\t<testcase name="TestB" classname="x"><skipped></skipped></testcase>
\t\t<testcase name="TestC" classname="x"><failure message="Failed"></failure></testcase>
\t</testsuite>
</testsuites>
"""
NESTED = "<testsuite>\n<testsuite>\n<testcase name='a'/>\n</testsuite>\n<testcase name='b'/>\n</testsuite>\n"


def prefixed(prefix: str, text: str = VERBOSE) -> str:
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


def results_of(output: str) -> Results:
    results = Results()
    for line in output.splitlines():
        results.feed(line)
    return results


@pytest.mark.parametrize(
    ("output", "passed", "skipped", "failed", "ran"),
    [
        pytest.param(VERBOSE, 1, 1, [], True, id="go test -v"),
        pytest.param(ALL_SKIPPED, 0, 1, [], False, id="all skipped"),
        pytest.param("ok  \tx\t0.1s\n", None, None, [], True, id="go test without -v"),
        pytest.param(VERBOSE + "ok  \ty\t0.1s\n", None, None, [], True, id="one of two packages without -v"),
        pytest.param("?   \ty\t[no test files]\n" + VERBOSE, 1, 1, [], True, id="a package without tests"),
        pytest.param(events(VERBOSE), 1, 1, [], True, id="go test -json"),
        pytest.param(events(ALL_SKIPPED), 0, 1, [], False, id="go test -json, all skipped"),
        pytest.param(events("?   \tx\t[no test files]"), None, None, [], False, id="go test -json, no files"),
        pytest.param(events("ok  \tx\t(cached)"), None, None, [], False, id="go test -json, cached"),
        pytest.param(events("--- FAIL: TestA (0.00s)"), 0, 0, ["TestA"], True, id="go test -json, failed"),
        pytest.param("testing: warning: no tests to run\nPASS\n", None, None, [], False, id="test binary, no tests"),
        pytest.param("PASS\n", None, None, [], None, id="test binary without -test.v"),
        pytest.param(GOTESTSUM, 3, 1, [], True, id="gotestsum"),
        pytest.param(GOTESTSUM_FAILED, 3, 0, ["TestTable/two", "TestTable"], True, id="gotestsum failed"),
        pytest.param(GOTESTSUM_VERBOSE, 1, 1, [], True, id="gotestsum, standard-verbose"),
        pytest.param(GOTESTSUM_EMPTY, 0, 0, [], False, id="gotestsum, no tests"),
        pytest.param(GOTESTSUM.replace("1.2s", "cached"), 3, 1, [], False, id="gotestsum, cached"),
        pytest.param("✓  y (cached)\n" + GOTESTSUM, 3, 1, [], True, id="gotestsum, one of two cached"),
        pytest.param(TAP, 1, 2, ["answers"], True, id="TAP"),
        pytest.param("1..0 # no tests\n", 0, 0, [], False, id="TAP, no tests"),
        pytest.param(BATS, 2, 0, [], True, id="bats"),
        pytest.param(BATS_PRETTY, 2, 1, [], True, id="bats on a terminal"),
        pytest.param("0 tests, 0 failures\n", 0, 0, [], False, id="bats on a terminal, no tests"),
        pytest.param(CHAINSAW, 2, 1, [], True, id="chainsaw"),
        pytest.param(CHAINSAW_EMPTY, 0, 0, [], False, id="chainsaw, no tests"),
        pytest.param(KUTTL, 1, 0, [], True, id="kuttl"),
        pytest.param(KUTTL_EMPTY, 0, 0, [], False, id="kuttl, no tests"),
        pytest.param(GINKGO_1, 2, 1, ["Books [It] has pages"], True, id="Ginkgo 1"),
        pytest.param(GINKGO_SUCCINCT, 3, 1, [], True, id="Ginkgo --succinct"),
        pytest.param(GINKGO_SUCCINCT_EMPTY, 0, 4, [], False, id="Ginkgo --succinct, no specs"),
        pytest.param(PRINTED, 1, 1, ["TestC"], True, id="go-junit-report"),
        pytest.param("<testsuites></testsuites>\n", 0, 0, [], False, id="go-junit-report, no tests"),
        pytest.param("<testsuites/>\n", 0, 0, [], False, id="JUnit on stdout, no tests"),
        pytest.param(NESTED, 2, 0, [], True, id="JUnit on stdout, suites in suites"),
        pytest.param("<testsuites>\n<testsuite>\n", None, None, [], None, id="JUnit on stdout, cut off"),
        pytest.param(prefixed("[e2e] "), 1, 1, [], True, id="a prefix in brackets"),
        pytest.param(prefixed("tests-1  | "), 1, 1, [], True, id="docker compose"),
        pytest.param(prefixed("2026-01-02T03:04:05.123Z "), 1, 1, [], True, id="kubectl logs --timestamps"),
        pytest.param(prefixed("12:30:01 "), 1, 1, [], True, id="with the time of day"),
        pytest.param(prefixed("[e2e] ", ALL_SKIPPED), 0, 1, [], False, id="a prefix, all skipped"),
        pytest.param(prefixed("tests | ", events(VERBOSE)), 1, 1, [], True, id="a prefix, go test -json"),
        pytest.param("--- FAIL: TestA (0.1s)\n--- PASS: TestA (0.1s)\n", 1, 0, [], True, id="passed when it ran again"),
        pytest.param('{"level":"info","msg":"ok 1"}\n200 OK\nok then\n', None, None, [], None, id="a script"),
        pytest.param("", None, None, [], None, id="silence"),
    ],
)
def test_forms(output: str, passed: int | None, skipped: int | None, failed: list[str], ran: bool | None) -> None:
    results = results_of(output)
    assert (results.as_dict(), results.ran) == ({"passed": passed, "skipped": skipped, "failed": failed}, ran)
    assert results.counted is (passed is not None)


def test_events_are_shown_as_their_text() -> None:
    results = Results()
    shown = [results.feed(line) for line in events("=== RUN   TestA\n    a_test.go:3: got 3").splitlines()]
    assert shown == [None, "=== RUN   TestA", "    a_test.go:3: got 3", None]
    assert results.complaints() == ["a_test.go:3: got 3"]


JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite name="e2e">
<testcase name="TestA"/><testcase name="TestB"><failure>got 3</failure></testcase>
<testcase name="TestC"><skipped/></testcase><testcase name="TestD"><system-out>x</system-out></testcase>
</testsuite></testsuites>
"""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (JUNIT, junit.JUnit(2, 1, ["TestB"])),
        ("<testsuite><testcase name='a'><error/></testcase></testsuite>", junit.JUnit(0, 0, ["a"])),
        ("<testsuites/>", junit.JUnit()),
        ("<project/>", None),
        ("<testsuites>", None),
        ("", None),
    ],
)
def test_junit(content: str, expected: junit.JUnit | None, tmp_path: Path) -> None:
    (tmp_path / "out.xml").write_text(content)
    assert junit.read([tmp_path / "out.xml", tmp_path / "missing.xml"]) == expected


@pytest.mark.parametrize(
    ("command", "env", "names"),
    [
        ("gotestsum --junitfile out.xml ./...", {}, ["out.xml"]),
        ("ginkgo --junit-report='out.xml' -r", {}, ["out.xml"]),
        ("make e2e", {"GOTESTSUM_JUNITFILE": "out.xml"}, ["out.xml"]),
        ("x old.xml none.xml out.xml out.xml", {}, ["out.xml"]),
        ("x", {}, []),
    ],
)
def test_junit_files_of_this_run(command: str, env: dict[str, str], names: list[str], tmp_path: Path) -> None:
    for name, written in (("old.xml", 100), ("out.xml", 300)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (written, written))
    assert junit.files_of(command, str(tmp_path), env, 200.0) == [tmp_path / name for name in names]


E2E, SHORT = "//go:build e2e && !short\n\npackage e2e\n", "//go:build !integration\n\npackage e2e\n"


@pytest.mark.parametrize(
    ("files", "command", "tags", "completed"),
    [
        (
            {"test/e2e/a_test.go": E2E},
            "go test -v ./test/e2e/...",
            ("e2e",),
            "go test -tags=e2e -v ./test/e2e/...",
        ),
        (
            {"test/e2e/a_test.go": E2E, "b/b_test.go": E2E.replace("e2e &&", "slow &&")},
            "go test ./test/e2e",
            ("e2e",),
            "go test -tags=e2e ./test/e2e",
        ),
        ({"a_test.go": "// +build e2e,linux\n\npackage e2e\n"}, "make e2e", ("e2e",), None),
        ({"a_test.go": "//go:build e2e || (kind && amd64)\n\npackage e2e\n"}, "x", ("e2e", "kind"), None),
        ({"a_test.go": E2E}, "go test -tags=e2e ./none", None, None),
        ({"a_test.go": SHORT, "vendor/x/x_test.go": E2E, "b.go": E2E}, "go test ./...", None, None),
        ({"a_test.go": "//go:build linux && go1.21\n\npackage e2e\n"}, "go test ./...", None, None),
        ({}, "go test ./...", None, None),
    ],
)
def test_build_tags_that_keep_tests_out(
    files: dict[str, str], command: str, tags: t.Sequence[str] | None, completed: str | None, tmp_path: Path
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    found = build_tags.find(tmp_path, command)
    assert (found and found.tags) == tags
    assert (found and build_tags.command_with(command, found)) == completed
