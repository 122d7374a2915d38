# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check: every rule over every file, less what comments silence."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from pathlib import Path

from .finding import Finding, Note, Rule
from .project import Project, read_project
from .rules import builds, collecting, containers, directories, images, workloads
from .silences import NO_REASON, UNUSED, apply_silences
from .sources import Source, read_sources

_CHECKS = (images.check, directories.check, workloads.check, builds.check, containers.check, collecting.check)

#: Every rule, for SARIF and the documentation.
RULES: tuple[Rule, ...] = (
    images.HARDCODED,
    images.IGNORED,
    images.SLASH,
    images.LOCALHOST,
    directories.MISMATCH,
    directories.TMPFS,
    directories.SHARED,
    directories.ROOT,
    workloads.UNWRITABLE,
    workloads.GRACE,
    builds.BY_FILE,
    builds.WITHOUT_MAIN,
    builds.SIGTERM,
    containers.FLAGS,
    containers.SHELL,
    collecting.SLEEP,
    collecting.FLUSH_IGNORED,
    collecting.NOT_CLEARED,
    collecting.FIRST_NODE,
    UNUSED,
    NO_REASON,
)


class Report(t.NamedTuple):
    """What a check gives: findings in the order of files and lines, and files that were skipped."""

    findings: list[Finding]
    notes: list[Note]
    sources: Sequence[Source] = ()


def check_paths(paths: Sequence[str | Path], root: str = "") -> Report:
    """Check the files at and below ``paths``; with ``root``, names in the report are relative to it."""
    sources, notes = read_sources(paths, root)
    report = check_sources(sources)
    return Report(report.findings, sorted([*notes, *report.notes], key=lambda note: note.file), sources)


def check_sources(sources: Sequence[Source]) -> Report:
    """Check files that were read already."""
    project = read_project(sources)
    return Report(check_project(project), project.notes)


def check_project(project: Project) -> list[Finding]:
    """The findings in parsed files that no comment silences, in the order of files and lines."""
    return apply_silences({found for check in _CHECKS for found in check(project)}, project.sources)
