# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test sessions: ``nox --list`` names them, ``nox -s unit -- -k name`` runs a part of one.

Sessions use the environment that runs nox (``make unit`` creates it in .venv), because each needs most of it; only the
sessions ``matrix`` make environments of their own. ``make test`` runs every session and counts (tests/suite).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import nox
from nox.command import CommandFailed

CHECKOUT = Path(__file__).resolve().parent
TESTS = CHECKOUT / "tests"
BIN = Path(sys.executable).parent

sys.path.insert(0, str(TESTS / "suite"))
import machine  # noqa: E402 - found by the line above

_Command = Sequence[str | Path]

nox.options.sessions = ["unit", "lint", "types"]
nox.options.error_on_external_run = False

#: Tests against real systems: a failure is tried once more and named; more than three are no accident.
_SECOND_TRY = ("--reruns=1", "--reruns-delay=5", "--max-suite-reruns=3", "--rerun-show-tracebacks")


@nox.session(venv_backend="none")
def unit(session: nox.Session) -> None:
    """Unit tests."""
    _pytest(session, "--import-mode=importlib", directory="tests/unit")


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """ruff, yamllint, ansible-lint, shellcheck, changelog fragments, module documentation."""
    scripts = [path for directory in ("lab", "bench") for path in _shell_scripts(TESTS / directory)]
    _run_each(
        session,
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["yamllint", "--strict", "."],
        ["ansible-lint", "--offline", "--profile", "production"],
        ["antsibull-changelog", "lint"],
        ["shellcheck", "--external-sources", ".ci/run", *scripts],
    )


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """mypy, over the collection and over the tests."""
    commands: list[_Command] = [["mypy", "-p", "ansible_collections.gocover.e2e.plugins"]]
    commands.append(
        ["env", f"MYPYPATH={TESTS / 'suite'}", "mypy", "noxfile.py", *sorted((TESTS / "suite").glob("*.py"))]
    )
    for directory, files in _by_import_directory().items():
        # Campaigns use the rig of the tests on kind, the test of the artifact what the suite knows of the machine.
        path = os.pathsep.join(map(str, (directory, TESTS / "kind", TESTS / "suite")))
        commands.append(["env", f"MYPYPATH={path}", "mypy", *files])
    _run_each(session, *commands)


@nox.session(venv_backend="none")
def sanity(session: nox.Session) -> None:
    """ansible-test sanity, in a copy: it refuses a checkout that is not below ansible_collections."""
    machine.provide_pip_script()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    with machine.locked("sanity"):
        copy = machine.copy_of_collection(machine.cache() / "sanity")
        with session.chdir(copy):
            session.run("git", "init", "--quiet", external=True)
            session.run("git", "add", "--all", external=True)
            _run_each(session, ["ansible-test", "sanity", "--venv", "--python", version, "--color", "no"])


@nox.session(venv_backend="none")
def examples(session: nox.Session) -> None:
    """gofmt, go vet and go test of the examples."""
    _pytest(session, directory="tests/examples")


@nox.session(venv_backend="none")
def run(session: nox.Session) -> None:
    """The main job as processes, and all that can go wrong."""
    # Most of it is Ansible at work, one process each.
    _pytest(session, "-n", "2", *_SECOND_TRY, directory="tests/run")


@nox.session(venv_backend="none")
def build(session: nox.Session) -> None:
    """The artifact: built, installed far from the checkout, and used for another repository."""
    _pytest(session, directory="tests/build")


@nox.session(venv_backend="none")
def browser(session: nox.Session) -> None:
    """The report in a browser, and its other formats."""
    _pytest(session, *_SECOND_TRY, directory="tests/browser")


@nox.session(venv_backend="none")
def kind(session: nox.Session) -> None:
    """The main job on a kind cluster; tests/lab/lab provides engine, kind and images where they are missing."""
    with machine.lab() as environment:
        if environment is None:
            session.skip("no engine with kind and its images, and tests/lab/lab needs root on Debian to make them")
        session.env.update(environment)
        _pytest(session, "-n", "2", "--dist", "loadfile", *_SECOND_TRY, directory="tests/kind")


@nox.session
@nox.parametrize("python,core", [("3.11", "2.19"), ("3.12", "2.20"), ("3.13", "2.21")])
def matrix(session: nox.Session, core: str) -> None:
    """Unit tests and the main job as processes, with each ansible-core that is supported."""
    session.install(f"ansible-core~={core}.0", "-r", "requirements.txt", "-r", "tests/requirements.txt")
    session.run("pytest", "-q", "-n", "2", "--import-mode=importlib", "tests/unit")
    session.run("pytest", "-q", "-n", "2", "tests/run/test_main_job.py")


def _pytest(session: nox.Session, *options: str, directory: str) -> None:
    """Run pytest over ``directory``, or over what the user names behind ``--``; its counts go to tests/output."""
    report = machine.OUTPUT / f"{session.name}.xml"
    report.unlink(missing_ok=True)
    # Paths behind -- replace the directory; options alone do not.
    named = any((CHECKOUT / word.split("::")[0]).exists() for word in session.posargs)
    chosen = [*session.posargs] if named else [directory, *session.posargs]
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", "--durations=5", *options, *chosen]
    session.run(*command, env=machine.environment(session.env))


def _run_each(session: nox.Session, *commands: _Command) -> None:
    """Run every command, and fail at the end if one did: one look shows all that is to be done."""
    failed = []
    for command in commands:
        program, *arguments = map(str, command)
        try:
            session.run(program, *arguments, external=True, env=machine.environment(session.env))
        except CommandFailed:
            failed.append(" ".join([program, *arguments])[:80])
    if failed:
        session.error(f"failed: {', '.join(failed)}")


def _shell_scripts(directory: Path) -> list[Path]:
    shebang = re.compile(rb"#!.*\b(ba)?sh\b")
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return [path for path in files if shebang.match(path.read_bytes()[:64])]


def _by_import_directory() -> dict[Path, list[Path]]:
    """The tests' Python files that mypy checks together, by the directory in which a bare import finds its module."""
    groups: dict[Path, list[Path]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        if path.relative_to(TESTS).parts[0] not in ("output", "fixtures", "suite"):
            groups.setdefault(_import_directory(path), []).append(path)
    return groups


def _import_directory(path: Path) -> Path:
    """The nearest directory above ``path`` with a conftest.py; without one, its own directory."""
    return next((parent for parent in path.parents if (parent / "conftest.py").exists()), path.parent)


os.environ["PATH"] = machine.environment()["PATH"]
machine.OUTPUT.mkdir(parents=True, exist_ok=True)
