# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service with ``ansible_host`` really runs there: over ssh, with another Python, and its results are fetched."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from project import Project, environment

#: Another address of this machine stands for another machine: nothing but ssh leads there.
ADDRESS = "127.0.0.2"


@pytest.fixture
def other_machine(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The variables of a host that an ssh server of its own answers for."""
    program = shutil.which("sshd", path=f"{environment()['PATH']}{os.pathsep}/usr/sbin")
    if program is None:
        pytest.skip("another machine needs sshd")
    place = tmp_path / "ssh"
    place.mkdir(mode=0o700)
    for key in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / key)], check=True)
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    settings = {
        "Port": port,
        "ListenAddress": ADDRESS,
        "HostKey": place / "host",
        "AuthorizedKeysFile": place / "client.pub",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PermitRootLogin": "yes",
        "SetEnv": f"PATH={environment()['PATH']}",
        "Subsystem": "sftp internal-sftp",
    }
    (place / "config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()), encoding="ascii")
    if os.geteuid() == 0:
        # Where Debian's server separates its privileges.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = (place / "log").open("wb")
    server = subprocess.Popen([program, "-D", "-e", "-f", str(place / "config")], stderr=log)
    try:
        _wait_for(server, port, place / "log")
        yield {
            "ansible_host": ADDRESS,
            "ansible_port": port,
            "ansible_ssh_private_key_file": str(place / "client"),
            "ansible_ssh_args": "-o ControlMaster=auto -o ControlPersist=5s",
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            # The one below the virtual environment: a machine of its own would not have ours.
            "ansible_python_interpreter": str(Path(sys.executable).resolve()),
        }
    finally:
        server.terminate()
        server.wait()
        log.close()


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    limit = time.monotonic() + 30
    while True:
        assert server.poll() is None, log.read_text()
        try:
            socket.create_connection((ADDRESS, port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.05)


def test_a_service_on_another_machine(project: Project, other_machine: dict[str, Any]) -> None:
    inventory = project.directory / "hosts.json"
    described = json.loads(inventory.read_text(encoding="utf-8"))
    described["services"]["hosts"]["sample"].update(other_machine)
    inventory.write_text(json.dumps(described), encoding="utf-8")
    there = Path("/var/tmp/gocover-e2e") / str(project.coverage).strip("/").replace("/", "-")
    try:
        ran = project.run("sample", "-e", "coverage_runtime=process")
        assert ran.rc == 0, ran.output
        assert project.document("summary.json")["counter_files"] == 1
        assert project.document("run.json")["outcome"] == "passed"
        assert (project.coverage / "sample" / "index.html").is_file()
        # It was made there and fetched, not made here.
        assert (there / "sample" / "index.html").is_file()
        assert not (project.coverage / ".work" / "sample").exists()
    finally:
        shutil.rmtree(there, ignore_errors=True)
