# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Go program built with coverage instrumentation, and the proof that it is instrumented."""

from __future__ import annotations

import hashlib
import os
import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .. import _files
from .._diagnosis import Failure, failure
from .._process import command
from . import buildinfo
from .toolchain import find_go

_ERROR_LINES = 12


@dataclass(frozen=True)
class BuildSpec:
    """What to build: the main package (``./cmd/x``) in ``source``, into the file ``binary``."""

    source: Path
    package: str
    binary: Path
    covermode: str
    coverpkg: str | None = None
    env: t.Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    #: False for the same program without coverage, to compare it with.
    instrument: bool = True

    def argv(self, go: str) -> list[str]:
        """The command line, as a user would type it."""
        selection = [f"-coverpkg={self.coverpkg}"] if self.coverpkg else []
        coverage = ["-cover", f"-covermode={self.covermode}", *selection] if self.instrument else []
        return [
            go, "build", *coverage, *self.flags,
            "-o", str(self.binary), self.package,
        ]  # fmt: skip


def package_directory(package: str) -> str:
    """The directory to build for ``package``: a main that is given as a file stands for its directory.

    Built by file name the package is called ``command-line-arguments`` and its files lie at absolute paths of the
    builder, so that no report finds them again.
    """
    if not package.endswith(".go"):
        return package
    directory = os.path.dirname(package) or "."
    # Without ./ it would be the import path of a package of the standard library.
    return directory if directory.startswith((".", "/")) else f"./{directory}"


def check_source(source: Path, package: str) -> None:
    """Raise Failure if there is nothing to build there."""
    if not source.is_dir():
        raise failure(
            f"The source {source} does not exist",
            "source-missing",
            f"There is no directory {source}",
            "Set service_repo to the directory with the service's go.mod (relative paths count from the inventory)",
        )
    if not any((directory / "go.mod").is_file() for directory in (source, *source.parents)):
        raise failure(
            f"{source} is not a Go module",
            "source-missing",
            f"There is no go.mod in {source} or above it",
            "Set service_repo to the directory with the service's go.mod",
        )
    if package.startswith(".") and not (source / package).exists():
        mains = sorted(f"./cmd/{entry.name}" for entry in (source / "cmd").glob("*/") if entry.is_dir())
        raise failure(
            f"The package {package} does not exist",
            "source-missing",
            f"There is no {package} in {source}" + (f"; there is {', '.join(mains)}" if mains else ""),
            "Set service_package to the directory of the service's main package",
        )


def build(
    spec: BuildSpec, on_line: t.Callable[[str], None], wanted: t.Callable[[], bool] = lambda: True
) -> buildinfo.BuildInfo:
    """Build and prove it; the output of ``go build`` goes to ``on_line``. Raises Failure."""
    compile_program(spec, on_line, wanted)
    return prove(spec.binary)


def compile_program(
    spec: BuildSpec, on_line: t.Callable[[str], None], wanted: t.Callable[[], bool] = lambda: True
) -> None:
    """Run ``go build``, whose output goes to ``on_line``. Raises Failure."""
    check_source(spec.source, spec.package)
    env = {**os.environ, **spec.env}
    argv = spec.argv(find_go(env))
    try:
        spec.binary.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _files.unwritable(spec.binary.parent, error) from error
    ended = command.run(argv, cwd=spec.source, env=env, on_line=on_line, wanted=wanted)
    if ended.rc != 0:
        raise _build_failure(spec, " ".join(argv), ended)


def prove(binary: Path) -> buildinfo.BuildInfo:
    """The build information of an instrumented executable; raises Failure if it is not instrumented."""
    if not binary.is_file():
        raise failure(
            f"There is no executable {binary}",
            "source-missing",
            f"{binary} does not exist or is not a file",
            "Name an executable that was built with go build -cover",
        )
    info = buildinfo.read(binary)
    if info is None:
        raise failure(
            f"{binary} is not instrumented for coverage",
            "not-instrumented",
            "It holds no Go build information: it was not built by Go, or it was packed",
            "Build it with go build -cover, and do not pack it",
        )
    if not info.instrumented:
        raise failure(
            f"{binary} is not instrumented for coverage",
            "not-instrumented",
            f"Its build information ({info.go_version}, {info.path or 'no main package'}) has no -cover=true",
            "Build it with go build -cover (in a Dockerfile: pass the build argument GOFLAGS=-cover on to go build)",
        )
    return info


def digest(binary: Path) -> str | None:
    """``sha256:HEX`` of the file; None if there is none."""
    if not binary.is_file():
        return None
    with open(binary, "rb") as file:
        return f"sha256:{_sha256(file)}"


def _sha256(file: t.BinaryIO) -> str:
    hasher = hashlib.sha256()
    while chunk := file.read(1 << 20):
        hasher.update(chunk)
    return hasher.hexdigest()


def _build_failure(spec: BuildSpec, shown: str, ended: command.Ended) -> Failure:
    if ended.abandoned:
        return Failure("The build was stopped: the playbook that asked for it is gone")
    text = "\n".join(ended.tail)
    full = next((line for line in ended.tail if "no space left on device" in line), None)
    if full:
        return failure(
            f"{spec.package} could not be built",
            "disk-full",
            f"go build said: {full.strip()}",
            "Free some space there; the last results are as they were",
            rc=ended.rc,
            output=ended.tail,
        )
    needed = re.search(r"requires go >= (\S+) \(running go (\S+);", text)
    if needed:
        evidence = f"go.mod asks for Go {needed[1]}, and this is Go {needed[2]}"
        remedy = f"Install Go {needed[1]} or later, or set GOTOOLCHAIN=auto in service_go_env"
    else:
        errors = [line for line in ended.tail if not line.startswith(("go: downloading", "#"))][:_ERROR_LINES]
        evidence = f"'{shown}' in {spec.source} ended with exit code {ended.rc}: " + " | ".join(errors)
        remedy = "Run the command there by hand until it builds"
    return failure(f"{spec.package} does not build", "build-failed", evidence, remedy, rc=ended.rc, output=ended.tail)
