# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Input that cannot work: one clear sentence, nothing half-written, and the last results as they were."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from project import SERVICES, Project


def test_an_unknown_service(project: Project) -> None:
    project.describe(gateway={}, toolset={})
    ran = project.run("sampel")
    assert ran.rc != 0, ran.output
    assert "There is no service sampel in the inventory; there is gateway, toolset. Name" in ran.sentences, ran.output
    assert not project.coverage.exists()


def test_a_misspelt_service(project: Project) -> None:
    project.describe(gateway={}, toolset={})
    ran = project.run("gatewya")
    assert ran.rc != 0, ran.output
    assert "there is gateway, toolset. Did you mean gateway? Name one" in ran.sentences, ran.output


def test_an_inventory_without_services(project: Project) -> None:
    project.describe()
    ran = project.run("all")
    assert ran.rc != 0, ran.output
    assert "Write an inventory with ansible-playbook gocover.e2e.init" in ran.sentences, ran.output
    assert "[inventory-missing]" in ran.sentences, ran.output


def test_one_unknown_service_among_known_ones(project: Project) -> None:
    project.describe(gateway={}, toolset={})
    ran = project.run("gateway,sampel")
    assert ran.rc != 0, ran.output
    assert "There is no service sampel in the inventory; there is gateway, toolset." in ran.sentences, ran.output
    assert not project.coverage.exists()


def test_a_misspelt_variable(project: Project) -> None:
    project.describe(sample={"thresold": {"total": 50}})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert "service_thresold (did you mean service_thresholds?)" in ran.sentences, ran.output
    assert "[variable-unknown]" in ran.sentences, ran.output


def test_a_covered_dependency_that_is_none(project: Project) -> None:
    project.describe(back={}, front={"dependencies": ["back"], "covered_dependencies": ["sample", "back"]})
    ran = project.run("front")
    assert ran.rc != 0, ran.output
    said = "service_covered_dependencies of front names sample (it does not depend on it). Choose from back."
    assert f"{said} [option-invalid]" in ran.sentences, ran.output


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"repo": "/does/not/exist"}, "There is no directory /does/not/exist"),
        ({"repo": "."}, "There is no go.mod in"),
        ({"package": "./cmd/smaple"}, "there is ./cmd/sample"),
    ],
    ids=["directory", "module", "package"],
)
def test_a_missing_source(project: Project, settings: dict[str, str], said: str) -> None:
    project.describe(sample=settings)
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes()[0] == "source-missing"
    assert said in ran.sentences, ran.output


def test_a_value_of_the_wrong_type(project: Project) -> None:
    project.describe(sample={"tests_timeout": "soon"})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert "tests_timeout" in ran.sentences, ran.output


def test_a_source_that_does_not_compile(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "broken"
    (source / "cmd" / "sample").mkdir(parents=True)
    (source / "go.mod").write_text("module example.com/broken\n\ngo 1.21\n", encoding="ascii")
    (source / "cmd" / "sample" / "main.go").write_text(
        "package main\n\nfunc main() { undefined() }\n", encoding="ascii"
    )
    project.describe(sample={"repo": str(source)})
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert project.causes() == ["build-failed"]
    assert "undefined: undefined" in ran.sentences, ran.output


def fill(disk: Path) -> None:
    """Leave no room at all."""
    with open(disk / "ballast", "wb", buffering=0) as ballast:
        block = b"\0" * 4096
        try:
            while True:
                ballast.write(block)
        except OSError:
            return


def leave(disk: Path, size: int) -> None:
    """Fill the disk but for ``size`` bytes."""
    reserve = disk / "reserve"
    reserve.write_bytes(b"\0" * size)
    fill(disk)
    reserve.unlink()


def test_a_full_disk(project: Project, small_disk: Path) -> None:
    project.coverage = small_disk / "coverage"
    before = project.has_been_run()
    fill(small_disk)
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert "[disk-full]" in ran.sentences, ran.output
    assert project.results() == before


def test_a_disk_that_fills_up_during_the_build(project: Project, small_disk: Path) -> None:
    project.coverage = small_disk / "coverage"
    before = project.has_been_run()
    (project.coverage / ".work" / "bin" / "sample").unlink()
    leave(small_disk, 1024 * 1024)
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert "[disk-full]" in ran.sentences, ran.output
    assert project.results() == before


def test_a_disk_with_no_room_for_the_report(project: Project, small_disk: Path) -> None:
    project.coverage = small_disk / "coverage"
    before = project.has_been_run()
    leave(small_disk, 40 * 1024)
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert "[disk-full]" in ran.sentences, ran.output
    assert project.results() == before


def test_a_read_only_directory(project: Project, small_disk: Path) -> None:
    project.coverage = small_disk / "coverage"
    before = project.has_been_run()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert "Read-only file system" in ran.sentences, ran.output
    assert "[results-unwritable]" in ran.sentences, ran.output
    assert project.results() == before


def test_a_file_in_place_of_the_directory(project: Project) -> None:
    project.coverage.write_text("not a directory", encoding="ascii")
    ran = project.run()
    assert ran.rc != 0, ran.output
    assert "[results-unwritable]" in ran.sentences, ran.output


def truncate(data: Path) -> None:
    counters = next(data.glob("covcounters.*"))
    counters.write_bytes(counters.read_bytes()[:-20])


def garble(data: Path) -> None:
    meta = next(data.glob("covmeta.*"))
    meta.write_bytes(b"\0covm" + bytes(range(256)))


def orphan(data: Path) -> None:
    next(data.glob("covmeta.*")).unlink()


def empty(data: Path) -> None:
    for file in data.iterdir():
        file.unlink()


@pytest.mark.parametrize(
    "damage, cause",
    [
        (truncate, "truncated-data"),
        (garble, "truncated-data"),
        (orphan, "orphan-counters"),
        (empty, "no-counters"),
    ],
)
def test_damaged_data(project: Project, damage: Callable[[Path], None], cause: str) -> None:
    project.has_been_run()
    # Results that were brought here from another machine.
    shutil.rmtree(project.coverage / ".work")
    damage(project.coverage / "sample" / "covdata")
    before = project.results()
    ran = project.run(playbook="report")
    assert ran.rc != 0, ran.output
    assert cause in project.causes()
    assert f"[{cause}]" in ran.sentences, ran.output
    assert project.results() == before


def test_the_report_is_made_from_the_data_that_lies_beside_it(project: Project) -> None:
    project.has_been_run()
    truncate(project.coverage / "sample" / "covdata")
    ran = project.run(playbook="report")
    assert ran.rc != 0, ran.output
    assert "truncated-data" in project.causes()


def test_a_report_without_any_run_before(project: Project) -> None:
    ran = project.run(playbook="report")
    assert ran.rc != 0, ran.output
    assert "[no-counters]" in ran.sentences, ran.output
    assert not (project.coverage / "sample" / "summary.json").exists()


def test_the_sample_is_as_it_was() -> None:
    listed = subprocess.run(["go", "list", "./..."], cwd=SERVICES, capture_output=True, text=True, check=True)
    assert listed.stdout.split() == [
        "example.com/sample/cmd/sample",
        "example.com/sample/internal/greeting",
        "example.com/sample/test/e2e",
    ]
