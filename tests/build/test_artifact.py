# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact, built and installed far from the checkout, does the main job for another repository."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "suite"))
import machine  # noqa: E402 - found by the line above


def ran(*command: str | Path, cwd: Path, **environment: str) -> str:
    """The output of a command, which must succeed."""
    process = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=machine.environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    return process.stdout


#: What users need of the tests: nothing. ansible-test needs these.
KEPT_TESTS = {"tests/config.yml", *(f"tests/sanity/ignore-{core}.txt" for core in ("2.19", "2.20", "2.21"))}


def test_artifact_has_what_users_need_and_no_more(artifact: Path) -> None:
    with tarfile.open(artifact) as archive:
        files = {member.name: member.size for member in archive.getmembers() if member.isfile()}
    assert {name for name in files if name.startswith("tests/")} == KEPT_TESTS
    for needed in ("README.md", "LICENSE", "requirements.txt", "meta/execution-environment.yml", "playbooks/init.yml"):
        assert needed in files
    for ours in ("noxfile.py", "Makefile", ".gitignore", "coverage/index.html"):
        assert ours not in files
    assert sum(files.values()) < 4_000_000


def test_installed_artifact_does_the_main_job(artifact: Path, tmp_path: Path) -> None:
    collections = tmp_path / "collections"
    ran("ansible-galaxy", "collection", "install", "--offline", artifact, "-p", collections, cwd=tmp_path)
    # One line per service, in a repository that has nothing else of ours.
    (tmp_path / "hosts.yml").write_text(
        f"services:\n  hosts:\n    datastorage: {{service_repo: {CHECKOUT}/examples/datastorage}}\n", encoding="utf-8"
    )
    ran(
        *("ansible-playbook", "gocover.e2e.coverage", "-i", "hosts.yml"),
        *("-e", "service=datastorage", "-e", "coverage_runtime=process"),
        cwd=tmp_path,
        ANSIBLE_COLLECTIONS_PATH=str(collections),
    )
    for name in ("profile.out", "summary.json", "index.html"):
        assert (tmp_path / "coverage" / "datastorage" / name).is_file()
