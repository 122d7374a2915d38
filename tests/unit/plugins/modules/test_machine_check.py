# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module machine_check: what it looks at for each runtime, and what fails it."""

from __future__ import annotations

import os
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import failure
from ansible_collections.gocover.e2e.plugins.module_utils._machine import doctor, limits, programs
from fake_engine import FakeEngine
from module_runner import Modules

HEALTHY = limits.Limits(limits.Inotify(8192, 524288, 100), 8 << 30, limits.Disk("/d", 50 << 30, 10**6))


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with all programs, and room for everything."""
    home = tmp_path / "home"
    for name, said in (("go", "go version go1.26.8 linux/amd64"), ("kind", "kind v0.33.0 go1.26.8")):
        (home / "bin").mkdir(parents=True, exist_ok=True)
        (home / "bin" / name).write_text(f"#!/bin/sh\necho {said}\n")
        (home / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}/bin:/usr/bin:/bin")
    for name in ("GOPATH", "GOBIN", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "CONTAINERS_CONF"):
        monkeypatch.delenv(name, raising=False)
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST", "KIND_EXPERIMENTAL_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    have(monkeypatch, HEALTHY)
    return home


def have(monkeypatch: pytest.MonkeyPatch, present: limits.Limits) -> None:
    monkeypatch.setattr(limits, "read", lambda *_arguments: present)


def levels(result: dict[str, t.Any]) -> dict[str, str]:
    return {entry["subject"]: entry["level"] for entry in result["findings"]}


def causes(result: dict[str, t.Any]) -> list[str]:
    return [entry["cause"] for entry in result["diagnosis"]]


def test_a_machine_that_has_everything(modules: Modules, engine: FakeEngine, tmp_path: Path) -> None:
    engine.add_image("kindest/node:v1.34.4", {})
    result = modules("machine_check", image="kindest/node:v1.34.4", dest=str(tmp_path / "coverage"))
    assert not result.get("failed"), result
    assert set(levels(result).values()) == {"ok"}
    assert {"ansible-core", "Go", "kind", "engine", "node image", "inotify", "disk", "memory"} <= set(levels(result))
    lines = [text for kind, text in modules.shown if kind == "text"]
    assert len(lines) == len(result["findings"]), "a line for each"
    assert modules.shown[-1][1] == "this machine is ready"
    assert not (tmp_path / "coverage").exists()


def test_processes_need_no_engine(modules: Modules, engine: FakeEngine, machine: Path, tmp_path: Path) -> None:
    (machine / "bin" / "kind").unlink()
    result = modules("machine_check", runtime="process", dest=str(tmp_path))
    assert not result.get("failed") and engine.calls == []
    assert not {"kind", "engine", "inotify", "Python library docker"} & set(levels(result))


@pytest.mark.parametrize(
    ("arguments", "env", "level"),
    [
        ({}, {}, "warning"),
        ({"runtime": "kind"}, {}, "error"),
        ({"provider": "podman"}, {}, "error"),
        ({}, {"DOCKER_HOST": "unix:///none"}, "error"),
        ({}, {"KIND_EXPERIMENTAL_PROVIDER": "podman"}, "error"),
    ],
)
def test_an_engine_that_does_not_answer(arguments: dict[str, str], env: dict[str, str], level: str) -> None:
    def unreachable(*_arguments: t.Any) -> t.NoReturn:
        raise failure("No container engine answers", "engine-unreachable", "Tried nothing", "Start Docker")

    defaults: dict[str, t.Any] = {"runtime": "auto", "provider": "auto", "image": "", "nodes": 1, "dest": "/"}
    found = doctor.findings(doctor.DoctorOptions(**{**defaults, **arguments}), unreachable, {**os.environ, **env})
    assert [finding.level for finding in found if finding.subject == "engine"] == [level]


def test_what_is_in_the_way_fails_and_the_rest_is_shown(
    modules: Modules, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    have(monkeypatch, replace(HEALTHY, inotify=limits.Inotify(64, 524288, 60), memory=1 << 30))
    engine.facts = replace(engine.facts, cgroup=1)
    result = modules("machine_check", image="kindest/node:v1.36.0", dest=str(tmp_path))
    assert causes(result) == ["inotify-limit", "cgroup-unsupported"]
    assert levels(result)["memory"] == "warning" and levels(result)["disk"] == "ok"
    assert "A run on this machine would fail" in result["msg"]


def test_a_program_and_a_library_that_are_missing(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, machine: Path, tmp_path: Path
) -> None:
    (machine / "bin" / "kind").unlink()
    monkeypatch.setattr(programs, "installed", lambda known: None if known.name == "docker" else "99")
    result = modules("machine_check", dest=str(tmp_path))
    assert (levels(result)["kind"], levels(result)["Python library docker"]) == ("warning", "warning")
    assert not result.get("failed"), "services run as processes then"
    assert causes(modules("machine_check", runtime="kind", dest=str(tmp_path))) == ["library-missing", "kind-missing"]


def test_results_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert doctor.results(str(tmp_path / "new" / "coverage")).level == "ok"
    assert doctor.results(str(tmp_path / "file" / "coverage")).as_dict()["cause"] == "results-unwritable"
    monkeypatch.setattr(limits, "disk_of", lambda path: limits.Disk(str(tmp_path), 1 << 20))
    full = doctor.results(str(tmp_path))
    assert (full.level, full.as_dict()["cause"]) == ("error", "disk-full")
    monkeypatch.setattr("os.access", lambda *_arguments: False)
    assert doctor.results(str(tmp_path)).as_dict()["cause"] == "results-unwritable"
