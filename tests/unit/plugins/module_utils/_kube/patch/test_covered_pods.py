# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods of the coverage patch go with it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import (
    DEPLOYMENT,
    STATEFUL_SET,
    Change,
    Kind,
    Object,
    Source,
)
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import covered_pods
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch.pod_template import Record
from ansible_collections.gocover.e2e.plugins.module_utils._kube.workload import Workload

PATH = "/var/lib/gocover/svc/run"
VOLUME = {"name": "gocover-covdata", "hostPath": {"path": PATH, "type": "Directory"}}
ENDING = "ending the pods of the coverage patch:"
RECORD = Record("svc", "gocover-covdata", "/gocover", {}, {"volume": VOLUME})


def pod(name: str, *volumes: Object, phase: str = "Running") -> Object:
    spec = {"volumes": list(volumes), "containers": [], "terminationGracePeriodSeconds": 1}
    return {"metadata": {"name": name, "uid": name}, "spec": spec, "status": {"phase": phase}}


def other_path() -> Object:
    return {**VOLUME, "hostPath": {"path": "/elsewhere", "type": "Directory"}}


class Pods:
    """An API with these pods, one of which goes at each look."""

    def __init__(self, *present: Object, gone: t.Sequence[str] = ()) -> None:
        self.present = list(present)
        self.gone = list(gone)
        self.deleted: list[str] = []

    def list_all(self, _kind: Kind, _namespace: str = "", **_selectors: str) -> list[Object]:
        return self.present

    def delete(self, _kind: Kind, name: str, _namespace: str = "") -> bool:
        self.deleted.append(name)
        return True

    def watch(self, sources: t.Sequence[Source], _timeout: float) -> t.Iterator[Change | None]:
        yield from (Change(sources[0], entry) for entry in self.present)
        yield None
        for name in self.gone:
            yield Change(sources[0], pod(name, VOLUME), gone=True)
        yield None


def target(kind: Kind) -> Workload:
    return Workload(kind, "ns", {"metadata": {"name": "svc"}, "spec": {"selector": {"matchLabels": {"app": "svc"}}}})


def test_only_pods_with_the_volume_of_the_patch_count() -> None:
    ended = pod("d", VOLUME, phase="Failed")
    cluster = t.cast(t.Any, Pods(pod("a", VOLUME), pod("b"), pod("c", other_path()), ended))
    assert [entry["metadata"]["name"] for entry in covered_pods.of(cluster, target(DEPLOYMENT), RECORD)] == ["a"]
    assert covered_pods.of(cluster, target(DEPLOYMENT), None) == []


@pytest.mark.parametrize(
    ("kind", "present", "gone", "deleted", "last"),
    [
        pytest.param(
            DEPLOYMENT,
            ["a", "b"],
            ["b", "a"],
            [],
            "ending the pods of the coverage patch: a, b",
            id="a Deployment ends them itself",
        ),
        pytest.param(
            STATEFUL_SET,
            ["a"],
            ["a"],
            ["a"],
            "ending the pods of the coverage patch: a",
            id="a StatefulSet waits for ever",
        ),
        pytest.param(DEPLOYMENT, ["a", "b"], ["a"], [], "not gone after 16 s: b", id="one that stays"),
        pytest.param(DEPLOYMENT, [], [], [], f"{ENDING} a", id="gone before the watch"),
    ],
)
def test_they_are_waited_for(kind: Kind, present: list[str], gone: list[str], deleted: list[str], last: str) -> None:
    cluster = Pods(*(pod(name, VOLUME) for name in present), gone=gone)
    notes: list[str] = []
    listed = [pod(name, VOLUME) for name in present or ["a"]]
    covered_pods.end(t.cast(t.Any, cluster), target(kind), listed, notes.append)
    assert cluster.deleted == deleted
    assert notes[-1].startswith(last)


def test_without_such_pods_nothing_is_asked() -> None:
    covered_pods.end(t.cast(t.Any, None), target(DEPLOYMENT), [], lambda _text: pytest.fail("nothing to say"))
