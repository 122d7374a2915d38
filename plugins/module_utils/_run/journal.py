# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.json: what happened in a run, written by each step as it ends.

The document is an object with, at the top, ``schema`` (1), ``service``, ``run`` (an identifier that sorts by time),
``runtime``, ``mode``, ``covered_dependencies`` (names), ``outcome`` (``running``, ``passed``, ``failed``), ``started``
and ``ended`` (RFC 3339, UTC),
``failures`` (``[{step, msg, diagnosis}]``), ``steps`` (``[{name, seconds, changed, failed}]``), and the sections
that the steps add: ``image``, ``go_version``, ``covermode``, ``workload``, ``tests``, ``pods``, ``collected``,
``summary``.
What concerns a dependency of the service lies in the same form below ``dependencies.NAME``.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .. import _files

Document = dict[str, t.Any]


def read(path: Path) -> Document:
    """The document at ``path``; an empty one where there is none or where it cannot be read as JSON."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def write(path: Path, document: Document) -> None:
    """Replace the document at ``path``."""
    _files.write_json(path, document)


def add_step(
    document: Document,
    step: str,
    *,
    seconds: float,
    changed: bool,
    sections: t.Mapping[str, t.Any] | None = None,
    error: t.Mapping[str, t.Any] | None = None,
    dependency: str | None = None,
) -> Document:
    """The document with one more step that has ended, well or with ``error`` (``{msg, diagnosis}``).

    ``sections`` replace those of the same name, at the top or below ``dependencies.DEPENDENCY``.
    A step that is run again replaces its former entry.
    """
    name = f"{step} {dependency}" if dependency else step
    entry = {"name": name, "seconds": round(seconds, 3), "changed": changed, "failed": error is not None}
    steps = [former for former in document.get("steps", []) if former["name"] != name]
    failures = [former for former in document.get("failures", []) if former["step"] != name]
    if error is not None:
        failures.append({"step": name, **error})
    grown = {**document, "steps": [*steps, entry], "failures": failures}
    if dependency:
        dependencies = dict(grown.get("dependencies", {}))
        dependencies[dependency] = {**dependencies.get(dependency, {}), **(sections or {})}
        return {**grown, "dependencies": dependencies}
    return {**grown, **(sections or {})}
