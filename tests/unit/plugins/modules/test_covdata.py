# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""covdata_collect, covdata_report and coverage_overview: from files to numbers."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._losses import exits
from module_runner import Modules
from scenes import COVDATA


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COVDATA, tmp_path / "source"))


def names(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


def test_the_files_are_collected_and_counted(modules: Modules, source: Path, tmp_path: Path) -> None:
    result = modules("covdata_collect", node_path=str(source), dest=str(tmp_path / "dest"))
    assert names(tmp_path / "dest") == names(COVDATA)
    counters = sum(name.startswith("covcounters.") for name in names(COVDATA))
    assert (result["changed"], result["meta_files"], result["counter_files"]) == (True, 1, counters)
    assert result["bytes"] == sum(file.stat().st_size for file in (tmp_path / "dest").iterdir())


def test_collected_files_are_removed_if_asked_to(modules: Modules, source: Path, tmp_path: Path) -> None:
    arguments: dict[str, t.Any] = {"node_path": str(source), "dest": str(tmp_path / "dest"), "remove": True}
    assert modules("covdata_collect", **arguments)["changed"]
    assert not source.exists() and names(tmp_path / "dest") == names(COVDATA)


@pytest.mark.parametrize(("exit_code", "cause"), [(143, "sigterm-unhandled"), (137, "killed-before-exit")])
def test_no_counters_at_all_is_a_failure_with_the_reason(
    modules: Modules, tmp_path: Path, exit_code: int, cause: str
) -> None:
    ending = exits.Ending("shop", exit_code, "Error", 1.0, 30.0, log=[])
    diagnosis = [entry.as_dict() for entry in exits.diagnose(ending)]
    pod = {"name": "shop", "node": "here", "exit_code": exit_code, "reason": "Error", "diagnosis": diagnosis}
    (tmp_path / "empty").mkdir()
    arguments: dict[str, t.Any] = {"node_path": str(tmp_path / "empty"), "dest": str(tmp_path / "dest"), "pods": [pod]}
    result = modules("covdata_collect", **arguments)
    assert result["failed"] and {cause, "no-counters"} <= {entry["cause"] for entry in result["diagnosis"]}
    assert not (tmp_path / "dest").exists()


def test_a_missed_threshold_fails_after_the_report_is_written(modules: Modules, tmp_path: Path) -> None:
    arguments: dict[str, t.Any] = {"covdata": [str(COVDATA)], "dest": str(tmp_path / "shop")}
    result = modules("covdata_report", **arguments, thresholds={"total": 100})
    assert (result["failed"], result["changed"]) == (True, True)
    assert [entry["cause"] for entry in result["diagnosis"]] == ["threshold-missed"]
    assert all(Path(file).is_file() for file in result["files"])
    assert result["summary"]["passed"] is False


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"covdata": ["/nowhere"]}, None),
        ({"thresholds": {"totl": 3}}, "threshold-invalid"),
        ({"gates": ["statements.percent >="]}, "gate-invalid"),
        ({"profiles": {"unit": "/nowhere/unit.out"}}, "profile-missing"),
    ],
)
def test_a_report_that_cannot_be_made(
    modules: Modules, tmp_path: Path, arguments: dict[str, t.Any], cause: str | None
) -> None:
    wanted: dict[str, t.Any] = {"covdata": [str(COVDATA)], "dest": str(tmp_path / "shop"), **arguments}
    result = modules("covdata_report", **wanted)
    (diagnosis,) = result["diagnosis"]
    assert result["failed"] and diagnosis["cause"] == (cause or diagnosis["cause"]) != "internal-error"
    assert not (tmp_path / "shop").exists()


def test_the_overview_shows_the_services_that_are_named(modules: Modules, tmp_path: Path) -> None:
    for name in ("cart", "shop"):
        report: dict[str, t.Any] = {"covdata": [str(COVDATA)], "dest": str(tmp_path / name)}
        modules("covdata_report", **report)
    result = modules("coverage_overview", coverage_dir=str(tmp_path), services=["shop"])
    assert [row["service"] for row in result["services"]] == ["cart", "shop"]
    assert [line.split()[0] for line in result["table"] if line.strip()] == ["SERVICE", "shop"]
    assert (tmp_path / "index.html").is_file()
