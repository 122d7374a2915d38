# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main package of a service, as ``go build`` takes it: a directory, an import path, or files."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import failure

#: What Go calls a main package that is built by its files.
COMMAND_LINE = "command-line-arguments"
_MAIN = re.compile(r"^func\s+main\s*\(\s*\)", re.MULTILINE)
_MODULE_FILES = ("go.mod", "go.work")


@dataclass(frozen=True)
class Target:
    """The arguments for ``go build``, a -coverpkg pattern that selects the package, and what the user should know."""

    arguments: tuple[str, ...]
    pattern: str
    warning: str = ""


def check_source(source: Path, package: str, env: t.Mapping[str, str] | None = None) -> None:
    """Raise Failure ``source-missing`` if there is nothing to build there."""
    if not source.is_dir():
        raise failure(
            f"The source {source} does not exist",
            "source-missing",
            f"There is no directory {source}",
            "Set service_repo to the directory with the service's go.mod (relative paths count from the inventory)",
        )
    outside_modules = (env or {}).get("GO111MODULE") == "off"
    places = (source, *source.parents)
    if not outside_modules and not any((place / name).is_file() for place in places for name in _MODULE_FILES):
        raise failure(
            f"{source} is not a Go module",
            "source-missing",
            f"There is no go.mod in {source} or above it",
            "Set service_repo to the directory with the service's go.mod",
        )
    for word in words_of(source, package):
        if word.startswith(".") and not (source / word).exists():
            mains = sorted(f"./cmd/{entry.name}" for entry in (source / "cmd").glob("*/") if entry.is_dir())
            raise failure(
                f"The package {word} does not exist",
                "source-missing",
                f"There is no {word} in {source}" + (f"; there is {', '.join(mains)}" if mains else ""),
                "Set service_package to the directory of the service's main package",
            )


def words_of(source: Path, package: str) -> list[str]:
    """The words of ``package``: several files are separated by blanks, as on a command line."""
    if (source / package).exists():
        return [package]
    try:
        return shlex.split(package)
    except ValueError:
        return [package]


def resolve(go: str, source: Path, package: str, flags: t.Sequence[str], env: t.Mapping[str, str]) -> Target:
    """How to build ``package``, whose existence was checked; ``flags`` are the team's, such as -tags.

    A main that is given by files is built as its directory wherever that is the same program, because Go gives the
    packages of files no name (``command-line-arguments``) and absolute paths. Of a directory with several programs
    the files are built.
    """
    words = words_of(source, package)
    if not words or not all(word.endswith(".go") for word in words):
        return Target(tuple(words), words[0] if len(words) == 1 else COMMAND_LINE)
    directory = _directory(words[0])
    names = {os.path.basename(word) for word in words}
    if {_directory(word) for word in words} == {directory}:
        compiled = _compiled_files(go, source, directory, flags, env)
        others = [source / directory / name for name in compiled - names]
        if names <= compiled and not any(_has_main(file) for file in others):
            note = f"{package} is built as its directory {directory}, so that the packages keep their names"
            return Target((directory,), directory, note if others else "")
    return Target(tuple(words), COMMAND_LINE)


def _directory(file: str) -> str:
    directory = os.path.dirname(file) or "."
    # Without ./ it would be the import path of a package of the standard library.
    return directory if directory.startswith((".", "/")) else f"./{directory}"


def _compiled_files(
    go: str, source: Path, directory: str, flags: t.Sequence[str], env: t.Mapping[str, str]
) -> set[str]:
    """The files that Go compiles for the package in ``directory``; none if the directory is no package."""
    template = '{{join .GoFiles "\\n"}}\n{{join .CgoFiles "\\n"}}'
    argv = [go, "list", "-f", template, *flags, directory]
    listed = subprocess.run(argv, cwd=source, env=dict(env), capture_output=True, text=True, check=False)
    return set(listed.stdout.split("\n")) - {""} if listed.returncode == 0 else set()


def _has_main(file: Path) -> bool:
    return bool(_MAIN.search(file.read_text(encoding="utf-8", errors="replace")))
