# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the coverage files of a session to results: a report and a run.json for each program."""

from __future__ import annotations

import os
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .. import _files
from .._collect import gather
from .._collect.binaries import Binary
from .._covdata.errors import CovdataError
from .._covdata.meta import decode_meta
from .._diagnosis import Diagnosis, Failure
from .._report.numbers.schema import TestsRecord
from .._report.reporting import ReportOptions, make_report
from .._run import journal
from .._run.lifecycle import JOURNAL
from .._run.progress import Progress
from .programs import Program, programs_of
from .sources import source_of

MODE = "wrap"


@dataclass(frozen=True)
class Ran:
    """A command that has ended: its run's identifier, times, tests section, and why it has failed, if it has."""

    run: str
    started: str
    tests: t.Mapping[str, t.Any]
    failure: Failure | None = None
    seconds: float = 0.0


@dataclass
class Published:
    """What came of a session: its programs, and the failures of those of them that have one."""

    programs: list[Program] = field(default_factory=list)
    failures: dict[str, Failure] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """The coverage files of a session: all of them in ``directory``, and the programs that they are of."""

    directory: Path
    gathered: gather.Gathered
    programs: list[Program]
    modules: t.Mapping[str, str]
    seconds: float


def find(places: t.Mapping[str, Path], directory: Path) -> Found:
    """Bring the files of ``places`` (directories by name) together in ``directory``. Raises Failure."""
    begun = time.monotonic()
    sources = [gather.LocalSource(name, place) for name, place in places.items()]
    gathered = gather.gather(sources, directory, where="What the command has left")
    builds = [*gathered.binaries, *gathered.others]
    modules = _modules_of(places.values())
    return Found(directory, gathered, programs_of(builds, modules), modules, time.monotonic() - begun)


def _modules_of(places: t.Iterable[Path]) -> dict[str, str]:
    """The Go module of each build, by the hash of its meta-data."""
    found: dict[str, str] = {}
    for place in places:
        for file in sorted(place.glob("covmeta.*")):
            try:
                meta = decode_meta(file.read_bytes(), file.name)
            except (CovdataError, OSError):
                continue
            ordered = sorted(meta.packages, key=lambda package: package.name != "main")
            found[meta.hash] = next((package.module for package in ordered if package.module), "")
    return found


def publish(found: Found, root: Path, ran: Ran, modules: t.Mapping[str, Path], progress: Progress) -> Published:
    """Write the results of each program below ``root``. Raises Failure only where nothing can be written."""
    published = Published(found.programs)
    for program in found.programs:
        begun = time.monotonic()
        error: Failure | None = None
        try:
            if program.counter_files:
                _report(program, found, root / program.name, ran, modules, progress)
            else:
                raise _no_counters(program)
        except Failure as caught:
            error = published.failures[program.name] = caught
        _write_journal(program, found, root / program.name, ran, error, time.monotonic() - begun)
    return published


def _report(
    program: Program,
    found: Found,
    dest: Path,
    ran: Ran,
    modules: t.Mapping[str, Path],
    progress: Progress,
) -> None:
    covdata = found.directory.with_name(f"{found.directory.name}-{program.name}")
    covdata.mkdir()
    for file in found.directory.iterdir():
        if file.name.split(".")[1] in program.hashes:
            os.link(file, covdata / file.name)
    package = program.main or next((found.modules.get(build.meta_hash, "") for build in program.builds), "")
    source = source_of(package, modules)
    passed = ran.tests.get("passed")
    tests: TestsRecord = {
        "passed": bool(ran.tests.get("ok")),
        "seconds": float(ran.tests.get("seconds") or 0),
        "failed": list(ran.tests.get("failed") or []),
    }
    if passed is not None:
        tests["total"] = int(passed) + len(tests["failed"])
    wanted = ReportOptions(
        covdata=[str(covdata)],
        dest=str(dest),
        service=program.name,
        source=str(source) if source else None,
        go_version=None,
        scope=(),
        package="",
        exclude=(),
        exclude_generated=False,
        exclude_comments=True,
        thresholds={},
        gates=[],
        profiles={},
        baseline="",
        changed_since="",
        source_map={},
        codecov=False,
        tests=tests,
        run={"id": ran.run, "started": ran.started},
        keep_covdata=True,
    )
    make_report(wanted, progress)


def _no_counters(program: Program) -> Failure:
    builds: t.Sequence[Binary] = program.builds
    return Failure(
        f"No counters came back from {program.name}",
        [
            Diagnosis(
                "no-counters",
                f"{builds[0].title} was started, and none of its processes has written counters",
                "Let it handle SIGTERM and return from main: a panic, SIGKILL or a short grace period costs counters",
            )
        ],
    )


def _write_journal(
    program: Program, found: Found, dest: Path, ran: Ran, error: Failure | None, report_seconds: float
) -> None:
    failures: list[journal.FailureEntry] = [
        {
            "step": step,
            "unit": program.name,
            "msg": str(entry),
            "diagnosis": [diagnosis.as_dict() for diagnosis in entry.diagnoses],
        }
        for step, entry in (("exercise", ran.failure), ("report", error))
        if entry is not None
    ]
    taken = {"exercise": ran.tests.get("seconds") or 0.0, "collect": found.seconds, "report": report_seconds}
    failed = {entry["step"] for entry in failures}
    document = {
        "schema": 1,
        "service": program.name,
        "run": ran.run,
        "former": None,
        "mode": MODE,
        "covered_dependencies": [],
        "runtime": MODE,
        "outcome": "failed" if failures else "passed",
        "started": ran.started,
        "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(ran.seconds, 3),
        "failures": failures,
        "steps": [
            {
                "name": name,
                "unit": program.name,
                "seconds": round(seconds, 3),
                "changed": True,
                "failed": name in failed,
            }
            for name, seconds in taken.items()
        ],
        "tests": dict(ran.tests),
        "binaries": [build.as_dict() for build in program.builds],
        "covdata": "collected" if error is not None else "reported",
    }
    try:
        dest.mkdir(parents=True, exist_ok=True)
        journal.write(dest / JOURNAL, t.cast("journal.Document", document))
    except OSError as caught:
        raise _files.unwritable(dest, caught) from caught
