# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of the tests, as the part ``tests`` of summary.json has it, in a sentence for every format."""

from __future__ import annotations

from collections.abc import Mapping

from .schema import Summary

_MOST_NAMED = 5


def failed_tests(summary: Summary) -> str:
    """What to say of tests that failed; "" where they passed, or where nobody ran any.

    ``tests`` has ``passed`` and, where the output of the tests says so, ``failed``, their names, and ``total``.
    """
    tests = summary.get("tests")
    if not isinstance(tests, Mapping) or tests.get("passed") is not False:
        return ""
    names = [str(name) for name in tests.get("failed") or ()]
    more = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    total = int(tests.get("total") or 0)
    count = f"{len(names):,} of {total:,} tests failed" if total >= len(names) else f"{len(names):,} tests failed"
    said = f"{count}: {listed}" if names else "The tests failed"
    return f"{said}. The coverage includes the failed run."
