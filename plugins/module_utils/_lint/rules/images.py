# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about image references: the tag that is built has to be the tag that runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ..finding import Finding, Rule, finding
from ..project import Project

HARDCODED = Rule("image-tag-hardcoded", "warning", "A test names an image by a fixed tag")
IGNORED = Rule("image-name-ignored", "error", "The image that a build returns is ignored")
SLASH = Rule("image-tag-slash", "error", "An image tag contains a slash")
LOCALHOST = Rule("image-localhost-missing", "error", "A manifest lacks podman's prefix localhost/")

#: A reference with a tag: repository components, then what follows the last colon.
_REFERENCE = re.compile(
    r"^(?P<repository>[a-z0-9][a-z0-9._-]*(?::\d+)?(?:/[a-z0-9][a-z0-9._-]*)*):(?P<tag>[\w][\w./-]*)$"
)
#: Functions that build an image, and functions of test code that deploy one.
_BUILDS = re.compile(r"(?i)build.*image|image.*build|build(?:and|_)?(?:load|push)")
_DEPLOYS = re.compile(r"(?i)deploy|image|load|install")


def check(project: Project) -> Iterator[Finding]:
    """Findings of every rule of this file."""
    yield from _hardcoded_tags(project)
    yield from _tags_without_build(project)
    yield from _ignored_images(project)
    yield from _slashes(project)
    yield from _missing_localhost(project)


def _hardcoded_tags(project: Project) -> Iterator[Finding]:
    names = _program_names(project)
    for file in project.go_files:
        if not file.is_test:
            continue
        for call in file.calls:
            for argument in call.arguments:
                reference = _REFERENCE.match(argument or "")
                if not reference or "/" in reference["tag"] or not _DEPLOYS.search(call.name):
                    continue
                repository = reference["repository"]
                if repository.startswith("localhost/") or _names_program(repository, names):
                    where = ", in a goroutine" if call.in_goroutine else ""
                    yield finding(
                        HARDCODED,
                        file.source.name,
                        call.line,
                        f'{call.name} gets the fixed image "{argument}"{where}; a new build has another tag',
                        "Pass the reference that the build returned down to this call",
                    )


def _tags_without_build(project: Project) -> Iterator[Finding]:
    """Manifests with a tag of an image that is built here under other tags only."""
    built = _built_tags(project)
    replaced = {
        entry.text("name")
        for document in project.documents
        if document.value.text("kind") == "Kustomization"
        for entry in document.value.items("images")
    }
    for document in project.manifests:
        for container in document.containers():
            image, node = container.text("image"), container.get("image")
            reference = _REFERENCE.match(image)
            if reference is None or node is None or image in replaced or reference["repository"] in replaced:
                continue
            tags = built.get(reference["repository"].removeprefix("localhost/"), set())
            # A computed tag may be this one, or a command may write it into the manifest.
            if tags and reference["tag"] not in tags and not any("$" in tag for tag in tags):
                yield finding(
                    HARDCODED,
                    document.file,
                    node.line,
                    f'{document.title} names "{image}", but the build makes only the tag {", ".join(sorted(tags))}',
                    "Deploy the reference that the build gives",
                )


def _built_tags(project: Project) -> dict[str, set[str]]:
    """The tags of each repository that commands build or give; ``$`` where one is computed."""
    built: dict[str, set[str]] = {}
    for script in project.procedures():
        for command in script.commands:
            names = []
            if command.words[0:1] in (("docker",), ("podman",), ("buildah",)) and {"build", "bud"} & set(command.words):
                names = [word for flag, word in pairwise(command.words) if flag in ("-t", "--tag")]
                names += [word.partition("=")[2] for word in command.words if word.startswith("--tag=")]
            elif command.words[1:2] == ("tag",):
                names = list(command.words[3:4])
            for name in names:
                repository, _colon, tag = name.replace('"', "").rpartition(":")
                if repository:
                    built.setdefault(repository.removeprefix("localhost/"), set()).add(tag)
    return built


def _program_names(project: Project) -> set[str]:
    return {directory.rpartition("/")[2] for directory in project.programs} - {"", "cmd"}


def _names_program(repository: str, programs: set[str]) -> bool:
    """Whether the last component of ``repository`` is the name of a program that is built here."""
    return repository.rpartition("/")[2] in programs


def _ignored_images(project: Project) -> Iterator[Finding]:
    results = {name: types for file in project.go_files for name, types in file.results.items()}
    for file in project.go_files:
        for assignment in file.assignments:
            name = assignment.function.rpartition(".")[2]
            if not _BUILDS.search(name) or len(assignment.targets) < 2 or assignment.targets[0] != "_":
                continue
            declared = results.get(name)
            if declared is not None and declared[0:1] != ("string",):
                continue
            yield finding(
                IGNORED,
                file.source.name,
                assignment.line,
                f"The image that {assignment.function} returns is ignored, so the deployment has to guess its tag",
                "Keep the returned reference and deploy it",
            )


def has_slash_in_tag(image: str) -> bool:
    """Whether what follows the colon of a reference is a tag with a slash, and no port."""
    reference = _REFERENCE.match(image)
    return reference is not None and "/" in reference["tag"] and not re.match(r"\d+/", reference["tag"])


def _slashes(project: Project) -> Iterator[Finding]:
    for file, line, text in _image_strings(project):
        reference = _REFERENCE.match(text)
        if reference and has_slash_in_tag(text):
            yield finding(
                SLASH,
                file,
                line,
                f'The image "{text}" has a slash in its tag {reference["tag"]}, which no registry accepts',
                f"Write {reference['repository']}:{reference['tag'].replace('/', '-')}",
                (text, f"{reference['repository']}:{reference['tag'].replace('/', '-')}"),
            )


def _image_strings(project: Project) -> Iterator[tuple[str, int, str]]:
    """Strings in places where an image is meant: file, line, text."""
    for document in project.manifests:
        for container in document.containers():
            if image := container.get("image"):
                yield document.file, image.line, container.text("image")
    for file in project.dockerfiles:
        for stage in file.parsed.stages:
            yield file.source.name, stage.line, stage.base
    for go in project.go_files:
        for call in go.calls:
            if _DEPLOYS.search(call.name):
                yield from ((go.source.name, call.line, text) for text in call.arguments if text)
        for line, text in go.strings:
            # A tag with two slashes in it is no URL, path or label.
            if re.match(r"^[a-z0-9.-]+/[a-z0-9._-]+:[a-z0-9._-]+/[a-z0-9._-]+$", text):
                yield go.source.name, line, text
    for script in project.scripts:
        for line, name, value in script.variables:
            if re.search(r"(?i)image|img|tag", name):
                yield script.source.name, line, value
        for command in script.commands:
            for flag, word in pairwise(command.words):
                if flag in ("-t", "--tag", "docker-image") and not word.startswith("-"):
                    yield script.source.name, command.line, word


def _missing_localhost(project: Project) -> Iterator[Finding]:
    """Images that podman builds here, and that manifests name without the prefix under which podman keeps them."""
    built: dict[str, str] = {}
    for script in project.scripts:
        for command in script.commands:
            if command.starts_with("podman", "build") or command.starts_with("buildah", "bud"):
                for flag, word in pairwise(command.words):
                    reference = _REFERENCE.match(word)
                    if flag in ("-t", "--tag") and reference and "." not in word.split("/")[0].split(":")[0]:
                        built[reference["repository"]] = f"{script.source.name}:{command.line}"
    for document in project.manifests:
        for container in document.containers():
            image = container.text("image")
            repository = image.rpartition(":")[0] or image
            # Only with a policy that never pulls does the kubelet say ErrImageNeverPull; else it asks Docker Hub.
            if repository in built and not repository.startswith("localhost/"):
                node = container.get("image")
                yield finding(
                    LOCALHOST,
                    document.file,
                    node.line if node else 1,
                    f'{document.title} names "{image}", which means docker.io; podman keeps its build '
                    f"({built[repository]}) as localhost/{repository}",
                    f"Name the image localhost/{image}",
                    (image, f"localhost/{image}"),
                )
