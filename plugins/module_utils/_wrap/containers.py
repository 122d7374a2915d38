# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instrumented containers that run on the nodes of a kind cluster, and ending them so that they write counters.

containerd knows the containers (``ctr``), the processes of a node tell which of them run an instrumented program: Go
writes ``build -cover=true`` into each executable that it has instrumented, stripped or not.
"""

from __future__ import annotations

import base64
import json
import re
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from .._diagnosis import failure
from .._engine.api import Engine

#: Two sections, with a blank line between: the identifiers of containers that run an instrumented program, and
#: containerd's description of each running container, as JSON texts one after the other.
_LIST = """
tab=$(printf '\\t')
known=
for process in /proc/[0-9]*; do
  identity=$(stat -L -c %d:%i "$process/exe" 2> /dev/null) || continue
  case " $known " in
    *" $identity=yes "*) ;;
    *" $identity=no "*) continue ;;
    *)
      if grep -q -a -F "build${tab}-cover=true" "$process/exe" 2> /dev/null; then
        known="$known $identity=yes"
      else
        known="$known $identity=no"
        continue
      fi ;;
  esac
  grep -o -E '[0-9a-f]{64}' "$process/cgroup" | tail -n 1
done | sort -u
echo
ctr -n k8s.io tasks ls | while read -r id pid status; do
  [ "$status" = RUNNING ] || continue
  # It may have ended since.
  description=$(ctr -n k8s.io containers info "$id" 2> /dev/null) || continue
  echo "$pid"
  echo "$description"
done
"""
#: Words of four: identifier, process, seconds, signal. Each container gets its signal and its own time, side by side;
#: the identifiers of those that had to be killed are printed.
_END = """
while [ $# -ge 4 ]; do
  (
    ctr -n k8s.io tasks kill -s "$4" "$1" > /dev/null 2>&1
    left=$(($3 * 10))
    while [ -d "/proc/$2" ] && [ "$left" -gt 0 ]; do
      sleep 0.1
      left=$((left - 1))
    done
    if [ -d "/proc/$2" ]; then
      echo "$1"
      ctr -n k8s.io tasks kill -s SIGKILL "$1" > /dev/null 2>&1
    fi
  ) &
  shift 4
done
wait
"""
_KUBELET = 'systemctl "$1" kubelet 2> /dev/null || true'
_CONTAINER = "container"
_KIND_LABEL = "io.cri-containerd.kind"
_GRACE = "io.kubernetes.pod.terminationGracePeriod"
_DEFAULT_GRACE = 30
#: Containers that started within as many seconds of each other end side by side.
_TOGETHER = 2.0
_MOST_AT_ONCE = 8
_FRACTION = re.compile(r"\.(\d{1,6})\d*")


@dataclass(frozen=True)
class Running:
    """A container with an instrumented program: where it runs, whose it is, and how it is to be ended.

    ``started`` is in seconds since 1970, ``grace`` in seconds.
    """

    node: str
    id: str
    pid: int
    namespace: str
    pod: str
    container: str
    started: float
    grace: int
    signal: str = "SIGTERM"

    @property
    def title(self) -> str:
        """Who it is, for a message."""
        return f"{self.container} of the pod {self.namespace}/{self.pod}"


def running_on(engine: Engine, nodes: t.Sequence[str]) -> list[Running]:
    """The instrumented containers that run on these nodes. Raises Failure."""
    with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
        found = pool.map(lambda node: parse(node, _run(engine, node, _LIST)), nodes)
    return [container for of_node in found for container in of_node]


def parse(node: str, printed: str) -> list[Running]:
    """The instrumented containers in what ``_LIST`` prints on ``node``."""
    identifiers, _blank, rest = printed.partition("\n\n") if not printed.startswith("\n") else ("", "", printed)
    instrumented = set(identifiers.split())
    decoder = json.JSONDecoder()
    found = []
    rest = rest.lstrip()
    while rest:
        pid, _newline, rest = rest.partition("\n")
        document, end = decoder.raw_decode(rest.lstrip())
        rest = rest.lstrip()[end:].lstrip()
        if document["ID"] in instrumented and document.get("Labels", {}).get(_KIND_LABEL) == _CONTAINER:
            found.append(_running(node, int(pid), document))
    return found


def _running(node: str, pid: int, document: t.Mapping[str, t.Any]) -> Running:
    labels, metadata = document["Labels"], _metadata(document)
    annotations = metadata.get("Config", {}).get("annotations") or {}
    return Running(
        node=node,
        id=document["ID"],
        pid=pid,
        namespace=labels.get("io.kubernetes.pod.namespace", ""),
        pod=labels.get("io.kubernetes.pod.name", ""),
        container=labels.get("io.kubernetes.container.name", ""),
        started=_seconds(document.get("CreatedAt", "")),
        grace=int(annotations.get(_GRACE) or _DEFAULT_GRACE),
        signal=metadata.get("StopSignal") or "SIGTERM",
    )


def _metadata(document: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What the CRI plugin keeps of a container: its configuration and its stop signal."""
    for name, extension in (document.get("Extensions") or {}).items():
        value = extension.get("value") if isinstance(extension, dict) else None
        if name.endswith("container.metadata") and value:
            decoded = json.loads(base64.b64decode(value))
            return dict(decoded.get("Metadata") or {})
    return {}


def _seconds(time_text: str) -> float:
    """RFC 3339 with nanoseconds, as seconds since 1970; 0 if it is none."""
    try:
        return datetime.fromisoformat(_FRACTION.sub(r".\1", time_text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0


def waves(containers: t.Sequence[Running]) -> list[list[Running]]:
    """The order in which they end: those that started last first; what started together ends side by side."""
    ordered = sorted(containers, key=lambda container: container.started, reverse=True)
    found: list[list[Running]] = []
    for container in ordered:
        if found and found[-1][-1].started - container.started <= _TOGETHER:
            found[-1].append(container)
        else:
            found.append([container])
    return found


@dataclass(frozen=True)
class Ended:
    """How many containers were ended, those that had to be killed, and the seconds that it took."""

    count: int
    killed: list[Running]
    seconds: float


def kubelets(engine: Engine, nodes: t.Sequence[str], action: t.Literal["start", "stop"]) -> None:
    """Stop the kubelets, so that nothing on these nodes is started again; or start them. Raises Failure."""
    with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
        list(pool.map(lambda node: _run(engine, node, _KUBELET, action), nodes))


def end(engine: Engine, containers: t.Sequence[Running]) -> Ended:
    """End the containers by their stop signals, each with its grace period. Raises Failure."""
    begun = time.monotonic()
    killed: list[Running] = []
    for wave in waves(containers):
        nodes = sorted({container.node for container in wave})

        def end_on(node: str, wave: t.Sequence[Running] = wave) -> list[Running]:
            own = [container for container in wave if container.node == node]
            words = [str(word) for entry in own for word in (entry.id, entry.pid, entry.grace, entry.signal)]
            said = _run(engine, node, _END, *words).split()
            return [container for container in own if container.id in said]

        with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
            killed += [container for of_node in pool.map(end_on, nodes) for container in of_node]
    return Ended(len(containers), killed, time.monotonic() - begun)


def _run(engine: Engine, node: str, script: str, *arguments: str) -> str:
    ended = engine.execute(node, ["sh", "-c", script, "sh", *arguments])
    if ended.rc != 0:
        raise failure(
            f"The containers of the node {node} cannot be ended for their counters",
            "node-broken",
            f"The node said: {ended.said or f'exit code {ended.rc}'}",
            f"Look at it with: {engine.provider} exec {node} ctr -n k8s.io tasks ls",
        )
    return ended.stdout.decode(errors="replace")
