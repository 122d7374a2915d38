# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the sessions of noxfile.py, all or those that are named: ``python tests/suite [SESSION...]``.

This adds to nox: sessions run side by side where two cores can bear it, missing Debian packages are installed, and the
tests are counted. A session that fails does not stop the others. The last line is ``N passed, N failed``, and
``, N skipped`` where something was left out; the exit status is 0 if nothing failed. Output: tests/output/SESSION.log.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import machine

#: Sessions of different lanes run side by side, those of one lane in order; the last lane runs alone.
LANES = (("lint", "types", "sanity", "browser"), ("unit", "examples", "run", "build"), ("kind",))
#: The programs that sessions need, and machine.PACKAGES knows how to install.
_PROGRAMS = {
    "lint": ("shellcheck",),
    "unit": ("gcc",),
    "sanity": ("git",),
    "run": ("sshd",),
    "build": ("git",),
    "browser": ("chromium", "chromedriver", "npm", "xmllint", "genhtml"),
}
_LAST_LINES = 60
_printing = threading.Lock()
_running: list[subprocess.Popen[bytes]] = []


@dataclass
class Counts:
    """How many tests of a session passed, failed and were skipped; ``notes`` has a line for each that did not pass."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def main() -> int:
    """Run the sessions; returns the exit status."""
    every = [name for lane in LANES for name in lane]
    parser = argparse.ArgumentParser(prog="python tests/suite", description="Run the test sessions, all or some.")
    parser.add_argument("sessions", nargs="*", metavar="SESSION", help=", ".join(every))
    chosen = parser.parse_args().sessions or every
    if unknown := sorted(set(chosen) - set(every)):
        parser.error(f"unknown session {', '.join(unknown)}; choose from {', '.join(every)}")
    machine.OUTPUT.mkdir(parents=True, exist_ok=True)
    _install_programs(chosen)
    begun = time.monotonic()
    results: dict[str, tuple[Counts, float]] = {}
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    *parallel, alone = [[name for name in lane if name in chosen] for lane in LANES]
    threads = [threading.Thread(target=_run_lane, args=(lane, results), daemon=True) for lane in parallel]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _run_lane(alone, results)
    return _sum_up(results, time.monotonic() - begun)


def _interrupt(_number: int, _frame: object) -> None:
    """End every session with all that it started; threads that wait for them would keep the interpreter alive."""
    for process in list(_running):
        os.killpg(process.pid, signal.SIGINT)
    limit = time.monotonic() + 10
    while time.monotonic() < limit and any(process.poll() is None for process in list(_running)):
        time.sleep(0.1)
    print("interrupted", file=sys.stderr)
    os._exit(130)


def _install_programs(sessions: list[str]) -> None:
    """Install the Debian packages of missing programs; a session that lacks one says so when it runs."""
    wanted = machine.missing({program for name in sessions for program in _PROGRAMS.get(name, ())})
    if not wanted:
        return
    packages = " ".join(sorted({machine.PACKAGES[program] for program in wanted}))
    if not machine.is_debian_root():
        print(f"missing programs: {', '.join(wanted)}; on Debian: apt-get install {packages}", flush=True)
        return
    print(f"installing {packages}", flush=True)
    if output := machine.install(wanted):
        print(f"apt-get failed: {output.strip().splitlines()[-1]}", flush=True)


def _run_lane(sessions: list[str], results: dict[str, tuple[Counts, float]]) -> None:
    for name in sessions:
        _say(f"{name}: started")
        begun = time.monotonic()
        log = machine.OUTPUT / f"{name}.log"
        (machine.OUTPUT / f"{name}.xml").unlink(missing_ok=True)
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "nox", "--no-error-on-external-run", "--session", name],
                cwd=machine.CHECKOUT,
                env=machine.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own, so that all of it can be ended.
                start_new_session=True,
            )
            _running.append(process)
            rc = process.wait()
            _running.remove(process)
        counts = _count(name, rc, log.read_text(encoding="utf-8", errors="replace"))
        results[name] = counts, time.monotonic() - begun
        shown = [f"--- the last lines of {log}", *_tail(log), "---"] if counts.failed else []
        _say("\n".join([*shown, f"{name}: {counts} after {results[name][1]:.1f} s"]))


def _count(name: str, rc: int, output: str) -> Counts:
    """Count a session's tests by its JUnit report; a session without a report counts as one."""
    counts = Counts()
    report = machine.OUTPUT / f"{name}.xml"
    if report.is_file():
        _count_report(report, counts)
    elif rc == 0 and re.search(rf"Session {name} skipped: (.*)", output):
        counts.skipped += 1
        counts.notes += re.findall(rf"Session {name} (skipped: .*)", output)
    elif rc == 0:
        counts.passed += 1
    for test, first_try in re.findall(r"^RERUN (.+)\n((?:.*\n)*?)PASSED \1$", output, re.MULTILINE):
        complaint = next(iter(re.findall(r"^E +(.+)", first_try, re.MULTILINE)), "")
        counts.notes.append(f"passed when tried again: {test}: {complaint}"[:300])
    if rc != 0 and counts.failed == 0:
        counts.failed += 1
        counts.notes.append(f"nox ended with exit code {rc}")
    return counts


def _count_report(report: Path, counts: Counts) -> None:
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        total, failed, broken, skipped = (int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped"))
        counts.passed += total - failed - broken - skipped
        counts.failed += failed + broken
        counts.skipped += skipped
        for case in suite.iter("testcase"):
            test = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
            for element in (*case.findall("failure"), *case.findall("error"), *case.findall("skipped")):
                message = (element.get("message") or "").strip().splitlines()
                state = "skipped" if element.tag == "skipped" else "failed"
                counts.notes.append(f"{state}: {test}: {message[0] if message else ''}"[:300])


def _tail(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]


def _say(text: str) -> None:
    with _printing:
        print(text, flush=True)


def _sum_up(results: dict[str, tuple[Counts, float]], elapsed: float) -> int:
    print()
    whole = Counts()
    for name, (counts, _seconds) in results.items():
        for note in counts.notes:
            print(f"{name}: {note}")
        whole.passed += counts.passed
        whole.failed += counts.failed
        whole.skipped += counts.skipped
    print(f"\n{'SESSION':10} {'SECONDS':>8}  RESULT")
    for name, (counts, seconds) in results.items():
        print(f"{name:10} {seconds:8.1f}  {counts}")
    print(f"{'all':10} {elapsed:8.1f}\n")
    (machine.OUTPUT / "result.txt").write_text(f"{whole}\n", encoding="ascii")
    print(whole, flush=True)
    return 1 if whole.failed or not whole.passed else 0


if __name__ == "__main__":
    sys.exit(main())
