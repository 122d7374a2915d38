# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/lint.md has a row and a section for each rule, and its examples are what it says they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._lint.check import RULES, check_sources
from ansible_collections.gocover.e2e.plugins.module_utils._lint.silences import NO_REASON, UNUSED
from ansible_collections.gocover.e2e.plugins.module_utils._lint.sources import Source, kind_of_name

PAGE = (Path(__file__).resolve().parents[5] / "docs" / "lint.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(r"^(Bad|Good) `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| \[`([\w-]+)`\]\(#[\w-]+\) \| (\w+) \|", re.MULTILINE)
ABOUT_CODE = [rule for rule in RULES if rule not in (UNUSED, NO_REASON)]


def examples(rule: str, quality: str) -> list[Source]:
    """The files of the examples of a rule; good ones replace the bad ones of the same name."""
    section = PAGE.split(f"\n### {rule}\n")[1].split("\n### ")[0]
    files = {name: text for kind, name, text in _EXAMPLE.findall(section) if kind == "Bad"}
    if quality == "Good":
        files |= {name: text for kind, name, text in _EXAMPLE.findall(section) if kind == "Good"}
    sources = []
    for name, text in files.items():
        kind = kind_of_name(Path(name))
        assert kind is not None, name
        sources.append(Source(name, kind, text))
    return sources


def test_the_table_has_each_rule_with_its_level() -> None:
    assert sorted(_ROW.findall(PAGE)) == sorted((rule.name, rule.level) for rule in ABOUT_CODE)


@pytest.mark.parametrize("rule", [rule.name for rule in ABOUT_CODE])
def test_the_bad_example_has_this_mistake_alone(rule: str) -> None:
    assert {entry.rule for entry in check_sources(examples(rule, "Bad")).findings} == {rule}


@pytest.mark.parametrize("rule", [rule.name for rule in ABOUT_CODE])
def test_the_good_example_has_no_mistake(rule: str) -> None:
    good = examples(rule, "Good")
    assert good != examples(rule, "Bad")
    assert check_sources(good).findings == []
