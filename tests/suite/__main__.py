# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the tests, all or the parts that are named: ``python tests/suite [PART...]``.

A part that fails does not stop the others. Where real systems are at work (run, browser, kind), a test that fails is
tried once more, three in all; the summary names each that passed only then. The last line counts them all:
``N passed, N failed``, and ``, N skipped`` where something was left out. The exit status is 0 if nothing failed. Output
of each part: tests/output/PART.log.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import traceback
from types import FrameType

import machine
from job import Job, terminate_all
from parts import PARTS, Part

_LAST_LINES = 60
_printing = threading.Lock()


def main() -> int:
    arguments = argparse.ArgumentParser(
        prog="python tests/suite", description="Run the tests, all or some parts of them."
    )
    arguments.add_argument("parts", nargs="*", metavar="PART", help=", ".join(part.name for part in PARTS))
    names = arguments.parse_args().parts
    if unknown := [name for name in names if name not in {part.name for part in PARTS}]:
        arguments.error(f"there is no part {', '.join(unknown)}; there are {', '.join(part.name for part in PARTS)}")
    chosen = [part for part in PARTS if not names or part.name in names]
    signal.signal(signal.SIGTERM, _interrupt)
    machine.OUTPUT.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    jobs = {part.name: Job(part.name, live=len(chosen) == 1) for part in chosen}
    seconds: dict[str, float] = {}
    unmet = _install_programs(chosen)
    try:
        _run_lanes(chosen, jobs, seconds, unmet)
    except KeyboardInterrupt:
        terminate_all()
        print("interrupted", file=sys.stderr)
        # Threads that wait for commands would keep the interpreter alive.
        os._exit(130)
    return _sum_up(chosen, jobs, seconds, time.monotonic() - begun)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _install_programs(chosen: list[Part]) -> str:
    """Install what is missing, where that is possible; returns why it was not."""
    wanted = machine.missing({program for part in chosen for program in (*part.programs, *part.wishes)})
    if not wanted:
        return ""
    packages = " ".join(sorted({machine.PACKAGES[program] for program in wanted}))
    if not machine.is_debian_root():
        return f"install {packages} first (root on Debian would have it done)"
    print(f"installing {packages}", flush=True)
    complaint = machine.install(wanted)
    return f"apt-get could not install {packages}: {complaint.strip().splitlines()[-1]}" if complaint else ""


def _run_lanes(chosen: list[Part], jobs: dict[str, Job], seconds: dict[str, float], unmet: str) -> None:
    def run_all(parts: list[Part]) -> None:
        for part in parts:
            _run_part(part, jobs[part.name], seconds, unmet)

    lanes = {lane: [part for part in chosen if part.lane == lane] for lane in ("static", "dynamic")}
    threads = [threading.Thread(target=run_all, args=(parts,), daemon=True) for parts in lanes.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_all([part for part in chosen if part.lane not in lanes])


def _run_part(part: Part, job: Job, seconds: dict[str, float], unmet: str) -> None:
    job.log.write_text("", encoding="utf-8")
    _say(f"{part.name}: {part.purpose}")
    begun = time.monotonic()
    try:
        if lacking := machine.missing(part.programs):
            job.skip(f"{part.name} needs {', '.join(lacking)}: {unmet}")
        else:
            part.run(job)
    except Exception:
        job.write(traceback.format_exc())
        job.verdict(False, f"{part.name} broke off: {traceback.format_exc().strip().splitlines()[-1]}")
    seconds[part.name] = time.monotonic() - begun
    lines = []
    if job.failed and not job.live:
        lines += [
            f"--- the last lines of {job.log}",
            *job.log.read_text(encoding="utf-8").splitlines()[-_LAST_LINES:],
            "---",
        ]
    lines.append(f"{part.name}: {_counts(job)} after {seconds[part.name]:.1f} s")
    _say("\n".join(lines))


def _say(text: str) -> None:
    with _printing:
        print(text, flush=True)


def _sum_up(chosen: list[Part], jobs: dict[str, Job], seconds: dict[str, float], elapsed: float) -> int:
    print()
    for part in chosen:
        for note in jobs[part.name].notes:
            print(f"{part.name}: {note}")
    print(f"\n{'PART':10} {'SECONDS':>8}  RESULT")
    for part in chosen:
        print(f"{part.name:10} {seconds[part.name]:8.1f}  {_counts(jobs[part.name])}")
    print(f"{'all':10} {elapsed:8.1f}\n")
    whole = Job("all")
    for job in jobs.values():
        whole.passed += job.passed
        whole.failed += job.failed
        whole.skipped += job.skipped
    (machine.OUTPUT / "result.txt").write_text(_counts(whole) + "\n", encoding="ascii")
    print(_counts(whole), flush=True)
    return 1 if whole.failed or not whole.passed else 0


def _counts(job: Job) -> str:
    return f"{job.passed} passed, {job.failed} failed" + (f", {job.skipped} skipped" if job.skipped else "")


if __name__ == "__main__":
    sys.exit(main())
