# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""10,000 counter files of 200 pods on three nodes: our extraction, docker cp, and tar over kubectl exec, in turn.

usage: python tests/bench/extraction.py [ROUNDS]; GOCOVER_CAMPAIGN_CLUSTER names a cluster of three nodes that stays.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "campaign" / "collection"))

from stage import CHECKOUT, PREFIX, Stage, build_images, expect, remove_images, wait_for  # type: ignore[import-not-found]  # isort: skip

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect as connect_engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster as clusters
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import connect
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress

_CONFIG: dict[str, t.Any] = {"nodes": [{"role": "control-plane"}, {"role": "worker"}, {"role": "worker"}]}
PODS, FILES = 200, 10_000
_OURS = """
import resource, sys, time
from pathlib import Path
sys.path.insert(0, {kind!r})
import shared
from ansible_collections.gocover.e2e.plugins.module_utils._collect import gather, nodes
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import nodes_of
begun = time.monotonic()
engine = connect("auto")
sources = nodes.sources(engine, nodes_of(engine, {cluster!r}), {path!r})
if {whole}:
    count = gather.gather(sources, Path({dest!r})).counter_files
else:
    gather._fetch(sources, Path({dest!r}))
    count = sum(1 for found in Path({dest!r}).glob("*/covcounters.*"))
print(count, time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def lay_out(stage: Stage, files: int) -> None:
    """Real counter files under the names of ``PODS`` processes, spread over the nodes."""
    each = files // len(stage.nodes)
    rest = files - each * len(stage.nodes)
    for number, node in enumerate(stage.nodes):
        count = each + (1 if number < rest else 0)
        name = f"covcounters.${{m#covmeta.}}.$((i % {PODS} + 1)).$(({number + 1}000000 + i))"
        script = (
            f"m=$(echo covmeta.*); rm -f covcounters.*; for i in $(seq {count}); do "
            f'cp ../{stage.name}-first "{name}"; done'
        )
        stage.on_node(node.name, script)


def ours(stage: Stage, dest: Path, whole: bool) -> tuple[int, float, int]:
    """Our way, in a process of its own: counter files, seconds without the start of Python, peak memory in KiB."""
    if not whole:
        dest.mkdir()
    script = _OURS.format(
        kind=str(CHECKOUT / "tests" / "kind"), cluster=stage.cluster, path=stage.path, dest=str(dest), whole=whole
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=os.environ)
    expect(ended.returncode == 0, ended.stderr)
    count, seconds, peak = ended.stdout.split()
    return int(count), float(seconds), int(peak)


def at_once(commands: t.Sequence[str]) -> float:
    """Shell commands side by side; the seconds until all have ended."""
    begun = time.monotonic()
    for running in [subprocess.Popen(["bash", "-o", "pipefail", "-c", command]) for command in commands]:
        expect(running.wait() == 0, "a command failed")
    return time.monotonic() - begun


def docker_cp(stage: Stage, dest: Path) -> float:
    """docker cp from every node, at once."""
    return at_once([f"docker cp -q {node.name}:{stage.path} {dest}-{node.name}" for node in stage.nodes])


def kubectl_cp(stage: Stage, dest: Path) -> float:
    """What kubectl cp does (tar over exec, in a pod that has tar), from every node, at once."""
    base = f"kubectl --kubeconfig {stage.kubeconfig} -n {stage.name} exec"
    commands = []
    for pod in stage.pods("copier"):
        there = Path(f"{dest}-{pod['spec']['nodeName']}")
        there.mkdir()
        commands.append(f"{base} {pod['metadata']['name']} -- /bin/tar cf - -C /cov . | tar xf - -C {there}")
    return at_once(commands)


def copier(stage: Stage) -> dict[str, t.Any]:
    """A pod on each node with the node's own tar, since distroless images have none."""
    mounts = {"bin": ("/usr/bin", "/bin"), "lib": ("/usr/lib", "/lib"), "lib64": ("/usr/lib64", "/lib64")}
    manifest: dict[str, t.Any] = stage.manifest(kind="DaemonSet", name="copier")
    pod = manifest["spec"]["template"]["spec"]
    del pod["topologySpreadConstraints"]
    pod["securityContext"] = {"runAsUser": 0}
    for name, (there, here) in mounts.items():
        pod["volumes"].append({"name": name, "hostPath": {"path": there}})
        pod["containers"][0]["volumeMounts"].append({"name": name, "mountPath": here, "readOnly": True})
    return manifest


def main() -> None:
    """Measure in turn and print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    engine = connect_engine("auto")
    given = os.environ.get("GOCOVER_CAMPAIGN_CLUSTER")
    with tempfile.TemporaryDirectory(prefix="gocover-bench-") as temporary:
        work = Path(temporary)
        spec = clusters.ClusterSpec(
            name=given or "gocover-bench", kubeconfig=work / "kubeconfig", state=clusters.state_directory(),
            image=os.environ.get("GOCOVER_LAB_NODE_IMAGE", ""), config={} if given else _CONFIG,
        )  # fmt: skip
        clusters.ensure_present(engine, spec, Progress(None))
        stage = Stage(engine, spec.name, connect(str(spec.kubeconfig), None), spec.kubeconfig,
                      nodes_of(engine, spec.name), work, f"bench-{os.getpid()}")  # fmt: skip
        images: list[str] = []
        try:
            images = build_images(stage)
            stage.open()
            measure(stage, rounds)
        finally:
            stage.close()
            remove_images(engine, images)
            if not given:
                clusters.ensure_absent(engine, spec, Progress(None))


def measure(stage: Stage, rounds: int) -> None:
    """Lay the files out and bring them in each way in turn."""
    stage.up(stage.manifest(replicas=len(stage.nodes)))
    stage.hit(1)
    stage.shut()
    stage.up(copier(stage), ready=False)
    wait_for("the copiers", lambda: len(stage.ready("copier")) == len(stage.nodes))
    for node in stage.nodes:
        stage.on_node(node.name, f"cp $(ls covcounters.* | head -1) ../{stage.name}-first")
    ways: dict[str, list[float]] = {}
    peaks = {}
    for files in (100, FILES):
        lay_out(stage, files)
        for number in range(rounds if files == FILES else 1):
            place = stage.work / f"{files}-{number}"
            place.mkdir()
            count, seconds, peak = ours(stage, place / "whole", whole=True)
            expect(count == files, f"{count} of {files} files")
            count, fetching, peak_fetching = ours(stage, place / "fetched", whole=False)
            expect(count == files, f"{count} of {files} files")
            peaks[files] = (peak, peak_fetching)
            copied, tarred = docker_cp(stage, place / "cp"), kubectl_cp(stage, place / "exec")
            for way in ("cp", "exec"):
                found = sum(1 for _found in place.glob(f"{way}-*/**/covcounters.*"))
                expect(found == files, f"{way} brought {found} of {files} files")
            if files == FILES:
                for name, value in (("whole", seconds), ("fetch", fetching), ("cp", copied), ("exec", tarred)):
                    ways.setdefault(name, []).append(value)
                print(
                    f"round {number + 1}: " + ", ".join(f"{name} {values[-1]:.2f} s" for name, values in ways.items())
                )
            shutil.rmtree(place)
    for node in stage.nodes:
        stage.engine.execute(node.name, ["rm", "-f", f"{stage.path}-first"])
    medians = {name: statistics.median(values) for name, values in ways.items()}
    print(f"median: {', '.join(f'{name} {value:.2f} s' for name, value in medians.items())}")
    for files, both in peaks.items():
        print(f"peak memory of ours for {files:,} files: whole {both[0] >> 10} MiB, fetch {both[1] >> 10} MiB")
    print(f"image {PREFIX}-gateway:1, {PODS} processes, {FILES:,} files, {len(stage.nodes)} nodes")


if __name__ == "__main__":
    main()
