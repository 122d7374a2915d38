# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of go test -v, shortened."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._exercise.terse import Terse

PASSED = """\
=== RUN   TestA
=== RUN   TestA/one
=== PAUSE TestA/one
=== RUN   TestA/two
=== CONT  TestA/one
    a_test.go:7: a remark
--- PASS: TestA (0.01s)
    --- PASS: TestA/one (0.00s)
    --- PASS: TestA/two (0.00s)
=== RUN   TestB
--- SKIP: TestB (0.00s)
PASS
ok  \texample.com/shop/test/e2e\t0.007s
"""
FAILED = """\
=== RUN   TestA
=== RUN   TestA/one
    a_test.go:7: status 500
--- FAIL: TestA (0.01s)
    --- FAIL: TestA/one (0.00s)
FAIL
FAIL\texample.com/shop/test/e2e\t0.007s
"""


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (PASSED, ["    a_test.go:7: a remark", "--- PASS: TestA (0.01s), 2 subtests", "--- SKIP: TestB (0.00s)"]),
        (
            FAILED,
            [
                "    a_test.go:7: status 500",
                "--- FAIL: TestA (0.01s), 1 subtest",
                "    --- FAIL: TestA/one (0.00s)",
                "FAIL",
                "FAIL\texample.com/shop/test/e2e\t0.007s",
            ],
        ),
        # Without -v this line is all there is; after a package with -v it is told again.
        (f"{PASSED}ok  \texample.com/b\t0.1s\n", None),
        ("Ran 3 of 3 Specs in 0.001 seconds\n", ["Ran 3 of 3 Specs in 0.001 seconds"]),
        ("1..2\nok 1 first\nok 2 second\n", ["1..2", "ok 1 first", "ok 2 second"]),
    ],
)
def test_one_line_for_each_test(output: str, shown: list[str] | None) -> None:
    lines = Terse()
    kept = [short for line in output.splitlines() if (short := lines.shorten(line)) is not None]
    if shown is None:
        assert kept[-1] == "ok  \texample.com/b\t0.1s"
    else:
        assert kept == shown
