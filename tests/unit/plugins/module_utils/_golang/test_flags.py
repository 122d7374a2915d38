# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage flags of a build beside the flags of the team; what wins is what the go command lets win."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._golang import flags


@pytest.mark.parametrize(
    ("mode", "coverpkg", "build_flags", "goflags", "argv", "others", "effective"),
    [
        ("set", None, [], "", "-cover", [], "set"),
        ("atomic", None, [], "", "-cover -covermode=atomic", [], "atomic"),
        ("set", "./...", [], "", "-cover -coverpkg=./...", [], "set"),
        ("set", " ./... ,\n example.com/dep ,", [], "", "-cover -coverpkg=./...,example.com/dep", [], "set"),
        ("set", " , ", [], "", "-cover", [], "set"),
        ("set", None, ["-tags", "a,b", "-trimpath"], "", "-cover", ["-tags", "a,b", "-trimpath"], "set"),
        ("set", None, ["-ldflags=-s -w -X m.v=1"], "-mod=vendor", "-cover", ["-ldflags=-s -w -X m.v=1"], "set"),
        ("set", None, ["-race"], "", "-cover", ["-race"], "atomic"),
        ("set", None, [], "-race", "-cover", [], "atomic"),
        ("set", None, ["-race=false"], "-race", "-cover", ["-race=false"], "set"),
        ("atomic", None, ["-race"], "", "-cover -covermode=atomic", ["-race"], "atomic"),
        ("set", None, ["-cover", "-covermode=count"], "", "-cover -covermode=count", [], "count"),
        ("set", None, ["--covermode", "count", "-v"], "", "-cover -covermode=count", ["-v"], "count"),
        ("set", None, [], "-cover -covermode=count", "-cover", [], "count"),
        ("set", None, [], "'-covermode=atomic' -race", "-cover", [], "atomic"),
        ("set", None, [], "-coverpkg=./...", "-cover", [], "set"),
        ("set", None, ["-coverpkg= ./a, ./b"], "", "-cover -coverpkg=./a,./b", [], "set"),
        ("set", "./b,./a", ["-coverpkg=./a,./b"], "", "-cover -coverpkg=./b,./a", [], "set"),
    ],
)
def test_flags_are_added_to_those_of_the_team(
    mode: str, coverpkg: str | None, build_flags: list[str], goflags: str, argv: str, others: list[str], effective: str
) -> None:
    chosen = flags.combine(mode, coverpkg, build_flags, goflags)
    assert (" ".join(chosen.argv()), list(chosen.others), chosen.mode) == (argv, others, effective)


@pytest.mark.parametrize(
    ("mode", "coverpkg", "build_flags", "goflags", "names"),
    [
        ("set", None, ["-o", "bin/x"], "", ["service_build_flags has -o"]),
        ("set", None, ["-n"], "", ["service_build_flags has -n", "go build -cover -n"]),
        ("set", None, [], "-n=true", ["GOFLAGS has -n"]),
        ("set", None, ["-buildmode=plugin"], "", ["-buildmode=plugin", "go build -cover"]),
        ("set", None, ["-buildmode", "c-shared"], "", ["-buildmode=c-shared"]),
        ("count", None, ["-race"], "", ["-race", "service_covermode is count", "-covermode=atomic"]),
        ("set", None, ["-race", "-covermode=set"], "", ["service_build_flags has -race", "-covermode=set"]),
        ("set", None, [], "-race -covermode=set", ["GOFLAGS has -race", "GOFLAGS has -covermode=set"]),
        ("count", None, ["-covermode=atomic"], "", ["-covermode=atomic", "service_covermode is count"]),
        ("set", "./a", ["-coverpkg=./b"], "", ["-coverpkg=./b", "service_coverpkg is ./a"]),
    ],
)
def test_flags_that_contradict_each_other_are_both_named(
    mode: str, coverpkg: str | None, build_flags: list[str], goflags: str, names: list[str]
) -> None:
    with pytest.raises(Failure) as caught:
        flags.combine(mode, coverpkg, build_flags, goflags)
    assert [diagnosis.cause for diagnosis in caught.value.diagnoses] == ["build-flags-clash"]
    assert [name for name in names if name not in str(caught.value)] == []


def test_a_build_that_switches_coverage_off_is_refused() -> None:
    with pytest.raises(Failure) as caught:
        flags.combine("set", None, ["-cover=false"], "")
    (diagnosis,) = caught.value.diagnoses
    assert diagnosis.cause == "not-instrumented"
    assert diagnosis.evidence == "The build has no -cover=true, because service_build_flags has -cover=false"


@pytest.mark.parametrize(
    ("mode", "coverpkg", "build_flags", "goflags", "warning"),
    [
        ("set", "./a", [], "-coverpkg=./b", "service_coverpkg replaces -coverpkg=./b of GOFLAGS"),
        ("set", None, ["-coverpkg=./a"], "-coverpkg=./b", "service_build_flags replaces -coverpkg=./b of GOFLAGS"),
        ("count", None, [], "-covermode=atomic", "service_covermode count replaces -covermode=atomic of GOFLAGS"),
        ("set", None, [], "-cover=false", "GOFLAGS has -cover=false: go build -cover replaces it"),
        ("set", None, ["-race"], "", "-race needs -covermode=atomic"),
    ],
)
def test_flags_that_replace_others_are_reported(
    mode: str, coverpkg: str | None, build_flags: list[str], goflags: str, warning: str
) -> None:
    (reported,) = flags.combine(mode, coverpkg, build_flags, goflags).warnings
    assert warning in reported


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ()),
        ("-tags=a,b -race", ("-tags=a,b", "-race")),
        ("-ldflags='-s -w' -v", ("-ldflags=-s -w", "-v")),
        (["-ldflags=-s -w", "-p", 2], ("-ldflags=-s -w", "-p", "2")),
    ],
)
def test_flags_as_users_write_them(written: str | list[object], expected: tuple[str, ...]) -> None:
    assert flags.listed(written) == expected


@pytest.mark.parametrize(
    ("goflags", "expected"),
    [
        ("", ""),
        ("-mod=vendor -v", "-mod=vendor -v"),
        ("-cover -mod=vendor -covermode=atomic -coverpkg=./...", "-mod=vendor"),
        ("'-ldflags=-s -w' -cover", "'-ldflags=-s -w'"),
    ],
)
def test_goflags_without_coverage(goflags: str, expected: str) -> None:
    assert flags.without_coverage(goflags) == expected


@pytest.mark.parametrize(
    ("build_flags", "goflags"),
    [
        ([], ""),
        (["-covermode=count"], "-covermode=atomic"),
        ([], "-covermode=atomic"),
        ([], "-cover=false"),
        (["-trimpath"], "-coverpkg=example.test/small/..."),
    ],
)
def test_the_go_command_instruments_with_the_same_mode(
    build_flags: list[str], goflags: str, small_module: Path, go: str, tmp_path: Path
) -> None:
    chosen = flags.combine("set", None, build_flags, goflags)
    # -n prints what would be run; -a so that nothing is taken from the cache.
    argv = [go, "build", "-n", "-a", *chosen.argv(), *chosen.others, "-o", str(tmp_path / "x"), "./cmd/small"]
    env = {**os.environ, "GOFLAGS": goflags, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    shown = subprocess.run(argv, cwd=small_module, env=env, capture_output=True, text=True, check=True)
    assert set(re.findall(r"/cover(?:\.exe)? .*-mode (\w+)", shown.stderr)) == {chosen.mode}
