# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes manifests and kind configurations, with the line of every value.

PyYAML composes the documents: its nodes keep their position, which loaded values lose.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

from .._diagnosis import library_missing
from .finding import Note
from .sources import Source

try:
    import yaml
except ImportError as error:
    _YAML_ERROR: ImportError | None = error
else:
    _YAML_ERROR = None


@dataclass(frozen=True)
class Value:
    """A node of a YAML document: ``plain`` is its value as Python data, ``line`` counts from 1."""

    node: yaml.Node

    @property
    def line(self) -> int:
        """The line on which the value starts."""
        return int(self.node.start_mark.line) + 1

    @property
    def plain(self) -> t.Any:
        """The value as Python data."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(self.node)
        except yaml.YAMLError:
            return None
        finally:
            loader.dispose()

    def get(self, key: str) -> Value | None:
        """The value of ``key`` in a mapping."""
        if isinstance(self.node, yaml.MappingNode):
            for name, value in self.node.value:
                if isinstance(name, yaml.ScalarNode) and name.value == key:
                    return Value(value)
        return None

    def at(self, *keys: str) -> Value | None:
        """The value below nested mappings."""
        value: Value | None = self
        for key in keys:
            value = value.get(key) if value else None
        return value

    def text(self, *keys: str) -> str:
        """The scalar below nested mappings as it is written; empty if there is none."""
        value = self.at(*keys)
        return str(value.node.value) if value and isinstance(value.node, yaml.ScalarNode) else ""

    def items(self, *keys: str) -> list[Value]:
        """The entries of the list below nested mappings."""
        value = self.at(*keys)
        return [Value(node) for node in value.node.value] if value and isinstance(value.node, yaml.SequenceNode) else []


@dataclass(frozen=True)
class Document:
    """One YAML document of a file."""

    file: str
    value: Value

    @property
    def kind(self) -> str:
        """The kind of the object; empty in other YAML."""
        return self.value.text("kind") if self.value.text("apiVersion") else ""

    @property
    def title(self) -> str:
        """Kind and name, as kubectl shows them."""
        return f"{self.kind}/{self.value.text('metadata', 'name')}"

    @property
    def is_kind_config(self) -> bool:
        """Whether kind reads it (kind.x-k8s.io/v1alpha4, Cluster)."""
        return self.kind == "Cluster" and self.value.text("apiVersion").startswith("kind.x-k8s.io/")

    def pod_spec(self) -> Value | None:
        """The pod spec that a workload describes."""
        paths = {"Pod": ("spec",), "CronJob": ("spec", "jobTemplate", "spec", "template", "spec")}
        return self.value.at(*paths.get(self.kind, ("spec", "template", "spec")))

    def containers(self) -> Iterator[Value]:
        """Containers and init containers of a workload."""
        spec = self.pod_spec()
        if spec is not None:
            yield from spec.items("containers")
            yield from spec.items("initContainers")


def read_documents(source: Source) -> tuple[list[Document], Note | None]:
    """The objects of a YAML file, lists taken apart; a note for a template or for broken YAML.

    Raises Failure (``library-missing``) if there is no PyYAML.
    """
    if _YAML_ERROR is not None:
        raise library_missing("PyYAML", _YAML_ERROR, "Manifests cannot be checked")
    if "apiVersion" not in source.text and not source.name.endswith(("kustomization.yaml", "kustomization.yml")):
        return [], None
    if "{{" in source.text:
        return [], Note(source.name, "is a template")
    # The same parser in C, where PyYAML was built with it, takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        nodes = [node for node in yaml.compose_all(source.text, Loader=loader) if node is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return [], Note(source.name, f"is not valid YAML: {str(error).splitlines()[0]}")
    documents = []
    for node in nodes:
        document = Document(source.name, Value(node))
        if document.kind.endswith("List"):
            documents += [Document(source.name, entry) for entry in document.value.items("items")]
        else:
            documents.append(document)
    return documents, None
