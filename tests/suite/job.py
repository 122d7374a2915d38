# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One part of the tests at work: it runs commands, keeps their output, and counts."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from machine import CHECKOUT, OUTPUT, environment

_running: set[subprocess.Popen[bytes]] = set()
_guard = threading.Lock()


@dataclass
class Job:
    """Counts of one part, and ``log``, the file with the output of all its commands.

    With ``live`` the output goes to the terminal too.
    """

    name: str
    live: bool = False
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    #: One line each: what failed, what was left out and why.
    notes: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return OUTPUT / f"{self.name}.log"

    def run(
        self,
        argv: Sequence[str | Path],
        cwd: Path = CHECKOUT,
        env: Mapping[str, str] | None = None,
        timeout: float = 3600,
    ) -> tuple[int, str]:
        """Run a command to its end; returns its exit code and its output. After ``timeout`` seconds it is ended."""
        command = [str(word) for word in argv]
        self.write(f"$ {shlex.join(command)}\n")
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # A group of its own, so that all of it can be ended.
                start_new_session=True,
            )
        except OSError as error:
            self.write(f"{command[0]}: {error.strerror}\n")
            return 127, ""
        with _guard:
            _running.add(process)
        timer = threading.Timer(timeout, _signal_group, (process, signal.SIGTERM))
        timer.start()
        output = []
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        try:
            assert process.stdout is not None
            # Not by lines: pytest's dots are to be seen as they come.
            while chunk := os.read(process.stdout.fileno(), 65536):
                output.append(decoder.decode(chunk))
                self.write(output[-1])
            return process.wait(), "".join(output)
        finally:
            timer.cancel()
            with _guard:
                _running.discard(process)

    def check(
        self, what: str, argv: Sequence[str | Path], cwd: Path = CHECKOUT, env: Mapping[str, str] | None = None
    ) -> bool:
        """Run a command that passes by its exit code; counts one."""
        rc, _output = self.run(argv, cwd, env)
        return self.verdict(rc == 0, f"{what}: exit code {rc}")

    def verdict(self, good: bool, complaint: str) -> bool:
        """Count one, passed or failed."""
        if good:
            self.passed += 1
        else:
            self.failed += 1
            self.notes.append(complaint)
        return good

    def skip(self, reason: str) -> None:
        """Count one that is left out, and why."""
        self.skipped += 1
        self.notes.append(f"left out: {reason}")

    def pytest(self, *arguments: str, env: Mapping[str, str] | None = None, second_try: bool = False) -> None:
        """Run pytest and count its tests.

        With ``second_try`` a test that fails is run once more, and named if it passes then: it counts as passed.
        """
        report = OUTPUT / f"{self.name}.xml"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", "--durations=5", *arguments]
        if second_try:
            # More than a few are no accident.
            command += ["--reruns=1", "--reruns-delay=5", "--max-suite-reruns=3", "--rerun-show-tracebacks"]
        rc, output = self.run(command, env=env)
        if not report.is_file():
            self.verdict(False, f"pytest ended with exit code {rc} and without a report")
            return
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            total, failed, broken, skipped = (
                int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")
            )
            self.passed += total - failed - broken - skipped
            self.failed += failed + broken
            self.skipped += skipped
            for case in suite.iter("testcase"):
                self._note(case)
        for name, first_try in re.findall(r"^RERUN (.+)\n((?:.*\n)*?)PASSED \1$", output, re.MULTILINE):
            complaint = next(iter(re.findall(r"^E +(.+)", first_try, re.MULTILINE)), "")
            self.notes.append(f"passed when tried again: {name}: {complaint}"[:300])
        if rc != 0 and self.failed == 0:
            self.verdict(False, f"pytest ended with exit code {rc}")

    def _note(self, case: ElementTree.Element) -> None:
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        for kind in ("failure", "error", "skipped"):
            for element in case.findall(kind):
                first = (element.get("message") or "").strip().splitlines()
                self.notes.append(
                    f"{'left out' if kind == 'skipped' else 'failed'}: {name}: {first[0] if first else ''}"[:300]
                )

    def write(self, text: str) -> None:
        """Add ``text`` to the log."""
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(text)
        if self.live:
            print(text, end="", flush=True)


def terminate_all(patience: float = 10) -> None:
    """End every command that still runs, with all that it started; after ``patience`` seconds without asking."""
    with _guard:
        running = list(_running)
    for process in running:
        _signal_group(process, signal.SIGINT)
    limit = time.monotonic() + patience
    while time.monotonic() < limit and any(process.poll() is None for process in running):
        time.sleep(0.1)
    for process in running:
        _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
