# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images onto every node of a cluster: what a node has is left alone, what is missing is streamed to all at once."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._diagnosis import FULL_DISK, Failure, failure
from .._engine.api import Engine, EngineError, ExecSession
from .._kind.nodes import Node, on_each
from .._reference import normalized
from . import containerd

Action = t.Literal["present", "partial", "loaded"]
_CTR = ("ctr", "--namespace=k8s.io", "images")
#: --local, where this ctr has it, imports in the client: 2.3 s against 3.6 s for an image of 170 MB.
_IMPORT = """
if ctr images import --help 2>/dev/null | grep -q -e --local; then local=--local; fi
exec ctr --namespace=k8s.io images import $local -
"""


@dataclass(frozen=True)
class Wanted:
    """An image that all nodes are to have: ``id`` as the engine or the archive says, ``stream`` gives its archive."""

    reference: str
    id: str
    stream: t.Callable[[], t.Iterator[bytes]]


@dataclass
class NodeResult:
    """What was done for a node: ``size`` is in bytes, as sent."""

    name: str
    action: Action = "present"
    size: int = 0

    def as_dict(self) -> dict[str, t.Any]:
        """The form in which the module returns it."""
        return {"name": self.name, "action": self.action, "bytes": self.size}


def missing(engine: Engine, nodes: t.Sequence[Node], wanted: t.Sequence[Wanted]) -> dict[str, list[Node]]:
    """By reference the nodes that lack the image; references that every node has are left out."""
    listed = list_images(engine, nodes)
    lacking = {
        image.reference: [node for node in nodes if not listed[node.name].has(image.reference, image.id)]
        for image in wanted
    }
    return {reference: those for reference, those in lacking.items() if those}


def load(
    engine: Engine, nodes: t.Sequence[Node], wanted: t.Sequence[Wanted], on_note: t.Callable[[str], None]
) -> list[NodeResult]:
    """Make sure that every node has every image. Raises Failure ``image-not-on-node``, and EngineError."""
    results = {node.name: NodeResult(node.name) for node in nodes}
    lacking = missing(engine, nodes, wanted)
    sent: set[str] = set()
    for image in wanted:
        targets = lacking.get(image.reference, [])
        # An archive holds several images: what came with another one is not sent again.
        if not targets or image.reference in sent:
            continue
        on_note(f"loading {image.reference} into {', '.join(node.name for node in targets)}")
        size = _broadcast(engine, targets, image)
        for node in targets:
            results[node.name].action = "loaded"
            results[node.name].size += size
        sent.update(other.reference for other in wanted if other.stream is image.stream)
    if lacking:
        _verify(engine, nodes, [image for image in wanted if image.reference in lacking])
    return list(results.values())


def list_images(engine: Engine, nodes: t.Sequence[Node]) -> dict[str, containerd.NodeImages]:
    """The images of each node, asked of all at once."""

    def ask(node: Node) -> containerd.NodeImages:
        result = engine.execute(node.name, [*_CTR, "ls"])
        if result.rc != 0:
            raise _containerd_failed(node.name, result.said)
        return containerd.parse(result.stdout.decode(errors="replace"))

    return dict(zip((node.name for node in nodes), on_each(nodes, ask), strict=True))


def _broadcast(engine: Engine, nodes: t.Sequence[Node], image: Wanted) -> int:
    """Send one archive to all ``nodes`` at once, read only once; returns its size in bytes."""
    sessions: dict[str, ExecSession] = {}
    for node in nodes:
        sessions[node.name] = engine.attach(node.name, ["sh", "-c", _IMPORT], stdin=True)
    size = 0
    closed: set[str] = set()
    try:
        for chunk in image.stream():
            size += len(chunk)
            for name, session in sessions.items():
                if name in closed:
                    continue
                try:
                    session.write(chunk)
                except EngineError:
                    closed.add(name)  # ctr has given up; its stderr has the reason
            if len(closed) == len(sessions):
                break
    finally:
        for session in sessions.values():
            session.close_stdin()
    for name, session in sessions.items():
        result = session.result()
        if result.rc != 0:
            raise _import_failed(image.reference, name, result.said)
    return size


def _verify(engine: Engine, nodes: t.Sequence[Node], wanted: t.Sequence[Wanted]) -> None:
    """See that the nodes have the images now, and mark those whose id containerd does not show."""
    for name, images in list_images(engine, nodes).items():
        for image in wanted:
            full = normalized(image.reference)
            target = images.targets.get(full)
            if target is None:
                raise failure(
                    f"{image.reference} is not on the node {name} after loading",
                    "image-not-on-node",
                    f"containerd took the archive, and does not list {full}",
                    "See whether the archive holds the image under this name",
                )
            if not images.has(image.reference, image.id):
                # The CRI plugin adds the id a moment later; podman rewrites the configuration as it saves.
                label = f"{containerd.SOURCE_LABEL}={containerd.source_label(image.id, target)}"
                result = engine.execute(name, [*_CTR, "label", full, label])
                if result.rc != 0:
                    raise _containerd_failed(name, result.said)


def _import_failed(reference: str, node: str, output: str) -> Failure:
    if FULL_DISK.search(output):
        return failure(
            f"No room left on the node {node} for {reference}",
            "disk-full",
            f"containerd printed: {output}",
            "Free some space where the engine keeps its data",
        )
    return failure(
        f"{reference} could not be loaded into the node {node}",
        "image-not-on-node",
        f"ctr images import printed: {output}",
        "See that the archive is whole and for the node's architecture",
    )


def _containerd_failed(node: str, output: str) -> Failure:
    return failure(
        f"The containerd of the node {node} does not answer",
        "image-not-on-node",
        f"ctr printed: {output}",
        "See that the node is well; deleting the cluster and creating it anew helps",
    )
