# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module runs: parameters in, one outcome out, the run's journal kept.

A module is its documentation, an argument spec and a function of a ``Step``. Nothing below this file knows of
AnsibleModule, so that the logic of each step is tested as a plain function; and that the same logic runs as an ordinary
module on another machine, and inside the Ansible worker on this one (plugin_utils/live.py).
"""

from __future__ import annotations

import contextlib
import signal
import time
import traceback
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._diagnosis import Diagnosis, Failure
from .._outcome import Interrupted, Outcome
from . import journal
from .progress import Progress, into_file

#: Options of every step, documented in the doc fragment ``step``.
STEP_OPTIONS: dict[str, t.Any] = {
    "journal": {"type": "path"},
    "journal_step": {"type": "str"},
    "journal_dependency": {"type": "str"},
    "progress_file": {"type": "path"},
    "owner": {"type": "int"},
}


@dataclass
class Step:
    """What the logic of a module gets to see of Ansible."""

    params: dict[str, t.Any]
    check_mode: bool = False
    progress: Progress = field(default_factory=Progress)

    @property
    def warnings(self) -> list[str]:
        """What the user is warned of."""
        return self.progress.warnings


_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _ignore_signals() -> None:
    for number in _ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(signum: int, _frame: t.Any) -> t.NoReturn:
    # A second signal must not cut short what the first one set off.
    _ignore_signals()
    raise Interrupted(signal.Signals(signum).name)


@contextlib.contextmanager
def _interruptible() -> t.Iterator[None]:
    """Signals that end a process raise Interrupted; afterwards they do again what they did before."""
    before = {number: signal.signal(number, _interrupt) for number in _ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Module:
    """A module: the name of its step in run.json, its argument spec, its logic.

    ``constraints`` are the further rules of AnsibleModule for the arguments, such as ``required_if``.
    """

    def __init__(
        self, name: str, argument_spec: dict[str, t.Any], logic: t.Callable[[Step], Outcome], **constraints: t.Any
    ) -> None:
        self.name = name
        self.argument_spec = {**argument_spec, **STEP_OPTIONS}
        self.constraints = constraints
        self.logic = logic

    def main(self) -> None:
        """Run as an Ansible module: read the parameters, exit the process with the result."""
        module = AnsibleModule(argument_spec=self.argument_spec, supports_check_mode=True, **self.constraints)
        path = module.params["progress_file"]
        step = Step(module.params, module.check_mode, Progress(into_file(path) if path else None))
        result = self.perform(step, diff_mode=module._diff, verbosity=module._verbosity)
        if result.get("failed"):
            module.fail_json(**result)
        module.exit_json(**result)

    def perform(self, step: Step, *, diff_mode: bool = False, verbosity: int = 0) -> dict[str, t.Any]:
        """Run the logic with validated parameters and return the module's result, whatever happens."""
        begun = time.monotonic()
        error: Failure | None = None
        outcome = Outcome(changed=False)
        with _interruptible():
            try:
                outcome = self.logic(step)
            except Failure as caught:
                error = caught
            except Interrupted as caught:
                error = Failure(f"{self.name} was interrupted by {caught}", [])
            except Exception as caught:
                # A defect of ours. The user gets a sentence; the trace is for those who ask with -vvv.
                if verbosity >= 3:
                    step.progress.warn(traceback.format_exc())
                error = _defect(self.name, caught)
            # What is left is short, and the outcome must be told.
            _ignore_signals()
            result, sections = _told(outcome, diff_mode) if error is None else _told_failure(error)
            result.update(self._journaled(step, time.monotonic() - begun, result, sections))
        if step.warnings:
            result["warnings"] = step.warnings
        return result

    def _journaled(
        self, step: Step, seconds: float, result: dict[str, t.Any], sections: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        """Add the step to the journal, and hand the run so far to the steps that follow, as the fact coverage_run."""
        params = step.params
        if not params["journal"] or step.check_mode:
            return {}
        path = Path(params["journal"])
        document = journal.add_step(
            journal.read(path),
            params["journal_step"] or self.name,
            seconds=seconds,
            changed=bool(result["changed"]),
            sections=sections,
            error={key: result[key] for key in ("msg", "diagnosis")} if "failed" in result else None,
            dependency=params["journal_dependency"],
        )
        try:
            journal.write(path, document)
        except OSError as caught:
            step.progress.warn(f"Could not write {path}: {caught.strerror}")
        return {"ansible_facts": {"coverage_run": document}}


def _told(outcome: Outcome, diff_mode: bool) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """What a module returns for an outcome, and the sections for the journal."""
    diff = {"diff": outcome.diff} if outcome.diff is not None and diff_mode else {}
    diagnosis = [diagnosis.as_dict() for diagnosis in outcome.diagnosis]
    return {**outcome.result, "changed": outcome.changed, "diagnosis": diagnosis, **diff}, outcome.sections


def _told_failure(error: Failure) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The same for a failure, which may carry parts of a result and sections too."""
    result = {"changed": False, **error.result, "failed": True}
    sections = result.pop("sections", {})
    diagnosis = [diagnosis.as_dict() for diagnosis in error.diagnoses]
    return {**result, "msg": str(error), "diagnosis": diagnosis}, sections


def _defect(name: str, error: Exception) -> Failure:
    return Failure(
        f"{name} failed unexpectedly: {type(error).__name__}: {error}",
        [Diagnosis("internal-error", "This is a defect of gocover.e2e", "Run again with -vvv and report the trace")],
    )
