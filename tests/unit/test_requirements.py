# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugins import is what requirements.txt declares, for pip and for execution environments alike."""

from __future__ import annotations

import ast
import re
import sys
from importlib import metadata
from pathlib import Path

import tomllib  # type: ignore[import-not-found]  # checked for Python 3.10, which has none
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
#: Grammars that tree_sitter loads by name, and what Ansible itself brings.
LOADED_BY_NAME = {"tree-sitter-bash", "tree-sitter-go"}
OF_ANSIBLE = {"ansible", "ansible_collections"}


def imported() -> set[str]:
    """The third-party packages that modules and plugins import, at the top or within a function."""
    names: set[str] = set()
    for path in (CHECKOUT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - OF_ANSIBLE


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    lines = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {normalized(re.split(r"[<>=~ ]", line)[0]) for line in lines if line and not line.startswith("#")}


def test_each_import_is_declared_and_each_declaration_is_imported() -> None:
    distributions = metadata.packages_distributions()
    needed = {normalized(distributions[name][0]) for name in imported()}
    assert needed == declared() - LOADED_BY_NAME - {"ansible-core"}


def test_an_execution_environment_gets_the_same() -> None:
    definition = yaml.safe_load((CHECKOUT / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))
    assert definition["dependencies"] == {"python": "requirements.txt"}
    ignored = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["build_ignore"]
    assert not {"requirements.txt", "meta", "meta/execution-environment.yml"} & set(ignored)


def test_the_hook_has_the_version_of_the_collection_and_a_part_of_its_requirements() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    galaxy = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
    assert project["version"] == galaxy["version"]
    lines = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert set(project["dependencies"]) <= set(lines)
