# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instrumented image, built in one of three ways, under the reference that every later step uses.

The reference follows from the content (``localhost/NAME:cov-HEX``): the same source gives the same reference, another
source another one, so that no pod can run an old image under a new name or a new one under an old name.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from .. import _reference
from .._diagnosis import FULL_DISK, Failure, failure
from .._engine.api import Build, BuildError, Engine, Image
from .._golang import executable as program
from .._golang import flags
from . import derived, proof, remembered, scratch

#: The digest of the executable that an image was made of.
BINARY_LABEL = "gocover.e2e.binary"
_ERROR_LINES = 8
_ARGUMENT = re.compile(r"^\s*ARG\s+(?:.*\s)?GOFLAGS\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Made:
    """An image with its proof. ``reference`` is what a pod's ``image:`` has to say; ``changed``: it is new."""

    reference: str
    image: Image
    proven: proof.Proven
    changed: bool


def from_binary(engine: Engine, name: str, binary: Path, architecture: str, tag: str = "") -> Made:
    """An image FROM scratch of an executable that is proven already. Raises Failure and EngineError."""
    full = _reference.qualified(name)
    info = program.prove(binary)
    digest = program.digest(binary) or ""
    contents = scratch.Contents(
        name=full.rpartition("/")[2],
        binary=binary,
        architecture=architecture,
        labels={BINARY_LABEL: digest},
        certificates=scratch.host_certificates(),
    )
    made = f"{full}:{_reference.check_tag(full, tag) if tag else _reference.content_tag(_identity(contents, digest))}"
    proven = proof.Proven(f"/{contents.name}", info)
    present = engine.image(made)
    if present is not None and present.labels.get(BINARY_LABEL) == digest:
        return Made(made, present, proven, changed=False)
    with scratch.write(contents, made) as archive:
        engine.load(archive)
    image = engine.image(made)
    if image is None:
        raise failure(
            f"The image {made} was not made",
            "engine-refused",
            f"{engine.provider} loaded the archive and does not have the image",
            f"See what {engine.provider} image ls shows",
        )
    return Made(made, image, proof.prove(engine, image, made), changed=True)


def from_dockerfile(
    engine: Engine,
    name: str,
    build: Build,
    on_line: t.Callable[[str], None],
    tag: str = "",
    executable: str = "",
    coverage: flags.CoverageFlags | None = None,
    note: t.Callable[[str], None] = lambda text: None,
    memory: Path | None = None,
) -> Made:
    """Build with GOFLAGS in each stage that compiles Go, and prove what came of it. Raises Failure and EngineError.

    ``coverage`` is what the user asks for, also by the build argument GOFLAGS; ``note`` takes what is done,
    ``memory`` is the directory of earlier proofs.
    """
    full = _reference.qualified(name)
    if tag:
        _reference.check_tag(full, tag)
    _check_files(build)
    original = Path(build.dockerfile)
    text = original.read_text(encoding="utf-8", errors="surrogateescape")
    chosen = coverage or flags.combine("set", None, (), "")
    derivation = derived.derive(text, _coverage_words(chosen), build.target)
    arguments = build_arguments(build.args, chosen, derivation.argument or "")
    note(f"building {full} from {original} with GOFLAGS='{arguments['GOFLAGS']}'")
    for added in derivation.added:
        note(f"stage {added.stage} gets ENV GOFLAGS before line {added.line} of {original}, in a copy of it")
    try:
        with derived.written(derivation, original) as path:
            image_id = engine.build(replace(build, dockerfile=path, args=arguments), on_line)
    except BuildError as error:
        raise _build_failure(build, error) from error
    try:
        return _tagged(engine, full, image_id, tag, executable, patterns=chosen.patterns, memory=memory)
    except Failure as error:
        raise _with_reason(error, build, text, derivation) from error


def prebuilt(
    engine: Engine,
    name: str,
    given: str,
    tag: str = "",
    executable: str = "",
    check_mode: bool = False,
    memory: Path | None = None,
) -> Made:
    """An image that is built already: proven and, unless in check mode, given the reference of its content."""
    full = _reference.qualified(name)
    if tag:
        _reference.check_tag(full, tag)
    image = engine.image(given)
    if image is None:
        raise failure(
            f"There is no image {given}",
            "image-missing",
            f"{engine.provider} at {engine.address} does not have it",
            f"Build or pull it first ({engine.provider} pull {given}), or correct the name (service_image)",
        )
    return _tagged(engine, full, image.id, tag, executable, shown=given, check_mode=check_mode, memory=memory)


def build_arguments(arguments: t.Mapping[str, str], coverage: flags.CoverageFlags, default: str = "") -> dict[str, str]:
    """The build arguments with GOFLAGS completed; ``default`` is what the Dockerfile says where they do not have it.

    It is exactly ``-cover`` wherever that is enough: some Dockerfiles compare it with this word.
    """
    given = flags.without_coverage(arguments.get("GOFLAGS", default))
    return {**arguments, "GOFLAGS": " ".join(filter(None, [given, _coverage_words(coverage)]))}


def _coverage_words(coverage: flags.CoverageFlags) -> str:
    mode = [f"-covermode={coverage.mode}"] if coverage.mode != "set" else []
    packages = [f"-coverpkg={','.join(coverage.patterns)}"] if coverage.patterns else []
    return " ".join(["-cover", *mode, *packages])


def _tagged(
    engine: Engine,
    full: str,
    image_id: str,
    tag: str,
    executable: str,
    shown: str = "",
    check_mode: bool = False,
    patterns: tuple[str, ...] = (),
    memory: Path | None = None,
) -> Made:
    image = engine.image(image_id)
    if image is None:
        raise failure(
            f"The image {shown or full} is gone",
            "image-missing",
            f"{engine.provider} does not have {image_id} any more",
            "Build it again, and do not prune images meanwhile",
        )
    made = f"{full}:{tag or _reference.content_tag(image.id)}"
    proven = remembered.prove(engine, image, shown or made, executable, patterns, memory)
    present = engine.image(made)
    if present is not None and present.id == image.id:
        return Made(made, image, proven, changed=False)
    if not check_mode:
        engine.tag(image.id, made)
    return Made(made, image, proven, changed=True)


def _identity(contents: scratch.Contents, binary_digest: str) -> str:
    """A digest of all that the image is made of; cheaper than making it."""
    hasher = hashlib.sha256(f"{binary_digest} {contents.name} {contents.architecture}".encode())
    if contents.certificates is not None:
        hasher.update(contents.certificates.read_bytes())
    return hasher.hexdigest()


def _check_files(build: Build) -> None:
    if not Path(build.context).is_dir():
        raise failure(
            f"The build context {build.context} does not exist",
            "source-missing",
            f"There is no directory {build.context}",
            "Set service_build_context to the directory that the Dockerfile copies from",
        )
    if not Path(build.dockerfile).is_file():
        raise failure(
            f"The Dockerfile {build.dockerfile} does not exist",
            "source-missing",
            f"There is no file {build.dockerfile}",
            "Correct service_dockerfile (relative paths count from the inventory), or leave it out: "
            "the image is then made of the executable alone",
        )


def _build_failure(build: Build, error: BuildError) -> Failure:
    lines = [line for line in error.lines if line.strip()]
    full = any(FULL_DISK.search(line) for line in lines)
    last = " | ".join(" ".join(line.split()) for line in lines[-_ERROR_LINES:])
    return failure(
        f"{build.dockerfile} does not build",
        "disk-full" if full else "build-failed",
        f"{error.text}: {last}" if last else error.text,
        "Free some space where the engine keeps its data"
        if full
        else "Fix the first error above, which is that of a step of the Dockerfile",
        output=error.lines,
    )


def _with_reason(error: Failure, build: Build, text: str, derivation: derived.Derived) -> Failure:
    """Why a Dockerfile has left out the instrumentation, where that can be read from it."""
    diagnosis = error.diagnoses[0] if error.diagnoses else None
    if diagnosis is None or diagnosis.cause != "not-instrumented":
        return error
    source = derived.origin(text, str(error.result.get("executable", "")), build.target)
    if derivation.obstacles:
        reason = f"; {build.dockerfile}: {', '.join(derivation.obstacles)}"
        remedy = 'Keep what GOFLAGS has, as in GOFLAGS="$GOFLAGS -mod=vendor", and leave out -cover=false'
    elif source:
        reason = f"; {build.dockerfile}: {source}"
        remedy = "Build it in a stage of the Dockerfile, or copy an executable that go build -cover has built"
    elif not derivation.added and not _ARGUMENT.search(text):
        reason = f"; no step of {build.dockerfile} is known to compile Go, and it has no ARG GOFLAGS"
        remedy = "Add the line 'ARG GOFLAGS' to the stage that runs go build"
    else:
        return error
    explained = replace(diagnosis, evidence=f"{diagnosis.evidence}{reason}", remedy=remedy)
    return Failure(error.summary, [explained, *error.diagnoses[1:]], error.result)
