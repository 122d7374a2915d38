# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses a namespace, and that everything a run has changed is found by looking and undone."""

from __future__ import annotations

import copy
import itertools
import json
import os
import time
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import lease, restoring
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import DEPLOYMENT, ApiError, Cluster, Kind, Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import pod_template, rollout
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patient import patient
from ansible_collections.gocover.e2e.plugins.module_utils._kube.refusal import refused
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import Holder, this_holder
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress


class Store:
    """Objects of an API: merged as annotations, scalars and dictionaries merge, and refused where versions differ."""

    server = "https://store"

    def __init__(self, *objects: Object) -> None:
        self._versions = itertools.count(1)
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.refuses: dict[str, int] = {}
        self.away = 0
        for entry in objects:
            self.create(entry)

    def _answer(self, name: str = "") -> None:
        if self.away:
            self.away -= 1
            raise refused("GET", "/", 503, b"{}")
        if name in self.refuses:
            raise refused("PATCH", f"/{name}", self.refuses[name], b'{"message": "denied the request"}')

    def create(self, manifest: Object) -> Object:
        metadata = manifest["metadata"]
        key = (manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        if key in self.objects:
            raise refused("POST", "/", 409, b"{}")
        self.objects[key] = {**copy.deepcopy(manifest)}
        self.objects[key]["metadata"]["resourceVersion"] = str(next(self._versions))
        return copy.deepcopy(self.objects[key])

    def list_all(self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "") -> list[Object]:
        self._answer(kind.name)
        wanted = dict(term.split("=") for term in labels.split(",") if term)
        return [
            copy.deepcopy(entry)
            for (name, place, _name), entry in self.objects.items()
            if name == kind.name
            and namespace in ("", place)
            and wanted.items() <= (entry["metadata"].get("labels") or {}).items()
        ]

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        return copy.deepcopy(self.objects.get((kind.name, namespace, name)))

    def patch(self, kind: Kind, name: str, namespace: str, patch: Object, *, dry_run: bool = False) -> Object:
        self._answer(name)
        found = self.objects[kind.name, namespace, name]
        version = patch["metadata"].get("resourceVersion") if "metadata" in patch else None
        if version not in (None, found["metadata"]["resourceVersion"]):
            raise refused("PATCH", "/", 409, b"{}")
        _merge(found, patch)
        found["metadata"]["resourceVersion"] = str(next(self._versions))
        return copy.deepcopy(found)

    def delete(self, kind: Kind, name: str, namespace: str = "", *, grace_period: int | None = None) -> bool:
        return self.objects.pop((kind.name, namespace, name), None) is not None


def _merge(target: Object, patch: Object) -> None:
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value


def api(store: Store) -> Cluster:
    return t.cast(Cluster, store)


def playbook(pid: int, directory: str) -> Holder:
    found = this_holder(pid, directory)
    assert found is not None
    return found


LIVING = playbook(os.getpid(), "/work")
OTHER = playbook(os.getppid(), "/other")
DEAD = replace(LIVING, pid=2**22 + 1)
AWAY = replace(LIVING, machine="another boot pids")


def deployment(name: str, namespace: str = "ns", patched: str = "", **annotations: str) -> Object:
    notes = {"gocover.e2e/" + key: value for key, value in annotations.items()}
    if patched:
        volume = {"name": "gocover-covdata", "hostPath": {"path": f"/var/lib/gocover/{patched}/run"}}
        slots = {"volume": volume}
        notes[pod_template.RECORD] = pod_template.Record("c", "gocover-covdata", "/gocover", {}, slots).text()
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", "annotations": notes},
        "spec": {
            "replicas": 0 if "replicas" in annotations else 1,
            **({"paused": True} if "held" in annotations else {}),
            "selector": {"matchLabels": {}},
            "template": {"metadata": {}, "spec": {"containers": [{"name": "c"}]}},
        },
    }


def taken(store: Store, service: str, holder: Holder, *workloads: str, namespace: str = "ns") -> lease.RunLease:
    return lease.take(api(store), namespace, service, holder, workloads)


@pytest.mark.parametrize(
    ("first", "second", "refused_for"),
    [
        pytest.param(("shop", LIVING, "Deployment/a"), ("shop", LIVING, "Deployment/b"), "", id="the same run"),
        pytest.param(
            ("shop", OTHER, "Deployment/a"), ("shop", LIVING, "Deployment/b"), "the service shop", id="service"
        ),
        pytest.param(
            ("shop", OTHER, "Deployment/db"), ("cart", LIVING, "Deployment/db"), "Deployment/db", id="a workload"
        ),
        pytest.param(("shop", LIVING, "Deployment/db"), ("cart", LIVING, "Deployment/db"), "", id="one playbook"),
        pytest.param(("shop", OTHER, "Deployment/a"), ("cart", LIVING, "Deployment/b"), "", id="nothing shared"),
        pytest.param(("shop", DEAD, "Deployment/a"), ("shop", LIVING, "Deployment/a"), "", id="a dead run"),
        pytest.param(
            ("shop", AWAY, "Deployment/a"), ("shop", LIVING, "Deployment/a"), "the service", id="another machine"
        ),
    ],
)
def test_one_run_has_a_workload(first: t.Any, second: t.Any, refused_for: str) -> None:
    store = Store()
    taken(store, *first)
    if not refused_for:
        found = taken(store, *second)
        assert found.of(LIVING)
        assert found.workloads >= {second[2]}
        return
    with pytest.raises(Failure) as caught:
        taken(store, *second)
    assert caught.value.diagnoses[0].cause == "run-in-progress"
    assert refused_for in str(caught.value)
    assert first[1].directory in str(caught.value)


def test_the_workloads_of_a_run_add_up() -> None:
    store = Store()
    taken(store, "shop", LIVING, "Deployment/a")
    assert taken(store, "shop", LIVING, "Deployment/b").workloads == {"Deployment/a", "Deployment/b"}
    # But not those of the dead run before.
    taken(store, "cart", DEAD, "Deployment/old")
    assert taken(store, "cart", LIVING, "Deployment/new").workloads == {"Deployment/new"}


def test_a_lease_that_nobody_renews_ends() -> None:
    store = Store()
    found = taken(store, "shop", AWAY, "Deployment/a")
    assert found.alive()
    found.object["spec"]["renewTime"] = "2020-01-01T00:00:00.000000Z"
    assert not found.alive()


def test_two_that_take_over_at_once_do_not_both_have_it() -> None:
    store = Store()
    taken(store, "shop", DEAD, "Deployment/a")
    patch = store.patch

    def overtaken(*arguments: t.Any, **named: t.Any) -> Object:
        store.patch = patch  # type: ignore[method-assign]
        taken(store, "shop", OTHER, "Deployment/a")
        return patch(*arguments, **named)

    store.patch = overtaken  # type: ignore[method-assign]
    with pytest.raises(Failure) as caught:
        taken(store, "shop", LIVING, "Deployment/a")
    assert caught.value.diagnoses[0].cause == "run-in-progress"


WANTED = restoring.RestoreOptions("shop", "ns", None, 5.0)


def restored(store: Store, wanted: restoring.RestoreOptions = WANTED) -> list[str]:
    outcome = restoring.restore_cluster(wanted, api(store), LIVING, Progress())
    return [f"{row['namespace']}/{row['object']}" for row in outcome.result["objects"]]


def left(store: Store) -> list[str]:
    """What of ours is still on an object."""
    objects = [entry for entry in store.objects.values() if entry["kind"] != "Lease"]
    return [note for entry in objects for note in entry["metadata"]["annotations"]]


def test_everything_is_found_by_looking() -> None:
    replicas = json.dumps({"replicas": 3})
    store = Store(
        deployment("held", held="true"),
        deployment("scaled", replicas=replicas),
        deployment("untouched"),
        deployment("elsewhere", "former-ns", held="true"),
        deployment("foreign", "foreign-ns", held="true"),
    )
    taken(store, "shop", DEAD, "Deployment/elsewhere", namespace="former-ns")
    taken(store, "shop", OTHER, "Deployment/foreign", namespace="foreign-ns")
    assert restored(store) == ["former-ns/deployment/elsewhere", "ns/deployment/held", "ns/deployment/scaled"]
    assert left(store) == [rollout.HELD]
    assert store.objects["Deployment", "ns", "scaled"]["spec"]["replicas"] == 3
    assert "paused" not in store.objects["Deployment", "ns", "held"]["spec"]
    # The lease of the dead run goes with it, that of the living one stays.
    assert [found.namespace for found in lease.find(api(store))] == ["foreign-ns"]
    assert restored(store) == []


def test_a_run_that_was_refused_leaves_the_other_alone() -> None:
    store = Store(deployment("shop", patched="shop"), deployment("held", held="true"))
    taken(store, "shop", OTHER, "Deployment/shop", "Deployment/held")
    assert restored(store) == []
    assert len(left(store)) == 2
    assert len(lease.find(api(store))) == 1


def test_a_run_beside_keeps_what_it_has_changed() -> None:
    store = Store(
        deployment("shop", patched="shop"), deployment("cart", patched="cart"), deployment("cart-held", held="true")
    )
    taken(store, "shop", LIVING, "Deployment/shop", "Deployment/cart")
    taken(store, "cart", LIVING, "Deployment/cart", "Deployment/cart-held")
    assert restored(store) == ["ns/deployment/shop"]
    assert sorted(left(store)) == [pod_template.RECORD, rollout.HELD]


def test_one_that_cannot_be_restored_does_not_keep_the_others() -> None:
    store = Store(deployment("a", held="true"), deployment("b", held="true"), deployment("c", held="true"))
    store.refuses["b"] = 403
    taken(store, "shop", LIVING, "Deployment/a")
    with pytest.raises(Failure) as caught:
        restored(store)
    assert [row["restored"] for row in caught.value.result["objects"]] == [True, False, True]
    assert "deployment/b in the namespace ns" in str(caught.value)
    assert "ansible-playbook gocover.e2e.restore -e service=shop" in str(caught.value)
    # Nothing is forgotten: the lease stays for whoever restores the rest.
    assert len(lease.find(api(store))) == 1


def test_an_api_that_is_away_for_a_moment_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    store = Store(deployment("a", held="true"))
    store.away = 4
    assert restored(store) == ["ns/deployment/a"]


def test_patience_has_one_bound_for_the_whole_step(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    store, notes = Store(), list[str]()
    asked = patient(api(store), 5.0, notes.append)
    store.away = 4
    assert asked.list_all(DEPLOYMENT) == []
    store.away = 100
    with pytest.raises(ApiError):
        asked.list_all(DEPLOYMENT)
    assert 5.0 <= now[0] < 6.0
    assert len(notes) == 1


def test_who_may_not_list_leases_restores_its_namespace() -> None:
    store = Store(deployment("a", held="true"))
    store.refuses["Lease"] = 403
    assert restored(store) == ["ns/deployment/a"]


def test_a_next_run_undoes_what_a_dead_one_has_left_in_another_namespace() -> None:
    store = Store(deployment("old", "former-ns", held="true"))
    taken(store, "shop", DEAD, "Deployment/old", namespace="former-ns")
    restoring.lease_workloads(api(store), "ns", "shop", LIVING, ["Deployment/new"], Progress())
    assert left(store) == []
    assert [(found.namespace, found.workloads) for found in lease.find(api(store))] == [("ns", {"Deployment/new"})]
