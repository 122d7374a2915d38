# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A quiet view of a run: what the steps say of themselves, and failures."""

from __future__ import annotations

DOCUMENTATION = r"""
name: live
type: stdout
short_description: Show what the steps of a run say of themselves, and failures
version_added: 0.1.0
description:
  - Leaves away the headings of tasks and their C(ok) and C(changed), so that what remains is what the steps of a
    coverage run report while they work, the table at the end, and failures as sentences.
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


class CallbackModule(DefaultCallback):  # type: ignore[misc]
    """The default callback, without what only repeats."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "gocover.e2e.live"

    _told: tuple[str, str] | None = None

    @property
    def _quiet(self) -> bool:
        return bool(self._display.verbosity == 0)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """The name of the play tells nothing that its steps do not."""
        if self._quiet:
            self._play = play
        else:
            super().v2_playbook_on_play_start(play)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Said by the playbook, with the names that there are."""
        if not self._quiet:
            super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        """What a runtime includes tells nothing that its steps do not."""
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
            self._handle_warnings(result.result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        """Only warnings."""
        if not self._quiet:
            super().v2_runner_item_on_ok(result)
        else:
            self._handle_warnings(result.result)

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
        elif not result.task.loop:
            self._show_failure(result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        """The message, as sentences."""
        if not self._quiet:
            super().v2_runner_item_on_failed(result)
        else:
            self._show_failure(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """The table of results says it better."""
        if not self._quiet:
            super().v2_playbook_on_stats(stats)

    def _show_failure(self, result: t.Any) -> None:
        self._handle_warnings(result.result)
        host = result.host.get_name()
        told = (host, self._message(result.result))
        # What ends a run before it begins is met again by whatever would clean up after it.
        if told == self._told:
            return
        self._told = told
        width = shutil.get_terminal_size((120, 24)).columns
        lines = textwrap.wrap(
            told[1],
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
