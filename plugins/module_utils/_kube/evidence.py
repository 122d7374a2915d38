# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a namespace looked like, saved before any pod is stopped: logs, events and objects."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from .. import _files
from . import images, pods
from .api import EVENT, JOB, POD, REPLICA_SET, SERVICE, ApiError, Cluster, Kind, Object
from .apply import as_text, readable
from .workload import KINDS

_CONFIG_MAP = Kind("v1", "ConfigMap")
_LOG_LINES = 10000


def save(cluster: Cluster, namespace: str, directory: Path) -> list[str]:
    """Write logs, events and objects of a namespace below ``directory``; returns the names of the files.

    What the API refuses is named in ``events.txt`` and otherwise left out: evidence is never a reason to fail.
    Secrets are not read.
    """
    directory.mkdir(parents=True, exist_ok=True)
    refused: list[str] = []
    written = []

    def write(name: str, text: str) -> None:
        _files.write_file(directory / name, text)
        written.append(name)

    def listed(kind: Kind) -> list[Object]:
        try:
            return cluster.list_all(kind, namespace)
        except ApiError as error:
            refused.append(str(error))
            return []

    present = listed(POD)
    for pod in present:
        for container in images.containers(pod["spec"]):
            for previous in (False, True):
                name = f"{pods.name_of(pod)}.{container['name']}{'.previous' if previous else ''}.log"
                try:
                    lines = _log(cluster, pod, container["name"], namespace, previous)
                except ApiError as error:
                    refused.append(str(error))
                    continue
                if lines:
                    write(_file_name(name), "\n".join(lines) + "\n")
    kinds = (*KINDS.values(), REPLICA_SET, JOB, SERVICE, _CONFIG_MAP)
    objects = [*present, *(entry for kind in kinds for entry in listed(kind))]
    write("objects.yaml", as_text({**readable(entry), "status": entry.get("status")} for entry in objects))
    write(
        "events.txt", "".join(f"{line}\n" for line in [*map(_event_line, sorted(listed(EVENT), key=_when)), *refused])
    )
    return sorted(written)


def _log(cluster: Cluster, pod: Object, container: str, namespace: str, previous: bool) -> list[str]:
    state = next((entry for entry in pods.containers(pod) if entry.name == container), None)
    if state is None or (previous and state.restarts == 0):
        return []
    return cluster.logs(pods.name_of(pod), namespace, container, tail=_LOG_LINES, previous=previous)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def _event_line(event: Object) -> str:
    about: t.Mapping[str, t.Any] = event.get("involvedObject") or {}
    count = f" (x{event['count']})" if (event.get("count") or 1) > 1 else ""
    message = " ".join(str(event.get("message") or "").split())
    subject = f"{about.get('kind')}/{about.get('name')}"
    return f"{_when(event)} {event.get('type')} {subject} {event.get('reason')}{count}: {message}"
