# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook wrap around suites that run their programs as processes: in a repository that knows nothing of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from project import BIN, SERVICES, Ended, ended, environment, wait_until

#: Builds the sample, runs it as a process, tests it, and ends it.
SCRIPT = """\
#!/bin/sh
set -e
go build -o "$OUT/sample" ./cmd/sample
"$OUT/sample" & service=$!
trap 'kill -$ENDING $service; wait $service || true' EXIT
until curl -fs "$SERVICE_URL/readyz"; do sleep 0.1; done
go test -count=1 -v ./test/e2e
"""
#: A suite that does the same within go test, as suites of Ginkgo do.
SUITE = """\
package suite

import (
    "os"
    "os/exec"
    "syscall"
    "testing"
    "net/http"
    "time"
)

func TestService(t *testing.T) {
    program := os.Getenv("OUT") + "/sample"
    if out, err := exec.Command("go", "build", "-C", "..", "-o", program, "./cmd/sample").CombinedOutput(); err != nil {
        t.Fatalf("%v: %s", err, out)
    }
    service := exec.Command(program)
    if err := service.Start(); err != nil {
        t.Fatal(err)
    }
    defer func() {
        _ = service.Process.Signal(syscall.SIGTERM)
        _ = service.Wait()
    }()
    for i := 0; i < 100; i++ {
        if _, err := http.Get(os.Getenv("SERVICE_URL") + "/greet?name=world"); err == nil {
            return
        }
        time.Sleep(50 * time.Millisecond)
    }
    t.Fatal("never ready")
}
"""


@dataclass
class Repository:
    """A checkout of its own of the sample, and the environment of its suite."""

    directory: Path
    variables: dict[str, str]

    @property
    def coverage(self) -> Path:
        return self.directory / "coverage"

    def command(self, run: str, *arguments: str) -> list[str]:
        return [str(BIN / "ansible-playbook"), "gocover.e2e.wrap", "-e", f"run={run}", *arguments]

    def start(self, run: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(run, *arguments),
            cwd=self.directory,
            env={**environment(), "PWD": str(self.directory), **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def wrap(self, run: str, *arguments: str) -> Ended:
        return ended(self.start(run, *arguments))

    def plainly(self, run: str) -> subprocess.CompletedProcess[str]:
        """The same command, without us."""
        env = {**os.environ, **self.variables}
        argv = ["/bin/sh", "-c", run]
        return subprocess.run(argv, cwd=self.directory, env=env, capture_output=True, text=True, check=False)

    def git(self, *arguments: str) -> str:
        argv = ["git", "-c", "user.name=x", "-c", "user.email=x@localhost", *arguments]
        return subprocess.run(argv, cwd=self.directory, check=True, capture_output=True, text=True).stdout

    def document(self, program: str, name: str = "run.json") -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.coverage / program / name).read_text(encoding="utf-8"))
        return read

    def profile_is_that_of_go(self, program: str, scratch: Path) -> bool:
        """Whether the report has the very blocks and counts that Go's own tool reads from the same files."""
        theirs = scratch / "theirs"
        covdata = self.coverage / program / "covdata"
        subprocess.run(["go", "tool", "covdata", "textfmt", f"-i={covdata}", f"-o={theirs}"], check=True)
        ours = (self.coverage / program / "profile.out").read_text(encoding="utf-8")
        return sorted(ours.splitlines()) == sorted(theirs.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    directory = tmp_path / "check out"
    shutil.copytree(SERVICES, directory)
    (directory / "e2e.sh").write_text(SCRIPT, encoding="utf-8")
    (directory / "e2e.sh").chmod(0o755)
    (directory / "suite").mkdir()
    (directory / "suite" / "suite_test.go").write_text(SUITE, encoding="utf-8")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "out").mkdir()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    variables = {
        "OUT": str(tmp_path / "out"),
        "PORT": str(port),
        "SERVICE_URL": f"http://127.0.0.1:{port}",
        "ENDING": "TERM",
        "TMPDIR": str(tmp_path / "temporary"),
    }
    made = Repository(directory, variables)
    made.git("init", "-q")
    made.git("add", "-A")
    made.git("commit", "-qm", "all")
    yield made
    assert made.git("status", "--porcelain") == ""
    assert sorted((tmp_path / "temporary").glob("gocover-*")) == []


@pytest.mark.parametrize("run", ["./e2e.sh", "go test -count=1 -v ./suite"])
def test_a_suite_is_covered_without_an_edit(repository: Repository, tmp_path: Path, run: str) -> None:
    ran = repository.wrap(run)
    assert ran.rc == 0, ran.output
    document = repository.document("sample")
    assert document["outcome"] == "passed"
    assert document["tests"]["rc"] == 0
    assert document["tests"]["passed"] == (3 if run == "./e2e.sh" else 1)
    summary = repository.document("sample", "summary.json")
    assert summary["counter_files"] == 1
    assert summary["statements"]["covered"] > 0
    assert repository.profile_is_that_of_go("sample", tmp_path)
    assert (repository.coverage / "index.html").is_file()
    # The source was found: functions have their lines.
    assert "example.com/sample/cmd/sample/main.go:" in (repository.coverage / "sample" / "functions.txt").read_text()


def test_the_output_of_the_command_is_the_same(repository: Repository) -> None:
    run = "echo 'a  b' | tr a-z A-Z && go build -o \"$OUT/sample\" ./cmd/sample && go vet ./... && false"
    plain = repository.plainly(run)
    ran = repository.wrap(run)
    assert (repository.coverage / "tests.log").read_text(encoding="utf-8") == plain.stdout + plain.stderr == "A  B\n"
    assert plain.returncode == 1
    assert "ended with exit code 1" in ran.sentences


def test_failed_tests_are_reported_all_the_same(repository: Repository) -> None:
    repository.variables["OUTCOME"] = "fails"
    ran = repository.wrap("./e2e.sh")
    assert ran.rc == 2, ran.output
    assert "'./e2e.sh' ended with exit code 1" in ran.sentences
    assert "[tests-failed]" in ran.sentences
    document = repository.document("sample")
    assert document["outcome"] == "failed"
    assert document["tests"]["failed"] == ["TestOutcome"]
    assert repository.document("sample", "summary.json")["statements"]["covered"] > 0


@pytest.mark.parametrize(
    ("run", "code"),
    [("./e2e.sh && kill -KILL $$", 137), ("./e2e.sh; exit 3", 3), ("./e2e.sh | cat && exit 4", 4)],
)
def test_whatever_ends_the_command(repository: Repository, run: str, code: int) -> None:
    ran = repository.wrap(run)
    assert ran.rc == 2, ran.output
    assert f"ended with exit code {code}" in ran.sentences
    assert repository.document("sample", "summary.json")["counter_files"] == 1


def test_a_time_limit(repository: Repository) -> None:
    repository.variables["OUTCOME"] = "hangs"
    ran = repository.wrap("./e2e.sh", "-e", "wrap_timeout=8")
    assert ran.rc == 2, ran.output
    assert "raise wrap_timeout. [tests-timeout]" in ran.sentences
    assert "TestOutcome had begun and not ended" in ran.sentences
    assert repository.document("sample", "summary.json")["counter_files"] == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interruption(repository: Repository, tmp_path: Path, pause: Path, how: signal.Signals) -> None:
    repository.variables["PAUSE"] = str(pause)
    process = repository.start("./e2e.sh")
    wait_until((pause / "reached").exists, "the tests have begun")
    if how == signal.SIGINT:
        # A terminal sends it to the whole group, and Ansible waits for the step.
        os.killpg(process.pid, how)
        ran = ended(process)
        assert "sample/index.html" in ran.output
    else:
        # Ansible is gone at once; the step sees that, and goes on alone.
        process.send_signal(how)
        ran = ended(process)
        wait_until(lambda: not list((tmp_path / "temporary").glob("gocover-*")), "the step has ended", timeout=20)
    assert ran.rc != 0, ran.output
    assert repository.document("sample")["outcome"] == "failed"
    assert repository.document("sample", "summary.json")["counter_files"] == 1


def test_a_program_that_is_killed(repository: Repository) -> None:
    repository.variables["ENDING"] = "KILL"
    ran = repository.wrap("./e2e.sh")
    assert ran.rc == 2, ran.output
    assert "No counters came back from sample." in ran.sentences
    assert repository.document("sample")["failures"][0]["diagnosis"][0]["cause"] == "no-counters"


def test_a_process_that_the_command_leaves_running(repository: Repository) -> None:
    ran = repository.wrap(
        'go build -o "$OUT/sample" ./cmd/sample && { "$OUT/sample" & '
        'until curl -fs "$SERVICE_URL/readyz"; do sleep 0.1; done; }'
    )
    assert ran.rc == 0, ran.output
    assert repository.document("sample", "summary.json")["counter_files"] == 1


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("true", "It called neither go build nor docker build by way of PATH."),
        ("go build -cover=false -o $OUT/sample ./cmd/sample", "It called neither go build nor docker build"),
        ("go build -o $OUT/sample ./cmd/sample", "Builds that went through PATH: 1 by go, 0 of images"),
    ],
)
def test_nothing_that_could_be_reported(repository: Repository, run: str, words: str) -> None:
    ran = repository.wrap(run)
    assert ran.rc == 2, ran.output
    assert f"No instrumented program ran under '{run}'. {words}" in ran.sentences
    assert "[no-counters]" in ran.sentences


def test_no_command(repository: Repository) -> None:
    ran = repository.wrap("")
    assert ran.rc == 2, ran.output
    assert "run is empty. Set run to a command. [no-tests-run]" in ran.sentences


def test_results_that_cannot_be_written(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = repository.wrap("touch reached", "-e", f"coverage_dir={tmp_path}/file/coverage")
    assert ran.rc == 2, ran.output
    assert "[results-unwritable]" in ran.sentences
    assert not (repository.directory / "reached").exists(), "it is said before the command runs"


def test_what_the_shims_did_can_be_seen(repository: Repository) -> None:
    ran = repository.wrap("./e2e.sh", "-e", "wrap_keep=true")
    assert ran.rc == 0, ran.output
    (kept,) = Path(repository.variables["TMPDIR"]).glob("gocover-wrap-*")
    assert f"kept: {kept}" in ran.output
    calls = [line.split("\t") for line in (kept / "calls").read_text(encoding="utf-8").splitlines()]
    out = repository.variables["OUT"]
    assert calls[0] == ["go", "-cover", str(repository.directory), f"build -o {out}/sample ./cmd/sample"]
    shutil.rmtree(kept)
