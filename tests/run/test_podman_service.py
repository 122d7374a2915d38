# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""However modules run, all of them find one service of podman, where podman has no socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from project import BIN, environment

STAND_IN = Path(__file__).parents[1] / "unit/plugins/module_utils/_engine/podman_stand_in.py"
WAYS: dict[str, dict[str, t.Any]] = {"in the worker": {}, "shipped": {"environment": {"LC_ALL": "C"}}}


@pytest.fixture
def starts(tmp_path: Path) -> t.Iterator[Path]:
    """The file in which each start of the stand-in leaves its process identifier."""
    path = tmp_path / "starts"
    yield path
    for line in path.read_text(encoding="ascii").split() if path.exists() else []:
        os.kill(int(line), signal.SIGKILL)


def test_steps_in_each_way_use_one_service(starts: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "podman"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n" + STAND_IN.read_text(encoding="utf-8").split("\n", 1)[1])
    program.chmod(0o755)
    (tmp_path / "run").mkdir(mode=0o700)
    module = {"gocover.e2e.kind_cluster_info": {"provider": "podman"}, "register": "ran"}
    check = {
        "ansible.builtin.assert": {"that": ["ran.provider == 'podman'", "ran.clusters == []"]},
    }
    tasks = [task for way in WAYS.values() for task in ({**module, **way}, check)]
    playbook = tmp_path / "info.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    env = environment()
    env |= {"PATH": f"{program.parent}:{env['PATH']}", "STARTS": str(starts), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    for variable in ("CONTAINER_HOST", "KIND_EXPERIMENTAL_PROVIDER"):
        env.pop(variable, None)
    ran = subprocess.run(
        [str(BIN / "ansible-playbook"), str(playbook)],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(starts.read_text(encoding="ascii").split()) == 1
