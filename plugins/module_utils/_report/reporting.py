# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report, from the options to the outcome: made, written, and held against its thresholds and gates."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._outcome import Outcome
from .._run.progress import Progress
from . import bundle
from .numbers import gates, levels, summary, thresholds
from .numbers.schema import RunReference, TestsRecord
from .source import placing


@dataclass(frozen=True)
class ReportOptions:
    """The options of covdata_report; see its documentation."""

    covdata: t.Sequence[str]
    dest: str
    service: str | None
    source: str | None
    go_version: str | None
    scope: t.Sequence[str]
    package: str
    exclude: t.Sequence[str]
    exclude_generated: bool
    exclude_comments: bool
    thresholds: t.Mapping[str, t.Any]
    gates: t.Any
    profiles: t.Mapping[str, t.Any]
    baseline: str
    changed_since: str
    source_map: t.Mapping[str, t.Any]
    codecov: bool
    tests: TestsRecord | None
    run: RunReference
    keep_covdata: bool

    @property
    def spec(self) -> bundle.ReportSpec:
        """The report that is described. Raises Failure for thresholds, gates and profiles that cannot be."""
        covdata = [Path(directory) for directory in self.covdata]
        return bundle.ReportSpec(
            covdata=tuple([directory for directory in covdata if directory.is_dir()] or covdata),
            service=self.service or Path(self.dest).name,
            source=Path(self.source) if self.source else None,
            go_version=self.go_version,
            package=self.package,
            exclude=tuple(self.exclude),
            exclude_generated=self.exclude_generated,
            exclude_comments=self.exclude_comments,
            scope=tuple(self.scope),
            thresholds=tuple(thresholds.parse_thresholds(self.thresholds)),
            gates=tuple(gates.parse_gates(self.gates)),
            profiles=levels.parse_profiles(self.profiles),
            baseline=self.baseline,
            changed_since=self.changed_since,
            source_map=placing.parse_source_map(self.source_map),
            codecov=self.codecov,
            tests=self.tests,
            run=self.run,
        )


def make_report(wanted: ReportOptions, progress: Progress, check_mode: bool = False) -> Outcome:
    """Write the report, then fail if a threshold or a gate is missed. Raises Failure."""
    dest, spec = Path(wanted.dest), wanted.spec
    made = bundle.make_report(spec)
    changed = bundle.write_report(made, spec, dest, wanted.keep_covdata, check_mode)
    files = [str(dest / name) for name in sorted([*made.files, "summary.json"])]
    result = {"summary": summary.without_files(made.summary), "files": files}
    shown = {key: made.summary[key] for key in ("statements", "scope", "passed") if key in made.summary}
    sections = {"summary": shown, **({"covdata": "reported"} if wanted.keep_covdata else {})}
    for warning in made.summary["warnings"]:
        progress.warn(warning)
    for line in summary.said_of(made.summary):
        progress.note(line)
    missed = bundle.missed_demands(made.summary, dest)
    if missed is not None:
        missed.result, missed.sections = {"changed": changed, **result}, sections
        raise missed
    progress.note(f"report: {dest / 'index.html'}")
    return Outcome(changed=changed, result=result, sections=sections)
