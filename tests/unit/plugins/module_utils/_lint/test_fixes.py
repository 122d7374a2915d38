# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixes change one word of a file, and leave everything else of it as it was."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._lint.step import lint
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run.step import Step

POD = "kind: Pod\r\napiVersion: v1\r\nmetadata: {name: a}\r\nspec: {containers: [{image: 'shop:dev'}]}\r\n"


def run(root: Path, check_mode: bool = False, **options: t.Any) -> Outcome:
    given = {"paths": [str(root)], "root": str(root), "fail_on": "never", "format": "text", "dest": None, "fix": True}
    return lint(Step({**given, **options}, check_mode))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("b.sh", "go build -cover -o s ./cmd/s/main.go # s\n", "go build -cover -o s ./cmd/s # s\n"),
        ("b.sh", "go build -cover main.go\n", "go build -cover .\n"),
        (
            "Makefile",
            "b:\n\tgo build -cover -coverpkg=./a/... ./b\n",
            "b:\n\tgo build -cover -coverpkg=./a/...,./b ./b\n",
        ),
        ("b.sh", "docker build -t a/b:c/d .\r\n", "docker build -t a/b:c-d .\r\n"),
        ("b.sh", "true  # gocover:ignore main-by-file because\n", "true\n"),
        ("Dockerfile", "FROM a/b:c/d\n", "FROM a/b:c-d\n"),
    ],
)
def test_fixes(tmp_path: Path, name: str, before: str, after: str) -> None:
    path = tmp_path / name
    path.write_bytes(before.encode())
    path.chmod(0o755)
    outcome = run(tmp_path)
    assert path.read_bytes().decode() == after
    assert path.stat().st_mode & 0o777 == 0o755
    assert (outcome.changed, outcome.result["findings"], len(outcome.result["fixed"])) == (True, [], 1)
    again = run(tmp_path)
    assert (again.changed, again.result["fixed"]) == (False, [])


def test_line_ends_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_bytes(POD.encode())
    (tmp_path / "Makefile").write_text("b:\n\tpodman build -t shop:dev .\n")
    run(tmp_path)
    assert (tmp_path / "pod.yaml").read_bytes().decode() == POD.replace("'shop", "'localhost/shop")
    assert (tmp_path / "Makefile").read_text() == "b:\n\tpodman build -t shop:dev .\n"


def test_check_mode_shows_the_difference(tmp_path: Path) -> None:
    path = tmp_path / "b.sh"
    path.write_text("go build -cover ./s/main.go\n")
    outcome = run(tmp_path, check_mode=True)
    assert path.read_text() == "go build -cover ./s/main.go\n"
    assert outcome.changed
    assert outcome.diff == [
        {
            "before_header": "b.sh",
            "after_header": "b.sh",
            "before": "go build -cover ./s/main.go\n",
            "after": "go build -cover ./s\n",
        }
    ]


def test_what_is_not_certain_stays(tmp_path: Path) -> None:
    twice = "go build -cover main.go && go run main.go\n"
    (tmp_path / "b.sh").write_text(twice)
    with pytest.raises(Failure, match="1 mistake costs coverage data"):
        run(tmp_path, fail_on="warning")
    assert (tmp_path / "b.sh").read_text() == twice


def test_without_the_option_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "b.sh").write_text("go build -cover ./s/main.go\n")
    outcome = run(tmp_path, fix=False)
    assert outcome.result["findings"][0]["fix"] == {"old": "./s/main.go", "new": "./s"}
    assert (tmp_path / "b.sh").read_text() == "go build -cover ./s/main.go\n"
