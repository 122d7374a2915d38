# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a run of tests is a failure: from how the command ended and what its output tells."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import Diagnosis
from .._process import command
from . import build_tags
from .results import Results

#: What a shell exits with when there is no such command.
_NOT_FOUND = 127


@dataclass(frozen=True)
class Words:
    """What users call the command of the tests, its time limit and its directory."""

    command: str = "service_tests"
    timeout: str = "service_tests_timeout"
    directory: str = "service_repo"


@dataclass(frozen=True)
class EndedTests:
    """A command that has ended: ``shown`` as users write it, its directory, time limit in seconds, and log."""

    shown: str
    cwd: str | None
    timeout: float
    log: str | None
    ended: command.Ended
    results: Results
    hung: t.Sequence[str] = ()
    words: Words = Words()

    @property
    def where(self) -> str:
        """Where the output is, for the end of an evidence."""
        return f"; the whole output is in {self.log}" if self.log else ""


def problem(run: EndedTests) -> tuple[str, Diagnosis] | None:
    """In a few words what is wrong, and why; None if the tests passed."""
    ended, results = run.ended, run.results
    if ended.abandoned:
        return "The tests were stopped", Diagnosis("tests-failed", "The playbook that ran them is gone", "Run it again")
    if ended.timed_out or results.go.timed_out_after:
        return _timeout(run)
    if ended.rc == _NOT_FOUND:
        return (
            f"The tests could not be started: {run.shown}",
            Diagnosis(
                "tests-failed",
                " | ".join(ended.tail[-2:]) or f"It ended with exit code {_NOT_FOUND}, which means: no such command",
                f"Set {run.words.command} to a command that is on PATH",
            ),
        )
    if ended.rc != 0:
        if results.nothing_chosen and not results.failed and not results.counted:
            return _no_tests(run, f"go test reported: {results.nothing_chosen}")
        return (
            f"The tests failed: '{run.shown}' ended with exit code {ended.rc}",
            Diagnosis("tests-failed", _evidence(run), "Fix the test or the service. The report has its coverage"),
        )
    if results.failed and not results.summaries.reruns:
        return (
            f"The tests failed, but '{run.shown}' ended with exit code 0",
            Diagnosis(
                "tests-failed",
                _evidence(run),
                f"Fix the test or the service, and let {run.words.command} end with the exit code of the tests: "
                "a pipe needs 'set -o pipefail' in bash, and '|| true' hides it",
            ),
        )
    if results.ran is False:
        return _no_tests(run, results.why_nothing())
    return None


def _timeout(run: EndedTests) -> tuple[str, Diagnosis]:
    tally, tail = run.results.go, run.ended.tail
    limit = tally.timed_out_after or f"{run.timeout:g} s"
    hung = list(run.hung) or tally.running_leaves()
    last = tail[-1].strip() if tail else "nothing"
    evidence = f"{', '.join(hung)} had begun and not ended" if hung else f"Last output: {last}"
    return (
        f"The tests had not ended after {limit} and were stopped",
        Diagnosis("tests-timeout", evidence + run.where, f"Fix what hangs, or raise {run.words.timeout}"),
    )


def _no_tests(run: EndedTests, evidence: str) -> tuple[str, Diagnosis]:
    message = f"No test ran: '{run.shown}'"
    if run.results.cached:
        return message, Diagnosis("no-tests-run", evidence, f"Add -count=1 to go test in {run.words.command}")
    tagged = build_tags.find(Path(run.cwd or "."), run.shown)
    if tagged is None:
        remedy = f"Set {run.words.command} to a command that runs the end-to-end tests"
    else:
        evidence = f"{evidence}; the tests in {tagged.directory} need the build tag {', '.join(tagged.tags)}"
        completed = build_tags.command_with(run.shown, tagged)
        flag = f"-tags={','.join(tagged.tags)}"
        option = run.words.command
        remedy = f"Set {option}: {completed}" if completed else f"Pass {flag} to go test in {option}"
    return message, Diagnosis("no-tests-run", evidence, remedy)


def _evidence(run: EndedTests) -> str:
    """Which tests failed, and their first complaints."""
    failed, complaints = run.results.failed, " | ".join(run.results.complaints())
    if not failed:
        return (f"Last output: {complaints}" if complaints else "It wrote nothing") + run.where
    named = f"{', '.join(failed[:5])}{' and more' if len(failed) > 5 else ''} failed"
    return ": ".join(filter(None, [named, complaints])) + run.where
