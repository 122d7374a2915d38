# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever ``go build`` takes as a main package is built and proven, alone and beside other programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._golang import build

ENV = {"GOTOOLCHAIN": "local", "GOFLAGS": "", "CGO_ENABLED": "0"}
MAIN = "package main\n\nfunc main() { run() }\n"
RUN = "package main\n\nfunc run() {}\n"
ALONE = "package main\n\nfunc main() {}\n"


def module_of(directory: Path, files: dict[str, str]) -> Path:
    for name, text in {"go.mod": "module example.test/m\n\ngo 1.21\n", **files}.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def built(source: Path, binary: Path, package: str, **options: object) -> build.Built:
    environment = {**ENV, **options.pop("env", {})}  # type: ignore[dict-item]
    spec = build.BuildSpec(source, package, binary, "set", env=environment, **options)  # type: ignore[arg-type]
    return build.build(spec, print)


def wrote(binary: Path, data: Path) -> list[str]:
    """What kinds of coverage files the program writes."""
    data.mkdir()
    subprocess.run([str(binary)], env={**os.environ, "GOCOVERDIR": str(data)}, check=True)
    return sorted(path.name.partition(".")[0] for path in data.iterdir())


TWO = {"cmd/shop.go": ALONE, "cmd/migrate.go": ALONE}
ONE = {"cmd/m/main.go": MAIN, "cmd/m/run.go": RUN}


@pytest.mark.parametrize(
    ("files", "package", "path", "warnings"),
    [
        pytest.param(ONE, "./cmd/m", "example.test/m/cmd/m", 0, id="directory"),
        pytest.param(ONE, "./cmd/m/", "example.test/m/cmd/m", 0, id="directory with a slash"),
        pytest.param(ONE, "example.test/m/cmd/m", "example.test/m/cmd/m", 0, id="import path"),
        pytest.param(ONE, "./cmd/m/main.go", "example.test/m/cmd/m", 1, id="one file of a program"),
        pytest.param(ONE, "cmd/m/main.go cmd/m/run.go", "example.test/m/cmd/m", 0, id="all files of a program"),
        pytest.param({"main.go": ALONE}, "main.go", "example.test/m", 0, id="the file at the root"),
        pytest.param(TWO, "./cmd/shop.go", "command-line-arguments", 0, id="one of two programs in a directory"),
        pytest.param(TWO, "cmd/migrate.go", "command-line-arguments", 0, id="the other, without ./"),
        pytest.param(
            {"m/a.go": MAIN, "m/run.go": RUN, "m/b.go": ALONE},
            "m/a.go m/run.go",
            "command-line-arguments",
            0,
            id="two files of two programs",
        ),
        pytest.param(
            {"m/lib.go": "package lib\n", "m/tool.go": f"//go:build ignore\n\n{ALONE}"},
            "./m/tool.go",
            "command-line-arguments",
            0,
            id="a file that is built by its name only",
        ),
        pytest.param(
            {"m/main.go": MAIN, "m/run.go": RUN, "m/gen.go": f"//go:build ignore\n\n{ALONE}"},
            "./m/main.go",
            "example.test/m/m",
            1,
            id="a generator beside the program",
        ),
    ],
)
def test_a_main_package_of_any_form(
    files: dict[str, str], package: str, path: str, warnings: int, tmp_path: Path
) -> None:
    source = module_of(tmp_path / "m", files)
    made = built(source, tmp_path / "x", package)
    assert (made.info.path, len(made.warnings)) == (path, warnings)
    assert wrote(tmp_path / "x", tmp_path / "data") == ["covcounters", "covmeta"]


def test_tags_decide_which_files_are_a_program(tmp_path: Path) -> None:
    files = {"m/main.go": ALONE, "m/debug.go": f"//go:build debug\n\n{ALONE}"}
    source = module_of(tmp_path / "m", files)
    assert built(source, tmp_path / "x", "./m/main.go").info.path == "example.test/m/m"
    assert built(source, tmp_path / "x", "./m/main.go", flags=("-tags=debug",)).info.path == "command-line-arguments"


LIBRARY = {"cmd/m/main.go": 'package main\n\nimport "example.test/m/lib"\n\nfunc main() { lib.F() }\n'} | {
    "lib/lib.go": "package lib\n\nfunc F() {}\n"
}


@pytest.mark.parametrize(
    ("package", "coverpkg", "env", "words"),
    [
        ("./cmd/m", "./lib/...", {}, "service_coverpkg ./lib/... leaves out the main package ./cmd/m"),
        ("example.test/m/cmd/m", "example.test/m/lib", {}, "added example.test/m/cmd/m"),
        ("./cmd/m", "", {"GOFLAGS": "-coverpkg=./lib"}, "GOFLAGS ./lib leaves out the main package ./cmd/m"),
        (
            "./cmd/m",
            "./..., ./none/...",
            {},
            "No package of ./cmd/m matches the pattern ./none/... of service_coverpkg",
        ),
    ],
)
def test_patterns_are_completed_or_warned_of(
    package: str, coverpkg: str, env: dict[str, str], words: str, tmp_path: Path
) -> None:
    made = built(module_of(tmp_path / "m", LIBRARY), tmp_path / "x", package, coverpkg=coverpkg, env=env)
    (warning,) = made.warnings
    assert words in warning
    assert wrote(tmp_path / "x", tmp_path / "data") == ["covcounters", "covmeta"]


def test_patterns_leave_out_a_main_that_is_given_by_files(tmp_path: Path) -> None:
    library = {"cmd/other.go": ALONE, "cmd/m.go": LIBRARY["cmd/m/main.go"], "lib/lib.go": LIBRARY["lib/lib.go"]}
    made = built(module_of(tmp_path / "m", library), tmp_path / "x", "cmd/m.go", coverpkg="./lib")
    assert "added command-line-arguments" in made.warnings[0]
    assert wrote(tmp_path / "x", tmp_path / "data") == ["covcounters", "covmeta"]


def test_blanks_around_patterns_do_not_matter(tmp_path: Path) -> None:
    made = built(module_of(tmp_path / "m", LIBRARY), tmp_path / "x", "./cmd/m", coverpkg="./cmd/... , ./lib/...\n")
    assert made.warnings == ()


@pytest.mark.parametrize("coverpkg", ["./none/...", "example.com/none, ./nothing"])
def test_patterns_that_select_nothing_are_refused(coverpkg: str, tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        built(module_of(tmp_path / "m", LIBRARY), tmp_path / "x", "./cmd/m", coverpkg=coverpkg)
    (diagnosis,) = caught.value.diagnoses
    assert diagnosis.cause == "coverpkg-unmatched"
    assert coverpkg in diagnosis.evidence


@pytest.mark.parametrize(
    "options",
    [
        {"flags": ("-tags=e2e", "-trimpath")},
        {"flags": ("-ldflags=-s -w -X 'main.version=1 2'",)},
        {"env": {"GOFLAGS": "-trimpath -ldflags=-w"}},
        {"env": {"GOFLAGS": "-cover -covermode=atomic"}},
        {"env": {"GOEXPERIMENT": "nojsonv2"}},
        {"flags": ("-buildvcs=false", "-pgo", "off", "-ldflags", "-s -w")},
    ],
)
def test_flags_of_the_team_stay(options: dict[str, object], tmp_path: Path) -> None:
    source = module_of(tmp_path / "m", {"main.go": ALONE})
    made = built(source, tmp_path / "x", ".", **options)
    assert made.warnings == ()
    assert wrote(tmp_path / "x", tmp_path / "data") == ["covcounters", "covmeta"]


@pytest.mark.parametrize("flags", [("-C", "cmd/m"), ("-C=cmd/m", "-trimpath"), ("--C=cmd/m",)])
def test_the_directory_of_the_build_is_that_of_the_flag(flags: tuple[str, ...], tmp_path: Path) -> None:
    source = module_of(tmp_path / "m", LIBRARY)
    assert built(source, tmp_path / "x", ".", flags=flags).info.path == "example.test/m/cmd/m"
    assert wrote(tmp_path / "x", tmp_path / "data") == ["covcounters", "covmeta"]


#: (GOOS, GOARCH, environment): executables that this machine need not be able to start.
FOREIGN = [
    ("linux", "arm64", {}),
    ("linux", "arm", {"GOARM": "7"}),
    ("linux", "s390x", {}),
    ("linux", "386", {}),
    ("darwin", "arm64", {}),
    ("windows", "amd64", {}),
]


@pytest.mark.parametrize(("system", "processor", "more"), FOREIGN[:2] if not os.environ.get("GOCOVER_ALL") else FOREIGN)
def test_an_executable_for_another_machine_is_proven(
    system: str, processor: str, more: dict[str, str], tmp_path: Path
) -> None:
    source = module_of(tmp_path / "m", LIBRARY)
    env = {"GOOS": system, "GOARCH": processor, **more}
    made = built(source, tmp_path / "x", "./cmd/m", env=env, flags=("-ldflags=-s -w",))
    assert (made.info.settings["GOARCH"], made.warnings) == (processor, ())


def test_flags_that_go_env_has_written_count(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("GOFLAGS=-covermode=atomic\n")
    env = {"GOENV": str(tmp_path / "env"), "GOFLAGS": ""}
    source = module_of(tmp_path / "m", {"main.go": ALONE})
    assert built(source, tmp_path / "x", ".", env=env).covermode == "atomic"


def test_a_workspace_without_a_module_at_its_root(tmp_path: Path) -> None:
    (tmp_path / "go.work").write_text("go 1.21\n\nuse ./m\n")
    module_of(tmp_path / "m", LIBRARY)
    assert built(tmp_path, tmp_path / "x", "./m/cmd/m").info.path == "example.test/m/cmd/m"


def test_a_package_without_a_dot_is_explained(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        built(module_of(tmp_path / "m", ONE), tmp_path / "x", "cmd/m")
    assert "Set service_package to ./cmd/m: without ./ Go looks in its standard library" in str(caught.value)


def test_a_plain_build_has_no_coverage_whatever_goflags_says(tmp_path: Path) -> None:
    source = module_of(tmp_path / "m", {"main.go": ALONE})
    env = {**ENV, "GOFLAGS": "-cover -covermode=atomic"}
    spec = build.BuildSpec(source, ".", tmp_path / "x", "set", env=env, flags=("-cover",), instrument=False)
    build.compile_program(spec, print)
    assert wrote(tmp_path / "x", tmp_path / "data") == []
