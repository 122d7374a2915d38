# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test files that a build tag keeps out of a test run, for the remedy of a run without tests."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

_CONSTRAINT = re.compile(r"^//(?:go:build|\s*\+build)\s+(.*)$", re.MULTILINE)
#: A tag that is asked for; with ``!`` before it, it keeps files out.
_TAG = re.compile(r"(?<![!\w.])([A-Za-z_]\w*)\b(?!\.)")
#: Tags that the toolchain sets by itself (go help buildconstraint), and ``ignore``, which nobody sets.
_OWN = frozenset(
    ("ignore", "tools", "cgo", "race", "msan", "asan", "gc", "gccgo", "purego", "unix")
    + ("linux", "darwin", "windows", "freebsd", "netbsd", "openbsd", "js", "wasip1")
    + ("amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "loong64", "wasm")
)
_SKIPPED = ("vendor", "node_modules", "testdata")
_MOST_FILES = 5000
_HEAD = 4096
_GO_TEST = re.compile(r"\bgo\s+test\b")
_PATH = re.compile(r"(?:^|\s)\./(\S+?)(?:/\.\.\.)?/?(?=\s|$)")


@dataclass(frozen=True)
class TaggedTests:
    """Build tags that test files ask for, and the directory of the first such file, relative to the source."""

    tags: tuple[str, ...]
    directory: str


def find(source: Path, command: str) -> TaggedTests | None:
    """The tags of test files below ``source`` that ``command`` does not set; None if there are none.

    Where the command names a directory with such files, only those count.
    """
    found: dict[str, set[str]] = {}
    for file in _test_files(source):
        tags = {tag for tag in _tags(file) if not re.search(rf"\b{tag}\b", _flags(command))}
        if tags:
            directory = os.path.relpath(file.parent, source)
            found.setdefault(directory, set()).update(tags)
    named = _PATH.findall(command)
    chosen = [directory for directory in found if any(_below(directory, name) for name in named)] or list(found)
    if not chosen:
        return None
    return TaggedTests(tuple(sorted(set().union(*(found[directory] for directory in chosen)))), min(chosen))


def command_with(command: str, tests: TaggedTests) -> str | None:
    """``command`` with the tags; None if it does not call go test, so that we cannot know where they go."""
    if not _GO_TEST.search(command):
        return None
    return _GO_TEST.sub(f"go test -tags={','.join(tests.tags)}", command, count=1)


def _below(directory: str, name: str) -> bool:
    return directory == name or directory.startswith(f"{name}/")


def _flags(command: str) -> str:
    return " ".join(re.findall(r"-tags[= ](\S+)", command))


def _tags(file: Path) -> set[str]:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            head = opened.read(_HEAD).partition("\npackage ")[0]
    except OSError:
        return set()
    expressions = _CONSTRAINT.findall(head)
    return {tag for expression in expressions for tag in _TAG.findall(expression)} - _OWN


def _test_files(source: Path) -> t.Iterator[Path]:
    seen = 0
    for directory, names, files in os.walk(source):
        names[:] = sorted(name for name in names if name not in _SKIPPED and not name.startswith((".", "_")))
        for name in sorted(files):
            if name.endswith("_test.go"):
                seen += 1
                yield Path(directory, name)
        if seen > _MOST_FILES:
            return
