# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a program wrote that did not write where its counters are looked for, as far as specs and images tell. Pure.

Where the nodes give every container GOCOVERDIR and its directory, what image and pod say of it goes before.
"""

from __future__ import annotations

import posixpath

from .._diagnosis import Diagnosis
from .records import PodRecord, WritesRecord

_ONE_PATH = "Let GOCOVERDIR, the mount and the directory that is collected be one and the same"


def completed(pod: PodRecord, node_path: str, mount_path: str, image_variable: str = "") -> PodRecord:
    """``pod`` (see ``kube.endings.writes_to``) with what only node and image tell of where it writes.

    The nodes let every container see their ``node_path`` as ``mount_path`` (empty: they do not); ``image_variable`` is
    the GOCOVERDIR of its image.
    """
    known = pod.get("writes")
    if not mount_path or not known:
        return pod
    writes: WritesRecord = {**known, "offered": mount_path}
    if not writes.get("variable") and not writes.get("taken_from") and image_variable:
        writes |= {"variable": image_variable, "taken_from": "its image"}
    variable = writes.get("variable")
    if variable and not writes.get("volume"):
        below = posixpath.relpath(posixpath.normpath(str(variable)), posixpath.normpath(mount_path))
        if not below.startswith(".."):
            writes |= {"volume": "hostPath", "node_path": posixpath.normpath(posixpath.join(node_path, below))}
    return {**pod, "writes": writes}


def words(writes: WritesRecord, node_path: str) -> str:
    """What is wrong with where a container writes: a clause of which GOCOVERDIR is the subject. Empty if nothing is."""
    variable, volume, path = writes.get("variable"), writes.get("volume"), writes.get("node_path")
    source = f" (from {writes['taken_from']})" if writes.get("taken_from") else ""
    if not variable:
        return ""
    if not volume:
        return f"GOCOVERDIR{source} is {variable}, which is in no volume of the pod"
    if path:
        return "" if path == node_path else f"GOCOVERDIR{source}, {variable}, is {path} on the node"
    if volume == "persistentVolumeClaim":
        # What a claim is bound to is not in the pod.
        return ""
    return f"GOCOVERDIR{source}, {variable}, is in a volume of kind {volume}"


def mismatch(pod: PodRecord, node_path: str, place: str) -> Diagnosis | None:
    """``path-mismatch``, if the pod is known to have written elsewhere; ``place`` is what is said of ``node_path``."""
    writes = pod.get("writes") or {}
    wrong = words(writes, node_path)
    if not wrong:
        return None
    container = f"the container {pod['container']} of {pod['name']}" if pod.get("container") else str(pod["name"])
    return Diagnosis(
        "path-mismatch",
        f"{container[:1].upper()}{container[1:]} does not write to {place}: its {wrong}",
        remedy(writes),
    )


def remedy(writes: WritesRecord) -> str:
    """What to do about it."""
    offered = writes.get("offered")
    if not offered:
        return _ONE_PATH
    where = "image" if writes.get("taken_from") == "its image" else "container"
    return (
        f"Take GOCOVERDIR out of the {where}, since it goes before that of the node, or let it be {offered}; "
        "service_inject=pod replaces it"
    )
