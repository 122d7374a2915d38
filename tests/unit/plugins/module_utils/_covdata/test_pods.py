# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a directory are taken together, and what is said about the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.errors import CovdataError
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.merge import merge_directories
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.pods import collect_pods

COVDATA = Path(__file__).resolve().parents[4] / "fixtures" / "covdata" / "go1.26.6-set" / "covdata"
A, B = "a" * 32, "b" * 32


def make(directory: Path, *names: str) -> str:
    directory.mkdir(exist_ok=True)
    for name in names:
        (directory / name).touch()
    return str(directory)


def test_files_are_grouped_by_the_hash_in_their_names(tmp_path: Path) -> None:
    first = make(tmp_path / "1", f"covmeta.{B}", f"covcounters.{A}.7.2", f"covcounters.{B}.7.1", "README", "covmeta.")
    second = make(tmp_path / "2", f"covmeta.{A}", f"covmeta.{B}", f"covcounters.{B}.9.9", f"covcounters.{B}.9.x")
    (tmp_path / "2" / f"covcounters.{B}.1.1").mkdir()
    found = collect_pods([first, second])
    assert [(pod.meta_hash, pod.meta_file) for pod in found.pods] == [
        (B, f"{first}/covmeta.{B}"),
        (A, f"{second}/covmeta.{A}"),
    ]
    assert found.pods[0].counter_files == [f"{first}/covcounters.{B}.7.1", f"{second}/covcounters.{B}.9.9"]
    assert found.pods[1].counter_files == [f"{first}/covcounters.{A}.7.2"]
    assert (found.orphans, found.leftovers) == ([], [])


def test_orphans_and_leftovers_beside_good_files_are_named(tmp_path: Path) -> None:
    names = (f"covmeta.{A}", f"covcounters.{A}.1.1", f"covcounters.{B}.1.1", f"tmp.covcounters.{A}.2.2")
    found = collect_pods([make(tmp_path / "d", *names)])
    assert [Path(path).name for path in found.orphans + found.leftovers] == [names[2], names[3]]


@pytest.mark.parametrize(
    "names, cause, evidence",
    [
        ((), "no-counters", "has no coverage data"),
        (("profile.out",), "no-counters", "has no coverage data"),
        ((f"covmeta.{A}",), "no-counters", "but no counters"),
        ((f"tmp.covmeta.{A}1795249313031423414",), "no-counters", "temporary files only"),
        ((f"covmeta.{A}", f"tmp.covcounters.{A}.1.2"), "no-counters", "temporary files only"),
        ((f"covcounters.{A}.1.1",), "orphan-counters", "1 counter files"),
        ((f"covmeta.{A}", f"covcounters.{B}.1.1"), "orphan-counters", "no covmeta file beside them"),
    ],
)
def test_a_directory_without_counters_is_never_a_silent_zero(
    tmp_path: Path, names: tuple[str, ...], cause: str, evidence: str
) -> None:
    with pytest.raises(CovdataError, match=evidence) as caught:
        collect_pods([make(tmp_path / "d", *names)])
    assert caught.value.cause == cause
    assert "\n" not in str(caught.value)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(CovdataError, match="missing cannot be read .No such file or directory."):
        collect_pods([str(tmp_path / "missing")])


def test_a_renamed_covmeta_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(COVDATA, tmp_path / "d")
    meta = next((tmp_path / "d").glob("covmeta.*"))
    for path in sorted((tmp_path / "d").iterdir()):
        path.rename(str(path).replace(meta.suffix, f".{A}"))
    with pytest.raises(CovdataError, match=f"covmeta.{A} belongs to the build {meta.suffix[1:]}, not to {A}") as caught:
        merge_directories([str(tmp_path / "d")])
    assert caught.value.cause == "mixed-binaries"


def test_counters_of_another_build_are_named(tmp_path: Path) -> None:
    shutil.copytree(COVDATA, tmp_path / "d")
    counters = next((tmp_path / "d").glob("covcounters.*"))
    data = counters.read_bytes()
    counters.write_bytes(data[:8] + bytes(16) + data[24:])
    with pytest.raises(CovdataError, match=f"{counters.name} belongs to the build {'0' * 32}"):
        merge_directories([str(tmp_path / "d")])


def test_a_truncated_counter_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(COVDATA, tmp_path / "d")
    counters = next((tmp_path / "d").glob("covcounters.*"))
    counters.write_bytes(counters.read_bytes()[:-20])
    with pytest.raises(CovdataError, match=f"{counters.name} is truncated or damaged") as caught:
        merge_directories([str(tmp_path / "d")])
    assert caught.value.cause == "truncated-data"
