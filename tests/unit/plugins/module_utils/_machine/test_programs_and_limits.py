# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and libraries that are missing, too old, or say nothing of use; and the limits of a machine, as files."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._machine import limits, podman_settings, programs
from ansible_collections.gocover.e2e.plugins.module_utils._machine.finding import Finding

CHECKOUT = Path(__file__).resolve().parents[5]
DOCKER = next(known for known in programs.LIBRARIES if known.name == "docker")


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (programs.ansible("2.19.14"), ("ok", "")),
        (programs.ansible("2.18.9"), ("error", "ansible-too-old")),
        (programs.python("3.12.1"), ("ok", "")),
        (programs.python("3.10.4"), ("error", "program-too-old")),
        (programs.judge_go("/go", "go version go1.26.8 linux/amd64"), ("ok", "")),
        (programs.judge_go("/go", "go version go1.21rc2 linux/amd64"), ("ok", "")),
        (programs.judge_go("/go", "go version go1.19.8 linux/amd64"), ("error", "program-too-old")),
        (programs.judge_go("/go", "Exec format error"), ("error", "go-missing")),
        (programs.judge_kind("/kind", "kind v0.33.0 go1.26.8 linux/amd64", needed=True), ("ok", "")),
        (programs.judge_kind("/kind", "kind v0.11.1 go1.16", needed=True), ("warning", "program-too-old")),
        (programs.judge_kind("/kind", "Permission denied", needed=True), ("error", "kind-missing")),
        (programs.judge_kind(None, "", needed=True), ("error", "kind-missing")),
        (programs.judge_kind(None, "", needed=False), ("warning", "kind-missing")),
        (programs.library(DOCKER, "7.1.0", "kind"), ("ok", "")),
        (programs.library(DOCKER, "", "kind"), ("ok", "")),
        (programs.library(DOCKER, "6.1", "kind"), ("warning", "program-too-old")),
        (programs.library(DOCKER, None, "kind"), ("error", "library-missing")),
        (programs.library(DOCKER, None, "auto"), ("warning", "library-missing")),
    ],
)
def test_versions(finding: Finding, expected: tuple[str, str]) -> None:
    assert (finding.level, finding.as_dict()["cause"]) == expected
    assert bool(finding.as_dict()["remedy"]) is (expected[0] != "ok")


def test_the_libraries_are_those_of_the_requirements() -> None:
    lines = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    declared = {match[1]: match[2] for line in lines if (match := re.match(r"([\w-]+)>=([0-9.]+)$", line))}
    for known in programs.LIBRARIES:
        assert declared[known.distribution] == ".".join(map(str, known.oldest))
        assert programs.installed(known)
    assert programs.installed(programs.Library("no_such_module", "no-such-module", (1,), "nobody")) is None


def test_programs_that_do_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, script in (("slow", "#!/bin/sh\nexec sleep 60\n"), ("odd", "#!/no/such/interpreter\n")):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(programs, "_PATIENCE", 0.2)
    assert programs.said([str(tmp_path / "slow")], os.environ) == "no answer for 0 s"
    assert programs.said([str(tmp_path / "odd")], os.environ) == os.strerror(2)
    assert programs.optional("slow", "tests", {"PATH": str(tmp_path)}).found == str(tmp_path / "slow")
    assert "only tests need it" in programs.optional("none", "tests", {"PATH": str(tmp_path)}).found
    assert programs.go({"PATH": str(tmp_path)}).level in ("ok", "error")


def write(place: Path, files: t.Mapping[str, str]) -> None:
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content)


def test_limits_are_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "sys/fs/inotify/max_user_instances": "128\n",
            "sys/fs/inotify/max_user_watches": "8192\n",
            "meminfo": "MemTotal: 4000 kB\nMemAvailable:    1000 kB\nSwapFree: 24 kB\n",
        },
    )
    (tmp_path / "7" / "fd").mkdir(parents=True)
    for number, target in enumerate(["anon_inode:inotify", "/dev/null", "anon_inode:inotify"]):
        (tmp_path / "7" / "fd" / str(number)).symlink_to(target)
    have = limits.read(str(tmp_path / "not" / "yet"), tmp_path)
    assert have.inotify == limits.Inotify(128, 8192, 2)
    assert have.memory == 1024 * 1024
    assert have.disk is not None and have.disk.path == str(tmp_path) and have.disk.free > 0
    nothing = limits.read(None, tmp_path / "nowhere")
    assert nothing == limits.Limits(limits.Inotify(None, None, 0), None, None)


def test_podmans_settings(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "system.conf": "[containers]\npids_limit = 2048\nlog_driver = 'journald'\n",
            "home/.config/containers/containers.conf": "[containers]\npids_limit = 100\n",
            "home/.config/containers/containers.conf.d/10-mine.conf": "[containers]\npids_limit = 0\n",
            "alone.conf": "[engine]\n",
            "broken.conf": "[containers",
        },
    )
    system = (str(tmp_path / "system.conf"), str(tmp_path / "broken.conf"), str(tmp_path / "none.conf"))
    read = podman_settings.read({}, tmp_path / "home", system)
    assert read == {"pids_limit": 0, "log_driver": "journald"}
    assert podman_settings.pids_limit(read) == 0
    alone = podman_settings.read({"CONTAINERS_CONF": str(tmp_path / "alone.conf")}, tmp_path / "home", system)
    assert podman_settings.pids_limit(alone) is None
