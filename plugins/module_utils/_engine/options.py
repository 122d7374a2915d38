# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module that talks to a container engine is told which: the option of the doc fragment ``engine``."""

from __future__ import annotations

import typing as t

#: Documented in the doc fragment ``engine``.
ENGINE_OPTIONS: dict[str, t.Any] = {
    "provider": {"type": "str", "choices": ["auto", "docker", "podman"], "default": "auto"}
}
