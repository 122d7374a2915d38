# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables over all services, as they are read on a terminal, and the files beside them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._run import overview


def numbers(covered: int, total: int) -> dict[str, t.Any]:
    return {
        "statements": {"covered": covered, "total": total, "percent": 100.0 * covered / total},
        "functions": {"covered": 1, "total": 2},
    }


def summary(covered: int, total: int, run: str = "r1", **more: t.Any) -> dict[str, t.Any]:
    return {"schema": 1, **numbers(covered, total), "passed": True, "run": {"id": run}, **more}


def steps(**seconds: float) -> list[dict[str, t.Any]]:
    return [{"name": name.replace("_", " "), "seconds": taken} for name, taken in seconds.items()]


def tally(passed: int | None, *failed: str, ok: bool = True) -> dict[str, t.Any]:
    return {"ok": ok, "passed": passed, "skipped": 0, "failed": list(failed)}


FAILURE = {"step": "exercise", "msg": "The tests failed.", "diagnosis": [{"cause": "tests-failed"}]}


def plant(root: Path, service: str, run: t.Any = None, report: t.Any = None) -> None:
    (root / service).mkdir(parents=True)
    for name, document in (("run.json", run), ("summary.json", report)):
        if document is not None:
            (root / service / name).write_text(json.dumps(document))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    plant(
        tmp_path,
        "shop",
        {
            **{"run": "r1", "started": "2026-01-02T03:04:05Z", "seconds": 15.65},
            **{"steps": steps(image=1.25, exercise=12), "tests": tally(12)},
        },
        summary(75, 100),
    )
    plant(
        tmp_path,
        "depot",
        {
            "run": "r1",
            "steps": steps(image=2, image_db=0.5, shutdown=0),
            "tests": tally(3, "TestA", ok=False),
            "failures": [FAILURE],
        },
        summary(1, 3, scope={**numbers(1, 2)["statements"], **numbers(1, 2)}),
    )
    lost = {"step": "x", "msg": "Lost.", "diagnosis": []}
    plant(tmp_path, "gateway", {"run": "r2", "failures": [lost]}, summary(9, 10))
    plant(tmp_path, "ledger", {"run": "r1", "tests": tally(None)}, summary(0, 8))
    plant(tmp_path, "router", None, {**summary(1, 1), "passed": False, "run": None})
    plant(tmp_path, ".work", {"run": "r1"})
    plant(tmp_path, "unrelated")
    (tmp_path / "index.html").write_text("")
    return tmp_path


def test_table(root: Path) -> None:
    assert (
        "\n".join(overview.table(overview.read_rows(root)))
        == """
SERVICE  COVERAGE  STATEMENTS  FUNCTIONS               TESTS  RESULT
depot       50.0%         1/2        1/2  3 passed, 1 failed  failed: tests-failed
gateway         -           -          -                   -  failed
ledger       0.0%         0/8        1/2       count unknown  passed
router     100.0%         1/1        1/2                   -  failed
shop        75.0%      75/100        1/2           12 passed  passed"""
    )


def test_a_headline_of_few_statements_has_no_percentage(tmp_path: Path) -> None:
    basis = {"statements": 3, "instrumented": 304_498, "percent": 0.001, "few": True}
    plant(tmp_path, "shop", {"run": "r1"}, summary(3, 3, basis=basis))
    assert overview.table(overview.read_rows(tmp_path))[-1].split() == ["shop", "few", "3/3", "1/2", "-", "passed"]
    overview.write(tmp_path, overview.read_rows(tmp_path))
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "only 3 of 304,498 instrumented statements" in page and "100.0%" not in page


def test_step_table(root: Path) -> None:
    assert (
        "\n".join(overview.step_table(overview.read_rows(root)))
        == """
SECONDS  IMAGE  EXERCISE  SHUTDOWN  OTHER  TOTAL
depot      2.5         -       0.0      -    2.5
gateway      -         -         -      -    0.0
ledger       -         -         -      -    0.0
router       -         -         -      -    0.0
shop       1.2      12.0         -    2.4   15.7"""
    )


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A service with two dependencies that were covered too, one of which left nothing but an earlier report."""
    lost = {"step": "collect depot", "unit": "depot", "msg": "Lost.", "diagnosis": [{"cause": "no-counters"}]}
    run = {"run": "r2", "tests": tally(3), "failures": [lost], "covered_dependencies": ["pot", "depot"]}
    plant(tmp_path, "shop", run, summary(75, 100, "r2"))
    plant(tmp_path / "shop" / "dependencies", "pot", None, summary(1, 4, "r2"))
    plant(tmp_path / "shop" / "dependencies", "depot", None, summary(2, 4, "r1"))
    return tmp_path


def test_dependencies_stand_below_their_service(beside: Path) -> None:
    rows = overview.read_rows(beside)
    assert (
        "\n".join(overview.table(rows))
        == """
SERVICE  COVERAGE  STATEMENTS  FUNCTIONS     TESTS  RESULT
shop        75.0%      75/100        1/2  3 passed  failed: no-counters
  pot       25.0%         1/4        1/2
  depot         -           -          -            failed: no-counters"""
    )
    reports = [beside / "shop" / "index.html", beside / "shop" / "dependencies" / "pot" / "index.html"]
    assert overview.footer(beside, rows) == ["", *(f"Report: {report}" for report in reports), ""]


def test_dependencies_are_told_in_the_files_over_all_services(beside: Path) -> None:
    assert overview.write(beside, overview.read_rows(beside)) is True
    (service,) = json.loads((beside / "summary.json").read_text())["services"]
    told = [(entry["service"], entry["passed"], entry["current"]) for entry in service["dependencies"]]
    assert told == [("pot", True, True), ("depot", False, False)]
    assert "statements" not in service["dependencies"][1]
    assert "shop/dependencies/pot/index.html" in (beside / "index.html").read_text()


def test_no_steps_no_table(root: Path) -> None:
    assert overview.step_table([row for row in overview.read_rows(root) if row["service"] == "ledger"]) == []


@pytest.mark.parametrize(
    ("services", "lines"),
    [
        (["shop"], ["", "Report: {}/shop/index.html", ""]),
        (["shop", "depot"], ["", "Report: {}/index.html", ""]),
        (["shop", "gateway"], ["", "Report: {}/shop/index.html", ""]),
        (["gateway"], [""]),
        ([], [""]),
    ],
)
def test_footer(services: list[str], lines: list[str], root: Path) -> None:
    rows = [row for row in overview.read_rows(root) if row["service"] in services]
    assert overview.footer(root, rows) == [line.format(root) for line in lines]


@pytest.mark.parametrize(
    ("run", "report", "row"),
    [
        ({"run": "r1"}, summary(1, 2), {"passed": True, "current": True}),
        ({"run": "r2"}, summary(1, 2), {"passed": True, "current": False}),
        ({"run": "r1"}, None, {"passed": False, "current": False}),
        ({"run": "r1"}, {**summary(1, 2), "passed": False}, {"passed": False, "current": True}),
        (
            {"run": "r1", "failures": [FAILURE]},
            summary(1, 2),
            {"passed": False, "current": True, "outcome": {"cause": "tests-failed", "message": "The tests failed."}},
        ),
        (
            {"failures": [{"step": "x", "msg": "Lost.", "diagnosis": []}]},
            None,
            {"passed": False, "current": False, "outcome": {"cause": "", "message": "Lost."}},
        ),
    ],
)
def test_row(run: t.Any, report: t.Any, row: dict[str, t.Any], tmp_path: Path) -> None:
    plant(tmp_path, "shop", run, report)
    (found,) = overview.read_rows(tmp_path)
    assert {key: found.get(key) for key in row} == row
    assert ("outcome" in found) is ("outcome" in row)


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_results_that_cannot_be_read_are_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "summary.json").write_text(content)
    assert overview.read_rows(tmp_path) == []
    assert overview.read_rows(tmp_path / "none") == []


def test_write_twice_changes_once(root: Path) -> None:
    rows = overview.read_rows(root)
    assert overview.write(root, rows) is True
    assert overview.write(root, rows) is False
    written = json.loads((root / "summary.json").read_text())
    assert (written["schema"], written["passed"]) == (1, False)
    assert [service["service"] for service in written["services"]] == ["depot", "gateway", "ledger", "router", "shop"]
    assert all("journal" not in service for service in written["services"])
    page = (root / "index.html").read_text()
    assert "The tests failed." in page and "shop/index.html" in page


def test_a_directory_where_a_file_should_be(root: Path) -> None:
    (root / "summary.json").mkdir()
    with pytest.raises(Failure) as caught:
        overview.write(root, overview.read_rows(root))
    assert caught.value.diagnoses[0].cause == "results-unwritable"


@pytest.mark.parametrize(
    ("processes", "result"),
    [({"ended": 3, "counted": 2}, "passed, counters of 2 of 3 processes"), ({"ended": 3, "counted": 3}, "passed")],
)
def test_lost_counters_are_in_the_table(tmp_path: Path, processes: dict[str, int], result: str) -> None:
    plant(tmp_path, "shop", {"run": "r1", "collected": {"processes": processes}}, summary(75, 100))
    assert overview.table(overview.read_rows(tmp_path))[-1].endswith(result)


def test_mistakes_in_files_stand_below_the_table() -> None:
    found = {"file": "deploy/pod.yaml", "line": 7, "rule": "coverage-dir-tmpfs", "message": "It is a tmpfs"}
    found_in = [{"service": "shop", "journal": {"preflight": [found]}}, {"service": "till", "journal": {}}]
    rows = t.cast("list[overview.Row]", found_in)
    assert overview.warning_lines(rows)[2:] == ["  shop: deploy/pod.yaml:7: It is a tmpfs [coverage-dir-tmpfs]"]
    assert overview.warning_lines(rows[1:]) == []
