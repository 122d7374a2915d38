# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report held against everything that an inventory can name: levels, changes, a baseline, thresholds and gates."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from project import SERVICES, Project

UNIT_TEST = """package greeting

import "testing"

func TestFarewell(t *testing.T) {
\tif Farewell("") != "Bye." {
\t\tt.Fatal(Farewell(""))
\t}
}
"""


@pytest.fixture
def repository(project: Project) -> Path:
    """The sample with a unit test, in a git repository of its own; its function For differs from what is committed."""
    place = project.directory / "sample"
    shutil.copytree(SERVICES, place)
    greeting = place / "internal" / "greeting"
    (greeting / "greeting_test.go").write_text(UNIT_TEST, encoding="ascii")
    source = (greeting / "greeting.go").read_text(encoding="ascii")
    (greeting / "greeting.go").write_text(source.replace("Hello, world!", "Hello!"), encoding="ascii")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "before"]):
        subprocess.run([*git, *command], cwd=place, check=True)
    (greeting / "greeting.go").write_text(source, encoding="ascii")
    subprocess.run(
        ["go", "test", "-coverpkg=./...", f"-coverprofile={project.directory / 'unit.out'}", "./internal/..."],
        cwd=place,
        check=True,
        capture_output=True,
    )
    return place


def test_everything_at_once(project: Project, repository: Path) -> None:
    project.has_been_run()
    before = project.coverage / "sample" / "summary.json"
    kept = project.directory / "kept.json"
    shutil.copy(before, kept)
    settings = {
        "repo": str(repository),
        "profiles": {"unit": "unit.out"},
        "baseline": "kept.json",
        "changed_since": "HEAD",
        "codecov": True,
        "exclude": ["*/nothing.go"],
    }
    demands = {
        "thresholds": {"total": 99.5, "changed": 50, "functions": {"greeting.Farewell": 10}},
        "gates": {"unit and e2e": "levels.total.percent > `99`", "as before": "baseline.change == `0.0`"},
    }
    project.describe(sample={**settings, **demands})
    ran = project.run(playbook="report")
    assert ran.rc != 0, ran.output
    assert project.causes() == ["threshold-missed", "gate-failed"]
    assert "2 of 3 thresholds and 1 of 2 gates of sample are missed" in ran.sentences, ran.output
    assert "unit and e2e (levels.total.percent > `99`) is false" in ran.sentences, ran.output
    assert "levels: unit " in ran.output and "changed since HEAD: 100.0% of 1 statements" in ran.output

    summary = project.document("summary.json")
    assert summary["passed"] is False
    assert summary["baseline"]["change"] == 0.0 and summary["baseline"]["functions"] == []
    (greeting,) = (file for file in summary["files"] if file["name"].endswith("/greeting.go"))
    functions = {function["name"]: function["levels"] for function in greeting["functions"]}
    assert functions["Farewell"]["covered"] == {"e2e": 0, "unit": 2}
    assert functions["For"]["only_e2e"] == functions["For"]["covered"]["e2e"] > 0
    assert [file["path"] for file in summary["changed"]["files"]] == ["internal/greeting/greeting.go"]
    codecov = project.coverage / "sample" / "codecov"
    assert {file.name for file in codecov.iterdir()} == {"coverage-e2e.txt", "coverage-unit.txt"}
    assert "\ninternal/greeting/greeting.go:" in (codecov / "coverage-unit.txt").read_text(encoding="utf-8")
    annotations = (project.coverage / "sample" / "annotations.txt").read_text(encoding="utf-8")
    assert annotations.count("::error ") == 3

    # What was asked too much; and a baseline that is not there yet is said, and no error.
    project.describe(sample={**settings, "baseline": "none", "gates": ["changed.lines.percent == `100.0`"]})
    ran = project.run(playbook="report")
    assert ran.rc == 0, ran.output
    assert "baseline: there is no " in ran.output
    assert project.document("summary.json")["passed"] is True
    overview = json.loads((project.coverage / "summary.json").read_text(encoding="utf-8"))
    assert "files" not in overview["services"][0]


@pytest.mark.parametrize(
    "settings, cause, said",
    [
        ({"profiles": {"unit": "unit.out"}}, "profile-missing", "No such file or directory"),
        ({"changed_since": "nowhere"}, "reference-unknown", "Commit nowhere not found"),
    ],
)
def test_what_cannot_be(project: Project, settings: dict[str, object], cause: str, said: str) -> None:
    before = project.has_been_run()
    project.describe(sample=settings)
    ran = project.run(playbook="report")
    assert ran.rc != 0, ran.output
    assert project.causes() == [cause]
    assert said in ran.sentences, ran.output
    assert project.results() == before


def test_what_cannot_be_is_said_before_anything_runs(project: Project) -> None:
    project.describe(sample={"gates": ["scope.percent >="]})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert "The gate scope.percent >= cannot be used" in ran.sentences and "[gate-invalid]" in ran.sentences, ran.output
    assert not project.coverage.exists()
