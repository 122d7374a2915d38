# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable of the roles is specified once, with a default and an example, and documented.

Run as a program (.venv/bin/python tests/unit/roles/test_variables.py) this file writes the tables of the README anew.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

CHECKOUT = Path(__file__).resolve().parents[3]
ROLE = CHECKOUT / "roles" / "service"
OPTIONS: dict[str, dict[str, t.Any]] = yaml.safe_load(
    (ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
)["argument_specs"]["main"]["options"]


def description(option: dict[str, t.Any]) -> list[str]:
    return [option["description"]] if isinstance(option["description"], str) else option["description"]


@pytest.mark.parametrize("name", OPTIONS)
def test_each_has_a_default_and_an_example_that_is_valid(name: str) -> None:
    option = OPTIONS[name]
    assert "default" in option
    *_meaning, example = description(option)
    shown = re.fullmatch(r"Example C\((\w+: .*)\)", example)
    assert shown is not None, example
    value = yaml.safe_load(shown[1])
    assert list(value) == [name]
    specification = {name: option}
    assert ArgumentSpecValidator(specification).validate(value).error_messages == []
    assert value[name] != option["default"] or option.get("choices")
    # A default that is a template is validated when it is resolved.
    if "{{" not in str(option["default"]):
        assert ArgumentSpecValidator(specification).validate({name: option["default"]}).error_messages == []


def test_roles_read_no_variable_that_is_not_specified() -> None:
    from ansible_collections.gocover.e2e.plugins.plugin_utils.settings import INTERNAL  # not for the program below

    # What the roles register and compute, and keys of settings and states.
    internal = {*INTERNAL, "baseline_path", "baseline_restore", "baseline_startup", "service_url"}
    read: set[str] = set()
    for path in [*CHECKOUT.glob("roles/*/tasks/*.yml"), *CHECKOUT.glob("playbooks/*.yml")]:
        lines = [line.partition("# ")[0] for line in path.read_text(encoding="utf-8").splitlines()]
        read |= set(re.findall(r"(?<!gocover\.e2e\.)\b(?:service|coverage|baseline)_\w+", "\n".join(lines)))
    assert read - set(OPTIONS) - internal == set()


def table(names: t.Iterable[str]) -> str:
    """The rows of the role's README."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name in names:
        option = OPTIONS[name]
        default = option["default"] if isinstance(option["default"], str) else json.dumps(option["default"])
        meaning = re.sub(r"[A-Z]\(([^()]*(?:\([^()]*\))?[^()]*)\)", r"`\1`", description(option)[0]).replace("|", "\\|")
        rows.append(f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |")
    return "\n".join(rows)


#: The tables of the README, by the prefixes of their variables.
TABLES = [("service_",), ("coverage_", "baseline_")]


def tables() -> list[str]:
    return [table(name for name in OPTIONS if name.startswith(prefixes)) for prefixes in TABLES]


@pytest.mark.parametrize("number", range(len(TABLES)))
def test_the_readme_lists_all(number: int) -> None:
    assert tables()[number] in (ROLE / "README.md").read_text(encoding="utf-8"), "run this file as a program"


if __name__ == "__main__":
    readme = (ROLE / "README.md").read_text(encoding="utf-8")
    written = iter(tables())
    readme = re.sub(r"\| variable \|.*\n(?:\|.*\n)+", lambda _table: f"{next(written)}\n", readme)
    (ROLE / "README.md").write_text(readme, encoding="utf-8")
