# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which users of node coverage stay when one goes: those that may still be alive."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kind.injection import Injection, _users_left
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import Holder, this_holder


def playbook(pid: int) -> Holder:
    found = this_holder(pid, "/work")
    assert found is not None
    return found


OWN = playbook(os.getpid())
LIVING = playbook(os.getppid())
DEAD = replace(OWN, pid=2**22 + 1)


@pytest.mark.parametrize(
    ("holders", "user", "left"),
    [
        pytest.param({"shop": OWN}, "shop", [], id="the last one"),
        pytest.param({"shop": None}, "shop", [], id="one that was set up by hand"),
        pytest.param({"shop": OWN, "cart": LIVING}, "shop", ["cart"], id="another that lives"),
        pytest.param({"shop": OWN, "cart": None}, "shop", ["cart"], id="another that nobody knows"),
        pytest.param({"shop": OWN, "cart": DEAD}, "shop", [], id="another that is dead"),
        pytest.param({"shop": DEAD}, "shop", [], id="what a killed run has left"),
        pytest.param({"shop": LIVING}, "shop", ["shop"], id="the same service in another run"),
        pytest.param({"cart": DEAD}, "shop", [], id="found by looking"),
        pytest.param({"shop": LIVING, "cart": None}, "", [], id="all of them"),
    ],
)
def test_users_that_may_be_alive_stay(holders: dict[str, Holder | None], user: str, left: list[str]) -> None:
    assert _users_left(holders, Injection("/n", "/m", user, holder=OWN)) == left
