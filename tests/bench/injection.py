# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What coverage by the node costs a container that is not instrumented: its start, its memory and its mounts.

usage: python tests/bench/injection.py [ROUNDS [SWITCHES]]
GOCOVER_BENCH_CLUSTER names a cluster that is there already and stays.

A second runtime of the node's containerd keeps the base spec as it was, so that pods with injection and without are
started in turn by one containerd. Each round starts three, in an order that changes: without, with, and without once
more, which tells how much two measurements of the same thing differ. A start is timed by containerd's own log, from
CreateContainer until StartContainer has returned. At last the nodes are set up and put back, SWITCHES times.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kind"))

from shared import TestCluster  # isort: skip  # first: it makes the checkout importable
import rig as rigs  # isort: skip
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect as connect_engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster as clusters
from ansible_collections.gocover.e2e.plugins.module_utils._kind import injection
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import Node, nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube import pods
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import POD, Kind, Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import ApiCluster, connect
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress

IMAGE = "localhost/gocover-bench-plain:test"
NAMESPACE = f"bench-{os.getpid()}"
WANTED = injection.Injection("/var/lib/gocover-bench-node/data", "/gocover", "bench")
#: Each way with the runtime that starts it: without, with, and without again.
WAYS = {"without": "plain", "with": "runc", "without again": "plain"}
_PLAIN = """
[plugins."PLUGIN".containerd.runtimes.plain]
  runtime_type = "io.containerd.runc.v2"
  base_runtime_spec = "/etc/containerd/gocover/original/etc--containerd--cri-base.json"
  [plugins."PLUGIN".containerd.runtimes.plain.options]
    SystemdCgroup = true
"""
_CONFIG = "/etc/containerd/config.toml"
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
    """What was seen of one way: starts in milliseconds, memory in KiB, numbers of mounts."""

    starts: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    mounts: set[int] = field(default_factory=set)


class Bench:
    """One node on which pods are started."""

    def __init__(self, engine: Engine, node: Node, api: ApiCluster) -> None:
        self._engine, self._node, self._api = engine, node, api
        self.samples = {way: Sample() for way in WAYS}

    def open(self) -> None:
        """Set the node up, with a second runtime that is not covered."""
        injection.ensure_present(self._engine, [self._node], WANTED)
        # In the words of the configuration that is there: settings under the newer name hide all under the older one.
        older = "io.containerd.grpc.v1.cri" in self.on_node(f"cat {_CONFIG}")
        plain = _PLAIN.replace("PLUGIN", "io.containerd.grpc.v1.cri" if older else "io.containerd.cri.v1.runtime")
        self.on_node(f"cp -p {_CONFIG} {_CONFIG}.bench && printf '%s' '{plain}' >> {_CONFIG}")
        self._restart()
        for runtime in sorted(set(WAYS.values())):
            kind = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass"}
            self._api.apply({**kind, "metadata": {"name": f"bench-{runtime}"}, "handler": runtime})

    def close(self) -> None:
        """Put everything back."""
        self.on_node(f"[ ! -e {_CONFIG}.bench ] || mv {_CONFIG}.bench {_CONFIG}")
        injection.ensure_absent(self._engine, [self._node], WANTED)
        for runtime in set(WAYS.values()):
            self._api.delete(Kind("node.k8s.io/v1", "RuntimeClass"), f"bench-{runtime}")

    def _restart(self) -> None:
        self.on_node("systemctl restart containerd")
        self._wait("containerd", lambda: "ok" in self.on_node("ctr plugins ls 2>/dev/null | grep -w cri || true"))

    def switch(self, times: int) -> list[float]:
        """Set the node up and put it back; the seconds that each took."""
        took = []
        for _time in range(times):
            for change in (injection.ensure_present, injection.ensure_absent):
                begun = time.monotonic()
                expect(change(self._engine, [self._node], WANTED)[0].restarted, "containerd was not restarted")
                took.append(time.monotonic() - begun)
        return took

    def round(self, number: int) -> None:
        """Each way once, in an order of its own; the first round is not counted."""
        ways = list(WAYS)
        ways = [ways[(number + index) % len(ways)] for index in range(len(ways))]
        names = {way: f"{way.replace(' ', '-')}-{number}" for way in ways}
        for way in ways:
            self._api.apply(_pod(names[way], WAYS[way]))
            self._wait(f"{names[way]} to be ready", partial(self._ready, names[way]))
        took = starts(self.on_node("journalctl -u containerd -o cat --no-pager -n 2000").splitlines())
        for way, name in names.items():
            memory, mounts, variable = self.on_node(_LOOK.replace("NAME", name)).split()
            expect((variable == "1") == (way == "with"), f"{name} has GOCOVERDIR {variable} times")
            if number:
                sample = self.samples[way]
                sample.starts.append(1000 * took[name])
                sample.memory.append(int(memory) / 1024)
                sample.mounts.add(int(mounts))
            self._api.delete(POD, name, NAMESPACE, grace_period=1)
        self._wait("the pods to be gone", lambda: not self._api.list_all(POD, NAMESPACE))

    def _ready(self, name: str) -> bool:
        found = self._api.get(POD, name, NAMESPACE)
        return found is not None and pods.ready(found)

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


def _pod(name: str, runtime: str) -> Object:
    spec = rigs.deployment()["spec"]["template"]["spec"]
    container = {**spec["containers"][0], "image": IMAGE, "args": [name]}
    metadata = {"name": name, "namespace": NAMESPACE}
    spec = {**spec, "containers": [container], "runtimeClassName": f"bench-{runtime}"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def expect(truth: bool, otherwise: str) -> None:
    """Exit if it is not so."""
    if not truth:
        sys.exit(otherwise)


def report(samples: t.Mapping[str, Sample], switches: t.Sequence[float]) -> None:
    """Print what was seen."""
    print(f"{'':14} {'START, MEDIAN':>14} {'QUARTERS':>16} {'FASTEST':>10} {'MEMORY':>10} {'MOUNTS':>7}")
    for way, sample in samples.items():
        low, median, high = statistics.quantiles(sample.starts, n=4)
        memory, mounts = statistics.median(sample.memory), "/".join(map(str, sorted(sample.mounts)))
        spread = f"{low:.1f} - {high:.1f} ms"
        print(f"{way:14} {median:11.1f} ms {spread:>16} {min(sample.starts):7.1f} ms {memory:6.0f} KiB {mounts:>7}")
    without, injected, again = (samples[way].starts for way in WAYS)
    for title, ratios in (
        ("with / without", [mine / other for mine, other in zip(injected, without, strict=True)]),
        ("without again / without", [mine / other for mine, other in zip(again, without, strict=True)]),
    ):
        low, median, high = statistics.quantiles(ratios, n=4)
        print(f"{title:24} by round: median {median:.3f}, quarters {low:.3f} - {high:.3f}, {len(ratios)} rounds")
    print(
        f"setting up or putting back, with the restart of containerd: median {statistics.median(switches):.2f} s, "
        f"{min(switches):.2f} - {max(switches):.2f} s, {len(switches)} times"
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    engine = connect_engine("auto")
    given = os.environ.get("GOCOVER_BENCH_CLUSTER")
    with tempfile.TemporaryDirectory(prefix="gocover-bench-") as temporary:
        work = Path(temporary)
        spec = clusters.ClusterSpec(
            name=given or "gocover-bench", kubeconfig=work / "kubeconfig", state=clusters.state_directory(),
            image=os.environ.get("GOCOVER_LAB_NODE_IMAGE", ""),
        )  # fmt: skip
        clusters.ensure_present(engine, spec, Progress(None))
        cluster = TestCluster(spec.name, spec.kubeconfig, nodes_of(engine, spec.name))
        expect(len(cluster.nodes) == 1, f"{spec.name} has {len(cluster.nodes)} nodes, and one is wanted")
        rigs.load(engine, cluster.nodes, rigs.build_probe(work, cover=False, reference=IMAGE))
        api = connect(str(spec.kubeconfig), None)
        rigs.make_namespace(api, NAMESPACE)
        bench = Bench(engine, cluster.nodes[0], api)
        try:
            bench.open()
            for number in range(rounds + 1):
                bench.round(number)
            bench.close()
            report(bench.samples, bench.switch(times))
        finally:
            bench.close()
            rigs.delete_namespace(api, NAMESPACE)
            if not given:
                clusters.ensure_absent(engine, spec, Progress(None))


if __name__ == "__main__":
    main()
