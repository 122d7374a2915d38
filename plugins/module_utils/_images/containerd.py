# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images the containerd of a node has, from what ``ctr images ls`` prints.

The id that an engine gives an image is the digest of its configuration (or, with Docker's containerd image store, that
of its manifest). containerd knows images by the digest of their manifest, its target; the CRI plugin adds a reference
``sha256:ID`` with the same target for each. So both can be told from one list.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._reference import normalized

#: Set on an image whose id containerd does not show, because the archive had another configuration than the engine:
#: ``ID@TARGET``, so that it means nothing any more once the reference is moved to another target.
SOURCE_LABEL = "gocover.e2e/source"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class NodeImages:
    """The images of a node: target digest by reference, and our own labels by reference."""

    targets: t.Mapping[str, str] = field(default_factory=dict)
    sources: t.Mapping[str, str] = field(default_factory=dict)

    def has(self, reference: str, image_id: str) -> bool:
        """Whether the node has this very image under this reference."""
        full = normalized(reference)
        target = self.targets.get(full)
        if target is None:
            return False
        if image_id == target or self.targets.get(image_id) == target:
            return True
        return self.sources.get(full) == source_label(image_id, target)


def parse(listing: str) -> NodeImages:
    """The images in the output of ``ctr -n k8s.io images ls``: columns REF, TYPE, DIGEST, SIZE, PLATFORMS, LABELS."""
    targets: dict[str, str] = {}
    sources: dict[str, str] = {}
    for line in listing.splitlines():
        columns = line.split()
        if len(columns) < 3 or not _DIGEST.fullmatch(columns[2]):
            continue
        targets[columns[0]] = columns[2]
        # "io.cri-containerd.image=managed,gocover.e2e/source=..."; "-" where there is none.
        for label in columns[-1].split(","):
            key, _equals, value = label.partition("=")
            if key == SOURCE_LABEL:
                sources[columns[0]] = value
    return NodeImages(targets, sources)


def source_label(image_id: str, target: str) -> str:
    """The value of our label for an image of the engine that containerd knows as ``target``."""
    return f"{image_id}@{target}"
