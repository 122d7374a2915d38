# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies beside the files of coverage data is left out, in the numbers and in the results."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report import bundle

COVDATA = Path(__file__).resolve().parents[4] / "fixtures" / "covdata" / "go1.26.6-set" / "covdata"
PROFILE = COVDATA.parent / "profile.out"


def an_older_run(data: Path) -> None:
    shutil.copytree(COVDATA, data / "older")


def a_directory_with_the_name_of_a_file(data: Path) -> None:
    (data / f"covmeta.{'a' * 32}").mkdir()
    (data / f"covcounters.{'a' * 32}.1.1").mkdir()


def foreign_files(data: Path) -> None:
    (data / "profile.out").write_text("mode: set\n", encoding="ascii")
    (data / "merged.zip").write_bytes(bytes(range(256)))
    (data / ".gitkeep").touch()


def links(data: Path) -> None:
    (data / "latest").symlink_to(data, target_is_directory=True)
    (data / "gone").symlink_to(data / "nowhere")
    (data / f"covmeta.{'b' * 32}").symlink_to(data / "nowhere")
    (data / f"covcounters.{'b' * 32}.1.1").symlink_to(f"covcounters.{'b' * 32}.1.1")


def a_linked_file(data: Path) -> None:
    (counters,) = list(data.glob("covcounters.*"))[:1]
    elsewhere = data.parent / "elsewhere"
    counters.rename(elsewhere)
    counters.symlink_to(elsewhere)


def a_pipe(data: Path) -> None:
    os.mkfifo(data / f"covmeta.{'c' * 32}")


def an_unreadable_directory(data: Path) -> None:
    (data / "private").mkdir(mode=0)


@pytest.mark.parametrize(
    "add",
    [
        an_older_run,
        a_directory_with_the_name_of_a_file,
        foreign_files,
        links,
        a_linked_file,
        a_pipe,
        an_unreadable_directory,
    ],
)
def test_the_report_is_that_of_the_files_alone(tmp_path: Path, add: Callable[[Path], None]) -> None:
    data = tmp_path / "data"
    shutil.copytree(COVDATA, data)
    add(data)
    spec = bundle.ReportSpec((data,), "shapes")
    made = bundle.make_report(spec)
    assert bundle.write_report(made, spec, tmp_path / "out", keep_covdata=True)
    assert sorted((tmp_path / "out" / "profile.out").read_text().splitlines()) == sorted(
        PROFILE.read_text().splitlines()
    )
    kept = tmp_path / "out" / bundle.COVDATA
    assert sorted(path.name for path in kept.iterdir()) == sorted(path.name for path in COVDATA.iterdir())
    assert not any(path.is_symlink() for path in kept.iterdir())
    assert made.summary["warnings"] == []


def test_data_in_the_directory_of_results(tmp_path: Path) -> None:
    """The report is written into the directory of the data, where an older report lies."""
    shutil.copytree(COVDATA, tmp_path / "out")
    (tmp_path / "out" / "dependencies").mkdir()
    spec = bundle.ReportSpec((tmp_path / "out",), "shapes")
    for _time in range(2):
        bundle.write_report(bundle.make_report(spec), spec, tmp_path / "out", keep_covdata=True)
    assert sorted(path.name for path in (tmp_path / "out" / bundle.COVDATA).iterdir()) == sorted(
        path.name for path in COVDATA.iterdir()
    )
