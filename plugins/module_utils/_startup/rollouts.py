# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollouts of one workload, alternating between two images, and what each start costs: measured on the node itself.

The kubelet looks once a second and tells later still, and what a program logs is its own affair. So a small shell on
the node waits for the process of the new pod, and asks it in its own network name space until it answers as its
readiness probe wants it: to some 20 ms, whatever the image holds.
"""

from __future__ import annotations

import contextlib
import http.client
import time
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from .._diagnosis import failure
from .._engine.api import Engine
from .._kube import forward, pods, readiness, workload
from .._kube.api import POD, Object
from .._kube.client import ApiCluster
from .._kube.patch import pod_template, rollout
from .._kube.workload import Workload
from .samples import VARIANTS, Sample

_POLL = 0.02
#: $1 pod, $2 port, $3 path ("": a connection is enough), $4 seconds. Prints PID and seconds. GOCOVERDIR is in the
#: container that is meant and in no other of the pod. A process that is there at the first look began when
#: the kernel says.
_WATCH = r"""
pod=$1 port=$2 path=$3 limit=$((SECONDS + $4)) pid= late=yes
while [ -z "$pid" ]; do
  for file in $(grep -lzsFx "HOSTNAME=$pod" /proc/[0-9]*/environ 2>/dev/null); do
    grep -qzs '^GOCOVERDIR=' "$file" && pid=${file#/proc/} && pid=${pid%/environ} && break
  done
  begun=$EPOCHREALTIME
  [ -n "$pid" ] && break
  late=
  [ $SECONDS -lt $limit ] || { echo "the process of $pod did not appear" >&2; exit 1; }
  sleep 0.01
done
if [ -n "$late" ]; then
  read -r uptime _rest < /proc/uptime
  ticks=$(awk '{ sub(/^.*\) /, ""); print $20 }' "/proc/$pid/stat")
  begun=$(awk -v now="$EPOCHREALTIME" -v up="$uptime" -v at="$ticks" -v hertz="$(getconf CLK_TCK)" \
    'BEGIN { printf "%.6f", now - up + at / hertz }')
fi
export port path pid limit
ready=$(nsenter -t "$pid" -n bash -c '
  while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt "$limit" ]; do
    if { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; then
      [ -n "$path" ] || { echo "$EPOCHREALTIME"; exit; }
      printf "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" "$path" >&3
      read -r -t 2 _version status _rest <&3
      case $status in 2*|3*) echo "$EPOCHREALTIME"; exit ;; esac
      exec 3>&-
    fi
    sleep 0.01
  done')
[ -n "$ready" ] || { echo "the process of $pod ended or did not answer on port $port" >&2; exit 1; }
awk -v p="$pid" -v b="$begun" -v r="$ready" 'BEGIN { printf "%d %.6f\n", p, r - b }'
"""
_MEMORY = "awk '/^VmHWM:/ { print $2 * 1024 }' \"/proc/$1/status\""


class Endpoint(t.NamedTuple):
    """The readiness endpoint of a service: its port and path. With an empty path, an open connection is enough."""

    port: int
    path: str


@dataclass(frozen=True)
class Plan:
    """What to roll out: the reference of each variant; times in seconds."""

    images: t.Mapping[str, str]
    container: str
    endpoint: Endpoint
    node_path: str
    rollouts: int
    requests: int
    timeout: float
    note: t.Callable[[str], None]
    alive: t.Callable[[], bool] = field(default=lambda: True)


def endpoint_of(container: Object, port: int, path: str) -> Endpoint:
    """The readiness endpoint of a container: of its readiness or another probe, else ``port`` and ``path``."""
    ports = container.get("ports") or []
    names = {str(entry.get("name")): int(entry["containerPort"]) for entry in ports}
    given = port or (int(ports[0]["containerPort"]) if ports else 0)
    for probe in (container.get("readinessProbe"), container.get("livenessProbe"), container.get("startupProbe")):
        for kind in ("httpGet", "tcpSocket"):
            if probe and kind in probe:
                asked = str(probe[kind]["port"])
                number = names.get(asked) or (int(asked) if asked.isdigit() else given)
                return Endpoint(number, str(probe[kind].get("path") or "/") if kind == "httpGet" else "")
    if not given:
        raise failure(
            "The start-up cannot be measured",
            "option-invalid",
            f"The container {container['name']} names no port, and has no probe over HTTP or TCP",
            "Set service_ports to the port on which it listens",
        )
    return Endpoint(given, path)


def measure(cluster: ApiCluster, engine: Engine, target: Workload, plan: Plan) -> dict[str, list[Sample]]:
    """Roll out each variant in turn, ``rollouts`` times; the workload is as it was afterwards. Raises Failure."""
    samples: dict[str, list[Sample]] = {variant: [] for variant in VARIANTS}
    try:
        for number in range(1, plan.rollouts + 1):
            for variant in VARIANTS:
                sample = _roll_out(cluster, engine, target, plan, variant)
                samples[variant].append(sample)
                plan.note(
                    f"rollout {number} of {plan.rollouts}, {variant}: ready {sample.startup:.2f} s after its start, "
                    f"{sample.memory / 1e6:.1f} MB"
                )
    finally:
        live = cluster.get(target.kind, target.name, target.namespace)
        undo = pod_template.restoring_patch(live) if live is not None else None
        if undo is not None:
            cluster.patch(target.kind, target.name, target.namespace, undo)
        rollout.put_back(cluster, target)
    return samples


def _roll_out(cluster: ApiCluster, engine: Engine, target: Workload, plan: Plan, variant: str) -> Sample:
    # Both variants get the same pod but for the image; what kills or holds back a slow start is left out.
    settings = pod_template.Settings(
        node_path=plan.node_path,
        mount_path="/gocover",
        image=plan.images[variant],
        probes={"liveness": None, "startup": None},
    )
    before = {pod["metadata"]["uid"] for pod in _pods(cluster, target)}
    live = cluster.get(target.kind, target.name, target.namespace)
    patch = pod_template.coverage_patch(live, plan.container, settings) if live is not None else None
    if patch is None:
        raise failure(
            f"{target.title} cannot be rolled out",
            "workload-missing",
            "It was deleted meanwhile" if live is None else "It runs this image already",
            "Let nothing else change it meanwhile",
        )
    target = target._replace(object=cluster.patch(target.kind, target.name, target.namespace, patch))
    pod = _new_pod(cluster, target, before, plan)
    node, name = pods.node_of(pod), pods.name_of(pod)
    arguments = [name, str(plan.endpoint.port), plan.endpoint.path, str(int(plan.timeout))]
    watch = engine.attach(node, ["bash", "-c", _WATCH, "bash", *arguments])
    # It also says why a pod does not become ready, long before the time is up.
    built = list(plan.images.values())
    readiness.wait_until_ready(cluster, target, plan.timeout, lambda _text: None, built, plan.alive)
    ended = watch.result()
    if ended.rc != 0:
        raise failure(
            f"The start of {name} could not be measured",
            "probe-failing",
            f"On the node {node}: {ended.said}",
            "See that the service listens where its readiness probe looks, and measure again",
        )
    pid, seconds = ended.stdout.decode().split()
    latency = tuple(_requests(cluster, target, plan))
    memory = engine.execute(node, ["sh", "-c", _MEMORY, "sh", pid])
    return Sample(float(seconds), int(float(memory.stdout or b"0")), latency)


def _pods(cluster: ApiCluster, target: Workload) -> list[Object]:
    return cluster.list_all(POD, target.namespace, labels=target.selector)


def _new_pod(cluster: ApiCluster, target: Workload, before: t.Collection[str], plan: Plan) -> Object:
    """The first new pod that has a node; its program starts only after that."""
    deadline = time.monotonic() + plan.timeout
    while time.monotonic() < deadline and plan.alive():
        for pod in _pods(cluster, target):
            if pod["metadata"]["uid"] not in before and not pods.terminating(pod) and pods.node_of(pod):
                return pod
        time.sleep(_POLL)
    # Nobody waits in vain: whatever keeps pods from being made or placed is known to the one who waits for readiness.
    readiness.wait_until_ready(cluster, target, 1.0, plan.note, list(plan.images.values()), plan.alive)
    raise failure(
        f"{target.title} made no new pod",
        "unschedulable",
        f"None was there within {plan.timeout:g} s",
        "See that it has replicas, and that its nodes have room for one more pod",
    )


def _requests(cluster: ApiCluster, target: Workload, plan: Plan) -> t.Iterator[float]:
    """Seconds that each request takes, over one connection that is kept."""
    if not plan.endpoint.path or not plan.requests:
        return
    with forward.way_to(cluster, workload.find(cluster, target.namespace, target.title, ""), node_ports=True) as url:
        address = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        with contextlib.closing(connection):
            for number in range(plan.requests + 1):
                begun = time.perf_counter()
                connection.request("GET", plan.endpoint.path)
                connection.getresponse().read()
                if number:  # the first one opens the connection
                    yield time.perf_counter() - begun
