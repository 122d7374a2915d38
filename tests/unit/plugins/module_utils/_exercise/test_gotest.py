# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What output of go test and Ginkgo says; the samples were written by Go 1.26 and Ginkgo 2.22."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._exercise.gotest import Tally, first_complaints

PASSED = """\
=== RUN   TestA
    a_test.go:3: fine
--- PASS: TestA (0.00s)
=== RUN   TestS
    a_test.go:4: not here
--- SKIP: TestS (0.00s)
PASS
ok  \texample.test/e2e/pass\t0.002s
"""
FAILED = """\
=== RUN   TestGood
    a_test.go:3: not a complaint
--- PASS: TestGood (0.00s)
=== RUN   TestTable
=== RUN   TestTable/one
=== RUN   TestTable/two_words
    a_test.go:4: got 3, want 2
--- FAIL: TestTable (0.00s)
    --- PASS: TestTable/one (0.00s)
    --- FAIL: TestTable/two_words (0.00s)
FAIL
FAIL\texample.test/e2e/fail\t0.002s
FAIL
"""
FAILED_QUIETLY = """\
--- FAIL: TestTable (0.00s)
    --- FAIL: TestTable/two_words (0.00s)
        a_test.go:4: got 3, want 2
FAIL
FAIL\texample.test/e2e/fail\t0.002s
FAIL
"""
PANICKED = """\
=== RUN   TestBoom
--- FAIL: TestBoom (0.00s)
panic: assignment to entry in nil map [recovered, repanicked]

goroutine 6 [running]:
testing.tRunner.func1.2({0x55a7a0, 0x6cad10})
\t/usr/local/go/src/testing/testing.go:1974 +0x232
created by testing.(*T).Run in goroutine 1
\t/usr/local/go/src/testing/testing.go:2101 +0x4c5
FAIL\texample.test/e2e/panic\t0.005s
FAIL
"""
HUNG = """\
=== RUN   TestHang
=== RUN   TestHang/inner
panic: test timed out after 1s
\trunning tests:
\t\tTestHang (1s)
\t\tTestHang/inner (1s)

goroutine 5 [running]:
testing.(*M).startAlarm.func1()
\t/usr/local/go/src/testing/testing.go:2802 +0x354
FAIL\texample.test/e2e/hang\t1.005s
FAIL
"""
HUNG_QUIETLY = HUNG.partition("inner\n")[2]
PARALLEL = """\
=== RUN   TestSlow
=== PAUSE TestSlow
=== RUN   TestFast
=== PAUSE TestFast
=== CONT  TestSlow
    a_test.go:3: slow says
=== CONT  TestFast
    a_test.go:4: fast says
--- PASS: TestFast (0.01s)
=== NAME  TestSlow
    a_test.go:3: slow is wrong
--- FAIL: TestSlow (0.05s)
FAIL
FAIL\texample.test/e2e/par\t0.053s
FAIL
"""
NO_FILES = "?   \texample.test/e2e/none\t[no test files]\n"
NO_TESTS = "testing: warning: no tests to run\nPASS\nok  \texample.test/e2e/empty\t0.004s [no tests to run]\n"
CACHED = "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \texample.test/e2e/pass\t(cached)\n"
CACHED_EMPTY = "ok  \texample.test/e2e/empty\t(cached) [no tests to run]\n"
BUILD_FAILED = """\
# example.test/e2e/broken [example.test/e2e/broken.test]
broken/a_test.go:3:30: undefined: missing
FAIL\texample.test/e2e/broken [build failed]
FAIL
"""
# Coloured, though it went into a pipe.
GINKGO_FAILED = """\
=== RUN   TestBooks
Running Suite: Books Suite - /src/books
Will run \x1b[1m3\x1b[0m of \x1b[1m4\x1b[0m specs
\x1b[38;5;9m* [FAILED] [0.000 seconds]\x1b[0m
\x1b[0mBooks \x1b[38;5;9m\x1b[1m[It] has pages\x1b[0m

\x1b[38;5;9m\x1b[1mSummarizing 1 Failure:\x1b[0m
  \x1b[38;5;9m[FAIL]\x1b[0m \x1b[0mBooks \x1b[38;5;9m\x1b[1m[It] has pages\x1b[0m
  \x1b[38;5;243m/src/books/a_test.go:6\x1b[0m

\x1b[38;5;9m\x1b[1mRan 3 of 4 Specs in 0.001 seconds\x1b[0m
\x1b[38;5;9m\x1b[1mFAIL!\x1b[0m -- \x1b[38;5;10m\x1b[1m2 Passed\x1b[0m | \x1b[38;5;9m\x1b[1m1 Failed\x1b[0m | \
\x1b[38;5;11m\x1b[1m1 Pending\x1b[0m | \x1b[38;5;14m\x1b[1m0 Skipped\x1b[0m
--- FAIL: TestBooks (0.00s)
FAIL
FAIL\texample.test/books\t0.009s
FAIL
"""
GINKGO_PASSED = """\
=== RUN   TestBooks
Ran 1 of 4 Specs in 0.000 seconds
SUCCESS! -- 1 Passed | 0 Failed | 1 Pending | 2 Skipped
--- PASS: TestBooks (0.00s)
=== RUN   TestPlain
--- PASS: TestPlain (0.00s)
PASS
ok  \texample.test/books\t0.007s
"""
GINKGO_NONE = """\
Ran 0 of 4 Specs in 0.000 seconds
SUCCESS! -- 0 Passed | 0 Failed | 1 Pending | 3 Skipped
--- PASS: TestBooks (0.00s)
PASS
ok  \texample.test/books\t0.007s
"""
GINKGO_PANICKED = """\
Summarizing 2 Failures:
  [PANICKED!] Books [It] opens
  /src/books/a_test.go:6
  [TIMEDOUT] Books [It] closes

Ran 2 of 2 Specs in 9.001 seconds
FAIL! - Suite Timeout Elapsed -- 0 Passed | 2 Failed | 0 Pending | 0 Skipped
"""


def tally_of(output: str) -> Tally:
    tally = Tally()
    for line in output.splitlines():
        tally.feed(line)
    return tally


@pytest.mark.parametrize(
    ("output", "passed", "skipped", "failed", "nothing_ran"),
    [
        pytest.param(PASSED, 1, 1, [], False, id="passed"),
        pytest.param(FAILED, 2, 0, ["TestTable/two_words"], False, id="subtest failed"),
        pytest.param(FAILED_QUIETLY, 0, 0, ["TestTable/two_words"], False, id="subtest failed, without -v"),
        pytest.param(PANICKED, 0, 0, ["TestBoom"], False, id="panicked"),
        pytest.param(PARALLEL, 1, 0, ["TestSlow"], False, id="parallel"),
        pytest.param(HUNG, 0, 0, [], False, id="timed out"),
        pytest.param(NO_FILES, 0, 0, [], True, id="no test files"),
        pytest.param(NO_TESTS, 0, 0, [], True, id="no tests to run"),
        pytest.param(NO_FILES + NO_TESTS, 0, 0, [], True, id="nothing in two packages"),
        pytest.param(NO_FILES + PASSED, 1, 1, [], False, id="something in one of two packages"),
        pytest.param(CACHED, 1, 0, [], True, id="cached"),
        pytest.param(CACHED_EMPTY, 0, 0, [], True, id="cached and empty"),
        pytest.param(CACHED + PASSED, 2, 1, [], False, id="one of two cached"),
        pytest.param(BUILD_FAILED, 0, 0, [], False, id="build failed"),
        pytest.param(GINKGO_FAILED, 2, 1, ["Books [It] has pages"], False, id="Ginkgo failed"),
        pytest.param(GINKGO_PASSED, 2, 3, [], False, id="Ginkgo passed, and a plain test"),
        pytest.param(GINKGO_NONE, 0, 4, [], True, id="Ginkgo ran nothing"),
        pytest.param(GINKGO_PANICKED, 0, 0, ["Books [It] opens", "Books [It] closes"], False, id="Ginkgo panicked"),
        pytest.param("all good\nFAILURE is no option\nok then\n", 0, 0, [], False, id="another program"),
        pytest.param("", 0, 0, [], False, id="silence"),
    ],
)
def test_tally(output: str, passed: int, skipped: int, failed: list[str], nothing_ran: bool) -> None:
    tally = tally_of(output)
    assert (tally.passed, tally.skipped, tally.failed_leaves(), tally.nothing_ran) == (
        passed,
        skipped,
        failed,
        nothing_ran,
    )


@pytest.mark.parametrize(
    ("output", "after", "running"),
    [
        (HUNG, "1s", ["TestHang/inner"]),
        (HUNG_QUIETLY, "1s", ["TestHang/inner"]),
        (PARALLEL.partition("--- PASS")[0], None, ["TestSlow", "TestFast"]),
        (PASSED, None, []),
        ("=== RUN   TestA\n=== RUN   TestA/b\n    --- PASS: TestA/b (0.00s)\n", None, ["TestA"]),
    ],
)
def test_what_hangs(output: str, after: str | None, running: list[str]) -> None:
    tally = tally_of(output)
    assert (tally.timed_out_after, tally.running_leaves()) == (after, running)


def test_a_name_that_begins_alike_is_no_subtest() -> None:
    tally = tally_of("--- FAIL: TestA (0.00s)\n--- FAIL: TestAB (0.00s)\n--- FAIL: TestA (0.00s)\n")
    assert tally.failed_leaves() == ["TestA", "TestAB"]


@pytest.mark.parametrize(
    ("output", "complaints"),
    [
        (FAILED.replace("TestTable/two_words\n    a", "TestTable\n    a"), ["a_test.go:4: got 3, want 2"]),
        (FAILED, ["a_test.go:4: got 3, want 2"]),
        (FAILED_QUIETLY, ["a_test.go:4: got 3, want 2"]),
        (PARALLEL, ["a_test.go:3: slow says", "a_test.go:3: slow is wrong"]),
        (PANICKED, ["panic: assignment to entry in nil map [recovered, repanicked]"]),
        ("one\n\ntwo\nthree\nFAIL\nexit status 1\n\x1b[1mfour\x1b[0m\n", ["two", "three", "four"]),
        (BUILD_FAILED.partition("\n")[2], ["broken/a_test.go:3:30: undefined: missing"]),
        ("", []),
    ],
)
def test_first_complaints(output: str, complaints: t.Sequence[str]) -> None:
    assert first_complaints(output.splitlines()) == complaints


def test_only_so_many_complaints() -> None:
    lines = ["--- FAIL: TestA (0.00s)", *(f"    a_test.go:{number}: wrong" for number in range(9))]
    assert first_complaints(lines, most=2) == ["a_test.go:0: wrong", "a_test.go:1: wrong"]
