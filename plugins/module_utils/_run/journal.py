# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.json: what happened in a run, a record for each step as it ends.

The document is an object with, at the top, ``schema`` (1), ``service``, ``run`` (an identifier that sorts by time),
``runtime``, ``mode``, ``covered_dependencies`` (names), ``outcome`` (``running``, ``passed``, ``failed``), ``started``
and ``ended`` (RFC 3339, UTC), ``seconds`` (of the whole run, once it has ended),
``failures`` (``[{step, unit, msg, diagnosis}]``), ``steps`` (``[{name, unit, seconds, changed, failed}]``), and the
sections that the steps add: ``image``, ``go_version``, ``covermode``, ``workload``, ``tests``, ``pods``, ``collected``,
``summary``.

``unit`` names the service or the dependency that a step is about. The sections of the service lie at the top, those of
a dependency in the same form below ``dependencies.NAME``; the name of a dependency's step ends with that of the unit.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .. import _files

Document = dict[str, t.Any]


class StepError(t.TypedDict):
    """Why a step failed."""

    msg: str
    diagnosis: list[dict[str, str]]


class StepRecord(t.TypedDict):
    """A step that has ended: ``sections`` are what it adds to the document, ``error`` why it failed."""

    name: str
    seconds: float
    changed: bool
    sections: dict[str, t.Any]
    error: StepError | None


def read(path: Path) -> Document:
    """The document at ``path``; an empty one if there is none or if it is no JSON object."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


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
    entry = {
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
    grown = {**document, "steps": [*steps, entry], "failures": failures}
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
