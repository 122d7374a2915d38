# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image or an executable of a service, from the options to the outcome: built, proven, and named."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .. import _reference
from .._engine.api import Build, Engine
from .._files import locked
from .._golang import build, flags, target
from .._golang import executable as program
from .._golang.buildinfo import BuildInfo
from .._outcome import Outcome
from .._run.progress import Progress
from . import instrumented, plain


@dataclass(frozen=True)
class BuildOptions:
    """The options of coverage_image; see its documentation. Raises Failure ``image-tag-invalid``."""

    name: str
    source: str | None
    package: str | None
    binary: str | None
    build_dir: str | None
    dockerfile: str | None
    context: str | None
    build_args: t.Mapping[str, t.Any]
    target: str | None
    platform: str | None
    image: str | None
    tag: str | None
    aliases: t.Sequence[str]
    executable: str | None
    coverpkg: str | None
    covermode: str
    env: t.Mapping[str, t.Any]
    build_flags: str | t.Sequence[t.Any]
    instrument: bool

    def __post_init__(self) -> None:
        full = "" if self.binary else self.full_name
        if self.tag:
            _reference.check_tag(full, self.tag)

    @property
    def full_name(self) -> str:
        """The name of the image with its registry, without tag. Raises Failure ``image-tag-invalid``."""
        return _reference.qualified(self.name)

    @property
    def description(self) -> Build:
        """The build from the Dockerfile, with the user's build arguments."""
        dockerfile = str(self.dockerfile)
        return Build(
            context=self.context or self.source or os.path.dirname(dockerfile),
            dockerfile=dockerfile,
            args={key: str(value) for key, value in self.build_args.items()},
            target=self.target or "",
            platform=self.platform or "",
        )


def build_image(
    wanted: BuildOptions,
    engine: Engine,
    progress: Progress,
    alive: t.Callable[[], bool] = lambda: True,
    check_mode: bool = False,
) -> Outcome:
    """Build an image, or take the prebuilt one, and prove that it is instrumented. Raises Failure."""
    full = wanted.full_name
    if not wanted.instrument:
        return _build_plain(wanted, engine, full, progress, alive, check_mode)
    if check_mode and not wanted.image:
        return Outcome(changed=True, result={"binary": None, "image": None})
    covermode = wanted.covermode
    if wanted.image:
        tag, executable = wanted.tag or "", wanted.executable or ""
        made = instrumented.prebuilt(
            engine, full, wanted.image, tag, executable, check_mode, _cache_directory("proofs")
        )
    elif wanted.dockerfile:
        made, covermode = _from_dockerfile(wanted, engine, full, progress)
    else:
        made, covermode = _from_source(wanted, engine, full, progress, alive)
    return _image_outcome(wanted, engine, made, covermode, progress)


def build_binary(
    wanted: BuildOptions,
    progress: Progress,
    alive: t.Callable[[], bool] = lambda: True,
    check_mode: bool = False,
) -> Outcome:
    """Build only the executable, and prove that it is instrumented. Raises Failure."""
    binary = Path(str(wanted.binary))
    spec = _spec(wanted, binary, {})
    if check_mode:
        target.check_source(spec.source, spec.package, spec.env)
        return Outcome(changed=not binary.exists(), result={"binary": str(binary), "image": None})
    built, changed = _compile(wanted, spec, progress, alive)
    info, digest = built.info, program.digest(binary)
    progress.note(f"{'built' if changed else 'unchanged'}: {info.path}, {info.go_version}, instrumented")
    result = {
        "binary": str(binary),
        "image": None,
        "image_id": digest,
        "go_version": info.go_version,
        "covermode": built.covermode,
    }
    section = {"reference": None, "digest": digest, "binary": str(binary), "main": info.path}
    return Outcome(changed=changed, result=result, sections=_sections(info, built.covermode, section))


def _image_outcome(
    wanted: BuildOptions, engine: Engine, made: instrumented.Made, covermode: str, progress: Progress
) -> Outcome:
    info = made.proven.info
    state = "new" if made.changed else "unchanged"
    progress.note(f"{made.reference} is {state}: {info.path}, {info.go_version}, instrumented")
    result = {
        "binary": None,
        "image": made.reference,
        "image_id": made.image.id,
        "executable": made.proven.path,
        "go_version": info.go_version,
        "covermode": covermode,
    }
    section = {
        "reference": made.reference,
        # Manifests may name a prebuilt image as it is.
        "names": list(dict.fromkeys([wanted.name, *wanted.aliases, *filter(None, [wanted.image])])),
        "digest": made.image.id,
        "binary": None,
        "main": info.path,
        "executable": made.proven.path,
        "provider": engine.provider,
    }
    return Outcome(changed=made.changed, result=result, sections=_sections(info, covermode, section))


def _sections(info: BuildInfo, covermode: str, image: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"image": image, "go_version": info.go_version, "covermode": covermode}


def _build_plain(
    wanted: BuildOptions,
    engine: Engine,
    full: str,
    progress: Progress,
    alive: t.Callable[[], bool],
    check_mode: bool,
) -> Outcome:
    """Build the same image without coverage, for the start-up baseline."""
    if wanted.image or check_mode:
        return Outcome(changed=not wanted.image, result={"binary": None, "image": wanted.image})
    if wanted.dockerfile:
        made = plain.from_dockerfile(engine, full, wanted.description, progress.output)
    else:
        spec = _image_spec(wanted, engine, full)
        with locked(_lock_of(spec.binary)):
            build.compile_program(spec, progress.output, alive)
            made = plain.from_binary(engine, full, spec.binary, spec.env["GOARCH"])
    progress.note(f"{made.reference} is built without coverage")
    result = {"binary": None, "image": made.reference, "image_id": made.image.id}
    return Outcome(changed=made.changed, result=result)


def _from_source(
    wanted: BuildOptions, engine: Engine, full: str, progress: Progress, alive: t.Callable[[], bool]
) -> tuple[instrumented.Made, str]:
    """Build a static executable and an image of it alone; the image and its counter mode."""
    spec = _image_spec(wanted, engine, full)
    built, _changed = _compile(wanted, spec, progress, alive)
    with locked(_lock_of(spec.binary)):
        made = instrumented.from_binary(engine, full, spec.binary, spec.env["GOARCH"], wanted.tag or "")
        return made, built.covermode


def _from_dockerfile(
    wanted: BuildOptions, engine: Engine, full: str, progress: Progress
) -> tuple[instrumented.Made, str]:
    """Build as the Dockerfile says; the image and its counter mode."""
    described = wanted.description
    coverage = flags.combine(wanted.covermode, wanted.coverpkg, (), described.args.get("GOFLAGS", ""))
    for warning in coverage.warnings:
        progress.warn(warning)
    tag, executable = wanted.tag or "", wanted.executable or ""
    made = instrumented.from_dockerfile(
        engine, full, described, progress.output, tag, executable, coverage, progress.note, _cache_directory("proofs")
    )
    return made, coverage.mode


def _image_spec(wanted: BuildOptions, engine: Engine, full: str) -> build.BuildSpec:
    """The build of the executable for an image without a Dockerfile."""
    system, _slash, platform = (wanted.platform or f"linux/{engine.architecture}").partition("/")
    name = f"{full.replace('/', '_').replace(':', '_')}-{system}-{platform.replace('/', '_')}"
    directory = Path(wanted.build_dir or _cache_directory("build"))
    # Without cgo the executable is static: an image of its own has no libc.
    env = {"CGO_ENABLED": "0", "GOOS": system, "GOARCH": platform.partition("/")[0]}
    return _spec(wanted, directory / (name if wanted.instrument else f"{name}-plain"), env)


def _spec(wanted: BuildOptions, binary: Path, env: dict[str, str]) -> build.BuildSpec:
    return build.BuildSpec(
        source=Path(wanted.source or os.getcwd()),
        package=wanted.package or f"./cmd/{wanted.name.rpartition('/')[2]}",
        binary=binary,
        covermode=wanted.covermode,
        coverpkg=wanted.coverpkg,
        env={**env, **{key: str(value) for key, value in wanted.env.items()}},
        flags=flags.listed(wanted.build_flags),
        instrument=wanted.instrument,
    )


def _compile(
    wanted: BuildOptions, spec: build.BuildSpec, progress: Progress, alive: t.Callable[[], bool]
) -> tuple[build.Built, bool]:
    """Build the executable, one process at a time, and tell whether it has changed."""
    name = wanted.name
    with locked(_lock_of(spec.binary), lambda: progress.note(f"waiting: another run builds {name}")):
        progress.note(f"building {name}: {spec.package} in {spec.source}")
        before = program.digest(spec.binary)
        built = build.build(spec, progress.output, alive)
        for warning in built.warnings:
            progress.warn(warning)
        return built, before != program.digest(spec.binary)


def _lock_of(binary: Path) -> Path:
    return binary.with_name(f".{binary.name}.lock")


def _cache_directory(name: str) -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gocover.e2e" / name
