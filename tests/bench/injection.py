# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What coverage by the node costs a container that is not instrumented: its start, its memory, its mounts, in turn.

usage: python tests/bench/injection.py [ROUNDS [PODS]]; GOCOVER_BENCH_CLUSTER names a cluster that is there and stays.

Each round starts pods, one after the other, on a node as it was, then on the node with injection, then once more as it
was: the two rounds without say how much two measurements of the same thing differ. A start is timed by containerd's own
log, from CreateContainer until StartContainer has returned.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kind"))

import shared  # noqa: F401  # isort: skip  # first: it makes the checkout importable
import rig as rigs  # isort: skip
from ansible_collections.gocover.e2e.plugins.module_utils.engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils.engine.connect import connect as connect_engine
from ansible_collections.gocover.e2e.plugins.module_utils.kind import cluster as clusters
from ansible_collections.gocover.e2e.plugins.module_utils.kind import injection
from ansible_collections.gocover.e2e.plugins.module_utils.kind.nodes import Node, nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils.kube import pods
from ansible_collections.gocover.e2e.plugins.module_utils.kube.api import POD, Object
from ansible_collections.gocover.e2e.plugins.module_utils.kube.client import ApiCluster, connect
from ansible_collections.gocover.e2e.plugins.module_utils.progress import Progress

IMAGE = "localhost/gocover-bench-plain:test"
NAMESPACE = f"bench-{os.getpid()}"
WANTED = injection.Injection("/var/lib/gocover-bench-node/data", "/gocover", "bench")
#: Without, with, and without again.
WAYS = ("before", "with", "after")
_PATIENCE = 300.0
_LINE = re.compile(r'time="(?P<date>[^."]+)(?P<fraction>\.\d+)?Z?" level=info msg="(?P<message>.*)"$')
_SANDBOX = re.compile(
    r"RunPodSandbox for .*?name:\W*(?P<pod>[\w.-]+).* sandbox id \W*(?P<sandbox>\w{64})", re.IGNORECASE
)
_CREATE = re.compile(r"CreateContainer within sandbox \W*(?P<sandbox>\w{64})\W* for container")
_CREATED = re.compile(r"CreateContainer within sandbox \W*(?P<sandbox>\w{64}).* container id \W*(?P<container>\w{64})")
_STARTED = re.compile(r"StartContainer for \W*(?P<container>\w{64})\W* returns successfully")


@dataclass
class Sample:
    """What was seen of one way: starts in milliseconds, memory in KiB, numbers of mounts, by round or all together."""

    starts: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: list[float] = field(default_factory=list)
    mounts: set[int] = field(default_factory=set)

    def median(self, number: int | None = None) -> float:
        """Of a round, or of all."""
        return statistics.median(self.all() if number is None else self.starts[number])

    def all(self) -> list[float]:
        """The starts of all rounds."""
        return [start for starts in self.starts.values() for start in starts]


class Bench:
    """One node on which pods are started."""

    def __init__(self, engine: Engine, node: Node, api: ApiCluster) -> None:
        self._engine, self._node, self._api = engine, node, api
        self.samples = {way: Sample() for way in WAYS}
        self.switches: list[float] = []

    def round(self, number: int, count: int) -> None:
        """Each way once."""
        for way in WAYS:
            self._switch(way)
            # The first pod after a restart of containerd is not counted.
            self._measure(self._start(way, number, 1), None, way)
            names = self._start(way, number, count)
            self._measure(names, number, way)

    def _switch(self, way: str) -> None:
        begun = time.monotonic()
        change = injection.ensure_present if way == "with" else injection.ensure_absent
        states = change(self._engine, [self._node], WANTED)
        if states[0].restarted:
            self.switches.append(time.monotonic() - begun)

    def _start(self, way: str, number: int, count: int) -> list[str]:
        names = [f"{way}-{number}-{count}-{index}" for index in range(count)]
        for name in names:
            self._api.apply(_pod(name))
            self._wait(f"{name} to be ready", partial(self._ready, name))
        return names

    def _ready(self, name: str) -> bool:
        found = self._api.get(POD, name, NAMESPACE)
        return found is not None and pods.ready(found)

    def _measure(self, names: list[str], number: int | None, way: str) -> None:
        took = starts(self.on_node("journalctl -u containerd -o cat --no-pager -n 20000").splitlines())
        for name in names:
            memory, mounts, variable = self.on_node(_LOOK.replace("NAME", name)).split()
            expect((variable == "1") == (way == "with"), f"{name} has GOCOVERDIR {variable} times")
            if number is not None:
                sample = self.samples[way]
                sample.starts[number].append(1000 * took[name])
                sample.memory.append(int(memory) / 1024)
                sample.mounts.add(int(mounts))
        for name in names:
            self._api.delete(POD, name, NAMESPACE, grace_period=1)
        self._wait("the pods to be gone", lambda: not self._api.list_all(POD, NAMESPACE))

    def _wait(self, what: str, done: t.Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not done():
            expect(time.monotonic() < deadline, f"waited {_PATIENCE:g} s for {what}")
            time.sleep(0.1)

    def on_node(self, script: str) -> str:
        """What a script says there."""
        result = self._engine.execute(self._node.name, ["sh", "-c", script])
        expect(result.rc == 0, result.said)
        return result.stdout.decode()


#: Memory of the container's cgroup in bytes, mounts, and how often GOCOVERDIR is in the environment.
_LOOK = r"""
pid=$(pgrep -f '^/probe NAME$' | head -n 1) || exit 1
group=$(sed -n 's/^[0-9]*:\(memory\|\)://p' "/proc/$pid/cgroup" | head -n 1)
cat "/sys/fs/cgroup/memory$group/memory.usage_in_bytes" "/sys/fs/cgroup$group/memory.current" 2>/dev/null
wc -l < "/proc/$pid/mountinfo"
tr '\0' '\n' < "/proc/$pid/environ" | grep -c '^GOCOVERDIR=' || true
"""


def starts(lines: t.Iterable[str]) -> dict[str, float]:
    """How long the container of each pod took, in seconds, from what containerd logs."""
    pod_of: dict[str, str] = {}
    begun: dict[str, float] = {}
    sandbox_of: dict[str, str] = {}
    took = {}
    for line in lines:
        entry = _LINE.match(line)
        if entry is None:
            continue
        at = datetime.fromisoformat(entry["date"]).timestamp() + float(entry["fraction"] or 0)
        if found := _SANDBOX.search(entry["message"]):
            pod_of[found["sandbox"]] = found["pod"]
        elif found := _CREATED.search(entry["message"]):
            sandbox_of[found["container"]] = found["sandbox"]
        elif found := _CREATE.search(entry["message"]):
            begun[found["sandbox"]] = at
        elif found := _STARTED.search(entry["message"]):
            sandbox = sandbox_of.get(found["container"], "")
            if sandbox in begun and sandbox in pod_of:
                took[pod_of[sandbox]] = at - begun[sandbox]
    return took


def _pod(name: str) -> Object:
    spec = rigs.deployment()["spec"]["template"]["spec"]
    container = {**spec["containers"][0], "image": IMAGE, "args": [name]}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "containers": [container]}}


def expect(truth: bool, otherwise: str) -> None:
    """Exit if it is not so."""
    if not truth:
        sys.exit(otherwise)


def report(bench: Bench, rounds: int) -> None:
    """Print what was seen."""
    print(f"{'':10} {'START, MEDIAN':>14} {'10 % - 90 %':>16} {'MEMORY':>10} {'MOUNTS':>7}")
    for way, sample in bench.samples.items():
        tenths = statistics.quantiles(sample.all(), n=10)
        memory, mounts = statistics.median(sample.memory), "/".join(map(str, sorted(sample.mounts)))
        spread = f"{tenths[0]:.1f} - {tenths[-1]:.1f} ms"
        print(f"{way:10} {sample.median():11.1f} ms {spread:>16} {memory:6.0f} KiB {mounts:>7}")
    before, injected, after = (bench.samples[way] for way in WAYS)
    for title, ratios in (
        ("with injection / without", [
            2 * injected.median(number) / (before.median(number) + after.median(number)) for number in range(rounds)
        ]),
        ("without / without", [after.median(number) / before.median(number) for number in range(rounds)]),
    ):  # fmt: skip
        print(f"{title:26} median {statistics.median(ratios):.3f}, rounds {min(ratios):.3f} - {max(ratios):.3f}")
    switches = bench.switches
    print(
        f"setting up or putting back, with the restart of containerd: median {statistics.median(switches):.2f} s, "
        f"{min(switches):.2f} - {max(switches):.2f} s, {len(switches)} times"
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    engine = connect_engine("auto")
    given = os.environ.get("GOCOVER_BENCH_CLUSTER")
    with tempfile.TemporaryDirectory(prefix="gocover-bench-") as temporary:
        work = Path(temporary)
        spec = clusters.ClusterSpec(
            name=given or "gocover-bench", kubeconfig=work / "kubeconfig", state=clusters.state_directory(),
            image=os.environ.get("GOCOVER_LAB_NODE_IMAGE", ""),
        )  # fmt: skip
        clusters.ensure_present(engine, spec, Progress(None))
        nodes = nodes_of(engine, spec.name)
        expect(len(nodes) == 1, f"{spec.name} has {len(nodes)} nodes, and one is wanted")
        rigs.load(engine, nodes, rigs.build_probe(work, cover=False, reference=IMAGE))
        api = connect(str(spec.kubeconfig), None)
        rigs.make_namespace(api, NAMESPACE)
        bench = Bench(engine, nodes[0], api)
        try:
            for number in range(rounds):
                bench.round(number, count)
                print(f"round {number + 1}: " + ", ".join(
                    f"{way} {bench.samples[way].median(number):.1f} ms" for way in WAYS
                ), flush=True)  # fmt: skip
            report(bench, rounds)
        finally:
            injection.ensure_absent(engine, nodes, WANTED)
            rigs.delete_namespace(api, NAMESPACE)
            if not given:
                clusters.ensure_absent(engine, spec, Progress(None))


if __name__ == "__main__":
    main()
