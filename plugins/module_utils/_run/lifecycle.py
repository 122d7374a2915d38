# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a run: its directories, its journal, one run at a time, and nothing left behind by the one before.

``work`` holds what a run works on and is emptied by the next one; ``results`` holds what is complete.
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import _files
from .._diagnosis import failure
from .._process import supervisor
from .._process.identity import Identity, age, identify
from . import journal

JOURNAL = "run.json"
#: Logs, events and objects of a namespace after failed tests.
EVIDENCE = "evidence"
#: Below the results of a service, a directory with a report for each dependency that was covered too.
DEPENDENCIES = "dependencies"
_PLAYBOOK = "playbook.json"


@dataclass(frozen=True)
class Places:
    """Where a run of ``service`` works, and where its results go."""

    service: str
    work: Path
    results: Path

    @property
    def journal(self) -> Path:
        """The journal while the run lasts; it becomes a result when the run ends."""
        return self.work / JOURNAL


def begin(places: Places, playbook_pid: int | None, head: journal.Head) -> journal.Document:
    """Begin a new run: make the directories, take them, and end what an interrupted run left. Raises Failure."""
    _make_writable(places)
    _take(places, playbook_pid)
    stop_processes(places.work)
    # It may have been killed: then what it made elsewhere goes with the first steps of this one.
    former = journal.read(places.journal)
    try:
        for entry in places.work.iterdir():
            if entry.name != _PLAYBOOK:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    except OSError as error:
        raise _files.unwritable(places.work, error) from error
    document: journal.Document = {
        "schema": 1,
        "service": places.service,
        "run": f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(2)}",
        "former": former.get("run"),
        **head,
        "outcome": "running",
        "started": _now(),
        "ended": None,
        "failures": [],
        "steps": [],
        **_left_changed(former),
    }
    journal.write(places.journal, document)
    return document


def _left_changed(former: journal.Document) -> journal.Document:
    """The workloads that a killed run may have left covered, beside its service's own: this run may not cover them."""
    known = former.get("dependencies", {})
    names = former.get("covered_dependencies", []) if former.get("outcome") == "running" else []
    left: dict[str, journal.Sections] = {
        name: {"workload": known[name]["workload"]} for name in names if "workload" in known.get(name, {})
    }
    return {"dependencies": left} if left else {}


def resume(places: Places, playbook_pid: int | None, head: journal.Head) -> journal.Document:
    """Go on with the last run, for a playbook that is limited to its later steps."""
    _make_writable(places)
    _take(places, playbook_pid)
    document = journal.read(places.journal) or journal.read(places.results / JOURNAL)
    if not document:
        return begin(places, playbook_pid, head)
    document = {**document, "outcome": "running", "ended": None, "failures": [], "resumed": True}
    journal.write(places.journal, document)
    return document


def end(places: Places, error: str | None, playbook_pid: int | None = None) -> journal.Document:
    """End the run: nothing of it runs any longer, and its journal is a result. ``error`` is one that no step recorded.

    With an ``playbook_pid`` that is not the one the run belongs to, nothing is touched: the playbook was refused at its
    beginning, and what works there is somebody else's. Raises Failure.
    """
    recorded: list[journal.FailureEntry] = [{"step": "playbook", "msg": error, "diagnosis": []}] if error else []
    if playbook_pid is not None and _other_holder(places, playbook_pid) is not None:
        return {"service": places.service, "failures": recorded, "outcome": "failed", "ended": _now()}
    stop_processes(places.work)
    document = journal.read(places.journal)
    failures = document.get("failures", []) or recorded
    seconds = _seconds(document, playbook_pid)
    if seconds is not None:
        document["seconds"] = seconds
    document = {**document, "failures": failures, "outcome": "failed" if failures else "passed", "ended": _now()}
    try:
        journal.write(places.journal, document)
        places.results.mkdir(parents=True, exist_ok=True)
        for log in sorted(places.work.glob("*.log")):
            _files.write_file(places.results / log.name, log.read_bytes())
        _publish_evidence(places)
        _forget_dependencies(places, document)
        journal.write(places.results / JOURNAL, document)
        (places.work / _PLAYBOOK).unlink(missing_ok=True)
    except OSError as caught:
        raise _files.unwritable(places.results, caught) from caught
    return document


def _seconds(document: journal.Document, playbook_pid: int | None) -> float | None:
    """How long the run took, with the start of Ansible; None for a resumed run, which keeps that of its first part."""
    taken = age(playbook_pid) if playbook_pid else None
    return None if taken is None or document.get("resumed") else round(taken, 3)


def _publish_evidence(places: Places) -> None:
    """What was saved after failed tests becomes a result; that of an earlier run explains nothing any more."""
    kept = places.results / EVIDENCE
    if kept.exists():
        shutil.rmtree(kept)
    if (places.work / EVIDENCE).is_dir():
        shutil.copytree(places.work / EVIDENCE, kept)


def _forget_dependencies(places: Places, document: journal.Document) -> None:
    """Reports of dependencies that an earlier run covered do not stand beside a new report of the service."""
    if document.get("covdata") != "reported":
        return
    for former in sorted((places.results / DEPENDENCIES).glob("*/")):
        if former.name not in (document.get("covered_dependencies") or []):
            shutil.rmtree(former)


def stop_processes(work: Path) -> list[str]:
    """End every supervised process below ``work``, briefly; returns the names of those that still ran."""
    stopped = []
    for directory in sorted(work.glob("processes/*/")):
        state = supervisor.read_state(directory)
        if state is not None and state.running():
            supervisor.stop(directory, grace_period=2.0)
            stopped.append(directory.name)
    return stopped


def _make_writable(places: Places) -> None:
    try:
        for directory in (places.work, places.results):
            directory.mkdir(parents=True, exist_ok=True)
            # A full disk takes an empty file, but not one with content.
            _files.write_file(directory / ".writable", b"\0" * 4096)
            (directory / ".writable").unlink()
        ignored = places.work.parent / ".gitignore"
        if not ignored.exists():
            _files.write_file(ignored, "*\n")
    except OSError as error:
        raise _files.unwritable(places.results, error) from error


def _take(places: Places, playbook_pid: int | None) -> None:
    """Make the run the only one of its service there."""
    # Two that begin at once must not both find the place free.
    with _files.locked(places.work.parent / f".{places.work.name}.lock"):
        holder = _other_holder(places, playbook_pid)
        if holder is not None:
            raise failure(
                f"Another run of {places.service} is under way",
                "run-in-progress",
                f"ansible-playbook with pid {holder.pid} works in {places.work}",
                "Wait until it ends, or give this run another place with -e coverage_dir=DIRECTORY",
            )
        own = identify(playbook_pid) if playbook_pid else None
        if own is not None:
            _files.write_json(places.work / _PLAYBOOK, asdict(own))


def _other_holder(places: Places, playbook_pid: int | None) -> Identity | None:
    """The living process, other than ``playbook_pid``, that the run belongs to."""
    try:
        holder = Identity(**json.loads((places.work / _PLAYBOOK).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return holder if holder.pid != playbook_pid and holder.alive() else None


def _now() -> str:
    """RFC 3339, UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
