#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image or an archive onto every node of a kind cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_archive_load
short_description: Load images into every node of a kind cluster
version_added: 0.1.0
description:
  - Makes sure that every node of a kind cluster has the images, so that pods start without a registry.
  - Each node is asked first, by name and digest; what it has is not sent again. What is missing is streamed from the engine, or from an archive,
    into the containerd of all nodes at once, without a file in between.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  image:
    description: References of images that the engine has.
    type: list
    elements: str
  optional:
    description: References of images that are loaded if the engine has them, and otherwise left to the nodes to pull.
    type: list
    elements: str
    default: []
  archive:
    description: Path of an image archive, as C(docker save), C(podman save) and others write it.
    type: path
"""

EXAMPLES = r"""
- name: Load what was built
  gocover.e2e.image_archive_load:
    cluster: e2e
    image: "{{ built.image }}"

- name: Load an archive
  gocover.e2e.image_archive_load:
    cluster: e2e
    archive: /images/postgres-15.tar
"""

RETURN = r"""
images:
  description: The references of the images, for a pod just as they are.
  returned: success
  type: list
  elements: str
  sample: ["localhost/notification:cov-5f70bf18a086"]
nodes:
  description:
    - For each node what was done, and how many bytes were sent to it.
    - The action is C(present) if it had everything, C(loaded) if at least one image was sent, C(partial) if only missing layers were.
  returned: success
  type: list
  elements: dict
  sample: [{name: e2e-control-plane, action: loaded, bytes: 11000000}]
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import typing as t
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._images import archive, load
from ansible_collections.gocover.e2e.plugins.module_utils._kind import nodes
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run import step

_CHUNK = 1 << 20


def load_images(this: step.Step) -> Outcome:
    """Load what the nodes lack."""
    params = this.params
    engine = connect(params["provider"])
    targets = nodes.running_nodes_of(engine, params["cluster"])
    wanted = from_archive(Path(params["archive"])) if params["archive"] else from_engine(engine, params["image"])
    wanted += from_engine(engine, [name for name in params["optional"] if engine.image(name) is not None])
    references = [image.reference for image in wanted]
    if this.check_mode:
        lacking = load.missing(engine, targets, wanted)
        return Outcome(changed=bool(lacking), result={"images": references, "nodes": []})
    results = load.load(engine, targets, wanted, this.progress.note)
    for result in results:
        sent = f", {result.size:,} bytes" if result.size else ""
        this.progress.note(f"{', '.join(references)} on {result.name}: {result.action}{sent}")
    returned = {"images": references, "nodes": [result.as_dict() for result in results]}
    changed = any(result.action != "present" for result in results)
    return Outcome(changed=changed, result=returned, sections={"loaded": returned})


def from_engine(engine: Engine, references: t.Sequence[str]) -> list[load.Wanted]:
    """The images of the engine. Raises Failure for one that it does not have."""
    wanted = []
    for reference in references:
        image = engine.image(reference)
        if image is None:
            raise failure(
                f"There is no image {reference} to load",
                "image-missing",
                f"{engine.provider} at {engine.address} does not have it",
                f"Build it with gocover.e2e.coverage_image, or pull it: {engine.provider} pull {reference}",
            )
        wanted.append(load.Wanted(reference, image.id, lambda reference=reference: engine.save(reference)))  # type: ignore[misc]
    return wanted


def from_archive(path: Path) -> list[load.Wanted]:
    """The images of an archive. Raises Failure."""

    def stream() -> t.Iterator[bytes]:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return [load.Wanted(archived.reference, archived.id, stream) for archived in archive.read(path)]


MODULE = step.Module(
    "load",
    {
        "cluster": {"type": "str", "required": True},
        **ENGINE_OPTIONS,
        "image": {"type": "list", "elements": "str"},
        "optional": {"type": "list", "elements": "str", "default": []},
        "archive": {"type": "path"},
    },
    load_images,
    mutually_exclusive=[("image", "archive")],
    required_one_of=[("image", "archive")],
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
