# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the tests, in the order in which they are worth knowing."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import machine
from job import Job
from machine import BIN, CHECKOUT, OUTPUT

TESTS = CHECKOUT / "tests"


@dataclass(frozen=True)
class Part:
    """``run`` does it; ``programs`` are what it needs in PATH; ``lane`` says with which others it may overlap.

    ``wishes`` are programs that single tests need, which say so themselves where they are missing.
    """

    name: str
    purpose: str
    run: Callable[[Job], None]
    lane: str
    programs: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()


def unit(job: Job) -> None:
    job.pytest("--import-mode=importlib", "tests/unit")


def lint(job: Job) -> None:
    job.check("ruff", [BIN / "ruff", "check", "."])
    job.check("yamllint", [BIN / "yamllint", "--strict", "."])
    job.check("ansible-lint", [BIN / "ansible-lint", "--offline", "--profile", "production"])
    job.check("antsibull-changelog", [BIN / "antsibull-changelog", "lint"])
    scripts = [
        CHECKOUT / ".ci" / "run",
        *sorted(_shell_scripts(TESTS / "lab")),
        *sorted(_shell_scripts(TESTS / "bench")),
    ]
    job.check("shellcheck", ["shellcheck", "--external-sources", *scripts])


def _shell_scripts(directory: Path) -> list[Path]:
    shebang = re.compile(rb"#!.*\b(ba)?sh\b")
    return [path for path in directory.rglob("*") if path.is_file() and shebang.match(path.read_bytes()[:64])]


def types(job: Job) -> None:
    job.check("mypy, the collection", [BIN / "mypy", "-p", "ansible_collections.gocover.e2e.plugins"])
    campaigns = ("campaign/collection", "campaign/deployments")
    for directory in ("suite", "unit", "run", "browser", "kind", "bench", "fuzz", *campaigns):
        for place, files in _by_conftest(TESTS / directory).items():
            # As pytest and python do it: modules beside the file are found by their bare names.
            # Campaigns use the rig of the tests on kind.
            path = f"{place}{os.pathsep}{TESTS / 'kind'}"
            job.check(f"mypy, {place.relative_to(CHECKOUT)}", [BIN / "mypy", *files], env={"MYPYPATH": path})


def _by_conftest(directory: Path) -> dict[Path, list[Path]]:
    """The Python files below ``directory``, by the nearest directory above them that has a conftest.py."""
    places = {directory, *(path.parent for path in directory.rglob("conftest.py"))}
    files: dict[Path, list[Path]] = {}
    for path in sorted(directory.rglob("*.py")):
        files.setdefault(next(parent for parent in path.parents if parent in places), []).append(path)
    return files


def sanity(job: Job) -> None:
    _provide_pip_script()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    # It refuses a checkout that is not below ansible_collections, or that is only linked there.
    with machine.locked("sanity"):
        copy = machine.copy_of_collection(machine.cache() / "sanity")
        for command in (["init", "--quiet"], ["add", "--all"]):
            job.run(["git", *command], cwd=copy)
        rc, output = job.run([BIN / "ansible-test", "sanity", "--venv", "--python", version, "--color", "no"], cwd=copy)
    ran = len(set(re.findall(r'^Running sanity test "([\w-]+)"', output, re.MULTILINE)))
    failed = re.search(r"The (\d+) sanity test\(s\) listed below", output)
    bad = int(failed[1]) if failed else int(rc != 0)
    job.passed += max(ran - bad, 0)
    job.failed += bad
    job.notes += [
        line.removeprefix("ERROR: ") for line in output.splitlines() if re.match(r"ERROR: \S+:\d+:\d+:", line)
    ]


def _provide_pip_script() -> None:
    """Put the script that brings pip into ansible-test's environments where it would download it to: Python has pip."""
    found = importlib.util.find_spec("ansible_test")
    places = list(found.submodule_search_locations or []) if found else []
    for place in places:
        source = (Path(place) / "_internal" / "python_requirements.py").read_text(encoding="utf-8")
        for pip in re.findall(r"\bpip='([\d.]+)'", source):
            script = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{pip.replace('.', '_')}.py"
            if not script.exists():
                script.parent.mkdir(parents=True, exist_ok=True)
                script.write_text("import ensurepip\n\nensurepip.bootstrap()\n", encoding="ascii")


def examples(job: Job) -> None:
    modules = [path.parent for path in (*CHECKOUT.glob("examples/*/go.mod"), *TESTS.glob("run/services/go.mod"))]
    for module in sorted(modules):
        name = module.relative_to(CHECKOUT)
        rc, output = job.run(["gofmt", "-l", "."], cwd=module)
        job.verdict(rc == 0 and not output.strip(), f"gofmt, {name}: {output.strip()}")
        job.check(f"go vet, {name}", ["go", "vet", "./..."], cwd=module)
        packages = [
            f"./{path.name}/..." for path in module.iterdir() if path.is_dir() and path.name in ("cmd", "internal")
        ]
        if packages:
            job.check(f"go test, {name}", ["go", "test", *sorted(packages)], cwd=module)


def build(job: Job) -> None:
    """The artifact, installed far from the checkout, does the main job for another repository."""
    with tempfile.TemporaryDirectory(prefix="gocover-build-") as temporary:
        place = Path(temporary)
        copy = machine.copy_of_collection(place / "source")
        if not job.check("ansible-galaxy build", [BIN / "ansible-galaxy", "collection", "build", "--force"], cwd=copy):
            return
        artifact = next(copy.glob("*.tar.gz"))
        artifact = artifact.rename(OUTPUT / artifact.name)
        collections = place / "collections"
        install: list[str | Path] = [
            BIN / "ansible-galaxy",
            "collection",
            "install",
            "--offline",
            artifact,
            "-p",
            collections,
        ]
        if not job.check("ansible-galaxy install", install, cwd=place):
            return
        repository = place / "repository"
        repository.mkdir()
        # One line per service, in a repository that has nothing else of ours.
        (repository / "hosts.yml").write_text(
            f"services:\n  hosts:\n    datastorage: {{service_repo: {CHECKOUT}/examples/datastorage}}\n",
            encoding="utf-8",
        )
        main_job: list[str | Path] = [BIN / "ansible-playbook", "gocover.e2e.coverage", "-i", "hosts.yml"]
        job.check(
            "ansible-playbook gocover.e2e.coverage",
            [*main_job, "-e", "service=datastorage", "-e", "coverage_runtime=process"],
            cwd=repository,
            env={"ANSIBLE_COLLECTIONS_PATH": str(collections)},
        )
        for name in ("profile.out", "summary.json", "index.html"):
            job.verdict((repository / "coverage" / "datastorage" / name).is_file(), f"no coverage/datastorage/{name}")
        job.write(f"artifact: {artifact}\n")


def run(job: Job) -> None:
    # Most of it is Ansible at work, one process each.
    job.pytest("-n", "2", "tests/run", second_try=True)


def browser(job: Job) -> None:
    job.pytest("tests/browser", second_try=True)


def kind(job: Job) -> None:
    if not any((TESTS / "kind").glob("test_*.py")):
        job.skip("there are no kind tests in tests/kind")
        return
    lab = TESTS / "lab" / "lab"
    had_engine = job.run(["docker", "info"])[0] == 0
    needed = job.run([lab, "needed"])[0] == 0
    if needed and not machine.is_debian_root():
        job.skip("kind tests: no engine with kind and its images, and tests/lab/lab needs root on Debian to make them")
        return
    try:
        if needed:
            begun = time.monotonic()
            if job.run([lab, "up"])[0] != 0:
                job.verdict(False, "tests/lab/lab up failed")
                return
            job.write(f"the lab was up after {time.monotonic() - begun:.0f} s\n")
        environment = _lab_environment(job, lab)
        job.pytest("-n", "2", "--dist", "loadfile", "tests/kind", env=environment, second_try=True)
    finally:
        if not had_engine:
            job.run([lab, "down"])


def _lab_environment(job: Job, lab: Path) -> dict[str, str]:
    """What ``lab env`` exports, as a shell would understand it."""
    _rc, exports = job.run([lab, "env"])
    names = re.findall(r"^export (\w+)=", exports, re.MULTILINE)
    script = f'{exports}\nfor name in {shlex.join(names)}; do printf \'%s=%s\\n\' "$name" "${{!name}}"; done'
    _rc, shown = job.run(["bash", "-c", script])
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


#: Lanes "static" and "dynamic" overlap, one part of each at a time, which two cores bear; "alone" comes after them.
PARTS = [
    Part("unit", "unit tests", unit, "dynamic"),
    Part("lint", "ruff, yamllint, ansible-lint, shellcheck, changelog fragments", lint, "static", ("shellcheck",)),
    Part("types", "mypy", types, "static"),
    Part("sanity", "ansible-test sanity", sanity, "static", ("git",)),
    Part("examples", "gofmt, go vet and go test of the examples", examples, "dynamic"),
    Part("run", "the main job as processes, and all that can go wrong", run, "dynamic", wishes=("sshd",)),
    Part("build", "the artifact: build, install, use from elsewhere", build, "dynamic", ("git",)),
    Part(
        "browser",
        "the report in a browser, and its other formats",
        browser,
        "static",
        ("chromium", "chromedriver", "npm", "xmllint", "genhtml"),
    ),
    Part("kind", "the main job on a kind cluster", kind, "alone"),
]
