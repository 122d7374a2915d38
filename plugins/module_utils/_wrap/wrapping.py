# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that is run with coverage of whatever it builds and deploys, from the options to the outcome."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .. import _files
from .._diagnosis import Diagnosis, Failure
from .._exercise import suite, verdict
from .._outcome import Interrupted, Outcome
from .._process.holder import this_holder
from .._process.identity import age
from .._run import overview
from .._run.progress import Progress
from . import image_calls, publishing, session, shims, sources
from .clusters import Clusters, container_of
from .requests import Answer, Request, Server

_WORDS = verdict.Words("run", "wrap_timeout", "chdir")
#: How long a command may take to end itself after an interruption or its time limit, in seconds.
_GRACE = 60.0
_ON_THIS_MACHINE = "this machine"
_LOG = "tests.log"


@dataclass(frozen=True)
class WrapOptions:
    """The options of coverage_wrap; see its documentation. ``timeout`` is in seconds."""

    command: str
    chdir: str
    coverage_dir: str
    timeout: float
    clusters: t.Sequence[str]
    keep: bool


def wrap(wanted: WrapOptions, progress: Progress, playbook_pid: int | None = None) -> Outcome:
    """Run the command, collect from wherever its programs ran, and report each of them. Raises Failure."""
    root = Path(wanted.coverage_dir)
    _check_writable(root)
    place = session.make()
    try:
        return _Wrapped(wanted, root, place, progress, playbook_pid).run()
    finally:
        if wanted.keep:
            progress.note(f"kept: {place.directory}")
        else:
            session.remove(place)


class _Wrapped:
    """A command that is being run, and what is known of it."""

    def __init__(
        self,
        wanted: WrapOptions,
        root: Path,
        place: session.Session,
        progress: Progress,
        playbook_pid: int | None,
    ) -> None:
        self._wanted = wanted
        self._root = root
        self._place = place
        self._progress = progress
        self._playbook_pid = playbook_pid
        self._run = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(2)}"
        self._started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._begun = time.monotonic()
        holder = this_holder(playbook_pid, wanted.chdir)
        self._clusters = Clusters(place.nodes, place.fetched, f"wrap-{self._run}", holder, progress)
        self._contexts: list[str] = []

    def run(self) -> Outcome:
        """See ``wrap``."""
        for name in self._wanted.clusters:
            self._clusters.cover_cluster(name)
        path = os.environ.get("PATH", os.defpath)
        shims.install(self._place, path, os.getpid())
        server = Server(self._place.requests, self._answer)
        server.start()
        interrupted: Interrupted | None = None
        failed: Failure | None = None
        tests: dict[str, t.Any] = {"ok": False, "command": self._wanted.command, "passed": None, "failed": []}
        try:
            tests = suite.section(suite.run(self._spec(path), self._progress, self._playbook_pid))
        except Failure as error:
            failed = error
            tests = error.sections.get("tests", tests)
        except Interrupted as error:
            interrupted = error
            failed = Failure(f"The command was interrupted by {error}")
        finally:
            server.end()
        self._clusters.finish()
        ran = publishing.Ran(self._run, self._started, tests, failed, self._seconds())
        try:
            outcome = self._publish(ran)
        except Failure as error:
            if interrupted is None:
                raise
            self._tell(str(error))
        else:
            if interrupted is None:
                return outcome
        raise interrupted

    def _spec(self, path: str) -> suite.SuiteSpec:
        return suite.SuiteSpec(
            command=self._wanted.command,
            cwd=self._wanted.chdir,
            env=shims.environment(self._place, path),
            timeout=self._wanted.timeout,
            log=str(self._place.log),
            words=_WORDS,
            # Not SIGQUIT: services that the command runs as processes would lose their counters by it.
            timeout_signal=signal.SIGTERM,
            kill_after=_GRACE,
            grace=_GRACE,
            kept_log=str(self._root / _LOG),
        )

    def _answer(self, request: Request) -> Answer:
        """What a shim does with a call: it goes on in any case, later or with other arguments."""
        if request.kind == "build":
            return self._build(request)
        if request.kind == "node":
            self._clusters.cover_node(request.program, request.environment, container_of(request.arguments))
        elif request.kind == "remove":
            self._clusters.before_removal(request.program, set(request.arguments))
        elif request.kind == "collect":
            self._clusters.collect(request.arguments)
        return Answer()

    def _build(self, request: Request) -> Answer:
        found = image_calls.covered(request, self._place.dockerfiles / secrets.token_hex(4))
        if found is None:
            return Answer()
        self._contexts.append(request.directory)
        for warning in found.warnings:
            self._progress.warn(warning)
        return found.answer

    def _publish(self, ran: publishing.Ran) -> Outcome:
        """Write the results, then fail if the command or anything after it has failed."""
        _make_root(self._root)
        with _files.locked(self._root / ".work" / "wrap.lock"):
            with contextlib.suppress(OSError):
                _files.write_file(self._root / _LOG, self._place.log.read_bytes())
            places = {_ON_THIS_MACHINE: self._place.covdata}
            places |= {entry.name: entry for entry in sorted(self._place.fetched.iterdir())}
            found = publishing.find(places, self._place.directory / "covdata-all")
            published = publishing.publish(found, self._root, ran, self._modules(), self._progress)
            rows = overview.read_rows(self._root)
            names = [program.name for program in published.programs]
            shown = [row for row in rows if row["service"] in names]
            table = overview.table(shown) if shown else []
            footer = overview.footer(self._root, shown) if shown else []
            overview.write(self._root, rows)
        for line in [*table, *footer]:
            self._progress.text(line)
            if ran.failure is not None and not ran.failure.diagnoses:
                self._tell(line)
        result = {
            "rc": ran.tests.get("rc"),
            "seconds": ran.tests.get("seconds"),
            "tests": {key: ran.tests.get(key) for key in ("passed", "skipped", "failed")},
            "programs": names,
            "seconds_before_deletions": round(self._clusters.seconds, 3),
        }
        failures = [*([ran.failure] if ran.failure else []), *self._clusters.failures, *published.failures.values()]
        if not names:
            failures.append(self._no_program())
        if failures:
            first = failures[0]
            others = [entry for entry in failures[1:] if entry.diagnoses]
            diagnoses = [*first.diagnoses, *(diagnosis for entry in others for diagnosis in entry.diagnoses)]
            raise Failure(first.summary, diagnoses, {"changed": True, **result})
        return Outcome(changed=True, result=result)

    def _modules(self) -> dict[str, Path]:
        places = [self._wanted.chdir, *(directory for _program, _added, directory in shims.calls(self._place))]
        return sources.modules_in(Path(place) for place in [*places, *self._contexts])

    def _no_program(self) -> Failure:
        builds = [added for _program, added, _place in shims.calls(self._place) if added == "-cover"]
        images = len(self._contexts)
        if builds or images:
            evidence = f"Builds that went through PATH: {len(builds)} by go, {images} of images. "
            evidence += "No program of theirs has written coverage data"
            remedy = "See that the programs run in a kind cluster that the command creates, or as its own processes"
        else:
            evidence = "It called neither go build nor docker build by way of PATH"
            remedy = "Let it build what it tests, with go and docker from PATH"
        summary = f"No instrumented program ran under '{self._wanted.command}'"
        return Failure(summary, [Diagnosis("no-counters", evidence, remedy)])

    def _seconds(self) -> float:
        taken = age(self._playbook_pid) if self._playbook_pid else None
        return time.monotonic() - self._begun if taken is None else taken

    def _tell(self, text: str) -> None:
        """Say something after an interruption: the display of Ansible has ended by then, its terminal has not."""
        if self._playbook_pid:
            with contextlib.suppress(OSError):
                stderr = os.open(f"/proc/{self._playbook_pid}/fd/2", os.O_WRONLY | os.O_APPEND)
                os.write(stderr, f"{text}\n".encode())
                os.close(stderr)


def _check_writable(root: Path) -> None:
    """Raise Failure now, rather than after an hour, if results cannot be written; nothing is left there."""
    missing = []
    place = root
    while not place.exists():
        missing.append(place)
        place = place.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
        # A full disk takes an empty file, but not one with content.
        _files.write_file(root / ".writable", b"\0" * 4096)
        (root / ".writable").unlink()
        for made in missing:
            made.rmdir()
    except OSError as error:
        raise _files.unwritable(root, error) from error


def _make_root(root: Path) -> None:
    """Make the directory of results; Git leaves out one that is made here, so that a checkout stays clean."""
    try:
        made = not root.exists()
        root.mkdir(parents=True, exist_ok=True)
        if made:
            _files.write_file(root / ".gitignore", "*\n")
        (root / ".work").mkdir(exist_ok=True)
        ignored = root / ".work" / ".gitignore"
        if not ignored.exists():
            _files.write_file(ignored, "*\n")
    except OSError as error:
        raise _files.unwritable(root, error) from error
