# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook on whose behalf a step runs."""

from __future__ import annotations

import typing as t

from .identity import identify


def owner_alive(owner: int | None) -> t.Callable[[], bool]:
    """A question to ask again and again: does the playbook with this process identifier still run?

    Without an owner (an ad-hoc call, a remote host) the answer is always yes.
    """
    owning = identify(owner) if owner else None
    return owning.alive if owning is not None else lambda: True
