# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress file, followed while it grows."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible import constants as C
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Kind, Progress, into_file
from ansible_collections.gocover.e2e.plugins.plugin_utils import live


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []

    def display(text: str, **_options: t.Any) -> None:
        lines.append(text)

    monkeypatch.setattr(live.display, "display", display)
    return lines


def test_lines_are_shown_in_order_with_the_host(shown: list[str], tmp_path: Path) -> None:
    def show(kind: Kind, text: str) -> None:
        live._display("shop", kind, text)

    path = tmp_path / "progress.jsonl"
    path.touch()
    follower = live.Follower(path, show)
    follower.start()
    progress = Progress(into_file(str(path)))
    progress.note("building")
    progress.output("ok \u20ac")
    progress.text("SERVICE  COVERAGE")
    progress.text("")
    follower.stop()
    assert shown == ["shop | building", "shop |   ok \u20ac", "SERVICE  COVERAGE", ""]


def test_a_line_is_shown_once_it_is_whole(shown: list[str], tmp_path: Path) -> None:
    def show(kind: Kind, text: str) -> None:
        live._display("shop", kind, text)

    path = tmp_path / "progress.jsonl"
    path.touch()
    follower = live.Follower(path, show)
    follower.start()
    line = json.dumps({"kind": "note", "text": "in two parts"})
    for part in (line[:10], line[10:] + "\nnot JSON\n", line[:10]):
        with path.open("a") as file:
            file.write(part)
    follower.stop()
    assert shown == ["shop | in two parts"]


@pytest.mark.parametrize(
    ("callback", "stderr"),
    [
        ("default", False),
        ("ansible.builtin.default", False),
        ("gocover.e2e.live", False),
        ("minimal", True),
        ("ansible.builtin.oneline", True),
    ],
)
@pytest.mark.parametrize("kind", ["note", "output", "text"])
def test_progress_keeps_out_of_what_programs_read(
    callback: str, stderr: bool, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    displayed: list[bool] = []
    monkeypatch.setattr(live.display, "display", lambda _text, **options: displayed.append(options["stderr"]))
    monkeypatch.setattr(C, "DEFAULT_STDOUT_CALLBACK", callback)
    live._display("shop", kind, "a line")
    assert displayed == [stderr]
