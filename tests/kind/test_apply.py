# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests on a real API server, and the module as Ansible runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import jobs
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import CRD, DEPLOYMENT, NAMESPACE, Kind
from rig import IMAGE, Rig, deployment, service

CHECKOUT = Path(__file__).resolve().parents[2]


def definition(group: str) -> dict[str, t.Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"routes.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "routes", "singular": "route", "kind": "Route"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "gr\u00fc\u00df dich \u20ac \U0001f680 \U00020bb7 \U00030000 \U000e0041 \U0010fffd", id="each plane"
        ),
        pytest.param("\u0634\u0644\u0648\u0645 \u202e\u05e9\u05dc\u05d5\u05dd\u202c", id="from right to left"),
        pytest.param("a\x01\x7f\u0085\u2028\ufeff \\ \" ' # :\t\r\nb", id="control characters"),
        pytest.param("\U0001f680" * 60_000, id="240 kB"),
    ],
)
def test_text_comes_back_from_the_api_as_it_was_written(rig: Rig, text: str) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts", "annotations": {"text": text}}}
    rig.apply({**config, "data": {"text": text}})
    kind = Kind("v1", "ConfigMap")
    stored = rig.cluster.get(kind, "texts", rig.namespace)
    assert stored is not None
    assert stored["metadata"]["annotations"]["text"] == stored["data"]["text"] == text
    patched = rig.cluster.patch(kind, "texts", rig.namespace, {"data": {"patched": text}})
    assert patched["data"]["patched"] == text


def test_an_annotation_of_one_mebibyte_is_refused_in_the_words_of_the_api(rig: Rig) -> None:
    annotations = {"text": "\U0001f680" * 262_144}
    with pytest.raises(Failure) as caught:
        rig.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts", "annotations": annotations}})
    assert caught.value.diagnoses[0].cause == "manifest-invalid"
    assert "262144 bytes" in caught.value.diagnoses[0].evidence


def job_of(name: str, mode: str) -> dict[str, t.Any]:
    manifest = deployment(mode=mode)
    spec = {**manifest["spec"]["template"]["spec"], "restartPolicy": "Never"}
    del spec["containers"][0]["readinessProbe"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": {"spec": spec}},
    }


def module(name: str, arguments: dict[str, t.Any], *flags: str) -> dict[str, t.Any]:
    """Run a module by the ad-hoc command of Ansible, as a user would."""
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible" / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    }
    command = [str(Path(sys.executable).parent / "ansible"), "localhost", "-i", "localhost,", "-c", "local", "-m"]
    command += [
        f"gocover.e2e.{name}",
        "-a",
        json.dumps(arguments),
        "-e",
        f"ansible_python_interpreter={sys.executable}",
    ]
    ended = subprocess.run(
        [*command, *flags], env=environment, capture_output=True, text=True, check=False, cwd=CHECKOUT
    )
    found = re.search(r"^localhost \| \w+!? => (\{.*)", ended.stdout, re.MULTILINE | re.DOTALL)
    assert found, ended.stdout + ended.stderr
    return {"stdout": ended.stdout, **json.JSONDecoder().raw_decode(found[1])[0]}


def test_applied_twice_is_changed_once(rig: Rig) -> None:
    first = rig.apply(deployment(replicas=0), service())
    assert [(entry.title, entry.action) for entry in first] == [
        ("Service/probe", "created"),
        ("Deployment/probe", "created"),
    ]
    assert [entry.action for entry in rig.apply(deployment(replicas=0), service())] == ["unchanged", "unchanged"]
    changed = deployment(replicas=0, args=["new"])
    assert [entry.action for entry in rig.apply(changed, service(), dry_run=True)] == ["unchanged", "changed"]
    assert [entry.action for entry in rig.apply(changed, service())] == ["unchanged", "changed"]
    container = rig.workload().pod_spec["containers"][0]
    assert (container["image"], container["imagePullPolicy"]) == (IMAGE, "IfNotPresent")


def test_a_kind_is_defined_and_used_in_one_go(rig: Rig) -> None:
    group = f"{rig.namespace}.example.com"
    route = {"apiVersion": f"{group}/v1", "kind": "Route", "metadata": {"name": "one"}, "spec": {"to": "probe"}}
    try:
        assert [entry.action for entry in rig.apply(route, definition(group), dry_run=True)] == ["created", "created"]
        assert [entry.title for entry in rig.apply(route, definition(group))] == [
            f"CustomResourceDefinition/routes.{group}",
            "Route/one",
        ]
        assert [entry.action for entry in rig.apply(route, definition(group))] == ["unchanged", "unchanged"]
    finally:
        rig.cluster.delete(CRD, f"routes.{group}")


def test_an_unknown_kind_and_an_invalid_field_are_named(rig: Rig) -> None:
    with pytest.raises(Failure) as caught:
        rig.apply({"apiVersion": "example.org/v1", "kind": "Nothing", "metadata": {"name": "x"}})
    assert caught.value.diagnoses[0].cause == "kind-unknown"
    broken = deployment()
    broken["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 99999}]
    with pytest.raises(Failure) as caught:
        rig.apply(broken)
    assert caught.value.diagnoses[0].cause == "manifest-invalid"
    assert "99999" in caught.value.diagnoses[0].evidence
    assert "Deployment/probe" in caught.value.summary


def test_a_job_that_fails_is_named_with_its_last_line(rig: Rig) -> None:
    for action in ("created", "changed"):
        # The second time the same one runs anew, for it has failed.
        applied = rig.apply(job_of("migrate", "crash"))
        assert applied[0].action == action
        with pytest.raises(Failure) as caught:
            jobs.wait_jobs(rig.cluster, [applied[0].after], 120, rig.notes.append)
        assert caught.value.diagnoses[0].cause == "job-failed"
        assert "connection refused" in caught.value.diagnoses[0].evidence


def test_a_job_runs_once_and_anew_when_it_becomes_another(rig: Rig) -> None:
    first = rig.apply(job_of("migrate", "job"))[0].after
    jobs.wait_jobs(rig.cluster, [first], 120, rig.notes.append)
    again = rig.apply(job_of("migrate", "job"))[0]
    assert (again.action, again.after["metadata"]["uid"]) == ("unchanged", first["metadata"]["uid"])
    other = job_of("migrate", "job")
    other["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "SEED", "value": "2"})
    assert rig.apply(other, dry_run=True)[0].action == "changed"
    anew = rig.apply(other)[0]
    assert anew.action == "changed" and anew.after["metadata"]["uid"] != first["metadata"]["uid"]
    jobs.wait_jobs(rig.cluster, [anew.after], 120, rig.notes.append)


def test_the_modules_do_the_whole_way_in_ansible(
    rig: Rig, tmp_path: Path, node_path: str, engine: t.Any, cluster: t.Any
) -> None:
    (tmp_path / "all.json").write_text(json.dumps({"kind": "List", "items": [deployment(), service()]}))
    namespace = f"{rig.namespace}-new"
    api = {"kubeconfig": str(rig.kubeconfig), "namespace": namespace}
    manifests = {**api, "src": [str(tmp_path)], "images": {"gocover-probe": IMAGE}, "hold": True}
    patch = {**api, "workload": "deployment/probe", "node_path": node_path, "grace_period": 20}
    at = {**api, "workload": "deployment/probe"}
    try:
        trial = module("manifest_apply", manifests, "--check", "--diff")
        assert trial["changed"] is True, trial
        assert "+kind: Deployment" in trial["stdout"]
        assert rig.cluster.get(NAMESPACE, namespace) is None
        applied = module("manifest_apply", manifests)
        assert [entry["action"] for entry in applied["objects"]] == ["created"] * 3
        assert module("manifest_apply", manifests)["changed"] is False
        before = rig.cluster.get(DEPLOYMENT, "probe", namespace)
        assert module("coverage_patch", patch, "--check")["changed"] is True
        assert rig.cluster.get(DEPLOYMENT, "probe", namespace) == before
        patched = module("coverage_patch", patch)
        assert (patched["changed"], patched["patched"], patched["user"]) == (True, True, 65532)
        assert module("coverage_patch", patch)["changed"] is False
        ready = module("workload_ready", at)
        assert [pod["state"] for pod in ready["pods"]] == ["is ready"]
        begun = time.monotonic()
        assert module("workload_ready", at)["changed"] is False
        seconds = time.monotonic() - begun
        print(f"\nan ad-hoc run of workload_ready with nothing to wait for: {seconds:.2f} s")
        ended = module("graceful_shutdown", at)
        assert [pod["exit_code"] for pod in ended["pods"]] == [0]
        assert module("coverage_patch", {**at, "state": "absent"})["patched"] is False
        assert module("graceful_shutdown", {**at, "state": "restored"})["replicas_before"] == 1
        assert module("graceful_shutdown", {**at, "state": "restored"})["changed"] is False
    finally:
        rig.cluster.delete(NAMESPACE, namespace)
    # What is being deleted is waited for.
    again = module("manifest_apply", {**manifests, "hold": False})
    rig.cluster.delete(NAMESPACE, namespace)
    assert [entry["action"] for entry in again["objects"]] == ["created"] * 3


def test_a_kustomization_is_rendered_and_gets_the_built_image(rig: Rig, tmp_path: Path) -> None:
    base, overlay = tmp_path / "base", tmp_path / "overlay"
    base.mkdir()
    overlay.mkdir()
    (base / "probe.json").write_text(json.dumps(deployment(replicas=0)))
    (base / "kustomization.yaml").write_text("resources: [probe.json]\n")
    lines = ["resources: [../base]", "nameSuffix: -e2e", "images: [{name: gocover-probe, newTag: v7}]"]
    lines += ["configMapGenerator: [{name: settings, literals: [MODE=none]}]"]
    (overlay / "kustomization.yaml").write_text("\n".join(lines) + "\n")
    arguments = {
        "src": [str(overlay)],
        "namespace": rig.namespace,
        "images": {"gocover-probe": IMAGE},
        "kubeconfig": str(rig.kubeconfig),
    }
    applied = module("manifest_apply", arguments)
    assert [entry["object"].split("-")[0] for entry in applied["objects"]] == ["ConfigMap/settings", "Deployment/probe"]
    there = rig.cluster.get(DEPLOYMENT, "probe-e2e", rig.namespace)
    assert there is not None
    assert there["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    (overlay / "kustomization.yaml").write_text("resources: [../nowhere]\n")
    refused = module("manifest_apply", arguments)
    assert [entry["cause"] for entry in refused["diagnosis"]] == ["manifest-invalid"]
    assert "kubectl kustomize ended with exit code 1" in refused["msg"]


@pytest.mark.skipif(shutil.which("helm") is None, reason="charts need helm")
def test_a_chart_is_rendered_by_helm_and_gets_the_built_image(rig: Rig, tmp_path: Path) -> None:
    chart = tmp_path / "probe"
    (chart / "templates" / "tests").mkdir(parents=True)
    (chart / "crds").mkdir()
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: other, version: 0.1.0}\n")
    (chart / "values.yaml").write_text("{replicas: 0, tag: v7}\n")
    (chart / "crds" / "routes.json").write_text(json.dumps(definition("chart.example.org")))
    manifest = json.dumps(deployment(name="NAME", replicas=77)).replace('"NAME"', '"{{ .Release.Name }}-svc"')
    manifest = manifest.replace(f'"{IMAGE}"', '"gocover-probe:{{ .Values.tag }}"').replace(
        "77", "{{ .Values.replicas }}"
    )
    (chart / "templates" / "deployment.yaml").write_text(manifest)
    # A test of the chart is not part of what it deploys.
    hook = {"metadata": {"name": "check", "annotations": {"helm.sh/hook": "test"}}}
    (chart / "templates" / "tests" / "check.yaml").write_text(json.dumps({**deployment(), **hook}))
    arguments = {
        "src": [str(chart)],
        "namespace": rig.namespace,
        "images": {"gocover-probe": IMAGE},
        "kubeconfig": str(rig.kubeconfig),
    }
    try:
        applied = module("manifest_apply", arguments)
        assert [entry["object"] for entry in applied["objects"]] == [
            "CustomResourceDefinition/routes.chart.example.org",
            "Deployment/probe-svc",
        ]
    finally:
        rig.cluster.delete(CRD, "routes.chart.example.org")
    there = rig.cluster.get(DEPLOYMENT, "probe-svc", rig.namespace)
    assert there is not None
    assert there["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    (chart / "templates" / "deployment.yaml").write_text("{{ .Values.nowhere.to.be.found }}\n")
    refused = module("manifest_apply", arguments)
    assert [entry["cause"] for entry in refused["diagnosis"]] == ["manifest-invalid"]
    assert "helm template ended with exit code 1" in refused["msg"]
