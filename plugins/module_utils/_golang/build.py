# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Go program built with coverage instrumentation, as its team builds it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

from .. import _files
from .._diagnosis import FULL_DISK, Failure, failure
from .._process import command
from . import buildinfo, executable, flags, target
from .toolchain import find_go

_ERROR_LINES = 12
#: What the go command prints of a -coverpkg pattern that selects nothing (cmd/go/internal/load, SelectCoverPackages).
_UNMATCHED = re.compile(r"^warning: no packages being built depend on matches for pattern (.*)$")


@dataclass(frozen=True)
class BuildSpec:
    """What to build: the main package (``./cmd/x``, an import path, or files) in ``source``, into ``binary``."""

    source: Path
    package: str
    binary: Path
    covermode: str
    coverpkg: str | None = None
    env: t.Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    #: False for the same program without coverage, to compare it with.
    instrument: bool = True


@dataclass(frozen=True)
class Built:
    """What was built: its build information, the counter mode, and what the user should know."""

    info: buildinfo.BuildInfo
    covermode: str
    warnings: tuple[str, ...] = ()


def build(spec: BuildSpec, on_line: t.Callable[[str], None], wanted: t.Callable[[], bool] = lambda: True) -> Built:
    """Build and prove it; the output of ``go build`` goes to ``on_line``. Raises Failure.

    Go adds the code that writes coverage to an instrumented main package and nowhere else. Where the patterns leave it
    out, it is added to them.
    """
    compiler = _Compiler(spec, on_line, wanted)
    chosen = compiler.coverage
    warnings = [compiler.target.warning, *chosen.warnings]
    unmatched = compiler.compile()
    if chosen.patterns and set(unmatched) >= set(chosen.patterns):
        raise _nothing_selected(spec, chosen)
    warnings += [
        f"No package of {spec.package} matches the pattern {pattern} of {chosen.patterns_from}" for pattern in unmatched
    ]
    if chosen.patterns and not executable.writes_coverage(spec.binary):
        warnings.append(
            f"{chosen.patterns_from} {','.join(chosen.patterns)} leaves out the main package {spec.package}, without "
            f"which Go writes no coverage: added {compiler.target.pattern}"
        )
        compiler.compile(added=(compiler.target.pattern,))
    info = executable.prove(spec.binary, chosen.patterns)
    return Built(info, chosen.mode, tuple(filter(None, warnings)))


def compile_program(
    spec: BuildSpec, on_line: t.Callable[[str], None], wanted: t.Callable[[], bool] = lambda: True
) -> None:
    """Build as ``spec`` says and prove nothing; the output of ``go build`` goes to ``on_line``. Raises Failure."""
    _Compiler(spec, on_line, wanted).compile()


class _Compiler:
    """One program, compiled once or twice. Raises Failure."""

    def __init__(self, spec: BuildSpec, on_line: t.Callable[[str], None], wanted: t.Callable[[], bool]) -> None:
        directory, others = flags.directory_of(spec.flags)
        # The paths of an executable stay those of the caller, as -o is seen from the directory of -C.
        spec = replace(spec, source=spec.source / directory, flags=others, binary=Path(os.path.abspath(spec.binary)))
        self.spec = spec
        self._on_line, self._wanted = on_line, wanted
        self._env = {**os.environ, **spec.env}
        target.check_source(spec.source, spec.package, self._env)
        self._go = find_go(self._env)
        goflags = _goflags(self._go, spec.source, self._env)
        self.coverage = flags.combine(spec.covermode, spec.coverpkg, spec.flags, goflags)
        self.target = target.resolve(self._go, spec.source, spec.package, self.coverage.others, self._env)
        if not spec.instrument:
            self._env["GOFLAGS"] = flags.without_coverage(goflags)

    def compile(self, added: tuple[str, ...] = ()) -> list[str]:
        """Run ``go build`` with ``added`` patterns; returns the patterns that select nothing."""
        coverage = self.coverage.argv(added) if self.spec.instrument else []
        options = [*coverage, *self.coverage.others, "-o", str(self.spec.binary)]
        argv = [self._go, "build", *options, *self.target.arguments]
        try:
            self.spec.binary.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _files.unwritable(self.spec.binary.parent, error) from error
        unmatched: list[str] = []

        def on_line(line: str) -> None:
            if match := _UNMATCHED.match(line):
                unmatched.append(match[1])
            elif not line.startswith("# ["):  # the command line of the cover tool
                self._on_line(line)

        ended = command.run(argv, cwd=self.spec.source, env=self._env, on_line=on_line, wanted=self._wanted)
        if ended.rc != 0:
            raise _build_failure(self.spec, shlex.join(argv), ended)
        return unmatched


def _goflags(go: str, source: Path, env: t.Mapping[str, str]) -> str:
    """GOFLAGS as Go sees it: from the environment, or else from the file that ``go env -w`` writes."""
    asked = subprocess.run(
        [go, "env", "GOFLAGS"], cwd=source, env=dict(env), capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else env.get("GOFLAGS", "")


def _nothing_selected(spec: BuildSpec, chosen: flags.CoverageFlags) -> Failure:
    return failure(
        f"{spec.package} is built without any instrumented package",
        "coverpkg-unmatched",
        f"No package of {spec.package} matches {', '.join(chosen.patterns)} in {chosen.patterns_from}",
        f"Correct {chosen.patterns_from} (patterns as for go list, such as ./... or example.com/lib/...), "
        "or leave it empty for the main module",
    )


def _build_failure(spec: BuildSpec, shown: str, ended: command.Ended) -> Failure:
    if ended.abandoned:
        return Failure("The build was stopped: the playbook that asked for it is gone")
    text = "\n".join(ended.tail)
    full = next((line for line in ended.tail if FULL_DISK.search(line)), None)
    if full:
        return failure(
            f"{spec.package} could not be built",
            "disk-full",
            f"go build reported: {full.strip()}",
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
        remedy = f"Fix the error above. To reproduce it: cd {shlex.quote(str(spec.source))} && {shown}"
        if re.search(r"package \S+ is not in std", text) and (spec.source / spec.package).is_dir():
            remedy = f"Set service_package to ./{spec.package}: without ./ Go looks in its standard library"
    return failure(f"{spec.package} does not build", "build-failed", evidence, remedy, rc=ended.rc, output=ended.tail)
