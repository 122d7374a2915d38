# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that an executable writes coverage, and the reason where it does not."""

from __future__ import annotations

import hashlib
import typing as t
from pathlib import Path

from .._diagnosis import Diagnosis, Failure, failure
from . import buildinfo, linked

_PACKAGES_NAMED = 3


def prove(binary: Path, patterns: t.Sequence[str] = ()) -> buildinfo.BuildInfo:
    """The build information of an executable that writes coverage.

    ``patterns`` are those of -coverpkg, where they are known. Raises Failure ``not-instrumented``.
    """
    if not binary.is_file():
        raise failure(
            f"There is no executable {binary}",
            "source-missing",
            f"{binary} does not exist or is not a file",
            "Name an executable that was built with go build -cover",
        )
    info = buildinfo.read(binary)
    if info is None:
        raise failure(
            f"{binary} is not instrumented for coverage",
            "not-instrumented",
            "It holds no Go build information: it was not built by Go, or it was packed",
            "Build it with go build -cover, and do not pack it",
        )
    reason = shortcoming(binary, info, patterns)
    if reason is not None:
        raise Failure(f"{binary} is not instrumented for coverage", [reason])
    return info


def writes_coverage(binary: Path) -> bool:
    """Whether the program writes coverage when it ends."""
    return binary.is_file() and linked.read(binary).writes


def shortcoming(binary: Path, info: buildinfo.BuildInfo, patterns: t.Sequence[str] = ()) -> Diagnosis | None:
    """Why the Go executable ``binary`` would write no coverage; None if it will."""
    program = info.path or "no main package"
    if not info.instrumented:
        return Diagnosis(
            "not-instrumented",
            f"Its build information ({info.go_version}, {program}) has no -cover=true",
            "Build it with go build -cover (in a Dockerfile: pass the build argument GOFLAGS=-cover on to go build)",
        )
    found = linked.read(binary)
    if found.writes:
        return None
    selection = f"-coverpkg={','.join(patterns)}" if patterns else "its -coverpkg"
    if not found.packages:
        return Diagnosis(
            "not-instrumented",
            f"It was built with -cover=true ({info.go_version}, {program}), but {selection} matches no package of it",
            f"Correct the patterns of -coverpkg; they must match {program}, or leave out -coverpkg",
        )
    names = ", ".join(found.packages[:_PACKAGES_NAMED])
    more = len(found.packages) - _PACKAGES_NAMED
    return Diagnosis(
        "not-instrumented",
        f"{selection} selects {names}{f' and {more} more' if more > 0 else ''}, but leaves out the main package "
        f"{program}, without which {info.go_version} writes no coverage",
        f"Add {program} to the patterns of -coverpkg (service_coverpkg)",
    )


def digest(binary: Path) -> str | None:
    """``sha256:HEX`` of the file; None if there is none."""
    if not binary.is_file():
        return None
    with open(binary, "rb") as file:
        return f"sha256:{_sha256(file)}"


def _sha256(file: t.BinaryIO) -> str:
    hasher = hashlib.sha256()
    while chunk := file.read(1 << 20):
        hasher.update(chunk)
    return hasher.hexdigest()
