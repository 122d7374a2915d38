# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module runs: parameters in, one outcome out.

A module is its documentation, an argument spec and a function of a ``Step``. Nothing below this file knows of
AnsibleModule, so that the logic of each step is tested as a plain function; and that the same logic runs as an ordinary
module on another machine, and inside the Ansible worker on this one (plugin_utils/live.py).

The action plugin is the other side of each step. It passes on what no user sets (``Handover``), and it gets a record
of the step beside the module's result, from which it keeps the run's journal.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import traceback
import typing as t
from dataclasses import asdict, dataclass, field

from ansible.module_utils.basic import AnsibleModule

from .. import _files
from .._diagnosis import Diagnosis, Failure, failure
from .._outcome import Interrupted, Outcome
from . import masking
from .journal import Sections, StepRecord
from .progress import Progress, Show, into_file

#: The environment variable with the handover, for a module that is shipped, and the key of the record in its result.
HANDOVER = "GOCOVER_STEP"
RECORD = "gocover_step"

Params = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Handover:
    """What the action plugin passes on to a step, beside the arguments of the task.

    ``playbook_pid`` is the process of ansible-playbook: long steps give up as soon as it is gone. ``dependency`` names
    the unit that the step is about if it is not the service of the run itself. ``progress`` is the path of a file that
    the action plugin follows. ``record`` asks for the record of the step in the result.
    """

    playbook_pid: int | None = None
    dependency: str = ""
    progress: str = ""
    record: bool = False

    def as_environment(self) -> dict[str, str]:
        """The environment of a module that is shipped."""
        return {HANDOVER: json.dumps(asdict(self))}

    @classmethod
    def take(cls, environment: t.MutableMapping[str, str]) -> Handover:
        """The handover in ``environment``, taken out of it: processes that the step starts do not inherit it."""
        return cls(**json.loads(environment.pop(HANDOVER, "{}")))


@dataclass
class Step:
    """What the logic of a module gets to see of Ansible."""

    params: dict[str, t.Any]
    check_mode: bool = False
    progress: Progress = field(default_factory=Progress)
    playbook_pid: int | None = None
    dependency: str = ""

    @property
    def warnings(self) -> list[str]:
        """What the user is warned of."""
        return self.progress.warnings


class Performed(t.NamedTuple):
    """A step that has ended: the module's result, and the record for the run's journal."""

    result: dict[str, t.Any]
    record: StepRecord


_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _ignore_signals() -> None:
    for number in _ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _interruptible(on_signal: t.Callable[[], None]) -> t.Iterator[None]:
    """Signals that end a process raise Interrupted; afterwards they do again what they did before."""

    def interrupt(signum: int, _frame: t.Any) -> t.NoReturn:
        # A second signal must not cut short what the first one set off.
        _ignore_signals()
        on_signal()
        raise Interrupted(signal.Signals(signum).name)

    before = {number: signal.signal(number, interrupt) for number in _ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Module:
    """A module: the name of its step in run.json, its argument spec, its logic.

    ``step_name`` gives the name where it depends on the arguments. A module that is no step of a run is not
    ``recorded``. ``constraints`` are the further rules of AnsibleModule for the arguments, such as ``required_if``.
    """

    def __init__(
        self,
        name: str,
        argument_spec: dict[str, t.Any],
        logic: t.Callable[[Step], Outcome],
        *,
        step_name: t.Callable[[Params], str] | None = None,
        recorded: bool = True,
        **constraints: t.Any,
    ) -> None:
        self.name = name
        self.argument_spec = argument_spec
        self.logic = logic
        self.step_name = step_name or (lambda _params: name)
        self.recorded = recorded
        self.constraints = constraints

    def main(self) -> None:
        """Run as an Ansible module: read the parameters, exit the process with the result."""
        handover = Handover.take(os.environ)
        module = AnsibleModule(argument_spec=self.argument_spec, supports_check_mode=True, **self.constraints)
        # See masking.py: Ansible's own blanking would take every port and log level for a secret.
        module.no_log_values.clear()
        progress = Progress(_follow(handover.progress))
        step = Step(module.params, module.check_mode, progress, handover.playbook_pid, handover.dependency)
        performed = self.perform(step, diff_mode=module._diff, verbosity=module._verbosity)
        result = {**performed.result, **({RECORD: performed.record} if handover.record else {})}
        if result.get("failed"):
            module.fail_json(**result)
        module.exit_json(**result)

    def perform(
        self,
        step: Step,
        *,
        diff_mode: bool = False,
        verbosity: int = 0,
        on_signal: t.Callable[[], None] = lambda: None,
    ) -> Performed:
        """Run the logic with validated parameters; returns the module's result and its record, whatever happens.

        ``on_signal`` is called as soon as a signal interrupts the step, before it puts things back.
        """
        begun = time.monotonic()
        error: Failure | None = None
        outcome = Outcome(changed=False)
        secrets = masking.secrets_of(step.params, self.argument_spec)
        step.progress.mask(lambda text: str(masking.masked(text, secrets)))
        with _interruptible(on_signal):
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
                # But for a full disk, which any write of any step may meet.
                full = isinstance(caught, OSError) and _files.is_full(caught)
                error = _disk_full(self.name, t.cast(OSError, caught)) if full else _defect(self.name, caught)
            # What is left is short, and the outcome must reach the user.
            _ignore_signals()
            result = _result_of(outcome, diff_mode) if error is None else _result_of_failure(error)
        if step.warnings:
            result["warnings"] = list(step.warnings)
        record: StepRecord = {
            "name": self.step_name(step.params),
            "seconds": time.monotonic() - begun,
            "changed": bool(result["changed"]),
            "sections": t.cast(Sections, outcome.sections if error is None else error.sections),
            "error": {"msg": result["msg"], "diagnosis": result["diagnosis"]} if error is not None else None,
        }
        shown = {
            **masking.masked(result, secrets),
            "invocation": {"module_args": masking.invocation(step.params, self.argument_spec)},
        }
        return Performed(shown, t.cast(StepRecord, masking.masked(record, secrets)))


def _follow(path: str) -> Show | None:
    """Appends to the progress file that the playbook follows; None if this user may not."""
    try:
        return into_file(path) if path else None
    except OSError:
        return None


def _result_of(outcome: Outcome, diff_mode: bool) -> dict[str, t.Any]:
    """What a module returns for an outcome."""
    diff = {"diff": outcome.diff} if outcome.diff is not None and diff_mode else {}
    diagnosis = [diagnosis.as_dict() for diagnosis in outcome.diagnosis]
    return {**outcome.result, "changed": outcome.changed, "diagnosis": diagnosis, **diff}


def _result_of_failure(error: Failure) -> dict[str, t.Any]:
    """The same for a failure, which may carry parts of a result too."""
    diagnosis = [diagnosis.as_dict() for diagnosis in error.diagnoses]
    return {"changed": False, **error.result, "failed": True, "msg": str(error), "diagnosis": diagnosis}


def _disk_full(name: str, error: OSError) -> Failure:
    where = f" to {error.filename}" if error.filename else ""
    return failure(
        f"{name} has no room left on the disk",
        "disk-full",
        f"Writing{where} failed with: {error.strerror}",
        "Free some space, or choose another place with -e coverage_dir=DIRECTORY; what is on the nodes stays there",
    )


def _defect(name: str, error: Exception) -> Failure:
    return Failure(
        f"{name} failed unexpectedly: {type(error).__name__}: {error}",
        [Diagnosis("internal-error", "This is a defect of gocover.e2e", "Run again with -vvv and report the trace")],
    )
