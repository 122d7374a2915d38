# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that the tests run on: where their tools are kept, and the system packages that they need."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
OUTPUT = CHECKOUT / "tests" / "output"
BIN = Path(sys.executable).parent

#: Which Debian package has a program. npm fetches axe-core, which is on npm alone.
PACKAGES = {
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
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


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of everything that the tests run: Ansible's programs in PATH, a Go from PyPI last."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if str(BIN) not in path:
        path.append(str(BIN))
    # Nothing is to depend on what a user's shell says, and nothing may ask for input.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
    return {**plain, "PATH": os.pathsep.join(path), "ANSIBLE_NOCOLOR": "1", "PY_COLORS": "0", **(extra or {})}


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
