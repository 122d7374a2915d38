# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images onto the nodes of a cluster, from the options to the outcome."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import failure
from .._engine.api import Engine
from .._kind.nodes import Node, running_nodes_of
from .._outcome import Outcome
from .._run.progress import Progress
from . import archive, load

_CHUNK = 1 << 20


@dataclass(frozen=True)
class LoadOptions:
    """The options of image_archive_load; see its documentation."""

    cluster: str
    image: t.Sequence[str] | None
    optional: t.Sequence[str]
    archive: str | None


def load_images(wanted: LoadOptions, engine: Engine, progress: Progress, check_mode: bool = False) -> Outcome:
    """Load the images that the nodes lack. Raises Failure."""
    nodes = running_nodes_of(engine, wanted.cluster)
    images = _from_archive(Path(wanted.archive)) if wanted.archive else _from_engine(engine, wanted.image or ())
    images += _from_engine(engine, [name for name in wanted.optional if engine.image(name) is not None])
    references = [image.reference for image in images]
    if check_mode:
        results = _predicted(nodes, load.missing(engine, nodes, images))
    else:
        results = load.load(engine, nodes, images, progress.note)
    for result in results:
        sent = f", {result.size:,} bytes" if result.size else ""
        progress.note(f"{', '.join(references)} on {result.name}: {result.action}{sent}")
    returned = {"images": references, "nodes": [result.as_dict() for result in results]}
    changed = any(result.action != "present" for result in results)
    return Outcome(changed=changed, result=returned, sections={"loaded": returned})


def _predicted(nodes: t.Sequence[Node], missing: t.Mapping[str, t.Sequence[Node]]) -> list[load.NodeResult]:
    lacking = {node.name for targets in missing.values() for node in targets}
    return [load.NodeResult(node.name, "loaded" if node.name in lacking else "present") for node in nodes]


def _from_engine(engine: Engine, references: t.Sequence[str]) -> list[load.Wanted]:
    """The images of the engine. Raises Failure ``image-missing``."""
    wanted = []
    for reference in references:
        image = engine.image(reference)
        if image is None:
            raise failure(
                f"The image {reference} cannot be loaded",
                "image-missing",
                f"{engine.provider} at {engine.address} does not have it",
                f"Build it with gocover.e2e.coverage_image, or pull it: {engine.provider} pull {reference}",
            )
        wanted.append(load.Wanted(reference, image.id, functools.partial(engine.save, reference)))
    return wanted


def _from_archive(path: Path) -> list[load.Wanted]:
    """The images of an archive. Raises Failure."""

    def stream() -> t.Iterator[bytes]:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return [load.Wanted(archived.reference, archived.id, stream) for archived in archive.read(path)]
