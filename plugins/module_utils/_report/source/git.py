# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What git knows of a checkout: commits, changed lines, files of another commit."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

from ..._diagnosis import Failure, failure

_TIMEOUT = 120  # seconds; the largest of histories are read in a few
_HUNK = re.compile(r"@@ -\S+ \+([0-9]+)(?:,([0-9]+))? @@")

Ranges = list[tuple[int, int]]
"""First and last line of each stretch."""


def top_level(directory: str) -> str | None:
    """The directory of the repository that ``directory`` is in, found without git; None where it is in none."""
    place = os.path.realpath(directory)
    while True:
        if os.path.exists(os.path.join(place, ".git")):
            return place
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above


def fork_point(directory: str, reference: str) -> str:
    """The commit at which the checkout left ``reference``; that of the reference itself where they share no history.

    Raises Failure: ``reference-unknown``, ``git-failed``.
    """
    try:
        commit = _git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", reference + "^{commit}")
    except subprocess.CalledProcessError as error:
        shallow = os.path.exists(os.path.join(top_level(directory) or directory, ".git", "shallow"))
        raise failure(
            f"There is no commit {reference}",
            "reference-unknown",
            f"git knows no {reference} in {directory}" + (", which is a shallow clone" if shallow else _said(error)),
            f"Fetch it (git fetch origin {reference}; in GitHub Actions checkout with fetch-depth: 0), or name another",
        ) from error
    try:
        return _git(directory, "merge-base", commit.strip(), "HEAD").strip()
    except subprocess.CalledProcessError:
        return commit.strip()


def changed_lines(directory: str, commit: str) -> dict[str, Ranges]:
    """The lines of each Go file below ``directory`` that are not as in ``commit``, by path relative to it.

    What is not committed counts too, as it was built like that; files that git does not know are new as a whole.
    Raises Failure: ``git-failed``.
    """
    options = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/")
    try:
        diff = _git(directory, "diff", *options, "--unified=0", "--relative", commit, "--", "*.go")
        new = _git(directory, "ls-files", "-z", "--others", "--exclude-standard", "--", "*.go")
    except subprocess.CalledProcessError as error:
        raise _failed(directory, error) from error
    changed = dict(parse_diff(diff))
    for path in filter(None, new.split("\0")):
        changed[path] = [(1, 1 << 40)]
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
    """A file of another commit; None where the commit or the file does not exist. Raises Failure: ``git-failed``."""
    try:
        name = f"{reference}:{path}"
        return _git(directory, "cat-file", "blob", name).encode("utf-8", "surrogateescape")
    except subprocess.CalledProcessError:
        return None


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


def _git(directory: str, *arguments: str) -> str:
    """What git prints. Raises CalledProcessError where it refuses, Failure where it cannot be asked at all."""
    # Whatever the environment says of another repository or of messages is not meant for this question.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**plain, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_TIMEOUT,
            encoding="utf-8",
            errors="surrogateescape",
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise failure(
            f"git cannot be asked about {directory}",
            "git-failed",
            f"git {arguments[0]}: {error}",
            "Install git on the machine of the service, or leave out what needs it",
        ) from error


def _failed(directory: str, error: subprocess.CalledProcessError) -> Failure:
    return failure(
        f"git cannot say what has changed in {directory}",
        "git-failed",
        f"git {error.cmd[1]} ended with {error.returncode}{_said(error)}",
        "Give service_repo a directory inside a git repository that this user may read",
    )


def _said(error: subprocess.CalledProcessError) -> str:
    lines = (error.stderr or "").strip().splitlines()
    return f": {lines[0]}" if lines else ""
