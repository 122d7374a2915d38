# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All the files of a report: from coverage data to what lies in a directory of results."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .. import _files
from .._covdata.errors import CovdataError
from .._covdata.merge import merge_directories
from .._covdata.pods import coverage_files
from .._diagnosis import Diagnosis, Failure, failure
from .formats.annotations import render_annotations
from .formats.badge import render_badge
from .formats.cobertura import cobertura_pieces
from .formats.codecov import DIRECTORY as CODECOV
from .formats.codecov import upload_set
from .formats.functions import functions_text
from .formats.lcov import lcov_records, repo_relative
from .formats.lines import check_extent
from .formats.markdown import markdown_summary
from .formats.profile import profile_lines
from .numbers.baseline import read_baseline
from .numbers.changed import Changes, measure_changes, why_nothing_changed
from .numbers.exclusions import reasons
from .numbers.from_covdata import coverage_of
from .numbers.gates import Gate, said_of
from .numbers.levels import Level, Levels, read_level
from .numbers.model import Coverage
from .numbers.own import with_own
from .numbers.schema import ChangedRecord, RunReference, Summary, TestsRecord, ThresholdRecord
from .numbers.scope import basis_sentence
from .numbers.summary import Demands, Selection, headline_of, hold_against_gates, select, summary_of, summary_text
from .numbers.thresholds import Threshold, check_since
from .page.service import render
from .source.ahead import ScanAhead
from .source.git import changed_lines, fork_point
from .source.placing import place
from .source.sources import Sources
from .source.unplaced import find_unplaced
from .totals import Expected, differing_totals
from .writing import Content, no_collection, write_all

#: Where the raw files lie in a directory of results.
COVDATA = "covdata"


#: How many misses a message lists; summary.json has them all.
_MOST_SAID = 50


@dataclass(frozen=True)
class ReportSpec:
    """What to report, and against what to hold it. ``run`` and ``tests`` are what run.json says of them.

    ``profiles`` are the paths of each other test level; ``package`` is the main package, relative to ``source``.
    """

    covdata: tuple[Path, ...]
    service: str
    source: Path | None = None
    package: str = ""
    go_version: str | None = None
    exclude: tuple[str, ...] = ()
    exclude_generated: bool = False
    exclude_comments: bool = True
    scope: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    gates: tuple[Gate, ...] = ()
    profiles: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    baseline: str = ""
    changed_since: str = ""
    source_map: t.Mapping[str, str] = field(default_factory=dict)
    codecov: bool = False
    tests: TestsRecord | None = None
    run: RunReference = field(default_factory=RunReference)


class Report(t.NamedTuple):
    """The summary, the content of every file by its name, those first that take longest to render, and the totals that
    the files must have."""

    summary: Summary
    files: dict[str, Content]
    expected: Expected


def make_report(spec: ReportSpec) -> Report:
    """Read the data; what is in ``files`` is rendered when it is written.

    Raises Failure for data that cannot be used; writes nothing.
    """
    with no_collection():
        return _make_report(spec)


def _make_report(spec: ReportSpec) -> Report:
    check_since(spec.thresholds, spec.changed_since)
    sources = Sources(str(spec.source) if spec.source else None, spec.package)
    try:
        with ScanAhead(sources) as scan:
            directories = [str(directory) for directory in spec.covdata]
            merged = merge_directories(directories, on_meta=scan.begin)
            raw = coverage_of(merged)
            check_extent(raw.files())
            scan.finish()
    except CovdataError as error:
        raise failure(
            f"The coverage data of {spec.service} cannot be reported", error.cause, error.evidence, error.remedy
        ) from error
    hint = os.path.join(spec.source, spec.package) if spec.source and spec.package else ""
    placed = place(coverage_of(merged, newest=True) if merged.rivals else raw, sources, spec.source_map, hint)
    main = sources.modules.name_of(os.path.realpath(hint)) if sources.modules and hint else None
    coverage = with_own(placed.coverage, sources.modules, spec.service, main or "")
    unplaced, warnings = find_unplaced(coverage, sources)
    coverage.warnings += warnings
    sources.annotate(coverage)
    selection = select(coverage, spec.exclude, spec.scope, spec.exclude_generated, spec.exclude_comments, sources)
    levels = _levels_of(spec, sources)
    demands = Demands(
        thresholds=spec.thresholds,
        baseline=read_baseline(spec.baseline, spec.service, sources.root) if spec.baseline else None,
        changed=_changes_of(spec, selection, sources),
        levels=Levels(coverage, levels) if levels else None,
    )
    summary = summary_of(selection, spec.service, spec.go_version, demands)
    if demands.changed is not None and (nothing := why_nothing_changed(demands.changed)):
        summary["warnings"].append(nothing)
    if placed.mapped:
        summary["mapped"] = placed.mapped
    if unplaced:
        summary["unplaced"] = unplaced
    if spec.run:
        summary["run"] = spec.run
    if spec.tests is not None:
        summary["tests"] = spec.tests
        summary["passed"] = bool(summary["passed"] and spec.tests["passed"])
    hold_against_gates(summary, spec.gates)
    files = _contents(raw, selection, summary, sources, spec)
    if demands.levels is not None:
        merged_levels = demands.levels.merged
        files["merged.out"] = lambda: profile_lines(merged_levels)
    if spec.codecov:
        files |= upload_set(selection.counted, levels, selection.excluded, _repository_paths(coverage, sources))
    return Report(summary, files, Expected(raw, selection, summary))


def _levels_of(spec: ReportSpec, sources: Sources) -> list[Level]:
    """The other test levels, under the names that files have in the checkout."""
    levels = []
    for name, paths in spec.profiles.items():
        level = read_level(name, paths)
        level.coverage = place(level.coverage, sources, spec.source_map, by_paths=True).coverage
        levels.append(level)
    return levels


def _changes_of(spec: ReportSpec, selection: Selection, sources: Sources) -> ChangedRecord | None:
    if not spec.changed_since:
        return None
    if sources.root is None:
        raise failure(
            "Changed lines cannot be found",
            "source-missing",
            f"There is no source to compare with {spec.changed_since}",
            "Set service_repo to the directory with go.mod, in a git repository",
        )
    top = sources.modules.base if sources.modules else sources.root
    commit = fork_point(top, spec.changed_since)
    changes = Changes(spec.changed_since, commit, changed_lines(top, commit))
    return measure_changes(changes, selection.headline, selection.everything, sources)


def _repository_paths(coverage: Coverage, sources: Sources) -> t.Callable[[str], str]:
    """From the name of a file to its path in the repository; without source, to that below its module."""
    if sources.modules is not None:
        return sources.repository_path
    return repo_relative({coverage.module: ""} if coverage.module else {})


def _contents(
    raw: Coverage, selection: Selection, summary: Summary, sources: Sources, spec: ReportSpec
) -> dict[str, Content]:
    counted = selection.counted
    path_of = _repository_paths(selection.everything, sources)
    started = _milliseconds(spec)
    return {
        "index.html": lambda: render(counted, summary, _text_of(sources), reasons(selection.excluded)),
        "cobertura.xml": lambda: cobertura_pieces(counted, timestamp=started, path_of=path_of),
        "lcov.info": lambda: lcov_records(counted, path_of),
        # What Go's own tools would say: nothing is excluded there, and in the profile nothing is renamed.
        "profile.out": lambda: profile_lines(raw),
        "functions.txt": lambda: functions_text(selection.everything, sources),
        "summary.md": lambda: markdown_summary(summary),
        "badge.svg": lambda: _badge(summary),
        "annotations.txt": lambda: render_annotations(summary, path_of),
    }


def _badge(summary: Summary) -> str:
    headline = headline_of(summary)
    few = f"{headline['covered']}/{headline['total']} statements" if basis_sentence(summary.get("basis")) else ""
    return render_badge(headline["percent"], few=few)


def _milliseconds(spec: ReportSpec) -> int:
    """The time of the run since 1970, else of its newest coverage file: the same run gives the same files."""
    started = spec.run.get("started")
    if started:
        return int(datetime.fromisoformat(started.replace("Z", "+00:00")).timestamp() * 1000)
    files = [file for directory in spec.covdata for file in coverage_files(str(directory))]
    return int(max((os.path.getmtime(file) for file in files), default=0) * 1000)


def _text_of(sources: Sources) -> t.Callable[[str], str | None]:
    def text(name: str) -> str | None:
        source = sources.read(name)
        return None if source is None else source.decode("utf-8", errors="surrogateescape")

    return text


def write_report(report: Report, spec: ReportSpec, dest: Path, keep_covdata: bool, check_mode: bool = False) -> bool:
    """Put the files into ``dest``, all of them or, if anything goes wrong, none. Returns whether anything changed.

    In check mode they are rendered and compared, and ``dest`` stays as it is.

    With ``keep_covdata`` the raw files become part of the results, without what else lies beside them. What lies in
    ``dest`` under other names stays.
    """
    contents: dict[str, Content] = {**report.files, "summary.json": lambda: summary_text(report.summary)}
    try:
        if not check_mode:
            dest.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{dest.name}.", dir=None if check_mode else dest.parent))
    except OSError as error:
        raise _files.unwritable(dest, error) from error
    try:
        if any(name.startswith(f"{CODECOV}/") for name in contents):
            (staging / CODECOV).mkdir()
        write_all(contents, staging)
        if difference := differing_totals(staging, report.expected):
            report.summary["warnings"].append(difference.sentence())
            write_all({name: contents[name] for name in ("index.html", "summary.json", "summary.md")}, staging)
        if keep_covdata and [dest / COVDATA] != list(spec.covdata):
            (staging / COVDATA).mkdir()
            for directory in spec.covdata:
                for file in coverage_files(str(directory)):
                    shutil.copy2(file, staging / COVDATA)
        changed = any(_differs(staging / name, dest / name) for name in sorted(contents))
        if not check_mode:
            _files.replace_entries(staging, dest)
    except OSError as error:
        raise _files.unwritable(dest, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return changed


def _differs(new: Path, old: Path) -> bool:
    return not old.is_file() or not filecmp.cmp(new, old, shallow=False)


def missed_demands(summary: Summary, written: Path) -> Failure | None:
    """The failure for thresholds and gates that are missed, all at once, the worst first; None if all are met."""
    missed = [threshold for threshold in summary["thresholds"] if not threshold["passed"]]
    failed = [gate for gate in summary.get("gates", ()) if not gate["passed"]]
    diagnoses = []
    summaries = []
    if missed:
        summaries.append(f"{len(missed)} of {len(summary['thresholds'])} thresholds")
        remedy = f"Test what {written / 'index.html'} shows as uncovered, or lower service_thresholds"
        diagnoses.append(Diagnosis("threshold-missed", _listed([_miss(threshold) for threshold in missed]), remedy))
    if failed:
        summaries.append(f"{len(failed)} of {len(summary['gates'])} gates")
        remedy = f"Hold the expression against {written / 'summary.json'}, or change service_gates"
        diagnoses.append(Diagnosis("gate-failed", _listed([said_of(gate) for gate in failed]), remedy))
    if not diagnoses:
        return None
    return Failure(f"{' and '.join(summaries)} of {summary['service']} are missed", diagnoses)


def _miss(threshold: ThresholdRecord) -> str:
    actual = threshold["actual"]
    reached = "matches nothing that has statements" if actual is None else f"is at {actual:.2f} %"
    return f"{threshold['name']} {reached}, required: {threshold['minimum']:g} %"


def _listed(sentences: list[str]) -> str:
    more = len(sentences) - _MOST_SAID
    return "; ".join([*sentences[:_MOST_SAID], *([f"and {more} more, in summary.json"] if more > 0 else [])])
