# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that the tests run on: where their tools are kept, and the system packages that they need."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
OUTPUT = CHECKOUT / "tests" / "output"
BIN = Path(sys.executable).parent
_LAB = CHECKOUT / "tests" / "lab" / "lab"

#: Which Debian package has a program. npm fetches axe-core, which is on npm alone.
PACKAGES = {
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
    "gcc": "build-essential",
    "genhtml": "lcov",
    "git": "git",
    "npm": "npm",
    "shellcheck": "shellcheck",
    "sshd": "openssh-server",
    "xmllint": "libxml2-utils",
}


def cache() -> Path:
    """The directory outside the checkout for what the tests keep between runs; it is made where it is missing."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    directory = Path(os.environ.get("GOCOVER_CACHE_DIR") or Path(base) / "gocover-e2e")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock ``name`` in the cache: another test run on this machine waits."""
    with open(cache() / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def environment(extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment of everything that the tests run: Ansible's programs in PATH, a Go from PyPI last."""
    # Nothing is to depend on what a user's shell says, and nothing may ask for input.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
    added = {name: value for name, value in (extra or {}).items() if value is not None}
    # The lab's PATH is in what is added: there, and nowhere else, kind may be found.
    path = (added.get("PATH") or os.environ.get("PATH") or os.defpath).split(os.pathsep)
    if str(BIN) not in path:
        path.append(str(BIN))
    return {**plain, "ANSIBLE_NOCOLOR": "1", "PY_COLORS": "0", **added, "PATH": os.pathsep.join(path)}


def is_debian_root() -> bool:
    """Whether packages may be installed with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def missing(programs: Iterable[str]) -> list[str]:
    """Those of ``programs`` that are not in PATH."""
    path = environment()["PATH"]
    return sorted(program for program in programs if shutil.which(program, path=path) is None)


def install(programs: Iterable[str]) -> str:
    """Install the Debian packages with ``programs``; returns the output of apt-get where that did not work, else ''."""
    packages = sorted({PACKAGES[program] for program in programs})
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    output = ""
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        ran = subprocess.run(
            ["apt-get", "-q", *command],
            env=quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        output = ran.stdout if ran.returncode else ""
    return output


@contextmanager
def lab() -> Iterator[dict[str, str] | None]:
    """Bring an engine, kind and its images where they are missing; yields the environment that names them.

    Yields None where they are missing and this user may not provide them. An engine that was not running before is
    stopped at the end. Raises CalledProcessError if the lab cannot be brought up.
    """
    engine_ran = _succeeds("docker", "info")
    needed = _succeeds(_LAB, "needed")
    if needed and not is_debian_root():
        yield None
        return
    try:
        if needed:
            subprocess.run([_LAB, "up"], check=True, stdin=subprocess.DEVNULL)
        yield _lab_environment()
    finally:
        if not engine_ran:
            subprocess.run([_LAB, "down"], check=False, stdin=subprocess.DEVNULL)


def _succeeds(*command: str | Path) -> bool:
    quiet = subprocess.DEVNULL
    try:
        return subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _lab_environment() -> dict[str, str]:
    """What ``lab env`` exports, as a shell understands it."""
    exports = subprocess.run([_LAB, "env"], stdout=subprocess.PIPE, text=True, check=True).stdout
    names = re.findall(r"^export (\w+)=", exports, re.MULTILINE)
    script = f'{exports}\nfor name in {shlex.join(names)}; do printf \'%s=%s\\n\' "$name" "${{!name}}"; done'
    shown = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def provide_pip_script() -> None:
    """Put the script that brings pip into ansible-test's environments where it would download it to: Python has pip."""
    spec = importlib.util.find_spec("ansible_test")
    for directory in (spec.submodule_search_locations or []) if spec else []:
        source = (Path(directory) / "_internal" / "python_requirements.py").read_text(encoding="utf-8")
        for version in re.findall(r"\bpip='([\d.]+)'", source):
            script = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
            if not script.exists():
                script.parent.mkdir(parents=True, exist_ok=True)
                script.write_text("import ensurepip\n\nensurepip.bootstrap()\n", encoding="ascii")


def copy_of_collection(directory: Path) -> Path:
    """What a clone with the present changes would have, below ``directory`` as Ansible wants to find it.

    A second call brings the copy up to date and leaves ``tests/output`` there alone: ansible-test keeps tools in it.
    """
    copy = directory / "ansible_collections" / "gocover" / "e2e"
    copy.mkdir(parents=True, exist_ok=True)
    _empty(copy, keep=(Path("tests"), Path("tests/output")))
    for name in _versioned_files():
        source, target = CHECKOUT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(os.readlink(source))
        elif source.is_file():
            shutil.copy2(source, target)
    return copy


def _versioned_files() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listing.stdout.split("\0") if name]


def _empty(copy: Path, keep: tuple[Path, ...]) -> None:
    for directory in (copy, *(copy / kept for kept in keep[:-1])):
        if not directory.is_dir():
            continue
        for entry in directory.iterdir():
            if entry.relative_to(copy) in keep:
                continue
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
