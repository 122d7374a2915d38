# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils import _files


def tree(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): path.read_text() for path in sorted(directory.rglob("*")) if path.is_file()
    }


def plant(directory: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content)
    return directory


@pytest.mark.parametrize(("content", "expected"), [("\u20ac", b"\xe2\x82\xac"), (b"\0\xff", b"\0\xff"), ("", b"")])
def test_write_file(content: str | bytes, expected: bytes, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    _files.write_file(target, content)
    assert target.read_bytes() == expected
    assert target.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["file"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="directory"):
        _files.write_file(tmp_path / "file", "x")
    assert os.listdir(tmp_path) == ["file"]


def test_json_is_for_people_too(tmp_path: Path) -> None:
    _files.write_json(tmp_path / "file", {"b": [1], "a": "\u20ac"})
    assert (tmp_path / "file").read_text(encoding="utf-8") == '{\n  "b": [\n    1\n  ],\n  "a": "\u20ac"\n}\n'


@pytest.mark.parametrize(
    ("staged", "target", "expected"),
    [
        ({"a": "new"}, {}, {"a": "new"}),
        ({"a": "new"}, {"a": "old", "b": "old"}, {"a": "new", "b": "old"}),
        ({"d/x": "new"}, {"d/x": "old", "d/y": "old", "e/z": "old"}, {"d/x": "new", "e/z": "old"}),
        ({"d/x": "new"}, {"d": "old"}, {"d/x": "new"}),
        ({"d": "new"}, {"d/x": "old"}, {"d": "new"}),
        ({}, {"a": "old"}, {"a": "old"}),
    ],
)
def test_replace_entries(
    staged: dict[str, str], target: dict[str, str], expected: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "staged").mkdir()
    plant(tmp_path / "staged", staged)
    plant(tmp_path / "target", target)
    _files.replace_entries(tmp_path / "staged", tmp_path / "target")
    assert tree(tmp_path) == {f"target/{name}": content for name, content in expected.items()}
    assert not list(tmp_path.rglob(".*")), "nothing is left aside"


def test_a_link_is_replaced_and_what_it_points_to_is_not(tmp_path: Path) -> None:
    plant(tmp_path, {"elsewhere/x": "kept", "staged/d/x": "new"})
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "d").symlink_to(tmp_path / "elsewhere")
    _files.replace_entries(tmp_path / "staged", tmp_path / "target")
    assert tree(tmp_path) == {"elsewhere/x": "kept", "target/d/x": "new"}


def test_a_failure_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    # The second entry cannot be moved: the target lies within it.
    staged = plant(tmp_path / "staged", {"a": "new", "b/inner/b/x": "old", "b/inner/a": "old", "b/y": "new"})
    target = staged / "b" / "inner"
    with pytest.raises(OSError) as caught:
        _files.replace_entries(staged, target)
    assert caught.value.errno == errno.EINVAL
    assert tree(target) == {"a": "new", "b/x": "old"}
    assert sorted(os.listdir(target)) == ["a", "b"]


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EACCES, "results-unwritable"),
        (errno.EROFS, "results-unwritable"),
    ],
)
def test_unwritable(number: int, cause: str) -> None:
    failure = _files.unwritable(Path("/out"), OSError(number, os.strerror(number)))
    assert failure.diagnoses[0].cause == cause
    assert f"Writing there failed with: {os.strerror(number)}." in str(failure)
