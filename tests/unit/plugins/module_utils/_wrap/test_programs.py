# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs coverage files are of, and what their reports are called."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect.binaries import Binary
from ansible_collections.gocover.e2e.plugins.module_utils._wrap.programs import programs_of

UNNAMED = "command-line-arguments"


@pytest.mark.parametrize(
    ("main", "executables", "module", "name"),
    [
        ("example.com/shop/cmd/gateway", ("gateway",), "example.com/shop", "gateway"),
        ("example.com/shop/cmd/gateway", (), "example.com/shop", "gateway"),
        ("example.com/op/cmd", ("manager",), "example.com/op", "manager"),
        ("example.com/op/cmd", ("manager", "operator"), "example.com/op", "op"),
        ("example.com/op", ("op-linux",), "example.com/op", "op"),
        ("example.com/op/v2", ("op",), "example.com/op/v2", "op"),
        (UNNAMED, ("manager",), "example.com/op", "manager"),
        (UNNAMED, (), "example.com/op", "op"),
        (None, ("x y/../z",), "", "x-y-..-z"),
        (None, (), "", "abcdef01"),
        (None, ("..",), "", "program"),
    ],
)
def test_a_name(main: str | None, executables: tuple[str, ...], module: str, name: str) -> None:
    build = Binary("abcdef0123", main, len(executables), executables)
    (program,) = programs_of([build], {build.meta_hash: module})
    assert program.name == name
    assert program.hashes == {build.meta_hash}


def test_builds_of_one_main_package_are_one_program() -> None:
    builds = [Binary("a", "example.com/x/cmd/one", 1, ("one",)), Binary("b", "example.com/x/cmd/one", 2, ("one",))]
    (program,) = programs_of(builds, {})
    assert (program.name, program.counter_files, program.hashes) == ("one", 3, frozenset({"a", "b"}))


def test_programs_of_one_name_are_told_apart() -> None:
    builds = [
        Binary("a", "example.com/orders/cmd/manager", 1, ("manager",)),
        Binary("b", "example.com/stock/cmd/manager", 1, ("manager",)),
        Binary("c", UNNAMED, 1, ("manager",)),
        Binary("d", "example.com/stock/other/manager", 1, ("manager",)),
    ]
    modules = {"a": "example.com/orders", "b": "example.com/stock", "c": "example.com/bills", "d": "example.com/stock"}
    names = {program.name: program.hashes for program in programs_of(builds, modules)}
    assert names == {
        "orders-manager": {"a"},
        "stock-manager": {"b"},
        "bills-manager": {"c"},
        "stock-manager-2": {"d"},
    }


def test_no_build() -> None:
    assert programs_of([], {}) == []
