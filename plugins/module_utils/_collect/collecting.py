# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage data of a service, from the options to the outcome: its directory prepared, collected or removed."""

from __future__ import annotations

import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import Diagnosis, Failure
from .._losses import elsewhere, verdict
from .._losses.records import PodRecord
from .._outcome import Outcome
from .._run.progress import Progress
from . import gather, leftovers
from .binaries import Wanted
from .directories import Directory


@dataclass(frozen=True)
class CollectOptions:
    """The options of covdata_collect; see its documentation."""

    state: str
    node_path: str
    uncollected: str | None
    previous_runs: bool
    dest: str | None
    pods: t.Sequence[PodRecord]
    main: t.Sequence[str]
    executable: t.Sequence[str]
    image: str
    mount_path: str | None
    remove: bool
    keep_arguments: bool
    lost_counters: str

    @property
    def programs(self) -> Wanted:
        """The programs whose files are collected."""
        return Wanted(tuple(self.main), tuple(self.executable))

    def fails_for(self, verdicts: t.Sequence[verdict.Verdict]) -> bool:
        """Whether counters are missing, and the user wants a failure then."""
        return self.lost_counters == "fail" and bool(verdict.missing(verdicts))


def manage_covdata(
    wanted: CollectOptions, directory: Directory, progress: Progress, check_mode: bool = False, mark: str = ""
) -> Outcome:
    """Prepare the directory, collect its files, or remove it. ``mark`` names the run that it is of. Raises Failure."""
    if wanted.state == "collected":
        if check_mode:
            return Outcome(changed=_would_collect(wanted, directory))
        return _collect(wanted, directory, progress)
    work = _would_clear if check_mode else _clear
    changed = work(wanted, directory, progress)
    if wanted.state == "prepared" and not wanted.main:
        changed |= directory.prepare(mark, check_mode)
    return Outcome(changed=changed)


def _clear(wanted: CollectOptions, directory: Directory, progress: Progress) -> bool:
    """Remove what earlier runs have left, and what this one has not collected; whether there was anything."""
    cleared = leftovers.Cleared()
    if wanted.uncollected:
        home = Path(wanted.uncollected)
        if wanted.previous_runs:
            leftovers.clear_previous_runs(directory, home, cleared)
        leftovers.clear(directory, home / Path(directory.path).name, cleared, wanted.programs)
    elif wanted.state == "removed":
        cleared.changed |= directory.remove(False, discard=True)
    elif wanted.programs:
        with tempfile.TemporaryDirectory(prefix="gocover-left-") as scratch:
            leftovers.clear(directory, Path(scratch) / "covdata", cleared, wanted.programs)
        cleared.notes = ["removed covcounters files of a run that did not end"] if cleared.changed else []
    for note in cleared.notes:
        progress.note(note)
    for warning in cleared.warnings:
        progress.warn(warning)
    return cleared.changed


def _would_clear(wanted: CollectOptions, directory: Directory, _progress: Progress) -> bool:
    """Whether ``_clear`` would change anything."""
    dead = leftovers.dead_runs(directory) if wanted.previous_runs else []
    if any(directory.beside(path).remove(True, discard=True) for path in dead):
        return True
    if wanted.state == "removed":
        return directory.remove(True, discard=True)
    if not wanted.programs:
        return False
    with tempfile.TemporaryDirectory(prefix="gocover-check-") as scratch:
        left = gather.gather(
            directory.sources(), Path(scratch) / "covdata", wanted=wanted.programs, where=wanted.node_path
        )
    return left.counter_files > 0


def _would_collect(wanted: CollectOptions, directory: Directory) -> bool:
    """Whether collecting would change the destination or, with ``remove``, the source. Without data it would fail."""
    with tempfile.TemporaryDirectory(prefix="gocover-check-") as scratch:
        gathered = gather.gather(
            directory.sources(),
            Path(scratch) / "covdata",
            wanted.keep_arguments,
            wanted.programs,
            lambda _hashes: directory.covmeta(wanted.image),
            wanted.node_path,
        )
        if not gathered.counter_files:
            return True
        removes = wanted.remove and any(gathered.taken.values())
        return removes or not gather.same_content(Path(scratch) / "covdata", Path(str(wanted.dest)))


def _collect(wanted: CollectOptions, directory: Directory, progress: Progress) -> Outcome:
    """Collect the files. Raises Failure with the reason why no counters came or, if asked to, why some are missing."""
    sources = directory.sources()

    def recover(hashes: t.Collection[str]) -> list[bytes]:
        source = wanted.image or "no image"
        progress.note(f"{len(hashes)} builds lack their meta-data file: recreating it from {source}")
        return directory.covmeta(wanted.image)

    gathered = gather.gather(
        sources, Path(str(wanted.dest)), wanted.keep_arguments, wanted.programs, recover, wanted.node_path
    )
    verdicts, diagnosis = _judge(wanted, directory, gathered, progress)
    progress.note(
        f"collected {gathered.meta_files} covmeta and {gathered.counter_files} covcounters files, "
        f"{gathered.size:,} bytes"
    )
    for line in _apportioned(wanted, gathered):
        progress.note(line)
    removed = wanted.remove and any(gathered.taken.values())
    if removed:
        _discard(sources, gathered, progress)
    result = {
        "meta_files": gathered.meta_files,
        "counter_files": gathered.counter_files,
        "bytes": gathered.size,
        "nodes": gathered.by_source,
        "binaries": [binary.as_dict() for binary in gathered.binaries],
        "others": [binary.as_dict() for binary in gathered.others],
        "verdicts": [entry.as_dict() for entry in verdicts],
        "processes": {"ended": len(verdicts), "counted": len(verdicts) - verdict.missing(verdicts)},
    }
    sections = {"collected": result, "covdata": "collected"}
    changed = gathered.changed or removed
    if wanted.fails_for(verdicts):
        lost = verdict.lost_counters(verdicts)
        raise Failure("Counters are missing", [*diagnosis, lost], {**result, "changed": changed}, sections)
    return Outcome(changed=changed, result=result, sections=sections, diagnosis=diagnosis)


def _apportioned(wanted: CollectOptions, gathered: gather.Gathered) -> list[str]:
    """What was taken together, and what was left out, where a directory holds files of more than one program."""
    lines = []
    programs = list(dict.fromkeys(binary.title for binary in gathered.binaries))
    if len(programs) > 1:
        lines.append(f"these programs are counted together: {', '.join(programs)}")
    others = list(dict.fromkeys(binary.title for binary in gathered.others))
    if others:
        why = "another program is collected" if wanted.programs else "no counters came from it"
        lines += [f"{title} is left out: {why}" for title in others]
    return lines


def _judge(
    wanted: CollectOptions, directory: Directory, gathered: gather.Gathered, progress: Progress
) -> tuple[list[verdict.Verdict], list[Diagnosis]]:
    """Pod by pod whether its counters came, and why some are missing. Raises Failure if none came."""
    where, mount_path = wanted.node_path, wanted.mount_path or ""
    pods = [elsewhere.completed(pod, where, mount_path) for pod in wanted.pods]
    program = None
    verdicts = verdict.of_pods(gathered, where, pods)
    if not all(entry.counted for entry in verdicts) or not gathered.counter_files:
        # Only now: reading an image takes a moment.
        program = directory.program(wanted.image)
        if program is not None:
            pods = [elsewhere.completed(pod, where, mount_path, program.variable) for pod in pods]
        verdicts = verdict.of_pods(gathered, where, pods, program)
    if gathered.counter_files == len(gathered.orphans):
        raise verdict.no_counters(gathered, where, pods, program)
    diagnosis = verdict.losses(verdicts)
    if gathered.orphans:
        diagnosis.append(verdict.orphaned(gathered, where))
    for entry in [] if wanted.fails_for(verdicts) else diagnosis:
        progress.warn(entry.sentence())
    for warning in verdict.earlier_generations(gathered, pods):
        progress.warn(warning)
    for name in gathered.leftovers:
        progress.warn(f"{name} was left by a program that died while it wrote it")
    return verdicts, diagnosis


def _discard(sources: t.Sequence[gather.Source], gathered: gather.Gathered, progress: Progress) -> None:
    """Remove what was gathered from its sources; a file that stays there does not cost what is collected."""
    for source in sources:
        try:
            source.discard(gathered.taken.get(source.name, []))
        except Failure as error:
            progress.warn(str(error))
