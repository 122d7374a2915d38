# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A quiet view of a run: the progress of its steps, and failures."""

from __future__ import annotations

DOCUMENTATION = r"""
name: live
type: stdout
short_description: Show the progress of the steps of a run, and failures
version_added: 0.1.0
description:
  - Hides the headings of tasks and their C(ok) and C(changed). It shows the progress of the steps of a coverage run,
    the table at the end, and failures as sentences.
  - With C(-v) everything is shown, as by the default callback.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - Set as C(stdout_callback) in the configuration.
"""

import shutil
import textwrap
import typing as t

from ansible import constants as C
from ansible.plugins.callback.default import CallbackModule as DefaultCallback


def _part(result: t.Any, name: str) -> t.Any:
    """The ``result``, ``task`` or ``host`` of a result.

    Before ansible-core 2.19 they are private. The collection does not run there, but its refusal must be readable.
    """
    return getattr(result, name) if hasattr(result, name) else getattr(result, f"_{name}")


class CallbackModule(DefaultCallback):  # type: ignore[misc]
    """The default callback, without what only repeats."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "gocover.e2e.live"

    #: The host and the message of the failure that was shown last.
    _shown: tuple[str, str] | None = None

    @property
    def _quiet(self) -> bool:
        return bool(self._display.verbosity == 0)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """Nothing: the progress of the steps shows more."""
        if self._quiet:
            self._play = play
        else:
            super().v2_playbook_on_play_start(play)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Nothing: the playbook fails, and names the services."""
        if not self._quiet:
            super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        """Nothing: the progress of the steps shows more."""
        if not self._quiet:
            super().v2_playbook_on_include(included_file)

    def _print_task_banner(self, task: t.Any) -> None:
        if not self._quiet:
            super()._print_task_banner(task)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Only warnings and differences."""
        if not self._quiet:
            super().v2_runner_on_ok(result)
        else:
            self._handle_warnings(_part(result, "result"))

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        """Only warnings."""
        if not self._quiet:
            super().v2_runner_item_on_ok(result)
        else:
            self._handle_warnings(_part(result, "result"))

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        """Nothing."""
        if not self._quiet:
            super().v2_runner_on_skipped(result)

    def v2_runner_item_on_skipped(self, result: t.Any) -> None:
        """Nothing."""
        if not self._quiet:
            super().v2_runner_item_on_skipped(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """The message, as sentences; that of a loop was shown with its item."""
        if not self._quiet:
            super().v2_runner_on_failed(result, ignore_errors)
        elif not _part(result, "task").loop:
            self._show_failure(result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        """The message, as sentences."""
        if not self._quiet:
            super().v2_runner_item_on_failed(result)
        else:
            self._show_failure(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Nothing: the table of results shows more."""
        if not self._quiet:
            super().v2_playbook_on_stats(stats)

    def _show_failure(self, result: t.Any) -> None:
        self._handle_warnings(_part(result, "result"))
        host = _part(result, "host").get_name()
        failure = (host, self._message(_part(result, "result")))
        # What ends a run before it begins is met again by whatever would clean up after it.
        if failure == self._shown:
            return
        self._shown = failure
        width = shutil.get_terminal_size((120, 24)).columns
        lines = textwrap.wrap(
            failure[1],
            width=max(width, 60),
            initial_indent=f"{host} | FAILED: ",
            subsequent_indent=f"{host} |   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        self._display.display("\n".join(lines), color=C.COLOR_ERROR, stderr=self.get_option("display_failed_stderr"))

    @staticmethod
    def _message(result: t.Mapping[str, t.Any]) -> str:
        """The whole message; of a recorded step only what failed, since the end of the playbook says all of it."""
        message = str(result.get("msg") or "failed without a message")
        diagnosis = result.get("diagnosis") or []
        if not diagnosis or "coverage_run" not in (result.get("ansible_facts") or {}):
            return message
        reason = str(diagnosis[0]["evidence"] or diagnosis[0]["remedy"])
        summary = message.partition(reason)[0].strip() if reason else ""
        return f"{summary or message} [{diagnosis[0]['cause']}]"
