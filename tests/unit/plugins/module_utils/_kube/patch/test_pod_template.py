# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage patch, and the way back, on objects as the API server returns them."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import pod_template
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch.pod_template import Settings
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch.rollout import HELD

SETTINGS = Settings("/var/lib/gocover/svc/run", "/gocover")
PROBE = {
    "httpGet": {"path": "/healthz", "port": 8080},
    "initialDelaySeconds": 5,
    "timeoutSeconds": 1,
    "failureThreshold": 3,
}
#: The lists of a pod spec that merge by a key (core/v1, patchMergeKey).
MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
}


def workload(**container: t.Any) -> dict[str, t.Any]:
    spec = {"name": "svc", "image": "svc:dev", "imagePullPolicy": "Always", **container}
    pod = {"containers": [{"name": "sidecar", "image": "x"}, spec], "terminationGracePeriodSeconds": 15}
    return {"metadata": {"name": "svc"}, "spec": {"template": {"spec": pod}}}


def merge(live: t.Any, patch: t.Any, key: str = "") -> t.Any:
    """A strategic merge, as far as the patch makes use of it."""
    if isinstance(patch, list):
        merged = copy.deepcopy(live or [])
        for entry in patch:
            name = entry[MERGE_KEYS[key]]
            there = next((found for found in merged if found[MERGE_KEYS[key]] == name), None)
            if entry.get("$patch") == "delete":
                merged.remove(there)
            elif there is None:
                merged.append({field: value for field, value in entry.items() if value is not None})
            else:
                merged[merged.index(there)] = merge(there, entry)
        return merged
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        assert live, "where nothing is, the API server takes the directive for a deletion"
        return {field: value for field, value in patch.items() if field != "$patch" and value is not None}
    merged = dict(live or {})
    for field, value in patch.items():
        if value is None:
            merged.pop(field, None)
        else:
            merged[field] = merge(merged.get(field), value, field)
            if merged[field] in ([], {}):
                del merged[field]
    return merged


def covered(before: dict[str, t.Any], settings: Settings = SETTINGS) -> dict[str, t.Any]:
    patch = pod_template.coverage_patch(before, "svc", settings)
    assert patch is not None
    return t.cast("dict[str, t.Any]", merge(before, patch))


def container(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    return next(found for found in entry["spec"]["template"]["spec"]["containers"] if found["name"] == "svc")


BEFORE = [
    workload(),
    workload(env=[{"name": "A", "value": "a"}]),
    workload(env=[{"name": "GOCOVERDIR", "value": "/old"}, {"name": "A", "value": "a"}]),
    workload(env=[{"name": "GOCOVERDIR", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
    workload(livenessProbe=PROBE, readinessProbe=PROBE, startupProbe=PROBE),
    workload(volumeMounts=[{"name": "data", "mountPath": "/gocover", "readOnly": True, "subPath": "x"}]),
]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("probes", ["keep", "relaxed", {"liveness": None, "startup": {"tcpSocket": {"port": 1}}}])
@pytest.mark.parametrize("image", ["", "localhost/svc:cov-1"])
@pytest.mark.parametrize("grace", [0, 10, 60])
def test_twice_is_once_and_the_way_back_is_exact(before: t.Any, probes: t.Any, image: str, grace: int) -> None:
    settings = Settings("/var/lib/gocover/svc/run", "/gocover", image=image, probes=probes, grace_period=grace)
    after = covered(before, settings)
    assert pod_template.coverage_patch(after, "svc", settings) is None
    spec = container(after)
    assert [entry for entry in spec["env"] if entry["name"] == "GOCOVERDIR"] == [
        {"name": "GOCOVERDIR", "value": "/gocover"}
    ]
    mounts = [entry for entry in spec["volumeMounts"] if entry["mountPath"] == "/gocover"]
    assert mounts == [{"mountPath": "/gocover", "name": "gocover-covdata"}]
    pod = after["spec"]["template"]["spec"]
    assert pod["volumes"] == [
        {"name": "gocover-covdata", "hostPath": {"path": settings.node_path, "type": "Directory"}}
    ]
    assert pod["terminationGracePeriodSeconds"] == max(15, grace)
    assert (spec["image"], spec["imagePullPolicy"]) == ((image, "IfNotPresent") if image else ("svc:dev", "Always"))
    undo = pod_template.restoring_patch(after)
    assert undo is not None
    restored = merge(after, undo)
    assert restored["spec"] == before["spec"]
    assert pod_template.recorded(restored) is None
    assert pod_template.restoring_patch(restored) is None


@pytest.mark.parametrize("before", BEFORE)
def test_a_second_run_does_not_forget_what_was_there_before_the_first(before: t.Any) -> None:
    first = covered(before, Settings("/one", "/gocover", image="localhost/svc:1", probes="relaxed", grace_period=60))
    second = covered(first, Settings("/two", "/gocover"))
    assert container(second)["image"] == "svc:dev"
    assert merge(second, pod_template.restoring_patch(second))["spec"] == before["spec"]


def test_a_volume_of_that_name_is_somebody_elses() -> None:
    before = workload()
    before["spec"]["template"]["spec"]["volumes"] = [{"name": "gocover-covdata", "emptyDir": {}}]
    after = covered(before)
    assert [entry["name"] for entry in after["spec"]["template"]["spec"]["volumes"]] == [
        "gocover-covdata",
        "gocover-covdata-2",
    ]
    assert merge(after, pod_template.restoring_patch(after))["spec"] == before["spec"]


def test_what_somebody_else_changed_since_is_theirs() -> None:
    after = covered(workload(), Settings("/one", "/gocover", image="localhost/svc:1"))
    container(after)["image"] = "svc:hotfix"
    assert container(merge(after, pod_template.restoring_patch(after)))["image"] == "svc:hotfix"
    again = covered(after, Settings("/two", "/gocover", image="localhost/svc:2"))
    assert container(merge(again, pod_template.restoring_patch(again)))["image"] == "svc:hotfix"


def test_defaults_that_the_api_server_fills_in_are_nobodys_change() -> None:
    settings = Settings("/one", "/gocover", probes={"readiness": {"httpGet": {"path": "/", "port": 1}}})
    after = covered(workload(), settings)
    probe = container(after)["readinessProbe"]
    probe["httpGet"]["scheme"] = "HTTP"
    probe["timeoutSeconds"] = 1
    assert pod_template.coverage_patch(after, "svc", settings) is None
    assert "readinessProbe" not in container(merge(after, pod_template.restoring_patch(after)))


def test_a_held_deployment_is_let_go_by_the_patch_and_by_the_way_back() -> None:
    held = workload()
    held["metadata"]["annotations"] = {HELD: "true"}
    held["spec"]["paused"] = True
    patch = pod_template.coverage_patch(held, "svc", SETTINGS)
    assert patch is not None
    assert patch["spec"]["paused"] is None
    assert patch["metadata"]["annotations"][HELD] is None
    assert pod_template.restoring_patch(held) == {"metadata": {"annotations": {HELD: None}}, "spec": {"paused": None}}


def test_another_container_needs_the_way_back_first() -> None:
    after = covered(workload())
    assert pod_template.must_restore_first(after, "sidecar", SETTINGS)
    assert pod_template.must_restore_first(after, "svc", Settings("/one", "/elsewhere"))
    assert not pod_template.must_restore_first(after, "svc", Settings("/another/run", "/gocover"))


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"container": "svc"}', "null"])
def test_a_record_that_cannot_be_read_is_none(text: str) -> None:
    entry = workload()
    entry["metadata"]["annotations"] = {pod_template.RECORD: text}
    assert pod_template.recorded(entry) is None


@pytest.mark.parametrize(
    ("slot", "probe", "probes", "wanted"),
    [
        ("livenessProbe", PROBE, "relaxed", {"initialDelaySeconds": 60, "timeoutSeconds": 10, "failureThreshold": 6}),
        ("readinessProbe", PROBE, "relaxed", {"initialDelaySeconds": 5, "timeoutSeconds": 10, "failureThreshold": 6}),
        ("startupProbe", PROBE, "relaxed", {"initialDelaySeconds": 5, "timeoutSeconds": 10, "failureThreshold": 6}),
        ("livenessProbe", {**PROBE, "timeoutSeconds": 30}, "relaxed", {"timeoutSeconds": 30}),
        ("livenessProbe", PROBE, "keep", PROBE),
        ("livenessProbe", PROBE, {"liveness": {"timeoutSeconds": 7}}, {"timeoutSeconds": 7, "failureThreshold": 3}),
        ("livenessProbe", PROBE, {"readiness": {"timeoutSeconds": 7}}, PROBE),
    ],
)
def test_probes(slot: str, probe: t.Any, probes: t.Any, wanted: dict[str, t.Any]) -> None:
    relaxed = pod_template.relaxed_probe(slot, probe, probes)
    assert relaxed is not None
    assert {key: relaxed[key] for key in wanted} == wanted
    assert relaxed["httpGet"] == PROBE["httpGet"]


@pytest.mark.parametrize("probes", ["keep", "relaxed"])
def test_a_probe_that_is_not_there_does_not_appear(probes: str) -> None:
    assert pod_template.relaxed_probe("livenessProbe", None, probes) is None


def test_the_record_is_small_enough_to_be_read() -> None:
    record = pod_template.recorded(covered(workload(livenessProbe=PROBE)))
    assert record is not None
    assert set(record.before) == {"env", "mount", "volume"}
    assert json.loads(record.text())["container"] == "svc"
