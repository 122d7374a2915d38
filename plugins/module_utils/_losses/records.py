# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each process of a run ended, and whether its counters came: the JSON that steps hand on.

graceful_shutdown and service_process return ``pods``; covdata_collect takes them and returns ``verdicts``. run.json
keeps both, the latter below ``collected``.
"""

from __future__ import annotations

import typing as t

from .._diagnosis import DiagnosisRecord


class WritesRecord(t.TypedDict, total=False):
    """Where a container writes its coverage data, as far as the pod's spec tells; the first three are None if unknown.

    ``taken_from`` is the source of a variable that has no value in the spec, ``may_come_from`` the sources of variables
    that the spec does not name. ``offered`` is the directory that node coverage mounts.
    """

    variable: str | None
    volume: str | None
    node_path: str | None
    taken_from: str | None
    may_come_from: list[str]
    offered: str


class _NamedRecord(t.TypedDict):
    name: str


class PodRecord(_NamedRecord, total=False):
    """How one process ended: of a pod's container, or of the runtime ``process``.

    A user of covdata_collect may leave out everything but the name.

    ``seconds`` passed between SIGTERM and the end; ``grace_period`` is in seconds too. ``started_at`` and
    ``finished_at`` are RFC 3339, by the clock of the node. ``said`` are the lines of Go's runtime about coverage,
    ``log`` the last log lines. ``before_shutdown`` marks a run that was over before. ``asked`` is false for a local
    process that had ended before SIGTERM.
    """

    container: str
    node: str
    exit_code: int | None
    reason: str
    seconds: float
    grace_period: float
    restarts: int
    image: str
    command: list[str]
    writes: WritesRecord
    started_at: str | None
    finished_at: str | None
    before_shutdown: bool
    asked: bool
    said: list[str]
    log: list[str]
    diagnosis: list[DiagnosisRecord]


class VerdictRecord(t.TypedDict):
    """Whether the counters of a process came; ``causes`` are identifiers of docs/diagnoses.md."""

    name: str
    node: str | None
    exit_code: int | None
    counters: bool
    causes: list[str]
