# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hook for pre-commit, in another repository, from an environment that has no Ansible."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "suite"))
import machine  # noqa: E402 - found by the line above

_GIT = ("git", "-c", "user.name=gocover", "-c", "user.email=gocover@example.com")


def committed(directory: Path) -> str:
    """A repository of what the directory holds, and its commit."""
    for words in (("init", "-q"), ("add", "--all"), ("commit", "-q", "-m", "All")):
        subprocess.run([*_GIT, *words], cwd=directory, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=directory, check=True, capture_output=True, text=True)
    return head.stdout.strip()


def test_the_hook_checks_and_fixes(tmp_path: Path) -> None:
    hooks = machine.copy_of_collection(tmp_path / "hooks")
    revision = committed(hooks)
    user = tmp_path / "user"
    user.mkdir()
    (user / "Makefile").write_text("image:\n\tdocker build -t shop/api:shop/api-1 .\n", encoding="utf-8")
    committed(user)

    def run(arguments: str) -> subprocess.CompletedProcess[str]:
        (user / ".pre-commit-config.yaml").write_text(
            f"repos: [{{repo: {hooks}, rev: {revision}, hooks: [{{id: coverage-lint, args: {arguments}}}]}}]\n",
            encoding="utf-8",
        )
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose"],
            cwd=user,
            env=machine.environment({"PRE_COMMIT_HOME": str(tmp_path / "home")}),
            capture_output=True,
            text=True,
            check=False,
        )

    found = run("[]")
    assert found.returncode == 1, found.stdout + found.stderr
    assert 'Makefile:2: error: The image "shop/api:shop/api-1" has a slash in its tag' in found.stdout
    fixed = run("[--fix]")
    assert "files were modified by this hook" in fixed.stdout
    assert (user / "Makefile").read_text(encoding="utf-8") == "image:\n\tdocker build -t shop/api:shop-api-1 .\n"
    clean = run("[--format, json]")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    # The environment of the hook has what pyproject.toml names, and no more of ours.
    python = next((tmp_path / "home").glob("repo*/py_env-*/bin/python"))
    assert subprocess.run([python, "-c", "import ansible"], capture_output=True, check=False).returncode == 1
