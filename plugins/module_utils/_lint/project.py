# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is checked together, parsed once: rules compare files with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from . import golang, scripts
from .dockerfiles import ContainerFile, read_dockerfile
from .finding import Note
from .golang import GoFile, read_go
from .manifests import Document, read_documents
from .scripts import Script, read_script
from .sources import Source


@dataclass
class Project:
    """The parsed files of one check."""

    sources: list[Source]
    documents: list[Document] = field(default_factory=list)
    go_files: list[GoFile] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    dockerfiles: list[ContainerFile] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def manifests(self) -> list[Document]:
        """The Kubernetes objects, without kind configurations."""
        return [document for document in self.documents if document.kind and not document.is_kind_config]

    @property
    def programs(self) -> dict[str, list[GoFile]]:
        """The Go files of each main package, by its directory."""
        programs: dict[str, list[GoFile]] = {}
        for file in self.go_files:
            if file.package == "main" and not file.source.name.endswith("_test.go"):
                programs.setdefault(file.source.name.rpartition("/")[0], []).append(file)
        return programs

    def procedures(self) -> Iterator[Script]:
        """What runs programs in order: scripts, recipes, and functions of Go test code."""
        yield from self.scripts
        for file in self.go_files:
            if file.is_test:
                for commands in file.commands():
                    yield Script(file.source, tuple(commands))


def read_project(sources: Sequence[Source]) -> Project:
    """Parse ``sources``. Raises Failure if a library is missing."""
    project = Project(list(sources))
    go, bash = golang.grammar(), scripts.grammar()
    for source in sources:
        if source.kind == "yaml":
            documents, note = read_documents(source)
            project.documents += documents
            project.notes += [note] if note else []
        elif source.kind == "go":
            project.go_files.append(read_go(source, go))
        elif source.kind == "dockerfile":
            project.dockerfiles.append(read_dockerfile(source, bash))
        else:
            project.scripts += read_script(source, bash)
    return project
