# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a suite of end-to-end tests, and saying what came of it."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .. import _files
from .._diagnosis import Diagnosis, Failure, failure
from .._process import command
from .._process.owner import owner_alive
from .._run.progress import Progress
from .gotest import Tally, first_complaints

#: What a shell exits with when there is no such command.
_NOT_FOUND = 127


@dataclass(frozen=True)
class SuiteSpec:
    """The command (a list, or a string for a shell), its environment on top of ours, and its time limit in seconds."""

    command: str | t.Sequence[str]
    cwd: str | None
    env: t.Mapping[str, str]
    timeout: float
    log: str | None


def run(spec: SuiteSpec, progress: Progress, owner: int | None) -> dict[str, t.Any]:
    """Run the suite; returns ``{rc, seconds, tests}``, and raises Failure if it did not pass."""
    shown = spec.command if isinstance(spec.command, str) else shlex.join(map(str, spec.command))
    argv = ["/bin/sh", "-c", shown] if isinstance(spec.command, str) else [str(word) for word in spec.command]
    if not shown.strip():
        raise failure(
            "There are no tests to run", "no-tests-run", "service_tests is empty", "Set service_tests to a command"
        )
    if spec.cwd and not Path(spec.cwd).is_dir():
        raise failure(
            f"The tests cannot run in {spec.cwd}",
            "source-missing",
            f"There is no directory {spec.cwd}",
            "Set service_repo to the directory in which service_tests is to run",
        )
    progress.note(f"testing: {shown}")
    tally = Tally()
    hung: list[str] = []

    def on_timeout() -> None:
        progress.note(f"the tests have not ended after {spec.timeout:g} s: asking them where they hang")
        hung.extend(tally.running_leaves())

    with _log_of(spec) as log:
        quiet = False

        def on_line(line: str) -> None:
            nonlocal quiet
            log.write(line + "\n")
            tally.feed(line)
            # The dump of all goroutines goes to the log, not over the terminal.
            quiet = quiet or line.startswith("SIGQUIT: quit")
            if not quiet:
                progress.output(line)

        try:
            ended = command.run(
                argv,
                cwd=spec.cwd,
                env=_environment(spec.env),
                on_line=on_line,
                timeout=spec.timeout,
                timeout_signal=signal.SIGQUIT,
                on_timeout=on_timeout,
                wanted=owner_alive(owner),
            )
        except OSError as error:
            if _files.is_full(error):
                raise _files.unwritable(Path(spec.log or spec.cwd or "."), error) from error
            raise failure(
                f"The tests could not be started: {shown}",
                "tests-failed",
                f"Executing {error.filename or argv[0]} failed with: {error.strerror}",
                "Set service_tests to a command that runs in service_repo",
            ) from error
    tests = {"passed": tally.passed, "skipped": tally.skipped, "failed": tally.failed_leaves()}
    result: dict[str, t.Any] = {"rc": ended.rc, "seconds": round(ended.seconds, 3), "tests": tests, "command": shown}
    problem = _problem(spec, shown, ended, tally, hung)
    if problem is not None:
        message, diagnosis = problem
        sections = {"tests": {**section(result), "ok": False}}
        raise Failure(message, [diagnosis], {"changed": True, **result}, sections)
    progress.note(f"tests passed after {ended.seconds:.1f} s")
    return result


def _log_of(spec: SuiteSpec) -> t.TextIO:
    path = Path(spec.log or os.devnull)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise _files.unwritable(path, error) from error


def section(result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What run.json says of the tests."""
    return {"ok": result["rc"] == 0, **{key: result[key] for key in ("command", "rc", "seconds")}, **result["tests"]}


def _environment(extra: t.Mapping[str, str]) -> dict[str, str]:
    """Ours and ``extra``; Ansible's environment comes last in PATH, for a Go toolchain from PyPI."""
    path = [os.environ.get("PATH", os.defpath), os.path.dirname(os.path.abspath(sys.executable))]
    return {**os.environ, "PATH": os.pathsep.join(path), **extra}


def _problem(
    spec: SuiteSpec, shown: str, ended: command.Ended, tally: Tally, hung: list[str]
) -> tuple[str, Diagnosis] | None:
    """In a few words what is wrong, and why; None if the tests passed."""
    where = f"; the whole output is in {spec.log}" if spec.log else ""
    if ended.abandoned:
        return "The tests were stopped", Diagnosis("tests-failed", "The playbook that ran them is gone", "Run it again")
    if ended.timed_out or tally.timed_out_after:
        limit = tally.timed_out_after or f"{spec.timeout:g} s"
        hung = hung or tally.running_leaves()
        last = ended.tail[-1].strip() if ended.tail else "nothing"
        evidence = f"{', '.join(hung)} had begun and not ended" if hung else f"The last thing they wrote was: {last}"
        return (
            f"The tests had not ended after {limit} and were stopped",
            Diagnosis("tests-timeout", evidence + where, "Mend what hangs, or raise service_tests_timeout"),
        )
    if ended.rc == _NOT_FOUND:
        return (
            f"The tests could not be started: {shown}",
            Diagnosis(
                "tests-failed",
                " | ".join(ended.tail[-2:]) or f"It ended with exit code {_NOT_FOUND}, which means: no such command",
                "Set service_tests to a command that is on PATH",
            ),
        )
    if ended.rc != 0:
        return (
            f"The tests failed: '{shown}' ended with exit code {ended.rc}",
            Diagnosis(
                "tests-failed",
                _said(tally.failed_leaves(), first_complaints(ended.tail)) + where,
                "Mend the tests or the service; the coverage is reported all the same",
            ),
        )
    if tally.nothing_ran and tally.cached_packages:
        return (
            f"No test ran: '{shown}'",
            Diagnosis("no-tests-run", "Go took the results from its cache", "Add -count=1 to go test in service_tests"),
        )
    if tally.nothing_ran:
        return (
            f"No test ran: '{shown}'",
            Diagnosis(
                "no-tests-run",
                "None of its packages has a test" if tally.specs is None else "Ginkgo ran none of its specs",
                "Set service_tests to a command that runs the end-to-end tests",
            ),
        )
    return None


def _said(failed: t.Sequence[str], complaints: t.Sequence[str]) -> str:
    """Which tests failed, and their first complaints."""
    if not failed:
        return f"The last that it wrote was: {' | '.join(complaints)}" if complaints else "It wrote nothing"
    named = f"{', '.join(failed[:5])}{' and more' if len(failed) > 5 else ''} failed"
    return ": ".join([named, *([" | ".join(complaints)] if complaints else [])])
