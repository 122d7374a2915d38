# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module graceful_shutdown, shown while it works."""

from __future__ import annotations

from ansible_collections.gocover.e2e.plugins.modules import graceful_shutdown
from ansible_collections.gocover.e2e.plugins.plugin_utils.live import LiveAction


class ActionModule(LiveAction):
    """Runs the module graceful_shutdown."""

    module = graceful_shutdown.MODULE
