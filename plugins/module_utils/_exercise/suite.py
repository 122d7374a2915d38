# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a suite of end-to-end tests, and saying what came of it."""

from __future__ import annotations

import os
import shlex
import signal
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .. import _files
from .._diagnosis import Failure, failure
from .._golang.toolchain import path_with_go
from .._process import command
from .._process.identity import owner_alive
from .._run.progress import Progress
from . import junit, verdict
from .results import Results
from .terse import Terse


@dataclass(frozen=True)
class SuiteSpec:
    """The command (a list, or a string for a shell), its environment on top of ours, and its time limit in seconds."""

    command: str | t.Sequence[str]
    cwd: str | None
    env: t.Mapping[str, str]
    timeout: float
    log: str | None
    #: What users call these options.
    words: verdict.Words = verdict.Words()
    timeout_signal: signal.Signals = signal.SIGQUIT
    #: How long the command may take to end once it is asked to, in seconds.
    kill_after: float = 5.0
    #: The same for what it leaves running, and for the command itself on an interruption.
    grace: float = 0.0
    #: Where users find the log later.
    kept_log: str | None = None


def run(spec: SuiteSpec, progress: Progress, playbook_pid: int | None) -> dict[str, t.Any]:
    """Run the suite; returns ``{rc, seconds, tests}``, and raises Failure if it did not pass."""
    shown = spec.command if isinstance(spec.command, str) else shlex.join(map(str, spec.command))
    argv = ["/bin/sh", "-c", shown] if isinstance(spec.command, str) else [str(word) for word in spec.command]
    if not shown.strip():
        raise failure(
            "There are no tests to run",
            "no-tests-run",
            f"{spec.words.command} is empty",
            f"Set {spec.words.command} to a command",
        )
    if spec.cwd and not Path(spec.cwd).is_dir():
        raise failure(
            f"The tests cannot run in {spec.cwd}",
            "source-missing",
            f"There is no directory {spec.cwd}",
            f"Set {spec.words.directory} to the directory in which {spec.words.command} is to run",
        )
    progress.note(f"testing: {shown}")
    results = Results()
    begun = time.time()
    hung: list[str] = []

    def on_timeout() -> None:
        asked = "asking them where they hang" if spec.timeout_signal == signal.SIGQUIT else "ending them"
        progress.note(f"the tests have not ended after {spec.timeout:g} s: {asked}")
        hung.extend(results.go.running_leaves())

    with _log_of(spec) as log:
        quiet = False
        lines = Terse()

        def on_line(line: str) -> None:
            nonlocal quiet
            log.write(line + "\n")
            text = results.feed(line)
            # The dump of all goroutines goes to the log, not over the terminal.
            quiet = quiet or line.startswith("SIGQUIT: quit")
            if not quiet and text is not None:
                short = lines.shorten(text)
                progress.detail(text) if short is None else progress.output(short)

        env = _environment(spec.env)
        try:
            ended = command.run(
                argv,
                cwd=spec.cwd,
                env=env,
                on_line=on_line,
                timeout=spec.timeout,
                timeout_signal=spec.timeout_signal,
                kill_after=spec.kill_after,
                on_timeout=on_timeout,
                wanted=owner_alive(playbook_pid),
                grace=spec.grace,
            )
        except OSError as error:
            if _files.is_full(error):
                raise _files.unwritable(Path(spec.log or spec.cwd or "."), error) from error
            raise failure(
                f"The tests could not be started: {shown}",
                "tests-failed",
                f"Executing {error.filename or argv[0]} failed with: {error.strerror}",
                f"Set {spec.words.command} to a command that runs in {spec.words.directory}",
            ) from error
    if not results.counted:
        results.junit = junit.read(junit.files_of(shown, spec.cwd, env, begun))
    result: dict[str, t.Any] = {
        "rc": ended.rc,
        "seconds": round(ended.seconds, 3),
        "tests": results.as_dict(),
        "command": shown,
    }
    run_ended = verdict.EndedTests(
        shown, spec.cwd, spec.timeout, spec.kept_log or spec.log, ended, results, hung, spec.words
    )
    problem = verdict.problem(run_ended)
    if problem is not None:
        message, diagnosis = problem
        if diagnosis.cause == "no-tests-run" and not results.counted:
            result["tests"] |= {"passed": 0, "skipped": 0}
        sections = {"tests": {**section(result), "ok": False}}
        raise Failure(message, [diagnosis], {"changed": True, **result}, sections)
    # What failed at first has passed when it ran again.
    result["tests"]["failed"] = []
    progress.note(f"tests passed after {ended.seconds:.1f} s")
    if not results.counted:
        progress.note(f"the number of tests is unknown: {results.why_unknown()}")
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
    """Ours and ``extra``; PATH ends with the places in which the build looks for Go."""
    return {**os.environ, "PATH": path_with_go(os.environ.get("PATH", os.defpath)), **extra}
