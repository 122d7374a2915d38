# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command coverage-lint: the module of the same name where there is no Ansible, as in pre-commit."""

from __future__ import annotations

import argparse
import sys

from gocover_lint._diagnosis import Failure
from gocover_lint._lint import fixes
from gocover_lint._lint.check import RULES, check_paths
from gocover_lint._lint.output import render

_FAILING = {"error": ("error",), "warning": ("error", "warning"), "never": ()}


def main() -> int:
    """Check the files that the command line names; returns 1 for findings that fail, 2 if nothing could be checked."""
    parser = argparse.ArgumentParser(prog="coverage-lint", description="Find mistakes that cost coverage data.")
    parser.add_argument("paths", nargs="*", default=["."], help="files and directories to check (default: .)")
    parser.add_argument("--fail-on", choices=list(_FAILING), default="error", help="the least level that fails")
    parser.add_argument("--format", choices=["text", "json", "sarif", "github"], default="text")
    parser.add_argument("--fix", action="store_true", help="make the corrections that are certain, and show them")
    options = parser.parse_args()
    try:
        findings, notes, sources = check_paths(options.paths, ".")
        files, fixed = fixes.fix(findings, sources) if options.fix else ([], [])
        fixes.write(files, ".")
    except Failure as error:
        print(error, file=sys.stderr)
        return 2
    for note in notes:
        print(f"skipped {note.file}: it {note.reason}", file=sys.stderr)
    for file in files:
        print(fixes.unified(file), file=sys.stderr)
    remaining = [entry for entry in findings if entry not in fixed]
    print(render(options.format, remaining, RULES), end="")
    return 1 if any(entry.level in _FAILING[options.fail_on] for entry in remaining) else 0


if __name__ == "__main__":
    sys.exit(main())
