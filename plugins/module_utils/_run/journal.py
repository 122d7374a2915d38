# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.json: what happened in a run, a record for each step as it ends.

``lifecycle`` begins and ends the document, each step adds its sections, and the roles and ``overview`` read it. The
sections of the service lie at the top, those of a dependency in the same form below ``dependencies.NAME``. The name of
a dependency's step ends with that of the unit. Times are RFC 3339 in UTC, durations are seconds.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .. import _files

if t.TYPE_CHECKING:
    from .._diagnosis import DiagnosisRecord
    from .._kind.nodes import NodeRecord
    from .._kube.pod_history import PodHistoryRecord
    from .._kube.readiness import ReadyPodRecord
    from .._lint.finding import FindingDict
    from .._losses.records import PodRecord, VerdictRecord
    from .._report.numbers.schema import ScopeRecord, Share

RunOutcome = t.Literal["running", "passed", "failed"]


class ClusterSection(t.TypedDict, total=False):
    """The cluster: ``engine`` is the version of the engine, ``attempts`` how often its creation was tried."""

    name: str
    provider: str
    engine: str
    kubeconfig: str
    context: str
    nodes: list[NodeRecord]
    host_address: str
    created: bool
    attempts: int


class ImageSection(t.TypedDict, total=False):
    """The instrumented program; ``reference`` is None in the runtime ``process``, ``binary`` for a prebuilt image."""

    reference: str | None
    digest: str
    binary: str | None
    main: str
    executable: str
    provider: str


class WorkloadSection(t.TypedDict, total=False):
    """The workload in its cluster, or for the ``kind`` ``process`` the local process."""

    resource: str
    namespace: str
    container: str
    image: str
    user: int | None
    node_path: str
    mount_path: str
    kind: str
    command: list[str]
    covdata: str
    pid: int
    port: int
    url: str
    seconds: float


class ReadySection(t.TypedDict):
    """How long the workload took to become ready, and its pods."""

    seconds: float
    pods: list[ReadyPodRecord]


class TestsSection(t.TypedDict):
    """The tests: ``passed`` and ``skipped`` are counts, None if unknown; ``failed`` are names."""

    ok: bool
    command: str
    rc: int
    seconds: float
    passed: int | None
    skipped: int | None
    failed: list[str]


class ProcessCounts(t.TypedDict):
    """How many processes ended, and how many of them left their counters."""

    ended: int
    counted: int


class CollectedSection(t.TypedDict):
    """The coverage files; ``nodes`` are counts by source."""

    meta_files: int
    counter_files: int
    bytes: int
    nodes: dict[str, int]
    binaries: list[dict[str, t.Any]]
    others: list[dict[str, t.Any]]
    verdicts: list[VerdictRecord]
    processes: ProcessCounts


class SummarySection(t.TypedDict, total=False):
    """The headline of the report."""

    statements: Share
    scope: ScopeRecord
    passed: bool


class Sections(t.TypedDict, total=False):
    """What the steps add for one unit: the service, or a dependency that is covered too.

    ``covdata`` says how far the data came: ``collected``, ``reported``.
    """

    cluster: ClusterSection
    image: ImageSection
    go_version: str
    covermode: str
    loaded: dict[str, t.Any]
    node_coverage: dict[str, t.Any]
    objects: list[dict[str, t.Any]]
    workload: WorkloadSection
    ready: ReadySection
    pod_history: list[PodHistoryRecord]
    tests: TestsSection
    pods: list[PodRecord]
    replicas_before: int
    collected: CollectedSection
    covdata: str
    summary: SummarySection
    startup_baseline: dict[str, t.Any]
    preflight: list[FindingDict]


class StepEntry(t.TypedDict):
    """A step that has ended; ``unit`` names the service or the dependency that it is about."""

    name: str
    unit: str
    seconds: float
    changed: bool
    failed: bool


class StepError(t.TypedDict):
    """Why a step failed."""

    msg: str
    diagnosis: list[DiagnosisRecord]


class _OfUnit(t.TypedDict, total=False):
    unit: str


class FailureEntry(StepError, _OfUnit):
    """A failed step; the step ``playbook``, which has no unit, stands for an error that no step recorded."""

    step: str


class Head(t.TypedDict):
    """What is known of a run before its first step; ``covered_dependencies`` are names."""

    mode: str
    covered_dependencies: list[str]
    runtime: str


class Document(Sections, total=False):
    """run.json, schema 1. ``run`` is an identifier that sorts by time, ``former`` that of an interrupted run.

    ``seconds`` are those of the whole run. ``resumed`` marks a run that went on with its later steps.
    """

    schema: int
    service: str
    run: str
    former: str | None
    mode: str
    covered_dependencies: list[str]
    runtime: str
    outcome: RunOutcome
    started: str
    ended: str | None
    seconds: float
    resumed: bool
    failures: list[FailureEntry]
    steps: list[StepEntry]
    dependencies: dict[str, Sections]


class StepRecord(t.TypedDict):
    """A step that has ended: ``sections`` are what it adds to the document, ``error`` why it failed."""

    name: str
    seconds: float
    changed: bool
    sections: Sections
    error: StepError | None


def read(path: Path) -> Document:
    """The document at ``path``; an empty one if there is none or if it is no JSON object."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return t.cast("Document", document) if isinstance(document, dict) else {}


def write(path: Path, document: Document) -> None:
    """Replace the document at ``path``."""
    _files.write_json(path, document)


def add_step(document: Document, record: StepRecord, dependency: str = "") -> Document:
    """The document with one more step, of the service or of ``dependency``.

    The record's sections replace those of the same name. A step that runs again replaces its former entry.
    """
    name = f"{record['name']} {dependency}" if dependency else record["name"]
    unit = dependency or document.get("service", "")
    error = record["error"]
    entry: StepEntry = {
        "name": name,
        "unit": unit,
        "seconds": round(record["seconds"], 3),
        "changed": record["changed"],
        "failed": error is not None,
    }
    steps = [former for former in document.get("steps", []) if former["name"] != name]
    failures = [former for former in document.get("failures", []) if former["step"] != name]
    if error is not None:
        failures.append({"step": name, "unit": unit, **error})
    grown: Document = {**document, "steps": [*steps, entry], "failures": failures}
    if dependency:
        dependencies = dict(grown.get("dependencies", {}))
        dependencies[dependency] = {**dependencies.get(dependency, {}), **record["sections"]}
        return {**grown, "dependencies": dependencies}
    return {**grown, **record["sections"]}


def record_step(path: Path, record: StepRecord, dependency: str = "") -> Document:
    """Add a step to the document at ``path`` and return it. Raises OSError if it cannot be written."""
    document = add_step(read(path), record, dependency)
    write(path, document)
    return document
