# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of every step of a run; meta/runtime.yml routes the modules here."""

from __future__ import annotations

import importlib
import typing as t

from ansible_collections.gocover.e2e.plugins.module_utils._run.step import Module
from ansible_collections.gocover.e2e.plugins.plugin_utils.live import LiveAction

_MODULES = "ansible_collections.gocover.e2e.plugins.modules"


class ActionModule(LiveAction):
    """Runs the module that the task names."""

    @property
    def module(self) -> Module:
        """The module of the task."""
        name = self._task.resolved_action.rpartition(".")[2]
        return t.cast(Module, importlib.import_module(f"{_MODULES}.{name}").MODULE)
