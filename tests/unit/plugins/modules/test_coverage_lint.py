# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""coverage_lint: files in, findings in the result and in a file out."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from module_runner import Modules

WRONG = "FROM golang:1.26\nRUN go build -cover -o /shop ./cmd/shop/main.go\n"
RIGHT = "FROM golang:1.26\nRUN go build -cover -o /shop ./cmd/shop\n"


@pytest.fixture
def wrong(tmp_path: Path) -> dict[str, t.Any]:
    """Arguments for a repository whose Dockerfile builds a file instead of a package."""
    repository = tmp_path / "shop"
    repository.mkdir()
    (repository / "Dockerfile").write_text(WRONG)
    return {"paths": [str(repository)], "root": str(repository)}


def test_a_finding_names_file_line_rule_and_remedy(modules: Modules, wrong: dict[str, t.Any]) -> None:
    result = modules("coverage_lint", **wrong)
    assert "failed" not in result and not result["changed"]
    (finding,) = [entry for entry in result["findings"] if entry["rule"] == "main-by-file"]
    assert (finding["file"], finding["line"]) == ("Dockerfile", 2)
    assert finding["message"] and finding["remedy"] and finding["level"] in ("error", "warning", "perhaps")


def test_a_corrected_file_has_that_finding_no_more(modules: Modules, wrong: dict[str, t.Any]) -> None:
    Path(wrong["root"], "Dockerfile").write_text(RIGHT)
    assert "main-by-file" not in [entry["rule"] for entry in modules("coverage_lint", **wrong)["findings"]]


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_findings_are_written_unless_in_check_mode(
    modules: Modules, wrong: dict[str, t.Any], tmp_path: Path, check_mode: bool
) -> None:
    dest = tmp_path / "findings.sarif"
    result = modules("coverage_lint", check_mode=check_mode, **wrong, format="sarif", dest=str(dest))
    assert dest.exists() is not check_mode
    if not check_mode:
        (run,) = json.loads(dest.read_text())["runs"]
        assert len(run["results"]) == len(result["findings"]) > 0


@pytest.mark.parametrize(("fail_on", "fails"), [("warning", True), ("never", False)])
def test_findings_fail_the_step_from_the_level_that_is_wanted(
    modules: Modules, wrong: dict[str, t.Any], fail_on: str, fails: bool
) -> None:
    result = modules("coverage_lint", **wrong, fail_on=fail_on)
    assert bool(result.get("failed")) is fails
    assert result["findings"]


def test_a_path_that_does_not_exist_is_refused(modules: Modules, tmp_path: Path) -> None:
    result = modules("coverage_lint", paths=[str(tmp_path / "nowhere")])
    assert result["failed"] and "nowhere" in result["msg"]
    assert "internal-error" not in [entry["cause"] for entry in result["diagnosis"]]
