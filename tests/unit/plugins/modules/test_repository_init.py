# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module repository_init writes, keeps and says."""

from __future__ import annotations

import configparser
import typing as t
from pathlib import Path

import pytest
import yaml
from module_runner import Modules

MAIN = 'package main\n\nfunc main() { http.ListenAndServe(":8080", nil) }\n'
WRITTEN = ["inventory.yml", "coverage.yml", "ansible.cfg", ".gitignore"]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one service that has one setting."""
    main = tmp_path / "cmd" / "shop" / "main.go"
    main.parent.mkdir(parents=True)
    main.write_text(MAIN, encoding="utf-8")
    (tmp_path / "go.mod").write_text("module example.com/shop\n", encoding="utf-8")
    return tmp_path


def texts(directory: Path) -> dict[str, str]:
    files = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    return {str(path.relative_to(directory)): path.read_text(encoding="utf-8") for path in files}


def said(modules: Modules) -> str:
    return "\n".join(text for _kind, text in modules.shown)


def lacks(result: dict[str, t.Any]) -> dict[str, str]:
    return {entry["name"]: entry["lacks"] for entry in result["files"] if entry["lacks"]}


def test_new_repository_gets_every_file(modules: Modules, shop: Path) -> None:
    result = modules("repository_init", directory=str(shop))
    assert result["changed"]
    assert [entry["name"] for entry in result["files"]] == WRITTEN
    inventory = yaml.safe_load((shop / "inventory.yml").read_text(encoding="utf-8"))
    assert inventory == {"services": {"hosts": {"shop": {"service_ports": [8080]}}}}
    parser = configparser.ConfigParser()
    parser.read(shop / "ansible.cfg")
    assert dict(parser["defaults"]) == {"inventory": "inventory.yml", "stdout_callback": "gocover.e2e.live"}
    playbook = yaml.safe_load((shop / "coverage.yml").read_text(encoding="utf-8"))
    assert playbook[0]["ansible.builtin.import_playbook"] == "gocover.e2e.coverage"
    assert (shop / ".gitignore").read_text(encoding="utf-8") == "/coverage/\n"
    assert "next     ansible-playbook coverage.yml" in said(modules)


def test_second_time_changes_nothing(modules: Modules, shop: Path) -> None:
    modules("repository_init", directory=str(shop), ci="github")
    before = texts(shop)
    result = modules("repository_init", directory=str(shop), ci="github", diff_mode=True)
    assert not result["changed"]
    assert result["diff"] == []
    assert texts(shop) == before


def test_check_mode_writes_nothing_and_shows_the_difference(modules: Modules, shop: Path) -> None:
    before = texts(shop)
    result = modules("repository_init", directory=str(shop), check_mode=True, diff_mode=True)
    assert result["changed"]
    assert [entry["before_header"] for entry in result["diff"]] == WRITTEN
    assert texts(shop) == before
    assert "would be created inventory.yml" in said(modules)


def test_files_of_the_user_stay(modules: Modules, shop: Path) -> None:
    theirs = {
        "inventory.yml": "services: {hosts: {cart: {}}}\n",
        "coverage.yml": "# Settings of another tool.\n",
        "ansible.cfg": "[defaults]\nstdout_callback = yaml\n",
    }
    for name, text in theirs.items():
        (shop / name).write_text(text, encoding="utf-8")
    (shop / ".gitignore").write_text("*.tmp", encoding="utf-8")
    result = modules("repository_init", directory=str(shop))
    after = texts(shop)
    assert {name: after[name] for name in theirs} == theirs
    assert after[".gitignore"] == "*.tmp\n/coverage/\n"
    missing = lacks(result)
    assert "shop:" in missing["inventory.yml"] and "service_ports" in missing["inventory.yml"]
    assert "gocover.e2e.coverage" in missing["coverage.yml"]
    assert "inventory = inventory.yml" in missing["ansible.cfg"]
    assert "next     ansible-playbook gocover.e2e.coverage -i inventory.yml" in said(modules)


def test_inventory_of_the_configuration_is_the_one_that_counts(modules: Modules, shop: Path) -> None:
    (shop / "ansible.cfg").write_text("[defaults]\ninventory = hosts.yaml\nstdout_callback = gocover.e2e.live\n")
    result = modules("repository_init", directory=str(shop))
    assert lacks(result) == {}
    assert (shop / "hosts.yaml").is_file() and not (shop / "inventory.yml").exists()


@pytest.mark.parametrize("line", ["coverage", "/coverage", "coverage/", "/coverage/", "**/coverage/", "coverage/*"])
def test_coverage_that_is_ignored_already(modules: Modules, shop: Path, line: str) -> None:
    (shop / ".gitignore").write_text(f"a\n{line}\nb\n", encoding="utf-8")
    modules("repository_init", directory=str(shop))
    assert (shop / ".gitignore").read_text(encoding="utf-8") == f"a\n{line}\nb\n"


@pytest.mark.parametrize("ci, file", [("github", ".github/workflows/coverage.yml"), ("gitlab", ".gitlab/coverage.yml")])
def test_ci_job(modules: Modules, shop: Path, ci: str, file: str) -> None:
    modules("repository_init", directory=str(shop), ci=ci)
    text = (shop / file).read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    assert "ansible-playbook coverage.yml" in text


def test_unwritable_repository(modules: Modules, shop: Path) -> None:
    (shop / ".github").write_text("a file, where a directory is wanted", encoding="utf-8")
    result = modules("repository_init", directory=str(shop), ci="github")
    assert result["failed"]
    assert result["diagnosis"][0]["cause"] == "results-unwritable"


def test_directory_that_does_not_exist(modules: Modules, tmp_path: Path) -> None:
    result = modules("repository_init", directory=str(tmp_path / "none"))
    assert result["diagnosis"][0]["cause"] == "source-missing"
