# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository that uses the collection: an inventory, playbook runs, and what they leave behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
SERVICES = Path(__file__).resolve().parent / "services"
BIN = Path(sys.executable).parent

#: What no user may ever see.
_TRACES = ("Traceback (most recent call last)", "An exception occurred during task execution", "MODULE FAILURE")

Settings = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """A run of ansible-playbook that has ended: its exit code and all that it printed."""

    rc: int
    output: str

    @property
    def sentences(self) -> str:
        """The output as one line with single spaces: Ansible wraps long messages."""
        return re.sub(r"\s+", " ", self.output)


@dataclass
class Project:
    """A directory with an inventory in which services are described; ``tests`` is the command of their tests."""

    directory: Path
    tests: str
    good_run: Path
    coverage: Path = field(init=False)

    def __post_init__(self) -> None:
        self.coverage = self.directory / "coverage"

    def describe(self, **services: Settings) -> None:
        """Write the inventory; a service is the sample, with these settings on top (names without ``service_``)."""
        sample: Settings = {"repo": str(SERVICES), "package": "./cmd/sample", "tests": self.tests, "ready_timeout": 20}
        # What an interrupted pytest leaves behind ends by itself.
        sample["tests_timeout"] = 60
        hosts = {
            name: {f"service_{key}": value for key, value in {**sample, **settings}.items()}
            for name, settings in services.items()
        }
        inventory = {"services": {"hosts": hosts}}
        (self.directory / "hosts.json").write_text(json.dumps(inventory, indent=2), encoding="utf-8")

    def start(
        self,
        service: str = "sample",
        *arguments: str,
        playbook: str = "coverage",
        variables: dict[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """Start a playbook in a process group of its own, as a shell does, and go on; ``variables`` of environment."""
        command = [
            str(BIN / "ansible-playbook"),
            f"gocover.e2e.{playbook}",
            "-i",
            "hosts.json",
            "-e",
            f"service={service}",
        ]
        return subprocess.Popen(
            [*command, "-e", f"coverage_dir={self.coverage}", *arguments],
            cwd=self.directory,
            env={**environment(), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(
        self,
        service: str = "sample",
        *arguments: str,
        playbook: str = "coverage",
        variables: dict[str, str] | None = None,
    ) -> Ended:
        """Run a playbook to its end. No stack trace may be in its output."""
        return ended(self.start(service, *arguments, playbook=playbook, variables=variables))

    def has_been_run(self) -> dict[str, bytes]:
        """Bring what a good run has left behind, and return its results."""
        shutil.copytree(self.good_run, self.coverage, symlinks=True)
        return self.results()

    def document(self, name: str, service: str = "sample") -> dict[str, Any]:
        """A JSON file among the results of ``service``."""
        read: dict[str, Any] = json.loads((self.coverage / service / name).read_text(encoding="utf-8"))
        return read

    def causes(self, service: str = "sample") -> list[str]:
        """The causes that run.json gives, in order."""
        failures = self.document("run.json", service)["failures"]
        return [entry["cause"] for failure in failures for entry in failure["diagnosis"]]

    def results(self, service: str = "sample") -> dict[str, bytes]:
        """Every file of the last report: its path among the results, and its content."""
        place = self.coverage / service
        ours = ("run.json", "tests.log")
        files = (path for path in place.rglob("*") if path.is_file() and path.name not in ours)
        return {str(path.relative_to(place)): path.read_bytes() for path in files}

    def processes(self) -> list[str]:
        """Command lines of the processes that have this directory in them or in their environment."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                everything = command + (process / "environ").read_bytes()
            except OSError:
                continue
            if str(self.directory).encode() in everything and int(process.name) != os.getpid():
                found.append(f"{process.name} {command.decode(errors='replace')}")
        return found


def environment() -> dict[str, str]:
    """Ours, without what a user's shell may say to Ansible; the collection is found through the checkout's link."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {
        **plain,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible" / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONUNBUFFERED": "1",
    }


def ended(process: subprocess.Popen[str], timeout: float = 120) -> Ended:
    """Wait for a playbook and return what it printed."""
    try:
        output, _none = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _none = process.communicate()
        raise AssertionError(f"it had not ended after {timeout:g} s; it had printed:\n{output}") from None
    for trace in _TRACES:
        assert trace not in output, output
    return Ended(process.returncode, output)


def wait_until(condition: Callable[[], object], what: str, timeout: float = 30) -> None:
    """Return as soon as ``condition`` is met; fail after ``timeout`` seconds."""
    limit = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < limit, f"after {timeout:g} s still not: {what}"
        time.sleep(0.05)
