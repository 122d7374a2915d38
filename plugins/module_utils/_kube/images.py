# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers of manifests, and the built image in place of the one that a manifest names."""

from __future__ import annotations

import typing as t

from .._reference import same_repository
from .api import Object


def pod_templates(manifest: Object) -> t.Iterator[Object]:
    """The pod specs in an object: of the pod itself, of its template, of a CronJob's job template."""
    spec = manifest.get("spec")
    while isinstance(spec, dict):
        if isinstance(spec.get("containers"), list):
            yield spec
            return
        nested = spec.get("template") or spec.get("jobTemplate")
        spec = nested.get("spec") if isinstance(nested, dict) else None


def containers(pod_spec: Object) -> t.Iterator[Object]:
    """All containers of a pod spec, init containers first, in the order in which they start."""
    for key in ("initContainers", "containers"):
        yield from (entry for entry in pod_spec.get(key) or [] if isinstance(entry, dict))


def uses(manifest: Object, image: str) -> bool:
    """Whether a container of the object runs an image of the repository of ``image``, whatever its tag."""
    return any(
        same_repository(str(container.get("image")), image)
        for pod_spec in pod_templates(manifest)
        for container in containers(pod_spec)
    )


def replace_images(manifest: Object, built: t.Mapping[str, str]) -> list[tuple[str, str]]:
    """Put the built images in place of the named ones, in ``manifest`` itself; returns the pairs (named, built).

    ``built`` maps names as manifests write them, without tag, to references. An image that is in place is never
    pulled, for it has been loaded onto the nodes.
    """
    replaced = []
    for pod_spec in pod_templates(manifest):
        for container in containers(pod_spec):
            named = container.get("image")
            if not isinstance(named, str):
                continue
            reference = next((reference for name, reference in built.items() if same_repository(named, name)), None)
            if reference is not None:
                container["image"] = reference
                container["imagePullPolicy"] = "IfNotPresent"
                replaced.append((named, reference))
    return replaced
