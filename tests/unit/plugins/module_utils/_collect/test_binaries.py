# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that programs share comes apart by what the files say, or not at all."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect.binaries import (
    UNNAMED,
    Counters,
    Files,
    Meta,
    Wanted,
    choose,
)
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure

SHOP = frozenset({"example.com/shop"})
DEPOT = frozenset({"example.com/depot"})
GATEWAY, CART = "example.com/shop/cmd/gateway", "example.com/shop/cmd/cart"


def shared(*builds: tuple[str, str | None, frozenset[str], list[str]]) -> Files:
    """Builds as (hash, main package, modules, program of each counter file); a main of "lost" has no covmeta."""
    files = Files()
    for found, main, modules, programs in builds:
        if main != "lost":
            files.metas[f"m-{found}"] = Meta(found, main, modules)
        for number, program in enumerate(programs):
            files.counters[f"c-{found}-{number}"] = Counters(found, program)
    return files


@pytest.mark.parametrize(
    ("builds", "wanted", "expected"),
    [
        # Everything, if nothing is said.
        ([("a", GATEWAY, SHOP, ["gateway"]), ("b", CART, SHOP, ["cart"])], Wanted(), "m-a m-b c-a-0 c-b-0"),
        # Another program that was only started adds statements that nobody could have run.
        ([("a", GATEWAY, SHOP, ["gateway"]), ("b", CART, SHOP, [])], Wanted(), "m-a c-a-0"),
        ([("a", GATEWAY, SHOP, []), ("b", CART, SHOP, [])], Wanted(), "m-a m-b"),
        ([("a", GATEWAY, SHOP, []), ("b", "lost", SHOP, ["cart"])], Wanted(), "c-b-0"),
        # By the main package, whatever the executable is called.
        ([("a", GATEWAY, SHOP, ["app"]), ("b", CART, SHOP, ["app"])], Wanted([GATEWAY]), "m-a c-a-0"),
        ([("a", GATEWAY, SHOP, ["app"]), ("b", CART, SHOP, ["app"])], Wanted([GATEWAY, CART]), "m-a m-b c-a-0 c-b-0"),
        # A test that kills pods, or one that is rolled out anew: two builds of one program.
        ([("a", GATEWAY, SHOP, ["app"]), ("b", GATEWAY, SHOP, ["app"])], Wanted([GATEWAY]), "m-a m-b c-a-0 c-b-0"),
        # Built by file names: by the executable.
        ([("a", UNNAMED, SHOP, ["gateway"]), ("b", UNNAMED, SHOP, ["cart"])], Wanted([], ["/app/cart"]), "m-b c-b-0"),
        ([("a", UNNAMED, SHOP, ["gateway"])], Wanted([UNNAMED], ["gateway"]), "m-a c-a-0"),
        # A named main package is never taken for one that has none.
        ([("a", GATEWAY, SHOP, ["app"]), ("b", UNNAMED, DEPOT, ["gateway"])], Wanted([GATEWAY]), "m-a c-a-0"),
        ([("a", CART, SHOP, ["gateway"])], Wanted([GATEWAY]), ""),
        # -coverpkg without the main package: two programs of one hash, told apart by their names.
        ([("a", None, SHOP, ["gateway", "cart", "gateway"])], Wanted([GATEWAY]), "m-a c-a-0 c-a-2"),
        # The same, where the module tells.
        ([("a", None, SHOP, ["gateway"]), ("b", None, DEPOT, ["gateway"])], Wanted([GATEWAY]), "m-a c-a-0"),
        # Counters that lost their meta-data.
        ([("a", "lost", SHOP, ["gateway"]), ("b", CART, SHOP, ["cart"])], Wanted([GATEWAY]), "c-a-0"),
        # Meta-data without counters: whose they are decides what is said about it.
        ([("a", GATEWAY, SHOP, []), ("b", CART, SHOP, ["cart"])], Wanted([GATEWAY]), "m-a"),
        ([("a", UNNAMED, SHOP, []), ("b", CART, SHOP, ["cart"])], Wanted([], ["gateway"]), "m-a"),
        ([("a", UNNAMED, SHOP, []), ("b", UNNAMED, SHOP, [])], Wanted([], ["gateway"]), ""),
    ],
)
def test_choose(builds: list[tuple[str, str | None, frozenset[str], list[str]]], wanted: Wanted, expected: str) -> None:
    chosen = choose(shared(*builds), wanted, "/coverdata")
    assert [*chosen.metas, *chosen.counters] == expected.split()


@pytest.mark.parametrize(
    "builds",
    [
        [("a", UNNAMED, SHOP, ["main"]), ("b", UNNAMED, DEPOT, ["main"])],
        [("a", None, DEPOT, ["main"]), ("b", None, DEPOT, ["main"])],
        [("a", UNNAMED, SHOP, ["main"]), ("b", "lost", SHOP, ["main"])],
    ],
)
def test_what_cannot_be_told_apart_is_not(builds: list[tuple[str, str | None, frozenset[str], list[str]]]) -> None:
    with pytest.raises(Failure) as caught:
        choose(shared(*builds), Wanted([], ["main"]), "/coverdata")
    assert caught.value.diagnoses[0].cause == "mixed-binaries"
    assert "/coverdata has files of 2 builds" in str(caught.value)
    assert "main (" in str(caught.value)


def test_binaries_and_orphans() -> None:
    files = shared(("b", GATEWAY, SHOP, ["x", "y", "x"]), ("a", "lost", SHOP, ["z"]))
    assert [(one.meta_hash, one.main, one.counter_files, one.programs) for one in files.binaries()] == [
        ("a", None, 1, ("z",)),
        ("b", GATEWAY, 3, ("x", "y")),
    ]
    assert files.orphans() == ["c-a-0"]
