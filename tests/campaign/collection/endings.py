# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the campaign: each way in which a process may end without its counters, or with them against appearances."""

from __future__ import annotations

import typing as t

from stage import PREFIX, Collected, Seen, Stage, Unexpected, expect, row, wait_for


def lost(stage: Stage, causes: t.Sequence[str], words: str = "", image: str = "gateway", **manifest: t.Any) -> Seen:
    """A workload that leaves no counters at all: the run must fail, and name these causes beside no-counters."""
    stage.up(stage.manifest(image, **manifest))
    stage.hit()
    ended, _causes = stage.shut()
    collected = stage.module(pods=ended["pods"], image=f"{PREFIX}-{image}:1")
    expect(collected.failed, f"it did not fail: {collected.result}")
    expect(collected.causes == [*causes, "no-counters"], f"causes were {collected.causes}: {collected.message}")
    expect(words in collected.message, f"the message is: {collected.message}")
    codes = sorted({str(pod["exit_code"]) for pod in ended["pods"]})
    return Seen(causes, f"exit code {', '.join(codes)}; the run fails")


@row("not instrumented")
def not_instrumented(stage: Stage) -> Seen:
    return lost(stage, ["not-instrumented"], "without -cover", "plain")


@row("GOCOVERDIR unset")
def gocoverdir_unset(stage: Stage) -> Seen:
    return lost(stage, ["coverage-dir-unset"], "GOCOVERDIR not set", variable=None)


@row("directory unwritable (root:root 0755)")
def directory_unwritable_root_root_0755(stage: Stage) -> Seen:
    stage.everywhere("chmod 755 .")
    return lost(stage, ["coverage-dir-unwritable"], "permission denied")


@row("GOCOVERDIR beside the mount, read-only root")
def gocoverdir_beside_the_mount_read_only_root(stage: Stage) -> Seen:
    return lost(stage, ["coverage-dir-unwritable"], "/covdata", variable="/covdata")


@row("GOCOVERDIR in an emptyDir")
def gocoverdir_in_an_emptydir(stage: Stage) -> Seen:
    return lost(stage, ["path-mismatch"], "is in a volume of kind emptyDir", volume={"emptyDir": {}})


@row("another directory is mounted than is collected")
def another_directory_is_mounted_than_is_collected(stage: Stage) -> Seen:
    stage.everywhere("mkdir -m 1777 other")
    return lost(stage, ["path-mismatch"], f"is {stage.path}/other on the node", where=f"{stage.path}/other")


@row("SIGTERM unhandled, PID 1 (exit code 2)")
def sigterm_unhandled_pid_1_exit_code_2(stage: Stage) -> Seen:
    return lost(stage, ["sigterm-unhandled"], "exit code 2", mode="default", replicas=3)


@row("a wrapper as PID 1 that dies of SIGTERM (exit code 2)")
def a_wrapper_as_pid_1_that_dies_of_sigterm_exit_cod(stage: Stage) -> Seen:
    return lost(stage, ["sigterm-unhandled"], "is /wrap, which did not pass SIGTERM on", "wrapped")


@row("a wrapper as PID 1 that ignores SIGTERM (137)")
def a_wrapper_as_pid_1_that_ignores_sigterm_137(stage: Stage) -> Seen:
    env = [{"name": "WRAP", "value": "deaf"}]
    causes = ["sigterm-unhandled", "killed-before-exit"]
    return lost(stage, causes, "is /wrap, which did not pass SIGTERM on", "wrapped", env=env, grace=2)


@row("killed at the end of the grace period (137)")
def killed_at_the_end_of_the_grace_period_137(stage: Stage) -> Seen:
    return lost(stage, ["killed-before-exit"], "it had not ended within its grace period of 1 s", mode="slow", grace=1)


@row("out of memory as it ends (137)")
def out_of_memory_as_it_ends_137(stage: Stage) -> Seen:
    return lost(
        stage, ["oom-killed"], "more memory than its limit", mode="oom", resources={"limits": {"memory": "48Mi"}}
    )


@row("a panic as it ends (2)")
def a_panic_as_it_ends_2(stage: Stage) -> Seen:
    return lost(stage, ["crash-loop"], "panic: out of order", mode="panic")


@row("syscall.Exit: meta-data, no counters, exit code 0")
def syscall_exit_meta_data_no_counters_exit_code_0(stage: Stage) -> Seen:
    return lost(stage, ["killed-before-exit"], "wrote its meta-data as it started", mode="syscall")


@row("disk full while counters are written")
def disk_full_while_counters_are_written(stage: Stage) -> Seen:
    for node in stage.nodes:
        # Mounted after the check of the directory, as a disk is that fills up after it.
        stage.engine.execute(node.name, ["sh", "-c", f"mount -t tmpfs -o size=256k,mode=1777 t {stage.path}"])
    stage.up(stage.manifest())
    stage.hit()
    stage.everywhere("head -c 1000000 /dev/zero > filler 2>/dev/null || true")
    ended, _causes = stage.shut()
    collected = stage.module(pods=ended["pods"], image=f"{PREFIX}-gateway:1")
    expect(collected.causes == ["disk-full", "no-counters"], f"{collected.causes}: {collected.message}")
    expect("no space left on device" in collected.message, collected.message)
    stage.everywhere("cd / && umount $OLDPWD")
    return Seen(["disk-full"], "the runtime's own words; the run fails")


@row("a file that was cut short while it was written (tmp.*)")
def a_file_that_was_cut_short_while_it_was_written_t(stage: Stage) -> Seen:
    stage.up(stage.manifest(mode="syscall"))
    (pod,) = stage.pods()
    meta = stage.on_node(pod["spec"]["nodeName"], "ls covmeta.*").split()[0]
    stage.on_node(pod["spec"]["nodeName"], f"head -c 100 {meta} > tmp.{meta.replace('meta', 'counters')}.1.17")
    ended, _causes = stage.shut()
    collected = stage.module(pods=ended["pods"], image=f"{PREFIX}-gateway:1")
    expect(collected.causes == ["truncated-data", "no-counters"], f"{collected.causes}: {collected.message}")
    return Seen(["truncated-data"], "a file laid there by hand; the run fails")


@row("a pod whose container never started")
def a_pod_whose_container_never_started(stage: Stage) -> Seen:
    env = [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "x"}}}]
    stage.up(stage.manifest(env=env), ready=False)
    wait_for("its pod", lambda: bool(stage.pods()))
    ended, causes = stage.shut()
    expect(causes == [], f"the shutdown said {causes}")
    collected = stage.module(pods=ended["pods"], image=f"{PREFIX}-gateway:1")
    expect(collected.causes == ["never-started", "no-counters"], f"{collected.causes}: {collected.message}")
    return Seen(["never-started"], "the run fails")


def counted(collected: Collected, sent: int, note: str, causes: t.Sequence[str] = (), of: int | None = None) -> Seen:
    """Every request that was sent is counted once, and Go says the same."""
    if collected.failed:
        raise Unexpected(f"it failed: {collected.message}")
    expect(collected.causes == list(causes), f"causes were {collected.causes}: {collected.warnings}")
    hits = collected.hits()
    expect(hits == sent, f"{hits} of {sent} requests are counted")
    return Seen(causes, note, sent, hits, of if of is not None else collected.result["counter_files"])


@row("os.Exit(143) on SIGTERM: looks unhandled, is not")
def os_exit_143_on_sigterm_looks_unhandled_is_not(stage: Stage) -> Seen:
    stage.up(stage.manifest(mode="exit143", replicas=2))
    sent = stage.hit(2)
    ended, _causes = stage.shut()
    return counted(stage.module(pods=ended["pods"]), sent, "exit code 143, counters are there, nothing is said")


@row("one of four is killed, three end well")
def one_of_four_is_killed_three_end_well(stage: Stage) -> Seen:
    stage.up(stage.manifest(replicas=3))
    deaf = stage.manifest(mode="deaf", grace=1, name="deaf")
    stage.up(deaf)
    sent = stage.hit(2)
    stage.hit(2, "deaf")
    ended, _causes = stage.shut()
    killed, _causes = stage.shut("deployment/deaf")
    collected = stage.module(pods=ended["pods"] + killed["pods"])
    verdicts = [entry["counters"] for entry in collected.result["verdicts"]]
    expect(verdicts == [True, True, True, False], f"verdicts were {collected.result['verdicts']}")
    return counted(collected, sent, "a warning names the pod; the run goes on", ["killed-before-exit"])


@row("a container that was killed and restarted by the kubelet")
def a_container_that_was_killed_and_restarted_by_the(stage: Stage) -> Seen:
    stage.up(stage.manifest())
    stage.hit(3)
    (pod,) = stage.pods()
    node, uid = pod["spec"]["nodeName"], pod["metadata"]["uid"].replace("-", "_")
    stage.on_node(node, f"pkill -KILL -x gateway -g $(pgrep -x gateway | head -1) || pkill -KILL -x gateway; : {uid}")
    wait_for("the restart", lambda: any(
        entry["restartCount"] > 0 and entry["ready"]
        for found in stage.pods() for entry in found["status"]["containerStatuses"]
    ))  # fmt: skip
    sent = stage.hit(2)
    ended, _causes = stage.shut()
    expect(ended["pods"][0]["restarts"] == 1, f"restarts: {ended['pods'][0]['restarts']}")
    return counted(stage.module(pods=ended["pods"]), sent, "the restart is a warning: what that run counted is lost")
