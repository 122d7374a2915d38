# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of pods and of the ends of their containers, from the objects that an API server has shown."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import POD, ApiError, Change, Object, Source
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending import earlier
from ansible_collections.gocover.e2e.plugins.module_utils._kube.pod_history import PodHistory, selected, sketch
from ansible_collections.gocover.e2e.plugins.module_utils._kube.pod_watch import PodWatch, look
from ansible_collections.gocover.e2e.plugins.module_utils._kube.refusal import refused

SELECTOR = {"matchLabels": {"app": "svc"}}
RUNNING: Object = {"running": {"startedAt": "2026-11-26T01:00:00Z"}}
BACK_OFF: Object = {"waiting": {"reason": "CrashLoopBackOff"}}


def ended(exit_code: int, reason: str = "Error", second: int = 30) -> Object:
    times = {"startedAt": "2026-11-26T01:00:00Z", "finishedAt": f"2026-11-26T01:00:{second:02d}Z"}
    return {"terminated": {"exitCode": exit_code, "reason": reason, **times}}


def pod(
    name: str = "a", restarts: int = 0, state: Object | None = None, last: Object | None = None, **status: t.Any
) -> Object:
    """A pod as the API shows it, with a secret among the variables of its container."""
    shown = {"name": "svc", "restartCount": restarts, "state": state or RUNNING, "lastState": last or {}}
    env = [{"name": "GOCOVERDIR", "value": "/cov"}, {"name": "TOKEN", "value": "hunter2"}]
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "labels": {"app": "svc"}, "annotations": {"a": "hunter2"}},
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "svc", "image": "svc:1", "command": ["/svc", "--token=hunter2"], "env": env}],
        },
        "status": {"phase": "Running", "containerStatuses": [shown], **status},
    }


def rows_of(history: PodHistory, leaving: t.Container[str] = (), **logs: list[str]) -> list[tuple[t.Any, ...]]:
    found = earlier.rows(history.of(SELECTOR), "svc", leaving, {f"uid-{name}": log for name, log in logs.items()})
    return [(row["name"], row["exit_code"], [reason["cause"] for reason in row["diagnosis"]]) for row in found]


LOST = ["killed-before-exit"]


@pytest.mark.parametrize(
    ("states", "leaving", "expected"),
    [
        pytest.param([pod()], ["uid-a"], [], id="one that the shutdown ends"),
        pytest.param([pod(), None], [], [("a", None, LOST)], id="deleted by force"),
        pytest.param([pod(), pod(state=ended(0)), None], [], [("a", 0, [])], id="deleted with its grace period"),
        pytest.param([pod(), pod(state=ended(0)), pod(), None], [], [("a", 0, [])], id="the state vanishes again"),
        pytest.param([pod(), pod(state=ended(137)), None], [], [("a", 137, LOST)], id="killed"),
        pytest.param(
            [pod(), pod(state=ended(137, "OOMKilled")), None], [], [("a", 137, ["oom-killed"])], id="out of memory"
        ),
        pytest.param(
            [pod(), pod(restarts=1, last=ended(2))], ["uid-a"], [("a (run 1)", 2, ["crash-loop"])], id="a crash"
        ),
        pytest.param(
            [pod(), pod(state=BACK_OFF, last=ended(2)), pod(restarts=1, last=ended(2))],
            ["uid-a"],
            [("a (run 1)", 2, ["crash-loop"])],
            id="a crash is counted once",
        ),
        pytest.param(
            [pod(), pod(restarts=1, last=ended(1)), pod(restarts=2, last=ended(1, second=40))],
            ["uid-a"],
            [("a (run 1)", 1, []), ("a (run 2)", 1, [])],
            id="log.Fatal writes counters",
        ),
        pytest.param(
            [pod(), pod(restarts=2, last=ended(1))],
            ["uid-a"],
            [("a (run 1)", None, LOST), ("a (run 2)", 1, [])],
            id="an end between two looks",
        ),
        pytest.param(
            [pod(), pod(state=ended(137, "ContainerStatusUnknown"), phase="Failed", reason="Evicted")],
            [],
            [("a", None, LOST)],
            id="evicted",
        ),
        pytest.param([pod(restarts=3, last=ended(1))], ["uid-a"], [], id="crashes before it was ready"),
        pytest.param(
            [pod(), pod("b", state={"waiting": {"reason": "ContainerCreating"}}), pod("b", phase="Failed")],
            ["uid-a"],
            [("b", None, LOST)],
            id="it ran after all",
        ),
    ],
)
def test_each_end_has_a_row(states: list[Object | None], leaving: list[str], expected: t.Any) -> None:
    history = PodHistory()
    last: Object = {}
    for number, state in enumerate(states):
        last = state or last
        history.take(last, gone=state is None, initial=number == 0)
    assert rows_of(history, leaving) == expected
    # The form in run.json says the same.
    assert rows_of(PodHistory(json.loads(json.dumps(history.rows()))), leaving) == expected


def test_a_pod_that_never_ran_has_nothing_to_lose() -> None:
    history = PodHistory()
    history.take(pod(state={"waiting": {"reason": "ContainerCreating"}}), gone=True)
    assert rows_of(history) == []


def test_a_panic_is_read_from_the_log_of_the_run_before() -> None:
    history = PodHistory()
    history.take(pod(), initial=True)
    history.take(pod(restarts=1, last=ended(2)))
    (row,) = earlier.rows(history.of(SELECTOR), "svc", ["uid-a"], {"uid-a": ["panic: out of order", "goroutine 1"]})
    assert row["diagnosis"][0]["evidence"] == "a (run 1) ended by a panic: panic: out of order"
    assert (row["started_at"], row["finished_at"]) == ("2026-11-26T01:00:00Z", "2026-11-26T01:00:30Z")
    assert row["before_shutdown"] and row["node"] == "n1" and row["writes"]["variable"] == "/cov"


def test_no_secret_is_kept() -> None:
    kept = json.dumps(sketch(pod()))
    assert "hunter2" not in kept
    assert '"value": "/cov"' in kept and '["/svc"]' in kept


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"matchLabels": {"app": "svc"}}, True),
        ({"matchLabels": {"app": "svc", "tier": "web"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["svc", "b"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["svc"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({}, True),
    ],
)
def test_a_selector_selects(selector: Object, expected: bool) -> None:
    assert selected(selector, {"app": "svc"}) is expected


class Watched:
    """A cluster whose watches play back what they are given, one list of changes for each watch."""

    def __init__(self, *watches: list[t.Any]) -> None:
        self.watches = list(watches)

    def list_all(self, _kind: t.Any, _namespace: str = "", **_filters: str) -> list[Object]:
        return [pod(restarts=2)]

    def watch(self, sources: t.Sequence[Source], _timeout: float, _tick: float = 1.0) -> t.Iterator[Change | None]:
        for change in self.watches.pop(0) if self.watches else [None]:
            if isinstance(change, Exception):
                raise change
            yield change and Change(sources[0], change[0], gone=len(change) > 1)
        while not self.watches:
            yield None


def watched(history: PodHistory, *watches: list[t.Any]) -> PodWatch:
    watch = PodWatch(t.cast("t.Any", Watched(*watches)), "ns", history)
    with watch:
        pass
    return watch


def test_what_happens_while_tests_run_is_noted() -> None:
    history = PodHistory(look(t.cast("t.Any", Watched()), "ns"))
    changes = [(pod(restarts=2),), None, (pod(restarts=2, state=ended(0)),), (pod(restarts=2), "gone"), (pod("b"),)]
    assert watched(history, [*changes, None]).error is None
    assert rows_of(history, ["uid-b"]) == [("a (run 3)", 0, [])]


def test_what_a_broken_watch_has_missed_is_seen_by_the_next_list() -> None:
    history = PodHistory()
    unavailable = refused("GET", "/api/v1/pods", 503, b"{}")
    watch = watched(history, [(pod(),), None, unavailable], [(pod("b"),), None, None])
    assert watch.error is None
    assert rows_of(history, ["uid-b"]) == [("a", None, LOST)]


def test_who_may_not_watch_learns_of_it() -> None:
    watch = watched(PodHistory(), [refused("GET", "/api/v1/pods", 403, b"{}")])
    assert isinstance(watch.error, ApiError) and watch.error.status == 403
    assert POD.name in str(watch.error) or "403" in str(watch.error) or watch.error.diagnoses
