# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Suites of tests as commands: what came of them, in words."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._exercise import suite
from ansible_collections.gocover.e2e.plugins.module_utils._golang import toolchain
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress, into_file

FOREVER = 600


@pytest.fixture
def spec(tmp_path: Path) -> suite.SuiteSpec:
    return suite.SuiteSpec(":", cwd=str(tmp_path), env={}, timeout=FOREVER, log=str(tmp_path / "tests.log"))


def shown(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text().splitlines()]


def failed(spec: suite.SuiteSpec, owner: int | None = None) -> Failure:
    with pytest.raises(Failure) as caught:
        suite.run(spec, Progress(), owner)
    assert len(caught.value.diagnoses) == 1
    return caught.value


def test_a_suite_that_passes(spec: suite.SuiteSpec, tmp_path: Path) -> None:
    script = r"printf '=== RUN   TestA\n--- PASS: TestA (0.00s)\nok  \tx\t0.1s\n'; echo $SERVICE_URL"
    progress = tmp_path / "progress"
    result = suite.run(
        replace(spec, command=script, env={"SERVICE_URL": "http://x"}), Progress(into_file(str(progress))), None
    )
    assert result["tests"] == {"passed": 1, "skipped": 0, "failed": []}
    assert (result["rc"], result["command"]) == (0, script)
    assert suite.section(result)["ok"] is True
    assert (tmp_path / "tests.log").read_text().splitlines()[-1] == "http://x"
    assert shown(progress)[0] == f"testing: {script}"
    assert shown(progress)[1:5] == ["=== RUN   TestA", "--- PASS: TestA (0.00s)", "ok  \tx\t0.1s", "http://x"]
    assert shown(progress)[5].startswith("tests passed after ")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("echo $HOME | cat", os.environ.get("HOME", "")),
        (["echo", "$HOME"], "$HOME"),
        (["echo", "a  b", 7], "a  b 7"),
        ("pwd", "{}"),
    ],
)
def test_a_string_is_for_a_shell_and_a_list_is_not(command: str | list[str], line: str, spec: suite.SuiteSpec) -> None:
    suite.run(replace(spec, command=command), Progress(), None)
    assert spec.log is not None
    assert Path(spec.log).read_text() == line.format(spec.cwd) + "\n"


PRINT_FAILURE = r"printf '%s\n' '--- FAIL: TestA (0.00s)' '    a_test.go:3: wrong' FAIL; exit 1"


@pytest.mark.parametrize(
    ("command", "cause", "words"),
    [
        (PRINT_FAILURE, "tests-failed", "exit code 1. TestA failed: a_test.go:3: wrong; the whole output is in"),
        (
            "echo broken; exit 2",
            "tests-failed",
            "ended with exit code 2. Last output: broken; the whole output",
        ),
        ("exit 2", "tests-failed", "ended with exit code 2. It wrote nothing; the whole output is in"),
        ("kill -9 $$", "tests-failed", "ended with exit code 137."),
        ("no-such-command", "tests-failed", "not found. Set service_tests to a command that is on PATH."),
        ("exit 127", "tests-failed", "It ended with exit code 127, which means: no such command."),
        (["/no/such/command"], "tests-failed", "Executing /no/such/command failed with: No such file or directory."),
        (r"printf '?   \tx\t[no test files]\n'", "no-tests-run", "None of its packages has a test."),
        (r"printf 'ok  \tx\t(cached)\n'", "no-tests-run", "Add -count=1 to go test in service_tests."),
        (r"printf -- '--- SKIP: TestA (0.00s)\n'", "no-tests-run", "All 1 tests were skipped."),
        (
            PRINT_FAILURE + " | cat",
            "tests-failed",
            "ended with exit code 0. TestA failed: a_test.go:3: wrong; the whole",
        ),
        ("echo 'DONE 0 tests in 0.1s'", "no-tests-run", "gotestsum counts no test."),
        (
            ["echo", '{"Action":"output","Package":"x","Output":"?   \\tx\\t[no test files]"}'],
            "no-tests-run",
            "None of",
        ),
        ("echo 1..0", "no-tests-run", "TAP counts no test."),
        ("echo '<testsuites/>' > out.xml", "no-tests-run", "JUnit counts no test."),
        ("echo 'Ran 0 of 4 Specs in 0.000 seconds'", "no-tests-run", "Ginkgo ran none of its specs."),
        ("  ", "no-tests-run", "service_tests is empty."),
        ([], "no-tests-run", "service_tests is empty."),
    ],
)
def test_a_suite_that_does_not_pass(command: str | list[str], cause: str, words: str, spec: suite.SuiteSpec) -> None:
    failure = failed(replace(spec, command=command))
    assert failure.diagnoses[0].cause == cause
    assert words in str(failure)
    assert failure.sections.get("tests", {}).get("ok", False) is False


def test_a_directory_that_is_not_there(spec: suite.SuiteSpec) -> None:
    failure = failed(replace(spec, cwd="/no/such/directory"))
    assert failure.diagnoses[0].cause == "source-missing"


def test_a_suite_that_hangs_is_asked_where(spec: suite.SuiteSpec, tmp_path: Path) -> None:
    script = f"""trap 'echo "SIGQUIT: quit"; echo goroutine 1; exit 2' QUIT
    echo '=== RUN   TestSlow'; sleep {FOREVER} & wait"""
    progress = tmp_path / "progress"
    with pytest.raises(Failure) as caught:
        suite.run(replace(spec, command=script, timeout=0.5), Progress(into_file(str(progress))), None)
    (diagnosis,) = caught.value.diagnoses
    assert diagnosis.cause == "tests-timeout"
    assert diagnosis.evidence.startswith("TestSlow had begun and not ended; the whole output is in ")
    assert str(caught.value).startswith("The tests had not ended after 0.5 s and were stopped.")
    # The dump is in the log, not on the terminal.
    assert (tmp_path / "tests.log").read_text().splitlines()[-1] == "goroutine 1"
    assert "goroutine 1" not in shown(progress)


def test_a_timeout_of_go_test_itself(spec: suite.SuiteSpec) -> None:
    script = r"printf 'panic: test timed out after 10m0s\n\trunning tests:\n\t\tTestX (3m1s)\n'; exit 1"
    failure = failed(replace(spec, command=script))
    assert failure.diagnoses[0].cause == "tests-timeout"
    assert "The tests had not ended after 10m0s and were stopped. TestX had begun and not ended;" in str(failure)


def test_a_suite_whose_playbook_is_gone(spec: suite.SuiteSpec) -> None:
    with subprocess.Popen(["sleep", str(FOREVER)]) as owner:
        # The playbook goes while the tests run.
        failure = failed(replace(spec, command=f"kill -9 {owner.pid}; exec sleep {FOREVER}"), owner.pid)
    assert "The playbook that ran them is gone" in str(failure)


MODULE = {"go.mod": "module example.test/m\n\ngo 1.21\n", "lib/lib.go": "package lib\n"}
TEST = 'package e2e\n\nimport "testing"\n\nfunc TestA(t *testing.T) {}\n'
TAGGED = f"//go:build e2e\n\n{TEST}"


@pytest.mark.parametrize("flags", ["-v", "-json", ""])
@pytest.mark.parametrize(
    ("files", "packages", "remedy"),
    [
        (
            {"test/e2e/a_test.go": TAGGED},
            "./test/e2e/...",
            "Set service_tests: go test -tags=e2e -count=1 {} ./test/e2e/...",
        ),
        ({"test/e2e/a_test.go": TAGGED}, "./test/e2e", "Set service_tests: go test -tags=e2e -count=1 {} ./test/e2e"),
        (
            {"test/e2e/a_test.go": TAGGED, "test/e2e/doc.go": "package e2e\n"},
            "./test/e2e/...",
            "Set service_tests: go test -tags=e2e -count=1 {} ./test/e2e/...",
        ),
        ({}, "./test/e2e/...", "Set service_tests to a command that runs the end-to-end tests"),
        ({}, "./test/e2e", "Set service_tests to a command that runs the end-to-end tests"),
        ({}, "./lib/...", "Set service_tests to a command that runs the end-to-end tests"),
        ({"e/a_test.go": TEST}, "-run=NoSuch ./e", "Set service_tests to a command that runs the end-to-end tests"),
    ],
)
def test_go_without_a_test(
    files: dict[str, str], packages: str, remedy: str, flags: str, spec: suite.SuiteSpec, tmp_path: Path
) -> None:
    for name, content in {**MODULE, **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    environment = {"GOTOOLCHAIN": "local", "GOFLAGS": ""}
    failure = failed(replace(spec, command=f"go test -count=1 {flags} {packages}", env=environment))
    (diagnosis,) = failure.diagnoses
    assert (diagnosis.cause, diagnosis.remedy) == ("no-tests-run", remedy.format(flags))


def test_an_unknown_count_is_reported(spec: suite.SuiteSpec, tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    result = suite.run(replace(spec, command="echo 200 OK"), Progress(into_file(str(progress))), None)
    assert result["tests"] == {"passed": None, "skipped": None, "failed": []}
    assert shown(progress)[-1].startswith(
        "the number of tests is unknown: the output is in none of the forms go test -v,"
    )


def test_what_passes_when_it_runs_again_has_not_failed(spec: suite.SuiteSpec) -> None:
    output = "=== FAIL: x TestA (0.00s)", "DONE 2 runs, 3 tests, 1 failure in 0.5s"
    result = suite.run(replace(spec, command=["printf", "%s\\n", *output]), Progress(), None)
    assert result["tests"] == {"passed": 2, "skipped": 0, "failed": []}


def test_a_junit_file_gives_the_count(spec: suite.SuiteSpec) -> None:
    case = "<testsuites><testsuite><testcase name='a'/><testcase name='b'/></testsuite></testsuites>"
    result = suite.run(replace(spec, command=f'echo "{case}" > out.xml'), Progress(), None)
    assert result["tests"] == {"passed": 2, "skipped": 0, "failed": []}


def test_the_go_of_the_build_is_on_the_path_of_the_tests(
    spec: suite.SuiteSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk" / "go").write_text("#!/bin/sh\necho --- PASS: TestA\n")
    (tmp_path / "sdk" / "go").chmod(0o755)
    monkeypatch.setattr(toolchain, "PLACES", (str(tmp_path / "sdk"),))
    monkeypatch.setenv("PATH", "/nowhere")
    assert toolchain.find_go(os.environ) == str(tmp_path / "sdk" / "go")
    assert suite.run(replace(spec, command="go test"), Progress(), None)["tests"]["passed"] == 1
