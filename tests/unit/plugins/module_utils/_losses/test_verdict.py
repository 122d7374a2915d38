# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why there are no counters: what the runtime said comes before how it ended, and that before which files there are."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect.gather import Gathered
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Diagnosis
from ansible_collections.gocover.e2e.plugins.module_utils._losses.records import PodRecord
from ansible_collections.gocover.e2e.plugins.module_utils._losses.verdict import (
    Program,
    earlier_generations,
    losses,
    no_counters,
    of_pods,
)

ENDED = {"cause": "sigterm-unhandled", "evidence": "shop ended on SIGTERM", "remedy": "Handle it"}
CRASHED = {"cause": "crash-loop", "evidence": "depot ended by a panic", "remedy": "Mend it"}
EMIT = "error: coverage meta-data emit failed: creating /cov/x: permission denied"
FULL = "error: coverage counter data emit failed: write /cov/x: no space left on device"
UNSET = "warning: GOCOVERDIR not set, no coverage data emitted"


def pod(name: str = "shop", exit_code: int | None = 0, log: t.Sequence[str] = (), diagnosis: t.Any = None) -> t.Any:
    return {"name": name, "exit_code": exit_code, "log": list(log), "diagnosis": diagnosis}


@pytest.mark.parametrize(
    ("meta_files", "leftovers", "pods", "causes", "words"),
    [
        (1, [], [pod(log=["up", EMIT, "down"])], ["coverage-dir-unwritable"], f"shop said: {EMIT}"),
        (1, [], [pod(log=[FULL])], ["disk-full"], f"shop said: {FULL}"),
        (0, [], [pod(log=[UNSET])], ["coverage-dir-unset"], f"shop said: {UNSET}"),
        (0, [], [pod(log=[UNSET], diagnosis=[ENDED])], ["coverage-dir-unset", "sigterm-unhandled"], UNSET),
        (1, [], [pod(exit_code=2, diagnosis=[ENDED])], ["sigterm-unhandled"], "shop ended on SIGTERM"),
        (
            1,
            [],
            [pod(diagnosis=[ENDED]), pod("depot", diagnosis=[CRASHED])],
            ["sigterm-unhandled", "crash-loop"],
            "depot ended by a panic",
        ),
        (1, ["tmp.covcounters.a"], [pod()], ["truncated-data"], "/data has tmp.covcounters.a"),
        (1, [], [pod(exit_code=139)], ["killed-before-exit"], "no counters as it ended with exit code 139"),
        (1, [], [], ["killed-before-exit"], "(nobody saw it end)"),
        (0, [], [pod()], ["path-mismatch"], "/data is empty although shop ran: it ended with exit code 0"),
        (0, [], [], ["not-instrumented"], "/data is empty, and no instrumented program is known to have run"),
        (0, [], [{"name": "bare"}], ["path-mismatch"], "although bare ran"),
    ],
)
def test_no_counters(meta_files: int, leftovers: list[str], pods: t.Any, causes: list[str], words: str) -> None:
    gathered = Gathered(meta_files, 0, 0, {}, [], leftovers, changed=False)
    failure = no_counters(gathered, "/data", pods)
    assert [diagnosis.cause for diagnosis in failure.diagnoses] == [*causes, "no-counters"]
    assert str(failure).startswith("No counters came back. ")
    assert words in str(failure)
    assert f"{meta_files} covmeta and no covcounters files were in /data" in str(failure)


def on_node(name: str, exit_code: int | None = 0, node: str = "n1", **more: t.Any) -> PodRecord:
    return t.cast("PodRecord", {"name": name, "node": node, "exit_code": exit_code, **more})


def brought(counters: dict[str, int], metas: dict[str, int] | None = None, left: t.Any = None) -> Gathered:
    """What came by node."""
    metas = dict.fromkeys(counters, 1) if metas is None else metas
    left = left or {}
    by_source = {node: counters.get(node, 0) + metas.get(node, 0) for node in {*counters, *metas, *left}}
    total = sum(counters.values())
    gathered = Gathered(
        int(any(metas.values())), total, 0, by_source, [], [name for names in left.values() for name in names], True
    )
    return replace(gathered, counters_by_source=counters, metas_by_source=metas, leftovers_by_source=left)


UNHANDLED = [ENDED]
KILLED = [{"cause": "killed-before-exit", "evidence": "shop got SIGKILL", "remedy": "Longer"}]
REFUSED = Diagnosis("not-instrumented", "/shop in it was built without -cover", "Build it so")
SHOP = Program(("/shop",), "/shop")
WRAPPED = Program(("/entry.sh", "/shop"), "/shop")


@pytest.mark.parametrize(
    ("gathered", "pods", "program", "causes"),
    [
        # As many counters as pods: all count, whatever their exit codes.
        (brought({"n1": 2}), [on_node("a"), on_node("b", 143, diagnosis=UNHANDLED)], None, [[], []]),
        # One of two is missing, and it is the one with a reason.
        (brought({"n1": 1}), [on_node("a"), on_node("b", 2, diagnosis=UNHANDLED)], None, [[], ["sigterm-unhandled"]]),
        # Each node for itself.
        (
            brought({"n1": 1, "n2": 0}),
            [on_node("a"), on_node("b", 137, "n2", diagnosis=KILLED)],
            SHOP,
            [[], ["killed-before-exit"]],
        ),
        # A surplus on one node makes up for nothing on another.
        (brought({"n1": 3, "n2": 0}), [on_node("a"), on_node("b", 0, "n2")], None, [[], ["killed-before-exit"]]),
        # Nothing was written even at the start: how it ended is not the first reason.
        (
            brought({"n1": 0}, {"n1": 0}),
            [on_node("a", 2, diagnosis=UNHANDLED)],
            Program(("/shop",), refused=REFUSED),
            [["not-instrumented", "sigterm-unhandled"]],
        ),
        (brought({"n1": 0}, {"n1": 0}), [on_node("a")], SHOP, [["path-mismatch"]]),
        (brought({"n1": 0}, {"n1": 0}), [on_node("a", said=[UNSET])], SHOP, [["coverage-dir-unset"]]),
        (brought({"n1": 0}, {"n1": 0}), [on_node("a", said=[EMIT])], SHOP, [["coverage-dir-unwritable"]]),
        (brought({"n1": 0}, left={"n1": ["tmp.covcounters.x"]}), [on_node("a")], SHOP, [["truncated-data"]]),
        # A wrapper as PID 1, from the image, from the pod, and not if the program ended as it should.
        (
            brought({"n1": 0}),
            [on_node("a", 137, diagnosis=KILLED)],
            WRAPPED,
            [["sigterm-unhandled", "killed-before-exit"]],
        ),
        (
            brought({"n1": 0}),
            [on_node("a", 137, diagnosis=KILLED, command=["/bin/sh"])],
            None,
            [["sigterm-unhandled", "killed-before-exit"]],
        ),
        (brought({"n1": 0}), [on_node("a", 0, command=["/bin/sh"])], SHOP, [["sigterm-unhandled"]]),
        (brought({"n1": 1}), [on_node("a", 0, command=["/bin/sh"])], SHOP, [[]]),
        (
            brought({"n1": 0}),
            [on_node("a", 137, reason="OOMKilled", diagnosis=KILLED)],
            WRAPPED,
            [["killed-before-exit"]],
        ),
        # What never started has nothing to lose.
        (brought({"n1": 0}), [on_node("a", None, "", reason="NeverStarted")], None, []),
        # Nodes that are not those of the files: all together.
        (brought({"local": 1}), [on_node("a", 0, "x"), on_node("b", 0, "y")], None, [["killed-before-exit"]] * 2),
    ],
)
def test_each_process_has_its_verdict(
    gathered: Gathered, pods: t.Any, program: Program | None, causes: list[list[str]]
) -> None:
    verdicts = of_pods(gathered, "/data", pods, program)
    assert [[reason.cause for reason in verdict.reasons] for verdict in verdicts] == causes
    assert [verdict.counted for verdict in verdicts] == [not found for found in causes]


@pytest.mark.parametrize(
    ("writes", "words"),
    [
        ({"variable": "/tmp/cov", "volume": None}, "its GOCOVERDIR is /tmp/cov, which is in no volume of the pod"),
        (
            {"variable": "/cov", "volume": "hostPath", "node_path": "/coverdata"},
            "its GOCOVERDIR, /cov, is /coverdata on the node",
        ),
        ({"variable": "/cov", "volume": "emptyDir", "node_path": None}, "/cov, is in a volume of kind emptyDir"),
        ({"variable": None}, "its image is instrumented, and it ended with exit code 0"),
        ({"variable": "/cov", "volume": "hostPath", "node_path": "/data"}, "its image is instrumented"),
    ],
)
def test_where_the_files_went_instead(writes: t.Any, words: str) -> None:
    failure = no_counters(brought({"n1": 0}, {"n1": 0}), "/data", [on_node("a", writes=writes)], SHOP)
    assert [found.cause for found in failure.diagnoses] == ["path-mismatch", "no-counters"]
    assert words in failure.diagnoses[0].evidence


TAKEN = {"cause": "patch-reverted", "evidence": "shop was patched", "remedy": "Suspend it"}


@pytest.mark.parametrize(
    ("pod", "causes"),
    [
        (on_node("a", writes={"variable": "/tmp/cov", "volume": None}), ["path-mismatch"]),
        (on_node("a", diagnosis=[TAKEN], log=[UNSET]), ["patch-reverted"]),
    ],
)
def test_counters_of_others_are_not_taken_for_those_of_one_that_cannot_have_written(
    pod: t.Any, causes: list[str]
) -> None:
    # One that was gone before has left them, or another that ended beside it.
    for pods, counted in (([pod], [False]), ([pod, on_node("b")], [False, True])):
        verdicts = of_pods(brought({"n1": 1}), "/data", pods, SHOP)
        assert [verdict.counted for verdict in verdicts] == counted
        assert [reason.cause for reason in verdicts[0].reasons] == causes


@pytest.mark.parametrize(
    ("writes", "words"),
    [
        ({"taken_from": "configMapKeyRef settings"}, "and its GOCOVERDIR comes from configMapKeyRef settings"),
        (
            {"may_come_from": ["configMapRef a", "secretRef b"]},
            "GOCOVERDIR may come from configMapRef a or secretRef b",
        ),
    ],
)
def test_where_a_variable_comes_from_that_the_pod_does_not_tell_is_said(writes: t.Any, words: str) -> None:
    pods = [on_node("a", writes={"variable": None, **writes})]
    failure = no_counters(brought({"n1": 0}, {"n1": 0}), "/data", pods, SHOP)
    assert words in failure.diagnoses[0].evidence


def test_a_cause_is_told_once_with_all_names() -> None:
    pods = [on_node(f"p{number}", 2, diagnosis=UNHANDLED) for number in range(6)]
    (found,) = losses(of_pods(brought({"n1": 0}), "/data", pods, SHOP))
    assert found.evidence == "shop ended on SIGTERM; so did p1, p2, p3 and 2 more"


def test_counters_without_meta_data_are_no_counters() -> None:
    gathered = replace(brought({"n1": 1}, {"n1": 0}), orphans=["covcounters.a.1.1"])
    failure = no_counters(gathered, "/data", [on_node("a")])
    assert [found.cause for found in failure.diagnoses] == ["orphan-counters"]
    assert "such as covcounters.a.1.1" in str(failure)


def test_a_pod_that_was_never_started_explains_an_empty_directory() -> None:
    failure = no_counters(brought({"n1": 0}, {"n1": 0}), "/data", [on_node("a", None, "n1", reason="NeverStarted")])
    assert [found.cause for found in failure.diagnoses] == ["never-started", "no-counters"]


def test_files_of_earlier_pods_are_named() -> None:
    taken = {"n1": ["covcounters.a.1.1", "covcounters.a.1.2", "covmeta.a"], "n2": ["covcounters.a.1.3"]}
    gathered = replace(brought({"n1": 2, "n2": 1}), taken=taken)
    first, second = earlier_generations(gathered, [on_node("a", restarts=1)])
    assert first.startswith("2 counter files are from n1, where 1 pods were ended: 1 of them")
    assert "covcounters.a.1.1" in first and "(1 restarts were seen)" in first
    assert second.startswith("1 counter files are from n2, where 0 pods were ended")
    assert earlier_generations(gathered, []) == []
    assert earlier_generations(brought({"n1": 1}), [on_node("a")]) == []
