# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small coverage with all that the report can show, hostile names included, and a big one."""

from __future__ import annotations

from typing import Any

from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.model import (
    Block,
    Coverage,
    FileCoverage,
    FunctionCoverage,
    PackageCoverage,
)

ROUTE = """package route

// Route picks a channel. The name is "caf\u00e9": its columns are bytes, not letters.
func Route(kind string) string {
\tif kind == "" {
\t\treturn "none"
\t}
\ts := "\u00e9\u00e9"; if kind == "x" { return s }
\treturn `raw
text`
}

func Never() { panic("<script>alert(1)</script> &amp; \\u2028") }
"""
# Blocks as `go tool cover` makes them: the body of an if begins at its brace.
ROUTE_BLOCKS = [
    Block(4, 32, 5, 16, 1, 12),
    Block(5, 16, 7, 3, 1, 0),
    Block(8, 2, 8, 30, 2, 12),
    Block(8, 30, 8, 42, 1, 0),
    Block(9, 2, 10, 7, 1, 12),
    Block(13, 14, 13, 65, 1, 0),
]
HOSTILE = "evil.example/<img src=x onerror=\"document.title='owned'\">/</script><script>document.title=1</script>:7.go"


def _file(name: str, blocks: list[Block], functions: list[tuple[str, int, int, int]]) -> FileCoverage:
    counts = {block.start_line: block.count for block in reversed(blocks)}
    made = [FunctionCoverage(*function[:1], name, *function[1:], counts[function[1]]) for function in functions]
    return FileCoverage.of_blocks(name, name.rpartition("/")[0], blocks, made)


def small_coverage() -> tuple[Coverage, dict[str, str], dict[str, str]]:
    """(coverage in mode count, source by file, excluded files with the reason)."""
    module = "example.com/notification"
    route = _file(f"{module}/route/route.go", list(ROUTE_BLOCKS), [("Route", 4, 4, 6), ("Never", 13, 0, 1)])
    full = _file(f"{module}/api/api.go", [Block(3, 13, 5, 2, 2, 4000000)], [("Serve", 3, 2, 2)])
    absent = _file(f"{module}/api/absent.go", [Block(3, 13, 5, 2, 2, 0)], [("*T.Absent", 3, 0, 2)])
    hostile = _file(HOSTILE, [Block(1, 1, 2, 2, 1, 0)], [('<b onclick="x">', 1, 0, 1)])
    groups: dict[str, list[FileCoverage]] = {}
    for file in (route, full, absent, hostile):
        groups.setdefault(file.package, []).append(file)
    packages = [PackageCoverage.of_files(name, files) for name, files in sorted(groups.items())]
    sources = {
        route.name: ROUTE,
        full.name: "package api\n\nfunc Serve() {\n\tlisten()\n}\n",
        hostile.name: "</script><script>document.title='owned'</script>\n<!-- \u2028 \u2029 & -->\n",
    }
    excluded = {f"{module}/api/zz_generated.go": "generated file", f"{module}/mock/mock.go": "pattern <mock>/**"}
    return Coverage("count", packages), sources, excluded


def summary_of(coverage: Coverage, **more: Any) -> Any:
    """A summary.json dict for `coverage`; `more` replaces and adds keys."""
    functions = list(coverage.functions())
    counts = {"covered": coverage.covered, "total": coverage.total, "percent": coverage.percent}
    summary: dict[str, Any] = {
        "schema": 1,
        "service": "notification",
        "go_version": "go1.26.8",
        "mode": coverage.mode,
        "statements": counts,
        "packages": [],
        "functions": {"covered": sum(1 for function in functions if function.covered), "total": len(functions)},
        "meta_files": 1,
        "counter_files": 2,
        "passed": True,
        "thresholds": [],
        "run": {"id": "1", "started": "2026-11-21T08:00:12Z"},
        "tests": {"passed": True, "seconds": 12.34},
    }
    return {**summary, **more}


def held_against() -> dict[str, Any]:
    """What the small coverage is held against, as in summary.json."""
    route = "example.com/notification/route/route.go"
    numbers = {"total": 7, "covered": {"e2e": 4, "unit": 3}, "both": 2, "only_e2e": 2, "any": 5, "percent": 71.4}
    share = {"covered": 1, "total": 3, "percent": 33.3}
    changed = {"name": route, "path": "route/route.go", "statements": share, "lines": share, "uncovered": [[6, 7]]}
    return {
        "levels": {
            "names": ["e2e", "unit"],
            "total": numbers,
            "packages": [{"name": "example.com/notification/route", **numbers}],
            "notes": [{"cause": "mode-clash", "evidence": "unit counts in mode set"}],
        },
        "files": [{"name": route, "levels": numbers}],
        "changed": {"since": "origin/main", "statements": share, "lines": share, "files": [changed], "unmeasured": []},
        "excluded": [
            {"name": route, "covered": 0, "total": 1, "reason": "a comment in the source: logs", "lines": [[12, 12]]},
            {
                "name": "example.com/notification/mock/mock.go",
                "covered": 0,
                "total": 9,
                "reason": "the pattern <mock>/**",
            },
        ],
        "gates": [{"name": "statements.percent > `60`", "expression": "x", "value": False, "passed": False}],
    }


def big_coverage(files: int = 1400, functions: int = 25, blocks: int = 140) -> tuple[Coverage, dict[str, str]]:
    """By default 35,000 functions and 196,000 blocks in 140 packages, with 26 MB of source.

    `go tool cover -html` makes a page of 42 MB from it.
    """
    packages: dict[str, list[FileCoverage]] = {}
    sources = {}
    per_function = blocks // functions
    for f in range(files):
        package = f"example.com/big/internal/part{f % 140:03d}"
        name = f"{package}/file{f:04d}.go"
        lines = [f"package part{f % 140:03d}", ""]
        made, found = [], []
        for n in range(functions):
            counts = [(f * 31 + n * 17 + b * 7) % 5 * (n % 9) for b in range(per_function + (n < blocks % functions))]
            start = len(lines) + 1
            lines.append(
                f"func (s *Service{f}) Handle{n}(ctx context.Context, request *Request{n}) (*Response, error) {{"
            )
            for b, count in enumerate(counts):
                at = len(lines) + 1
                lines += [
                    f"\tif item{b} := request.Field{(f * 7 + b) % 97}; item{b} != nil {{",
                    f'\t\ts.log.Info("handling {f}/{n}", item{b})',
                    f"\t\treturn s.save(item{b}, {f % 30})",
                    "\t}",
                ]
                found.append(Block(at, 40, at + 3, 3, 2, count))
            lines += ["\treturn nil, nil", "}", ""]
            covered, total = 2 * sum(1 for count in counts if count), 2 * len(counts)
            made.append(FunctionCoverage(f"*Service{f}.Handle{n}", name, start, covered, total))
        packages.setdefault(package, []).append(FileCoverage.of_blocks(name, package, found, made))
        sources[name] = "\n".join(lines)
    return Coverage("count", [PackageCoverage.of_files(*item) for item in sorted(packages.items())]), sources
