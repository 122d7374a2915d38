# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which workload is meant, and what is said where that is not clear."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import apply, readiness, workload
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import (
    DAEMON_SET,
    DEPLOYMENT,
    Kind,
    Object,
)
from ansible_collections.gocover.e2e.plugins.module_utils._kube.manifests import Manifest

IMAGE = "localhost/svc:cov-1"


def entry_of(kind: str, name: str, namespace: str = "ns", image: str = IMAGE, **metadata: t.Any) -> Object:
    pod: Object = {"containers": [{"name": "main", "image": image}]}
    template = {"metadata": {}, "spec": pod}
    spec: Object = {"template": template, "selector": {}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": {"template": template}}}
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": pod if kind == "Pod" else spec,
    }


class Objects:
    """An API that holds these objects."""

    def __init__(self, *objects: Object) -> None:
        self.objects = objects

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        return next((entry for entry in self.list_all(kind, namespace) if entry["metadata"]["name"] == name), None)

    def list_all(self, kind: Kind, namespace: str = "", **_selectors: str) -> list[Object]:
        found = [entry for entry in self.objects if entry["kind"] == kind.name]
        return [entry for entry in found if namespace in ("", entry["metadata"]["namespace"])]


def find(*objects: Object, name: str = "") -> workload.Workload:
    return workload.find(t.cast(t.Any, Objects(*objects)), "ns", name, IMAGE)


OWNED: t.Any = {"ownerReferences": [{"kind": "Job", "name": "j"}]}


@pytest.mark.parametrize(
    ("objects", "name", "cause", "words"),
    [
        pytest.param([entry_of("CronJob", "nightly")], "", "workload-unsupported", "CronJob/nightly", id="a CronJob"),
        pytest.param([entry_of("Job", "once")], "", "workload-unsupported", "Job/once", id="a Job"),
        pytest.param([entry_of("Pod", "bare")], "", "workload-unsupported", "Pod/bare", id="a bare pod"),
        pytest.param([entry_of("ReplicaSet", "rs")], "", "workload-unsupported", "ReplicaSet/rs", id="a ReplicaSet"),
        pytest.param([entry_of("Pod", "j-1", **OWNED)], "", "workload-missing", "no workload at all", id="a Job's pod"),
        pytest.param(
            [entry_of("Deployment", "a"), entry_of("Deployment", "b")],
            "",
            "workload-missing",
            "deployment/a and deployment/b",
            id="two with one image",
        ),
        pytest.param(
            [entry_of("Deployment", "svc", "other")],
            "",
            "workload-missing",
            "deployment/svc is in the namespace other",
            id="another namespace",
        ),
        pytest.param(
            [entry_of("StatefulSet", "svc", "other")],
            "statefulset/svc",
            "workload-missing",
            "Set service_namespace to other",
            id="another namespace, by name",
        ),
        pytest.param(
            [entry_of("Deployment", "db", image="postgres:15")],
            "",
            "workload-missing",
            "deployment/db (postgres:15)",
            id="another image",
        ),
        pytest.param([], "cronjob/nightly", "workload-unsupported", "cronjob/nightly", id="a CronJob by name"),
    ],
)
def test_what_cannot_be_meant_is_named(objects: list[Object], name: str, cause: str, words: str) -> None:
    with pytest.raises(Failure) as caught:
        find(*objects, name=name)
    assert [entry.cause for entry in caught.value.diagnoses] == [cause]
    assert words in caught.value.diagnoses[0].sentence()


@pytest.mark.parametrize("name", ["", "svc", "deployment/svc", "deploy/svc"])
def test_the_workload_is_found_by_image_and_by_name(name: str) -> None:
    others = [entry_of("Deployment", "db", image="postgres:15"), entry_of("Deployment", "svc", "other")]
    assert find(*others, entry_of("Deployment", "svc"), name=name).title == "deployment/svc"


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (DEPLOYMENT, {"spec": {"replicas": 0}}, "deployment/svc has replicas: 0"),
        (DAEMON_SET, {"status": {"desiredNumberScheduled": 0}}, "No node takes a pod of daemonset/svc"),
        (DEPLOYMENT, {"spec": {"replicas": 1}}, ""),
        (DEPLOYMENT, {"spec": {}}, ""),
        (DAEMON_SET, {"status": {"desiredNumberScheduled": 3, "observedGeneration": 1}}, ""),
        (DAEMON_SET, {"status": {}}, ""),
    ],
)
def test_a_workload_that_wants_no_pod_is_named(kind: Kind, fields: Object, words: str) -> None:
    spec = {"template": {"spec": {"containers": []}}, **fields.get("spec", {})}
    status = {**fields.get("status", {})}
    if "desiredNumberScheduled" in status:
        status["observedGeneration"] = 1
    entry = {"metadata": {"name": "svc", "generation": 1}, "spec": spec, "status": status}
    found = readiness.nothing_runs(workload.Workload(kind, "ns", entry))
    assert bool(found) is bool(words)
    if found:
        assert found.cause == "no-replicas"
        assert words in found.evidence


@pytest.mark.parametrize(
    ("objects", "name", "held"),
    [
        ([entry_of("Deployment", "svc")], "", "Deployment/svc"),
        ([entry_of("Deployment", "a"), entry_of("Deployment", "b")], "", None),
        ([entry_of("Deployment", "a"), entry_of("Deployment", "b")], "deployment/b", "Deployment/b"),
        ([entry_of("Deployment", "a"), entry_of("StatefulSet", "b")], "", None),
        ([entry_of("StatefulSet", "svc")], "", None),
        ([entry_of("Deployment", "svc", "other")], "", None),
        ([entry_of("Deployment", "db", image="postgres:15"), entry_of("Deployment", "svc")], "", "Deployment/svc"),
        ([entry_of("Deployment", "svc"), entry_of("CronJob", "nightly")], "", "Deployment/svc"),
    ],
)
def test_only_the_deployment_that_is_covered_is_held(objects: list[Object], name: str, held: str | None) -> None:
    assert apply.to_hold([Manifest(entry, "a file") for entry in objects], "ns", name, IMAGE) == held
