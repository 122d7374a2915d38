# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stdout callback for programs: a JSON document for each result, as ansible.posix.jsonl writes them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: json_events
type: stdout
short_description: A JSON document for each result
description:
  - A JSON document for each result.
author:
  - The gocover.e2e authors (@gocover)
"""

import json
import typing as t

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Writes the name of the task and whether it failed."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "json_events"

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A document."""
        self._display.display(json.dumps({"task": result.task.name, "failed": False}))

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """A document."""
        self._display.display(json.dumps({"task": result.task.name, "failed": not ignore_errors}))
