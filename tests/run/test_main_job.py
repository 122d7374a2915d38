# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job when all is well: its numbers are those of the Go toolchain, and it can be repeated."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from project import BIN, CHECKOUT, SERVICES, Ended, Project, ended, environment

RESULTS = {
    "annotations.txt", "badge.svg", "cobertura.xml", "functions.txt", "index.html", "lcov.info", "profile.out",
    "run.json", "summary.json", "summary.md", "tests.log", "covdata",
}  # fmt: skip


def go(*arguments: str, cwd: Path) -> str:
    ran = subprocess.run(["go", *arguments], cwd=cwd, capture_output=True, text=True, check=True)
    return ran.stdout


def agrees_with_go(results: Path, source: Path, scratch: Path) -> None:
    """profile.out, functions.txt and the totals are those of the Go toolchain, from the same files."""
    profile = scratch / f"{results.name}.out"
    go("tool", "covdata", "textfmt", f"-i={results / 'covdata'}", f"-o={profile}", cwd=source)
    ours = (results / "profile.out").read_text(encoding="utf-8").splitlines()
    assert sorted(ours) == sorted(profile.read_text(encoding="utf-8").splitlines())

    functions = (results / "functions.txt").read_text(encoding="utf-8").splitlines()
    assert functions == go("tool", "cover", f"-func={profile}", cwd=source).splitlines()

    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    statements = summary["statements"]
    assert functions[-1].split()[-1] == f"{statements['percent']:.1f}%"
    percents = go("tool", "covdata", "percent", f"-i={results / 'covdata'}", cwd=source)
    of_go = dict(re.findall(r"(\S+)\s+coverage: (\S+)% of statements", percents))
    # Go says nothing of a package without statements.
    of_ours = {package["name"]: f"{package['percent']:.1f}" for package in summary["packages"] if package["total"]}
    assert of_ours == of_go


def test_one_service(project: Project, tmp_path: Path) -> None:
    ran = project.run()
    assert ran.rc == 0, ran.output
    results = project.coverage / "sample"
    assert {entry.name for entry in results.iterdir()} == RESULTS
    agrees_with_go(results, SERVICES, tmp_path)

    summary = project.document("summary.json")
    assert summary["passed"] is True
    assert 0 < summary["statements"]["covered"] < summary["statements"]["total"]
    assert (summary["meta_files"], summary["counter_files"]) == (1, 1)
    run = project.document("run.json")
    assert (run["outcome"], run["failures"], run["runtime"]) == ("passed", [], "process")
    assert [pod["exit_code"] for pod in run["pods"]] == [0]
    assert run["tests"]["passed"] == 3
    assert (run["steps"][0]["name"], run["preflight"]) == ("preflight", [])
    assert f"{summary['statements']['percent']:.1f}%" in ran.output
    assert str(results / "index.html") in ran.output
    # What goes on is shown as it happens, without -v.
    for shown in ("building sample: ./cmd/sample", "starting sample", "--- PASS: TestGreeting", "SIGTERM"):
        assert shown in ran.output, shown


def test_a_second_run_counts_itself_alone(project: Project) -> None:
    project.has_been_run()
    first = project.document("summary.json")
    ran = project.run()
    assert ran.rc == 0, ran.output
    second = project.document("summary.json")
    assert second["statements"] == first["statements"]
    assert second["counter_files"] == 1
    steps = {step["name"]: step for step in project.document("run.json")["steps"]}
    assert steps["image"]["changed"] is False


def test_the_report_alone_from_the_data_that_is_there(project: Project) -> None:
    project.has_been_run()
    before = project.document("summary.json")
    (project.coverage / "sample" / "profile.out").unlink()
    ran = project.run("sample", "--tags", "report")
    assert ran.rc == 0, ran.output
    assert project.document("summary.json")["statements"] == before["statements"]
    assert (project.coverage / "sample" / "profile.out").is_file()

    ran = project.run(playbook="report")
    assert ran.rc == 0, ran.output
    assert project.document("summary.json")["statements"] == before["statements"]


def test_a_threshold_that_is_missed(project: Project) -> None:
    project.describe(sample={"thresholds": {"total": 99}})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes() == ["threshold-missed"]
    assert "[threshold-missed]" in ran.sentences, ran.output
    assert project.document("summary.json")["passed"] is False
    assert (project.coverage / "sample" / "index.html").is_file()


def test_all_services_side_by_side(project: Project, tmp_path: Path) -> None:
    project.describe(back={}, front={"dependencies": ["back"]}, broken={"tests_env": {"OUTCOME": "fails"}})
    ran = project.run("all")
    assert ran.rc != 0, ran.output
    for service in ("back", "front", "broken"):
        agrees_with_go(project.coverage / service, SERVICES, tmp_path)
    overview = json.loads((project.coverage / "summary.json").read_text(encoding="utf-8"))
    assert sorted(service["service"] for service in overview["services"]) == ["back", "broken", "front"]
    assert (project.coverage / "index.html").is_file()
    assert [project.document("run.json", name)["outcome"] for name in ("back", "front", "broken")] == [
        "passed",
        "passed",
        "failed",
    ]


def run_examples(service: str, results: Path, *arguments: str) -> Ended:
    """By the command that the README gives."""
    command = [str(BIN / "ansible-playbook"), "coverage.yml", "-e", "coverage_runtime=process"]
    plain = environment()
    del plain["ANSIBLE_COLLECTIONS_PATH"]
    process = subprocess.Popen(
        [*command, "-e", f"service={service}", "-e", f"coverage_dir={results}", *arguments],
        cwd=CHECKOUT,
        env=plain,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    ran = ended(process, timeout=600)
    assert ran.rc == 0, ran.output
    return ran


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of both examples."""
    results = tmp_path_factory.mktemp("examples")
    run_examples("all", results)
    return results


@pytest.mark.parametrize("service", ["datastorage", "notification"])
def test_the_examples(examples: Path, tmp_path: Path, service: str) -> None:
    agrees_with_go(examples / service, CHECKOUT / "examples" / service, tmp_path)
    summary = json.loads((examples / service / "summary.json").read_text(encoding="utf-8"))
    assert 0 < summary["statements"]["percent"] < 100


def test_a_covered_dependency_has_a_report_of_its_own(examples: Path, tmp_path: Path) -> None:
    ran = run_examples("notification", tmp_path, "-e", json.dumps({"service_covered_dependencies": ["datastorage"]}))
    results = tmp_path / "notification"
    beside = results / "dependencies" / "datastorage"
    agrees_with_go(results, CHECKOUT / "examples" / "notification", tmp_path)
    agrees_with_go(beside, CHECKOUT / "examples" / "datastorage", tmp_path)
    assert {entry.name for entry in beside.iterdir()} == RESULTS - {"run.json", "tests.log"}

    def summary(directory: Path) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
        return read

    own, of_dependency = summary(results), summary(beside)
    assert own["statements"]["total"] == summary(examples / "notification")["statements"]["total"]
    assert of_dependency["statements"]["total"] == summary(examples / "datastorage")["statements"]["total"]
    for made in (own, of_dependency):
        assert 0 < made["statements"]["covered"] < made["statements"]["total"]
        assert (made["meta_files"], made["counter_files"], made["passed"]) == (1, 1, True)
    assert of_dependency["run"]["id"] == own["run"]["id"]
    # The tests of notification use less of datastorage than its own.
    assert of_dependency["statements"]["covered"] < summary(examples / "datastorage")["statements"]["covered"]
    line = re.search(r"^  datastorage +(\S+)%", ran.output, re.MULTILINE)
    headline = of_dependency.get("scope") or of_dependency["statements"]
    assert line is not None and line[1] == f"{headline['percent']:.1f}"
    assert str(beside / "index.html") in ran.output
    assert "notification/dependencies/datastorage/index.html" in (tmp_path / "index.html").read_text(encoding="utf-8")

    # Once more from what is there, as run.json says what it was about.
    (beside / "profile.out").unlink()
    ran = run_examples("notification", tmp_path, "--tags", "report")
    assert (beside / "profile.out").is_file()
    assert summary(beside)["statements"] == of_dependency["statements"]
    # A run that does not cover it leaves no report of an earlier one.
    run_examples("notification", tmp_path)
    assert not beside.exists()


def test_a_covered_dependency_without_counters_fails_the_run(project: Project) -> None:
    project.describe(
        back={"env": {"BEHAVIOUR": "does-not-handle-sigterm"}},
        front={"dependencies": ["back"], "covered_dependencies": ["back"]},
    )
    ran = project.run("front")
    assert ran.rc != 0, ran.output
    assert project.causes("front") == ["sigterm-unhandled", "no-counters"]
    assert "Dependency back: No counters came back. back ended on SIGTERM" in ran.sentences, ran.output
    assert re.search(r"^  back +- +- +- +failed: sigterm-unhandled$", ran.output, re.MULTILINE), ran.output
    assert project.document("summary.json", "front")["statements"]["covered"] > 0
    assert not (project.coverage / "front" / "dependencies").exists()
    # There is still nothing to report of it.
    ran = project.run("front", "--tags", "report")
    assert ran.rc != 0, ran.output
    assert not (project.coverage / "front" / "dependencies").exists()
