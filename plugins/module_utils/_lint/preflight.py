# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a service's own files before a run: what makes it pointless stops it, the rest are warnings.

A run patches paths, flags and images itself. So it stops only for what it cannot make good, and only where that is
certain; a good run must never stop here.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import Diagnosis, Failure
from .._images.derived import compiles
from .._outcome import Outcome
from .check import check_project
from .dockerfiles import ContainerFile, Step
from .finding import Finding
from .project import Project, read_project
from .rules import images
from .rules.builds import is_go_build, is_uncovered
from .sources import read_sources

if t.TYPE_CHECKING:
    from .._run.step import Step as ModuleStep


@dataclass(frozen=True)
class Subject:
    """What a run is about. Paths are absolute; ``image_names`` are those that the run replaces by what it builds."""

    root: str
    package: str
    manifests: t.Sequence[str]
    dockerfile: str
    target: str
    image_names: t.Sequence[str]


class Result(t.NamedTuple):
    """Why the run is pointless, and what may cost correctness."""

    reasons: list[Diagnosis]
    warnings: list[Finding]


def preflight(this: ModuleStep) -> Outcome:
    """Check the files of a service. Raises Failure if its run would be pointless."""
    params = this.params
    subject = Subject(
        params["source"] or "",
        params["package"],
        [entry for entry in params["manifests"] if isinstance(entry, str)],
        params["dockerfile"] or "",
        params["target"],
        params["image_names"],
    )
    try:
        result = check_subject(subject)
    except Failure as error:
        # Without a parser the files stay unchecked, and the run goes on as if there were no preflight.
        this.progress.note(f"the files are not checked: {error}")
        return Outcome(changed=False, result={"findings": []})
    if result.reasons:
        raise Failure(f"The run of {params['service']} would measure nothing", result.reasons)
    for entry in result.warnings:
        this.progress.note(f"{entry.file}:{entry.line}: {entry.message}. {entry.remedy}. [{entry.rule}]")
    found = [entry.as_dict() for entry in result.warnings]
    return Outcome(changed=False, result={"findings": found}, sections={"preflight": found})


def check_subject(subject: Subject) -> Result:
    """Check the manifests, the Dockerfile and the main package. Raises Failure if a library is missing."""
    project = _read(subject)
    reasons = [*_uncovered_image(project, subject), *_invalid_images(project, subject)]
    warnings = [entry for entry in check_project(project) if entry.level != "perhaps"]
    return Result(reasons, warnings)


def _read(subject: Subject) -> Project:
    package = Path(subject.root, subject.package) if subject.root else None
    wanted = [path for path in (*subject.manifests, subject.dockerfile) if "\n" not in path and Path(path).exists()]
    if package is not None and package.is_dir():
        wanted += [str(path) for path in package.glob("*.go")]
    sources, _notes = read_sources([path for path in wanted if path], subject.root)
    return read_project(sources)


def _uncovered_image(project: Project, subject: Subject) -> t.Iterator[Diagnosis]:
    """A Dockerfile whose every build of Go leaves out the coverage flags."""
    for file in project.dockerfiles:
        steps = _compiling(file, subject.target)
        if steps and all(map(_is_uncovered, steps)):
            line = steps[-1].instruction.line
            yield Diagnosis(
                "not-instrumented",
                f"{file.source.name}:{line} builds without the coverage flags, whatever GOFLAGS has",
                'Keep what GOFLAGS has, as in GOFLAGS="$GOFLAGS -mod=vendor", and leave out -cover=false',
            )


def _compiling(file: ContainerFile, target: str) -> list[Step]:
    """The steps that may compile the service: whatever may call go build."""
    return [step for step in file.steps_of(target) if compiles(file.parsed, step.stage, step.instruction)]


def _is_uncovered(step: Step) -> bool:
    builds = [command for command in step.script.commands if is_go_build(command)]
    return bool(builds) and not re.search(r"\$\{?GOFLAGS\b", step.instruction.script) and all(map(is_uncovered, builds))


def _invalid_images(project: Project, subject: Subject) -> t.Iterator[Diagnosis]:
    """Images with a slash in the tag, which the run does not replace and no kustomization does."""
    if any(document.value.text("kind") == "Kustomization" for document in project.documents):
        return
    replaced = {_last(name) for name in subject.image_names}
    for document in project.manifests:
        for container in document.containers():
            image, node = container.text("image"), container.get("image")
            if node is not None and images.has_slash_in_tag(image) and not replaced & set(re.split(r"[/:]", image)):
                yield Diagnosis(
                    "image-tag-invalid",
                    f"{document.file}:{node.line} names the image {image}, and a tag has no slash",
                    "Correct the tag",
                )


def _last(name: str) -> str:
    return re.sub(r"[:@][^/]*$", "", name).rpartition("/")[2]
