# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module startup_baseline, shown while it works."""

from __future__ import annotations

from ansible_collections.gocover.e2e.plugins.modules import startup_baseline
from ansible_collections.gocover.e2e.plugins.plugin_utils.live import LiveAction


class ActionModule(LiveAction):
    """Runs the module startup_baseline."""

    module = startup_baseline.MODULE
