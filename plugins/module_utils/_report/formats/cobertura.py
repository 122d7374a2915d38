# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cobertura.xml after Cobertura's coverage-04.dtd: Go's packages as packages, files as classes, functions as methods.

Go measures no branches, so branch rates are 0, as are complexities. The rates count lines, the format's unit; they
differ from Go's percentage, which counts statements.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import pairwise

from ..numbers.model import Coverage, FileCoverage
from .lines import LineRun, NumberedLines, blocks_by_function, count_lines, line_runs

_DOCTYPE = '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'
# What XML 1.0 cannot hold, not even as a character reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = re.compile(r"[\w.*/:-]*", re.ASCII)  # nothing to escape in it, as in nearly all names
_PIECE = 1 << 16
_ZERO = 'branch-rate="0" complexity="0"'


def render_cobertura(
    coverage: Coverage,
    timestamp: int,
    path_of: Callable[[str], str] = str,
    sources: Iterable[str] = (".",),
    version: str = "gocover.e2e",
) -> str:
    """The XML document, see `cobertura_pieces`."""
    return "".join(cobertura_pieces(coverage, timestamp, path_of, sources, version))


def cobertura_pieces(
    coverage: Coverage,
    timestamp: int,
    path_of: Callable[[str], str] = str,
    sources: Iterable[str] = (".",),
    version: str = "gocover.e2e",
) -> Iterator[str]:
    """The XML document in pieces.

    The totals stand at its beginning, and what they are is known at its end: until then the rest lies in a temporary
    file, for it may be as large as everything else that is in memory. Raises OSError where there is no room for that.

    `timestamp` is the run's time in milliseconds since 1970; `path_of` gives a file's path in the repository (see
    lcov.repo_relative), and `sources` the directories that such paths start from. A line's hits are those of
    lines.line_hits.
    """
    lines = NumberedLines('<line number="', '" hits="', '"/>\n')
    all_valid = all_covered = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as bodies:
        for package in sorted(coverage.packages, key=lambda package: package.name):
            classes = []
            valid = covered = 0
            for file in sorted(package.files, key=lambda file: file.name):
                text, of_class = _class(file, path_of(file.name), lines)
                classes.append(text)
                covered += of_class[0]
                valid += of_class[1]
            name, rate = _attribute(package.name), _rate(covered, valid)
            bodies.write(f'<package name="{name}" line-rate="{rate}" {_ZERO}>\n<classes>\n')
            bodies.writelines(classes)
            bodies.write("</classes>\n</package>\n")
            all_valid, all_covered = all_valid + valid, all_covered + covered
        yield _head(all_covered, all_valid, timestamp, sources, version)
        bodies.seek(0)
        yield from iter(lambda: bodies.read(_PIECE), "")
    yield "</packages>\n</coverage>\n"


def _head(covered: int, valid: int, timestamp: int, sources: Iterable[str], version: str) -> str:
    roots = "".join(f"<source>{_attribute(source)}</source>\n" for source in sources)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n<coverage line-rate="{_rate(covered, valid)}"'
        f' branch-rate="0" lines-covered="{covered}" lines-valid="{valid}" branches-covered="0"'
        f' branches-valid="0" complexity="0" version="{_attribute(version)}"'
        f' timestamp="{timestamp}">\n<sources>\n{roots}</sources>\n<packages>\n'
    )


def _class(file: FileCoverage, path: str, lines: NumberedLines) -> tuple[str, tuple[int, int]]:
    """The element of a file, and how many of its lines ran of how many."""
    methods = []
    texts = []
    runs: list[LineRun] = []
    block_count = 0
    for function, blocks in blocks_by_function(file):
        own = line_runs(blocks)
        texts.append(lines.text(own))
        methods.append(
            f'<method name="{_attribute(function.name)}" signature="" line-rate="{_rate(*count_lines(own))}"'
            f" {_ZERO}>\n<lines>\n{texts[-1]}</lines>\n</method>\n"
        )
        runs += own
        block_count += len(blocks)
    if block_count == len(file.blocks) and all(one[1] < other[0] for one, other in pairwise(runs)):
        text = "".join(texts)  # no line is one of two functions: the lines of the file are those of its functions
    else:
        runs = line_runs(file.blocks)
        text = lines.text(runs)
    counts = count_lines(runs)
    return (
        f'<class name="{_attribute(file.name.rsplit("/", 1)[-1])}" filename="{_attribute(path)}" '
        f'line-rate="{_rate(*counts)}" {_ZERO}>\n<methods>\n'
        + "".join(methods)
        + f"</methods>\n<lines>\n{text}</lines>\n</class>\n"
    ), counts


def _rate(covered: int, valid: int) -> str:
    return f"{covered / valid if valid else 0.0:.4f}"


def _attribute(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else escape(_NOT_XML.sub("\ufffd", value))
