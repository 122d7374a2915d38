# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What git knows of a checkout: commits, changed lines, files of another commit."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ..._diagnosis import failure
from .git_program import Refused, ask, explained, top_level, without_filters

_HUNK = re.compile(r"@@ -\S+ \+([0-9]+)(?:,([0-9]+))? @@")
_WHOLE_FILE = (1, 1 << 40)
#: One answer for every user: each of these has a setting, an attribute or a variable that would change it.
_PLAIN_DIFF = (
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--text",
    "--ignore-cr-at-eol",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--unified=0",
    "--inter-hunk-context=0",
    "--submodule=short",
    "-O/dev/null",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)

Ranges = list[tuple[int, int]]
"""First and last line of each stretch."""


def fork_point(directory: str, reference: str) -> str:
    """The commit at which the checkout left ``reference``; that of the reference itself where they share no history.

    Raises Failure: ``reference-unknown``, ``history-shallow`` where a shallow clone ends before that commit, and for
    each other reason that git has to refuse (see git_program.REFUSALS).
    """
    commit = _commit(directory, reference)
    if commit is None:
        shallow = _is_shallow(directory)
        remedy = "Run git fetch --unshallow origin" if shallow else f"Run git fetch origin {reference}"
        raise failure(
            f"Commit {reference} not found",
            "reference-unknown",
            f"git knows no {reference} in {directory}" + (", which is a shallow clone" if shallow else ""),
            f"{remedy} (in GitHub Actions, check out with fetch-depth: 0), or name another",
        )
    try:
        return ask(directory, "merge-base", commit, "HEAD").decode().strip()
    except Refused as refused:
        if refused.status != 1:
            raise explained(directory, refused, f"git cannot compare the checkout with {reference}") from refused
        if _is_shallow(directory):
            raise failure(
                f"git cannot compare the checkout with {reference}",
                "history-shallow",
                f"{directory} is a shallow clone that ends before the commit at which the checkout left {reference}",
                "Run git fetch --unshallow origin (in GitHub Actions, check out with fetch-depth: 0)",
            ) from refused
        return commit


def changed_lines(directory: str, commit: str) -> dict[str, Ranges]:
    """The lines of each Go file below ``directory`` that are not as in ``commit``, by path relative to it.

    What is not committed counts too, as it was built like that; files that git does not know are new as a whole. A
    submodule is compared with its own commit of that time. Other ends of lines (CRLF for LF) are no change.
    Raises Failure for each reason that git has to refuse.
    """
    try:
        settings = without_filters(directory)
        diff = ask(directory, "diff", *_PLAIN_DIFF, "--relative", commit, "--", "*.go", settings=settings)
        # The user's own excludes (core.excludesFile, .git/info/exclude) are no property of the source.
        new = ask(directory, "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore", "--", "*.go")
        changed = dict(parse_diff(_text(diff)))
        for path in filter(None, _text(new).split("\0")):
            changed[path] = [_WHOLE_FILE]
        for path, at_the_time in _submodules(directory, commit):
            within = changed_lines(os.path.join(directory, path), at_the_time)
            changed |= {f"{path}/{below}": ranges for below, ranges in within.items()}
    except Refused as refused:
        raise explained(directory, refused, f"git cannot say what has changed in {directory}") from refused
    return changed


def parse_diff(diff: str) -> Iterator[tuple[str, Ranges]]:
    """From the output of ``git diff --unified=0``: each file that still exists, with its new and changed lines."""
    path: str | None = None
    ranges: Ranges = []
    left = 0  # lines of the hunk that are still to come: one of them may look like a header
    for line in diff.split("\n"):
        if left and line[:1] in "+-":
            left -= 1
        elif line.startswith("+++ "):
            if path is not None:
                yield path, ranges
            path, ranges = _new_path(line[4:]), []
        elif match := _HUNK.match(line):
            first, count = int(match[1]), int(match[2] or 1)
            removed = re.match(r"@@ -[0-9]+(?:,([0-9]+))? ", line)
            left = count + (int(removed[1] or 1) if removed else 0)
            if count:
                ranges.append((first, first + count - 1))
    if path is not None:
        yield path, ranges


def file_at(directory: str, reference: str, path: str) -> bytes | None:
    """A file of another commit; None where the commit or the file does not exist.

    ``path`` counts from the top of the repository. Raises Failure for each reason that git has to refuse.
    """
    commit = _commit(directory, reference)
    if commit is None:
        return None
    try:
        blob = _resolved(directory, f"{commit}:{path}")
        return None if blob is None else ask(directory, "cat-file", "blob", blob)
    except Refused as refused:
        raise explained(directory, refused, f"git cannot show {path} of {reference}") from refused


def _commit(directory: str, reference: str) -> str | None:
    try:
        return _resolved(directory, reference + "^{commit}")
    except Refused as refused:
        raise explained(directory, refused, f"git cannot say which commit {reference} is") from refused


def _resolved(directory: str, name: str) -> str | None:
    """The object that ``name`` means, or None where it means none. Raises Refused for any other reason."""
    try:
        return ask(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", name).decode().strip()
    except Refused as refused:
        # Quiet is about names that mean nothing; every other refusal is still worded.
        if not refused.message.strip() or "needed a single revision" in refused.message.lower():
            return None
        raise


def _is_shallow(directory: str) -> bool:
    try:
        return ask(directory, "rev-parse", "--is-shallow-repository").strip() == b"true"
    except Refused:
        return False


def _submodules(directory: str, commit: str) -> Iterator[tuple[str, str]]:
    """The submodules that are checked out below the top ``directory``, with the commit that each had in ``commit``."""
    if not os.path.isfile(os.path.join(directory, ".gitmodules")):
        return
    listed = _text(ask(directory, "ls-files", "-z", "--stage", "--", "."))
    for entry in listed.split("\0"):
        mode, _space, rest = entry.partition(" ")
        path = rest.partition("\t")[2]
        if mode != "160000" or top_level(os.path.join(directory, path)) != os.path.realpath(
            os.path.join(directory, path)
        ):
            continue
        known = ask(directory, "ls-tree", "-z", commit, "--", path).decode("utf-8", "surrogateescape").split()
        if known[:2] == ["160000", "commit"]:
            yield path, known[2]
        else:
            yield path, ask(os.path.join(directory, path), "hash-object", "-t", "tree", os.devnull).decode().strip()


def _new_path(written: str) -> str | None:
    """The path in a line ``+++ b/PATH``; git puts a tab behind one with a space, and quotes what is not plain."""
    written = written.rstrip("\t\r")
    if written.startswith('"') and written.endswith('"'):
        inner = written[1:-1].encode("utf-8", "surrogateescape")
        plain = re.sub(rb"\\([0-7]{3}|.)", _unquoted, inner)
        written = plain.decode("utf-8", "surrogateescape")
    return written[2:] if written.startswith("b/") else None


def _unquoted(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    if len(escaped) == 3:
        return bytes([int(escaped, 8) & 0xFF])
    return {b"t": b"\t", b"n": b"\n", b"r": b"\r"}.get(escaped, escaped)


def _text(answer: bytes) -> str:
    """The answer with its lines as they are: a file may have carriage returns, or bytes that are no text."""
    return answer.decode("utf-8", "surrogateescape")
