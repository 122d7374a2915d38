# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first use, as the README describes it: a new home, a new Python environment, a service of one's own.

Nothing of the checkout is on any path but the artifact, in place of the name that Galaxy knows. The transcript is kept
in tests/output/first-use.txt.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "suite"))
import machine  # noqa: E402 - found by the line above

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")

FILES = {
    "go.mod": "module example.com/shop\n\ngo 1.21\n",
    "cmd/shop/main.go": """package main

import (
    "context"
    "net/http"
    "os/signal"
    "syscall"
)

func cart(w http.ResponseWriter, r *http.Request) {
    if r.Method != http.MethodGet {
        w.WriteHeader(http.StatusMethodNotAllowed)
        return
    }
    w.Write([]byte("[]"))
}

func main() {
    ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
    defer stop()
    server := &http.Server{Addr: ":PORT"}
    http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
    http.HandleFunc("/cart", cart)
    go func() { <-ctx.Done(); server.Shutdown(context.Background()) }()
    server.ListenAndServe()
}
""",
    "test/e2e/shop_test.go": """//go:build e2e

package e2e

import (
    "net/http"
    "os"
    "testing"
)

func TestCart(t *testing.T) {
    answer, err := http.Get(os.Getenv("SERVICE_URL") + "/cart")
    if err != nil || answer.StatusCode != http.StatusOK {
        t.Fatal(answer, err)
    }
}
""",
}


class User:
    """Somebody with an empty home who types commands in a repository."""

    def __init__(self, directory: Path) -> None:
        self.repository = directory / "shop"
        self.transcript = ""
        home, environment = directory / "home", directory / "venv"
        home.mkdir()
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        go = shutil.which("go", path=machine.environment()["PATH"])
        assert go is not None
        cache = subprocess.run([go, "env", "GOCACHE"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        plain = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ANSIBLE_", "PYTHON", "VIRTUAL_ENV", "GOCOVER_", "XDG_"))
        }
        # No engine: this user has none. What Go has compiled before is kept, for the sake of time.
        path = [environment / "bin", Path(go).parent, "/usr/bin", "/bin"]
        self.environment = {
            **plain,
            "HOME": str(home),
            "PATH": os.pathsep.join(map(str, path)),
            "GOCACHE": cache,
            "GOTOOLCHAIN": "local",
            "DOCKER_HOST": f"unix://{home}/none.sock",
        }

    def types(self, command: str) -> str:
        """The output of a command, which must succeed."""
        began = time.monotonic()
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=self.repository,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.transcript += f"$ {command}\n{ran.stdout}[{time.monotonic() - began:.1f} s]\n\n"
        assert ran.returncode == 0, self.transcript
        assert "Traceback" not in ran.stdout, self.transcript
        return ran.stdout


@pytest.fixture
def user(tmp_path: Path) -> User:
    """A user in the repository of a small service, which listens on a port of its own."""
    found = User(tmp_path)
    port = str(20000 + os.getpid() % 10000)
    for name, text in FILES.items():
        path = found.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace('":PORT"', f'":{port}"'), encoding="utf-8")
    return found


def documented(beginning: str) -> str:
    """The command of the README that begins so, without its comment."""
    match = re.search(rf"^    ({re.escape(beginning)}.*?)(?:\s+#.*)?$", README, re.MULTILINE)
    assert match, f"the README has no command {beginning}"
    return match[1]


def test_three_commands_from_nothing_to_a_report(user: User, artifact: Path) -> None:
    galaxy = documented("ansible-galaxy collection install").replace("gocover.e2e", str(artifact))
    user.types(f"{documented('pip install')} && {galaxy}")
    said = user.types(documented("ansible-playbook gocover.e2e.init"))
    for sentence in (
        "service  shop: cmd/shop/main.go:",
        "test/e2e asks for the build tag e2e",
        "created  inventory.yml",
        "next     ansible-playbook coverage.yml",
    ):
        assert sentence in said, user.transcript
    said = user.types(documented("ansible-playbook coverage.yml"))
    (machine.OUTPUT / "first-use.txt").write_text(user.transcript, encoding="utf-8")

    # The quiet view: no headings, no lines that only repeat, the table, the report.
    assert "TASK [" not in said and "=== RUN" not in said, user.transcript
    assert "WARNING" not in said, user.transcript
    assert "shop | runs as local processes" in said.splitlines()[0], user.transcript
    assert "--- PASS: TestCart" in said, user.transcript
    assert re.search(r"^shop +\d+\.\d% .* 1 passed +passed$", said, re.MULTILINE), user.transcript
    assert len(said.splitlines()) < 30, user.transcript
    assert "the files are not checked" not in said, user.transcript
    summary = json.loads((user.repository / "coverage" / "shop" / "summary.json").read_text(encoding="utf-8"))
    assert summary["tests"]["passed"] == 1 and summary["statements"]["covered"] > 0

    # The second time nothing is to be done.
    assert "created" not in user.types(documented("ansible-playbook gocover.e2e.init")), user.transcript
