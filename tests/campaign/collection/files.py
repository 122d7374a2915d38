# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the campaign: files on several nodes, of several programs, lost, moved, stopped and interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import typing as t

from endings import counted
from shared import CHECKOUT
from stage import PREFIX, Collected, Seen, Stage, expect, row, wait_for


@row("none: 6 replicas on 3 nodes")
def none_6_replicas_on_3_nodes(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=6))
    sent = stage.hit(3)
    ended, causes = stage.shut()
    expect(causes == [], f"causes were {causes}")
    collected = stage.module(pods=ended["pods"], remove=True)
    expect(collected.result["meta_files"] == 1 and collected.result["counter_files"] == 6, str(collected.result))
    expect(len(collected.result["nodes"]) == 3, str(collected.result["nodes"]))
    left = [stage.engine.execute(node.name, ["ls", stage.path]).rc == 0 for node in stage.nodes]
    expect(not any(left), "a directory is left on a node")
    return counted(collected, sent, "files from all nodes, nothing left there")


@row("a test deletes a pod in mid-run, and it comes up elsewhere")
def a_test_deletes_a_pod_in_mid_run_and_it_comes_up(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3))
    first = stage.ready()[0]
    sent = stage.hit(2)
    stage.kubectl("delete", "pod", first)
    wait_for("another pod", lambda: len(stage.ready()) == 3 and first not in stage.ready())
    sent += stage.hit(2)
    ended, _causes = stage.shut()
    collected = stage.module(pods=ended["pods"])
    expect(any("of earlier pods" in text for text in collected.warnings), f"warnings: {collected.warnings}")
    return counted(collected, sent, "a warning names the file of the earlier pod; it counts")


@row("a node is drained in mid-run")
def a_node_is_drained_in_mid_run(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=2))
    sent = stage.hit(2)
    node = stage.pods()[0]["spec"]["nodeName"]
    others = ["cordon", node]
    stage.kubectl(*others)
    try:
        for pod in stage.pods():
            if pod["spec"]["nodeName"] == node:
                stage.kubectl("delete", "pod", pod["metadata"]["name"])
        wait_for("its pods elsewhere", lambda: len(stage.ready()) == 2)
        sent += stage.hit(2)
        ended, _causes = stage.shut()
    finally:
        stage.kubectl("uncordon", node)
    return counted(stage.module(pods=ended["pods"]), sent, "files of the drained node too")


@row("counters without meta-data: removed while the program ran")
def counters_without_meta_data_removed_while_the_pro(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=2))
    sent = stage.hit(2)
    stage.everywhere("rm -f covmeta.*")
    ended, _causes = stage.shut()
    collected = stage.module(pods=ended["pods"], image=f"{PREFIX}-gateway:1")
    return counted(collected, sent, "recovered from the binary in the image, by its hash")


@row("the same, and the image is of another build")
def the_same_and_the_image_is_of_another_build(stage: Stage) -> Seen:
    stage.up(stage.manifest())
    stage.hit()
    stage.everywhere("rm -f covmeta.*")
    ended, _causes = stage.shut()
    collected = stage.module(pods=ended["pods"], image=f"{PREFIX}-cart:1")
    expect(collected.causes == ["orphan-counters"], f"{collected.causes}: {collected.message}")
    expect("gateway wrote them" in collected.message, collected.message)
    return Seen(["orphan-counters"], "the run fails and says which program wrote them")


@row("clock skew: one node an hour ahead, same process and time on two nodes")
def clock_skew_one_node_an_hour_ahead_same_process_a(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3))
    # As many by each pod, and their files would be the same, byte for byte: copies of one, as far as anybody can tell.
    sent = sum(stage.hit(number, pods=[pod]) for number, pod in enumerate(stage.ready(), start=1))
    ended, _causes = stage.shut()
    first, second, third = (node.name for node in stage.nodes)
    name = stage.on_node(first, "ls covcounters.*").split()[0]
    stage.on_node(second, f"mv covcounters.* {name}")
    hour = 3_600_000_000_000
    later = f"{name.rpartition('.')[0]}.{int(name.rpartition('.')[2]) + hour}"
    stage.on_node(third, f"mv covcounters.* {later} && touch -d '+1 hour' {later}")
    return counted(stage.module(pods=ended["pods"]), sent, "names and times set by hand; each file counts once")


@row("the same files collected twice, and a copy of one on another node")
def the_same_files_collected_twice_and_a_copy_of_one(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3))
    sent = stage.hit(2)
    ended, _causes = stage.shut()
    first, second = stage.nodes[0].name, stage.nodes[1].name
    copied = stage.engine.execute(
        first, ["sh", "-c", f"cd {stage.path} && base64 -w0 covcounters.* && ls covcounters.*"]
    )
    data, name = copied.stdout.decode().rstrip().split("covcounters.", 1)
    stage.on_node(second, f"printf %s {data} | base64 -d > covcounters.{name}")
    stage.module(pods=ended["pods"])
    again = stage.module(pods=ended["pods"])
    return counted(again, sent, "the same file counts once", of=again.result["counter_files"])


@row("two services in one flat directory, collected at once")
def two_services_in_one_flat_directory_collected_at(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3))
    stage.up(stage.manifest("cart", replicas=3, name="cart"))
    sent = {"gateway": stage.hit(2), "cart": stage.hit(3, "cart")}
    ended = {"gateway": stage.shut()[0], "cart": stage.shut("deployment/cart")[0]}
    found: dict[str, Collected] = {}

    def collect(name: str) -> None:
        found[name] = stage.module(
            main=[f"example.com/campaign/cmd/{name}"], pods=ended[name]["pods"], into=name, remove=True
        )

    both = [threading.Thread(target=collect, args=(name,)) for name in sent]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    for name, result in found.items():
        counted(result, sent[name], "")
        expect(len(result.result["others"]) <= 1, str(result.result["others"]))
    return Seen([], "each its own, by main package", sum(sent.values()), sum(one.hits() for one in found.values()), 6)


@row("the same, both built by file name (command-line-arguments)")
def the_same_both_built_by_file_name_command_line_ar(stage: Stage) -> Seen:
    stage.up(stage.manifest("unnamed-gateway"))
    stage.up(stage.manifest("unnamed-cart", name="cart"))
    sent = stage.hit(2)
    stage.hit(3, "cart")
    ended, _causes = stage.shut()
    stage.shut("deployment/cart")
    collected = stage.module(main=["command-line-arguments"], executable=["/gateway"], pods=ended["pods"])
    return counted(collected, sent, "told apart by argv0")


@row("the same, both under one name")
def the_same_both_under_one_name(stage: Stage) -> Seen:
    stage.up(stage.manifest("unnamed-gateway"))
    stage.up(stage.manifest("unnamed-twin", name="twin"))
    ended, _causes = stage.shut()
    stage.shut("deployment/twin")
    collected = stage.module(main=["command-line-arguments"], executable=["/gateway"], pods=ended["pods"])
    expect(collected.causes == ["mixed-binaries"], f"{collected.causes}: {collected.message}")
    return Seen(["mixed-binaries"], "they cannot be told apart, and nothing is taken")


@row("a node container is stopped after the pods have ended")
def a_node_container_is_stopped_after_the_pods_have(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3))
    sent = stage.hit(2)
    ended, _causes = stage.shut()
    node = stage.nodes[-1].name
    with stopped(stage, node):
        collected = stage.module(pods=ended["pods"])
    return counted(collected, sent, "read from the file system of the stopped node")


@row("a node container is killed while its pod runs")
def a_node_container_is_killed_while_its_pod_runs(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3, grace=100))
    node = stage.nodes[-1].name
    here = [pod["metadata"]["name"] for pod in stage.pods() if pod["spec"]["nodeName"] != node]
    sent = stage.hit(2, pods=here)
    # Stopped in an orderly way, it would let its containers end well, and their counters count.
    with stopped(stage, node, ["kill"]):
        ended, causes = stage.shut()
        expect(causes == ["pods-remain"], f"the shutdown said {causes}")
        collected = stage.module(pods=ended["pods"])
    expect(stage.kubectl("get", "deployment/svc", "-o", "jsonpath={.spec.replicas}") == "3", "replicas are not back")
    return counted(collected, sent, "pods-remain names the node; the others count", ["killed-before-exit"])


class stopped:  # noqa: N801
    """A node that does not run for a while."""

    def __init__(self, stage: Stage, node: str, how: t.Sequence[str] = ("stop", "-t", "1")) -> None:
        self.stage, self.node, self.how = stage, node, how

    def __enter__(self) -> None:
        subprocess.run([self.stage.engine.provider, *self.how, self.node], check=True, capture_output=True)

    def __exit__(self, *_error: object) -> None:
        subprocess.run([self.stage.engine.provider, "start", self.node], check=True, capture_output=True)
        wait_for(
            f"{self.node} to be ready again",
            lambda: self.stage.kubectl(
                "get", "node", self.node, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
            ) == "True",
            180,
        )  # fmt: skip


_CHILD = """
import os, signal, sys, threading, time
from pathlib import Path
sys.path.insert(0, {kind!r})
import shared
from ansible_collections.gocover.e2e.plugins.module_utils._collect import archives, gather, nodes
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import nodes_of
engine = connect("auto")
dest = Path({dest!r})
partial = dest.with_name("." + dest.name + ".partial")
def watch():
    while sum(1 for found in partial.glob("*/cov*")) < 2000:
        time.sleep(0.002)
    os.kill(os.getpid(), signal.SIGKILL)
if {kill}:
    threading.Thread(target=watch, daemon=True).start()
fetched = []
write = archives._write
def counting(pieces, path):
    fetched.append(path)
    return write(pieces, path)
archives._write = counting
gathered = gather.gather(nodes.sources(engine, nodes_of(engine, {cluster!r}), {path!r}), dest)
print(len(fetched), gathered.counter_files)
"""


@row("SIGKILL in the middle of the extraction of 10,000 files, and again")
def sigkill_in_the_middle_of_the_extraction_of_10_00(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3))
    sent = stage.hit(2)
    ended, _causes = stage.shut()
    copies = 3333
    # One file for each of many processes: the name has the process and the time.
    for number, node in enumerate(stage.nodes):
        stage.on_node(
            node.name,
            f"set -- covcounters.*; for i in $(seq {copies}); do for f; do "
            f'head=${{f%.*}}; cp "$f" "${{head%.*}}.$((i + 1)).{number}$i"; done; done',
        )
    dest = stage.work / stage.name / "covdata"

    def child(kill: bool) -> subprocess.CompletedProcess[str]:
        script = _CHILD.format(
            kind=str(CHECKOUT / "tests" / "kind"), dest=str(dest), kill=kill, cluster=stage.cluster, path=stage.path
        )
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False, env=os.environ
        )

    killed = child(kill=True)
    expect(killed.returncode == -signal.SIGKILL, f"it was not killed: {killed.stdout}{killed.stderr}")
    expect(not dest.exists(), "half a directory is there")
    again = child(kill=False)
    expect(again.returncode == 0, again.stderr)
    fetched, counters = (int(word) for word in again.stdout.split())
    total = 3 * (copies + 1)
    expect(counters == total, f"{counters} of {total} files")
    expect(0 < fetched <= total - 1900, f"{fetched} files were fetched again")
    collected = stage.module(pods=ended["pods"])
    hits = collected.hits()
    expect(hits == sent * (copies + 1), f"{hits} hits")
    return Seen([], f"only {fetched:,} of {total:,} files were brought in the second attempt", hits, hits, counters)
