# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugins that run a module where it is cheapest, and show what it is doing while it does it."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Kind, Progress, parse_line
from ansible_collections.gocover.e2e.plugins.module_utils._run.step import Module, Step

display = Display()

_POLL = 0.1  # seconds


class LiveAction(ActionBase):  # type: ignore[misc]
    """Runs ``module``, with its progress displayed.

    On this machine that is done in the Ansible worker itself: a third of a second less for each step than a new
    interpreter that unpacks and compiles the module first. The worker is a process of its own for this one task, as a
    module's would be. On another machine, as another user or with another Python the module is shipped as any other.
    """

    _supports_async = True

    @property
    def module(self) -> Module:
        """The module to run."""
        raise TypeError

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module; see ActionBase."""
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        host = str(task_vars.get("inventory_hostname", ""))
        if self._belongs_here(task_vars):
            return {**result, **self._perform(host)}
        if self._connection.transport != "local" or self._task.async_val:
            return self._ship({}, task_vars)
        return self._ship_and_follow(host, task_vars)

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

    def _perform(self, host: str) -> dict[str, t.Any]:
        _validated, arguments = self.validate_argument_spec(self.module.argument_spec, **self.module.constraints)
        params = _plain(arguments)
        # The parent of the worker in which this runs is ansible-playbook itself.
        params["owner"] = params["owner"] or os.getppid()
        # Where a module would stand. The worker ends with this task, and nobody else sees it.
        os.chdir(self._loader.get_basedir())
        step = Step(params, bool(self._task.check_mode), Progress(lambda kind, text: _display(host, kind, text)))
        result = self.module.perform(step, diff_mode=bool(self._task.diff), verbosity=display.verbosity)
        return {**result, "invocation": {"module_args": params}}

    def _ship(self, own: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """Run the module as Ansible runs any, ``own`` being arguments that the task may override."""
        arguments = {**own, **self._task.args}
        return dict(
            self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=bool(self._task.async_val))
        )

    def _ship_and_follow(self, host: str, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        descriptor, path = tempfile.mkstemp(prefix="progress-", suffix=".jsonl", dir=C.DEFAULT_LOCAL_TMP)
        os.close(descriptor)
        follower = _Follower(Path(path), host)
        follower.start()
        try:
            return self._ship({"progress_file": path, "owner": os.getppid()}, task_vars)
        finally:
            follower.stop()
            Path(path).unlink(missing_ok=True)


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
    if kind == "note":
        display.display(f"{host} | {text}", color=C.COLOR_VERBOSE)
    elif kind == "output":
        display.display(f"{host} |   {text}")
    else:
        display.display(text)


class _Follower(threading.Thread):
    """Follows a progress file and displays each line of it, with the host's name in front."""

    def __init__(self, path: Path, host: str) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._host = host
        self._ended = threading.Event()

    def run(self) -> None:
        with open(self._path, encoding="utf-8") as file:
            partial = ""
            while True:
                ended = self._ended.is_set()
                *lines, partial = (partial + file.read()).split("\n")
                for entry in map(parse_line, lines):
                    if entry is not None:
                        _display(self._host, *entry)
                if ended:
                    return
                self._ended.wait(_POLL)

    def stop(self) -> None:
        """Display what is left, and end."""
        self._ended.set()
        self.join()
