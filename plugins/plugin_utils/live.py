# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module where it is cheapest, shows its progress, and keeps the journal of the run that it is a step of."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
import time
import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.plugins.callback.default import CallbackModule as DefaultCallback
from ansible.plugins.loader import callback_loader
from ansible.utils.display import Display
from ansible_collections.gocover.e2e.plugins.module_utils._run import journal
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Kind, Progress, Show, parse_line
from ansible_collections.gocover.e2e.plugins.module_utils._run.step import RECORD, Handover, Module, Performed, Step
from ansible_collections.gocover.e2e.plugins.plugin_utils.pulse import Pulse

display = Display()

#: Variables by which a task says which journal it belongs to and which unit it is about; the role ``service`` sets the
#: first, a loop over units the second.
JOURNAL_VARIABLE = "service_journal"
UNIT_VARIABLE = "service_unit"

_POLL = 0.1  # seconds
#: How a row of the table of results ends.
_PASSED, _FAILED = re.compile(r"  passed$"), re.compile(r"  failed: ")


class LiveAction(ActionBase):  # type: ignore[misc]
    """Runs ``module``, with its progress displayed, and records the step in the journal.

    On this machine that is done in the Ansible worker itself: a third of a second less for each step than a new
    interpreter that unpacks and compiles the module first. The worker is a process of its own for this one task, as a
    module's would be. On another machine, as another user or with another Python the module is shipped as any other,
    and so is the record of the step: the journal lives where the service runs. docs/development.md has the rules of
    code that runs in the worker.
    """

    _supports_async = True

    @property
    def module(self) -> Module:
        """The module to run."""
        raise TypeError

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module; see ActionBase."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if self._task.async_val:
            return self._ship(Handover(), task_vars)
        here = self._belongs_here(task_vars)
        dependency = self._dependency(task_vars)
        with self._shown(task_vars) as show:
            run = self._perform if here else self._ship_step
            performed = run(dependency, task_vars, show)
        result.update(performed.result)
        path = self._journal(task_vars)
        if path:
            _add(result, *self._record(path, performed.record, dependency, here, task_vars))
        return result

    def _belongs_here(self, task_vars: dict[str, t.Any]) -> bool:
        """Whether the module would run on this machine, as this user, with this Python and in this environment."""
        interpreter = self._templar.template(task_vars.get("ansible_python_interpreter", "auto"))
        return (
            self._connection.transport == "local"
            and self._connection.become is None
            and not self._task.async_val
            and not any(self._task.environment or [])
            and (interpreter.startswith("auto") or interpreter == sys.executable)
        )

    def _dependency(self, task_vars: dict[str, t.Any]) -> str:
        """The name of the unit that the task is about; empty for the service of the run itself."""
        unit = self._templar.template(task_vars.get(UNIT_VARIABLE)) or {}
        name = str(unit.get("name", ""))
        return "" if name == task_vars.get("inventory_hostname") else name

    def _journal(self, task_vars: dict[str, t.Any]) -> str:
        """The path of the run's journal; empty for a task that is no step of a run."""
        if not self.module.recorded or self._task.check_mode:
            return ""
        return str(self._templar.template(task_vars.get(JOURNAL_VARIABLE)) or "")

    def _record(
        self, path: str, record: journal.StepRecord, dependency: str, here: bool, task_vars: dict[str, t.Any]
    ) -> tuple[journal.Document, str]:
        """Add the step to the journal where it lives; returns the document, and a warning if that failed."""
        if here:
            try:
                return journal.record_step(Path(path), record, dependency), ""
            except OSError as error:
                # The steps that follow still need what is known, for the restoration above all.
                known = (task_vars.get("ansible_facts") or {}).get("coverage_run") or {}
                document = journal.add_step(_plain(known), record, dependency) if known else {}
                return document, f"Cannot write {path}: {error.strerror}"
        arguments = {
            "service": task_vars["inventory_hostname"],
            "state": "recorded",
            "work": os.path.dirname(path),
            "step": record,
            "dependency": dependency,
        }
        recorded = self._execute_module("gocover.e2e.coverage_run", arguments, task_vars=task_vars)
        document = t.cast("journal.Document", recorded.get("run") or {})
        return document, str(recorded.get("msg", "")) if recorded.get("failed") else ""

    def _perform(self, dependency: str, task_vars: dict[str, t.Any], show: Show | None) -> Performed:
        """Run the module in this process."""
        _validated, arguments = self.validate_argument_spec(self.module.argument_spec, **self.module.constraints)
        # Where a module would stand. The worker ends with this task, and nobody else sees it.
        os.chdir(self._loader.get_basedir())
        # The parent of the worker in which this runs is ansible-playbook itself.
        progress = Progress(show)
        step = Step(_plain(arguments), bool(self._task.check_mode), progress, os.getppid(), dependency)
        path = self._journal(task_vars)
        return self.module.perform(
            step,
            diff_mode=bool(self._task.diff),
            verbosity=display.verbosity,
            on_signal=lambda: _say_what_stays(task_vars, Path(path)) if path else None,
        )

    def _ship(self, handover: Handover, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """Run the module as Ansible runs any."""
        if handover != Handover():
            # This is the worker's own copy of the task.
            self._task.environment = [*(self._task.environment or []), handover.as_environment()]
        return dict(self._execute_module(task_vars=task_vars, wrap_async=bool(self._task.async_val)))

    def _ship_step(self, dependency: str, task_vars: dict[str, t.Any], show: Show | None) -> Performed:
        """Run the module elsewhere, displaying what it reports if that can be read here."""
        begun = time.monotonic()
        local = self._connection.transport == "local"
        handover = Handover(os.getppid() if local else None, dependency, record=True)
        if local and show is not None:
            with _followed(show) as path:
                handover = Handover(handover.playbook_pid, dependency, path, record=True)
                result = self._ship(handover, task_vars)
        else:
            result = self._ship(handover, task_vars)
        record = result.pop(RECORD, None)
        if record is None:
            # It did not get as far as the step itself: Ansible could not run it.
            error: journal.StepError = {"msg": str(result.get("msg", "")), "diagnosis": []}
            seconds = time.monotonic() - begun
            record = {"name": self.module.name, "seconds": seconds, "changed": False, "sections": {}, "error": error}
        return Performed(result, record)

    @contextlib.contextmanager
    def _shown(self, task_vars: dict[str, t.Any]) -> t.Iterator[Show | None]:
        """Takes what a step reports to the terminal; None where the task asks for silence."""
        if self._task.no_log:
            yield None
            return
        host = str(task_vars.get("inventory_hostname", ""))
        playbook = os.getppid()

        def shown(kind: Kind, text: str) -> None:
            # The worker holds both ends of the pipe to the playbook: without a reader it fills, and the step hangs.
            if os.getppid() == playbook:
                _display(host, kind, text)

        with Pulse(shown, self._task.name or self.module.name) as pulse:
            # What is not displayed is no sign of life.
            yield lambda kind, text: None if kind == "detail" and not display.verbosity else pulse.say(kind, text)


def _say_what_stays(task_vars: dict[str, t.Any], journal_path: Path) -> None:
    """Tell who has interrupted a run what ended, what stays changed, and how it goes back: no further task runs.

    The display of Ansible ends before its workers do, and ansible-playbook before they have put things back.
    """
    run = (task_vars.get("ansible_facts") or {}).get("coverage_run") or {}
    service = task_vars.get("inventory_hostname", "")
    # The journal is coverage_dir/.work/SERVICE/run.json.
    results = journal_path.parents[2] / str(service)
    kept = f"the results in {results} stay as they were" if results.is_dir() else "there are no results yet"
    text = f"{service} | interrupted: the processes of this run end with it, {kept}\n"
    if run.get("runtime", "process") != "process" and any(key in run for key in ("objects", "workload")):
        text += (
            f"{service} | the cluster stays as the run has changed it. The next run of {service} restores it, "
            f"and so does: ansible-playbook gocover.e2e.restore -e service={service}\n"
        )
    # A worker of Ansible has no terminal of its own: its stderr is detached, that of the playbook is not.
    with contextlib.suppress(OSError):
        stderr = os.open(f"/proc/{os.getppid()}/fd/2", os.O_WRONLY | os.O_APPEND)
        os.write(stderr, text.encode())
        os.close(stderr)


def _add(result: dict[str, t.Any], document: journal.Document, warning: str) -> None:
    """Hand the run so far to the steps that follow, as the fact coverage_run."""
    if document:
        result["ansible_facts"] = {**result.get("ansible_facts", {}), "coverage_run": document}
    if warning:
        result["warnings"] = [*result.get("warnings", []), warning]


def _plain(value: t.Any) -> t.Any:
    """``value`` as a module would get it: Ansible's own kinds of str, list and dict made plain."""
    if isinstance(value, dict):
        return {_plain(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, bool):
        return bool(value)
    return next((kind(value) for kind in (int, float, str) if isinstance(value, kind)), value)


def _display(host: str, kind: Kind, text: str) -> None:
    elsewhere = not _for_people(C.DEFAULT_STDOUT_CALLBACK)
    if kind == "note":
        display.display(f"{host} | {text}", stderr=elsewhere)
    elif kind in ("output", "detail"):
        display.display(f"{host} |   {text}", stderr=elsewhere)
    else:
        display.display(text, color=_colour_of(text), stderr=elsewhere)


def _for_people(callback: str) -> bool:
    """Whether the stdout callback of that name writes for people: then progress may stand between its lines.

    What does not extend Ansible's default callback may write a format that programs read, as JSON.
    """
    plugin = callback_loader.get(callback, class_only=True)
    return plugin is not None and issubclass(plugin, DefaultCallback)


def _colour_of(text: str) -> str | None:
    """The colour of a row of results. All else is in the colour of the terminal, which can always be read."""
    if _PASSED.search(text):
        return str(C.COLOR_OK)
    return str(C.COLOR_ERROR) if _FAILED.search(text) else None


@contextlib.contextmanager
def _followed(show: Show) -> t.Iterator[str]:
    """The path of a progress file, followed while the block runs."""
    descriptor, path = tempfile.mkstemp(prefix="progress-", suffix=".jsonl", dir=C.DEFAULT_LOCAL_TMP)
    os.close(descriptor)
    follower = Follower(Path(path), show)
    follower.start()
    try:
        yield path
    finally:
        follower.stop()
        Path(path).unlink(missing_ok=True)


class Follower(threading.Thread):
    """Follows a progress file and shows each line of it as soon as it is whole."""

    def __init__(self, path: Path, show: Show) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._show = show
        self._ended = threading.Event()

    def run(self) -> None:
        """See Thread."""
        with open(self._path, encoding="utf-8") as file:
            partial = ""
            while True:
                ended = self._ended.is_set()
                *lines, partial = (partial + file.read()).split("\n")
                for entry in map(parse_line, lines):
                    if entry is not None:
                        self._show(*entry)
                if ended:
                    return
                self._ended.wait(_POLL)

    def stop(self) -> None:
        """Show what is left, and end."""
        self._ended.set()
        self.join()
