# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service as a local process, from the options to the outcome: started and ready, or ended."""

from __future__ import annotations

import os
import platform
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._covdata import runtime
from .._losses import exits
from .._losses.records import PodRecord
from .._outcome import Outcome
from .._process import supervisor
from .._process.identity import ignores_sigterm
from .._run.progress import Progress
from . import service

#: How much of the output is searched (a panic may dump many goroutines), and how much of it is returned.
_LOG_LINES = 500
_SHOWN_LINES = 50


@dataclass(frozen=True)
class ProcessOptions:
    """The options of service_process; see its documentation. Times are in seconds."""

    name: str
    state: str
    directory: str
    command: t.Sequence[str] | None
    chdir: str | None
    env: t.Mapping[str, t.Any]
    dependencies: t.Mapping[str, str]
    port: int
    ready_path: str
    ready_timeout: float
    grace_period: float
    covdata: str | None

    @property
    def spec(self) -> service.ServiceSpec:
        """The service that is to run."""
        return service.ServiceSpec(
            name=self.name,
            argv=tuple(self.command or ()),
            cwd=Path(self.chdir or os.getcwd()),
            env={key: str(value) for key, value in self.env.items()},
            dependencies={name: Path(directory) for name, directory in self.dependencies.items()},
            port=self.port,
            ready_path=self.ready_path,
            ready_timeout=self.ready_timeout,
            grace_period=self.grace_period,
            covdata=Path(str(self.covdata)),
            directory=Path(self.directory),
        )


def start_service(
    wanted: ProcessOptions, progress: Progress, playbook_pid: int | None = None, check_mode: bool = False
) -> Outcome:
    """Start the service and wait until it is ready. It ends with the process ``playbook_pid``. Raises Failure."""
    spec = wanted.spec
    if check_mode:
        state = supervisor.read_state(spec.directory)
        same = state is not None and state.running() and state.fingerprint == spec.fingerprint()
        return Outcome(changed=not same)
    running = service.ensure_running(spec, playbook_pid, progress)
    result = {
        "pid": running.pid,
        "port": running.port,
        "url": service.url_of(running.port),
        "seconds": running.seconds,
    }
    section = {"kind": "process", "command": list(spec.argv), "covdata": str(spec.covdata), **result}
    return Outcome(changed=running.started, result=result, sections={"workload": section})


def stop_service(wanted: ProcessOptions, progress: Progress, check_mode: bool = False) -> Outcome:
    """End the service, as Kubernetes ends a container, and diagnose how it ended."""
    directory = Path(wanted.directory)
    before = supervisor.read_state(directory)
    if before is None:
        return Outcome(changed=False, result={"pods": []})
    running = before.running()
    if check_mode:
        return Outcome(changed=running, result={"pods": []})
    ignored = ignores_sigterm(before.pid) if running else False
    if running:
        progress.note(f"stopping {wanted.name}, within {wanted.grace_period:g} s: SIGTERM to pid {before.pid}")
    begun = time.monotonic()
    ended = supervisor.stop(directory, wanted.grace_period) or before
    asked = before.ended is None
    seconds = time.monotonic() - begun if asked else 0.0
    log = supervisor.tail(directory, _LOG_LINES)
    ending = exits.Ending(
        name=wanted.name,
        exit_code=ended.exit_code,
        reason="Completed" if ended.exit_code == 0 else "Error",
        seconds=seconds,
        grace_period=wanted.grace_period,
        ignored_sigterm=ignored,
        log=log,
    )
    progress.note(f"{wanted.name} ended after {seconds:.1f} s with exit code {ended.exit_code}")
    diagnosis = exits.diagnose(ending)
    pod: PodRecord = {
        "name": ending.name,
        "node": platform.node(),
        "exit_code": ending.exit_code,
        "reason": ending.reason,
        "seconds": round(seconds, 3),
        "asked": asked,
        "said": [line for line in supervisor.head(directory) if runtime.cause_of(line)],
        "log": log[-_SHOWN_LINES:],
        "diagnosis": [entry.as_dict() for entry in diagnosis],
    }
    return Outcome(changed=running, result={"pods": [pod]}, sections={"pods": [pod]}, diagnosis=diagnosis)
