# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a service as a local process, and knowing why it does not become ready."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._covdata import runtime
from .._diagnosis import FULL_DISK, Failure, failure
from .._golang import executable
from .._process import ports, supervisor
from .._process.environment import expand, expanded
from .._run.progress import Progress
from .readiness import probe_http

_POLL = 0.05
_LOG_LINES = 20


@dataclass(frozen=True)
class ServiceSpec:
    """A service to be run as a process. Times are in seconds; a ``port`` of 0 means any free one."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    env: t.Mapping[str, str]
    dependencies: t.Mapping[str, Path]
    port: int
    ready_path: str
    ready_timeout: float
    grace_period: float
    covdata: Path
    directory: Path

    def fingerprint(self) -> str:
        """Changes when the process would have to be started anew to be as described."""
        described = [
            self.argv,
            str(self.cwd),
            sorted(self.env.items()),
            self.port,
            str(self.covdata),
            executable.digest(self.binary),
        ]
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()

    @property
    def binary(self) -> Path:
        """The executable."""
        return Path(self.argv[0])

    def environment(self, port: int) -> dict[str, str]:
        """The whole environment of the process, references in it resolved."""
        urls = {variable_of(name): url_of(_port_of(name, at, self.name)) for name, at in self.dependencies.items()}
        base = {**os.environ, "PORT": str(port), **urls}
        return {**base, **expanded(self.env, base), runtime.VARIABLE: str(self.covdata)}


@dataclass(frozen=True)
class Running:
    """A service that is ready."""

    pid: int
    port: int
    seconds: float
    started: bool


def url_of(port: int) -> str:
    """Where a process that listens on ``port`` answers."""
    return f"http://127.0.0.1:{port}"


def variable_of(name: str) -> str:
    """The environment variable that says where the service ``name`` answers: DATA_STORAGE_URL for data-storage."""
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper() + "_URL"


def ensure_running(spec: ServiceSpec, owner: int | None, progress: Progress) -> Running:
    """Start the service unless it runs just so, and wait until it is ready. Raises Failure with the cause."""
    executable.prove(spec.binary)
    fingerprint = spec.fingerprint()
    former = supervisor.read_state(spec.directory)
    if former is not None and former.running():
        if former.fingerprint == fingerprint:
            port = _recorded_port(spec.directory)
            _wait_until_ready(spec, port, former, progress)
            return Running(former.pid, port, 0.0, started=False)
        progress.note(f"{spec.name} runs, but not as described: starting it anew")
        supervisor.stop(spec.directory, spec.grace_period)
    port = _choose_port(spec)
    _check_covdata_directory(spec)
    environment = spec.environment(port)
    argv = tuple(expand(word, environment) for word in spec.argv)
    program = supervisor.Program(
        argv=argv, cwd=str(spec.cwd), env=environment, grace_period=spec.grace_period, fingerprint=fingerprint
    )
    progress.note(f"starting {spec.name}: {shlex.join(argv)} on port {port}")
    begun = time.monotonic()
    try:
        # Before the start: whoever finds the process must find its port.
        spec.directory.mkdir(parents=True, exist_ok=True)
        (spec.directory / "port").write_text(str(port), encoding="ascii")
        state = supervisor.start(program, spec.directory, owner)
    except OSError as error:
        raise failure(
            f"{spec.name} could not be started",
            "crash-loop",
            f"Executing {error.filename or spec.binary} failed with: {error.strerror}",
            "Check that the executable is for this machine and that its working directory exists",
        ) from error
    try:
        _wait_until_ready(spec, port, state, progress)
        _check_meta_file(spec)
    except BaseException:
        # What does not become ready must not stay.
        supervisor.stop(spec.directory, min(spec.grace_period, 2.0))
        raise
    seconds = time.monotonic() - begun
    progress.note(f"{spec.name} is ready after {seconds:.1f} s: {url_of(port)}")
    return Running(state.pid, port, seconds, started=True)


def _port_of(dependency: str, directory: Path, dependent: str) -> int:
    try:
        return _recorded_port(directory)
    except OSError as error:
        raise failure(
            f"{dependent} cannot be started",
            "dependency-not-started",
            f"It depends on {dependency}, of which nothing was started in {directory}",
            "Run the step deploy of the whole run, which starts dependencies first",
        ) from error


def _recorded_port(directory: Path) -> int:
    return int((directory / "port").read_text(encoding="ascii"))


def _choose_port(spec: ServiceSpec) -> int:
    if spec.port == 0:
        return ports.free_port()
    if ports.taken(spec.port):
        holder = ports.holder(spec.port)
        raise failure(
            f"{spec.name} cannot listen on port {spec.port}",
            "port-taken",
            f"{holder or 'Another process'} listens on it",
            "End that process, or leave service_ports empty so that a free port is chosen and handed over as PORT",
        )
    return spec.port


def _check_covdata_directory(spec: ServiceSpec) -> None:
    """Make the directory and know before the start whether the service can write there."""
    try:
        spec.covdata.mkdir(parents=True, exist_ok=True)
        probe = spec.covdata / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        full = FULL_DISK.search(str(error.strerror))
        cause = "disk-full" if full else "coverage-dir-unwritable"
        raise _unwritable(spec, cause, f"Writing a file there failed with: {error.strerror}") from error


def _unwritable(spec: ServiceSpec, cause: str, evidence: str) -> Failure:
    return failure(
        f"{spec.name} cannot write its coverage data to {spec.covdata}",
        cause,
        evidence,
        "Free some space there, or choose another directory"
        if cause == "disk-full"
        else "Make the directory writable for the user that the service runs as, or choose another one",
        log=supervisor.tail(spec.directory, _LOG_LINES),
    )


def _unwritten(spec: ServiceSpec, log: list[str]) -> Failure | None:
    """The failure where the service says that it cannot write its coverage data."""
    cause, line = runtime.warning(log) or ("", "")
    known = cause in ("coverage-dir-unwritable", "disk-full")
    return _unwritable(spec, cause, f"The log of the service says: {line}") if known else None


def _wait_until_ready(spec: ServiceSpec, port: int, state: supervisor.State, progress: Progress) -> None:
    """Return when the service answers; raise as soon as it is certain that it will not."""
    url = f"{url_of(port)}/{spec.ready_path.lstrip('/')}"
    begun = time.monotonic()
    seen = ""
    while True:
        current = supervisor.read_state(spec.directory) or state
        if current.ended is not None or not current.running():
            # Its supervisor may still be about to write how it ended.
            raise _ended_early(spec, port, supervisor.stop(spec.directory, 2.0) or current)
        probe = probe_http(url)
        if probe.ready:
            return
        waited = time.monotonic() - begun
        if probe.seen != seen and waited > 1.0:
            seen = probe.seen
            where = _listens_elsewhere(port, current)
            progress.note(f"{spec.name} is not ready after {waited:.0f} s: GET {spec.ready_path} got {seen}{where}")
        if waited > spec.ready_timeout:
            raise _never_ready(spec, url, probe.seen, _listens_elsewhere(port, current))
        time.sleep(_POLL)


def _listens_elsewhere(port: int, state: supervisor.State) -> str:
    """In words, on which other ports than ``port`` the service listens; nothing if it listens there, or nowhere."""
    # The supervisor starts it as the leader of a session. It may listen for its metrics before it does for its API, so
    # that this is no more than evidence.
    found = ports.listening(state.pid)
    if not found or port in found:
        return ""
    return f"; it listens on port {', '.join(map(str, sorted(found)))} and not on {port}"


def _never_ready(spec: ServiceSpec, url: str, seen: str, elsewhere: str) -> Failure:
    log = supervisor.tail(spec.directory, _LOG_LINES)
    last = f"; its last line of output was: {log[-1]}" if log else "; it has written nothing"
    return failure(
        f"{spec.name} did not become ready within {spec.ready_timeout:g} s",
        "probe-failing",
        f"It runs, but GET {url} got {seen}{elsewhere or last}",
        "Let it listen on the port in PORT, or name its port with service_ports"
        if elsewhere
        else "Look into its log, check service_ready_path, or raise service_ready_timeout",
        log=log,
    )


def _ended_early(spec: ServiceSpec, port: int, state: supervisor.State) -> Failure:
    log = supervisor.tail(spec.directory, _LOG_LINES)
    if any("address already in use" in line for line in log):
        holder = ports.holder(port)
        listens = f"; {holder} listens there" if holder else ""
        return failure(
            f"{spec.name} could not listen",
            "port-taken",
            f"It said: {_last_line_with(log, 'address already in use')}{listens}",
            "End the process that holds the port, or let the service listen on the port in PORT",
            log=log,
        )
    unwritten = _unwritten(spec, log)
    if unwritten is not None:
        return unwritten
    ended = "Nobody saw how it ended" if state.exit_code is None else f"It ended with exit code {state.exit_code}"
    last = f"its last lines were: {' | '.join(log[-5:])}" if log else "it wrote nothing"
    return failure(
        f"{spec.name} ended before it was ready",
        "crash-loop",
        f"{ended}; {last}",
        "Run it by hand with the same environment, or give it what it lacks by service_env and service_dependencies",
        log=log,
        exit_code=state.exit_code,
    )


def _check_meta_file(spec: ServiceSpec) -> None:
    """The meta-data file is written as the program starts: without it there will be no counters either."""
    if any(spec.covdata.glob("covmeta.*")):
        return
    log = supervisor.tail(spec.directory, _LOG_LINES)
    unwritten = _unwritten(spec, log)
    if unwritten is not None:
        raise unwritten
    raise failure(
        f"{spec.name} is ready but has written no coverage meta-data",
        "coverage-dir-unset",
        f"There is no covmeta file in {spec.covdata}, and an instrumented program writes it as it starts",
        "Check that the service does not change GOCOVERDIR, and that what is started is the executable itself",
        log=log,
    )


def _last_line_with(lines: list[str], text: str) -> str | None:
    return next((line for line in reversed(lines) if text in line), None)
