# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module kind_cluster_info, shown while it works."""

from __future__ import annotations

from ansible_collections.gocover.e2e.plugins.modules import kind_cluster_info
from ansible_collections.gocover.e2e.plugins.plugin_utils.live import LiveAction


class ActionModule(LiveAction):
    """Runs the module kind_cluster_info."""

    module = kind_cluster_info.MODULE
