# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a real kind cluster: the two examples, what may go wrong, and that everything is put back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from job import Job
from shared import CHECKOUT, TestCluster

SAMPLE = CHECKOUT / "tests" / "run" / "services"
EXAMPLES = CHECKOUT / "examples"


@pytest.fixture(scope="module")
def examples(cluster: TestCluster, node_image: str, tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(cluster, node_image, tmp_path_factory.mktemp("examples"), CHECKOUT / "inventories" / "demo")


def go(*arguments: str, cwd: Path) -> str:
    return subprocess.run(["go", *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout


def agrees_with_go(job: Job, service: str, scratch: Path) -> None:
    results = job.coverage / service
    profile = scratch / f"{service}.out"
    go("tool", "covdata", "textfmt", f"-i={results / 'covdata'}", f"-o={profile}", cwd=EXAMPLES / service)
    assert sorted(profile.read_text().splitlines()) == sorted((results / "profile.out").read_text().splitlines())
    functions = go("tool", "cover", f"-func={profile}", cwd=EXAMPLES / service)
    assert functions == (results / "functions.txt").read_text()
    percent = job.document(service, "summary.json")["statements"]["percent"]
    assert functions.splitlines()[-1].split()[-1] == f"{percent:.1f}%"


def test_both_examples_side_by_side_and_again(examples: Job, tmp_path: Path) -> None:
    rc, output = examples.run("all")
    assert rc == 0, output
    for service in ("datastorage", "notification"):
        agrees_with_go(examples, service, tmp_path)
        run = examples.document(service, "run.json")
        assert run["runtime"] == "kind"
        assert [pod["exit_code"] for pod in run["pods"]] == [0]
        container = run["workload"]
        assert container["image"] == run["image"]["reference"]
        assert container["user"] == 65532
        assert examples.is_as_applied(service)
    assert examples.node_directories() == ""

    first = examples.document("notification", "summary.json")
    rc, output = examples.run("notification")
    assert rc == 0, output
    run = examples.document("notification", "run.json")
    assert run["cluster"]["created"] is False
    assert {node["action"] for node in run["loaded"]["nodes"]} == {"present"}
    assert not any(step["changed"] for step in run["steps"] if step["name"].split()[0] in ("image", "load", "deploy"))
    second = examples.document("notification", "summary.json")
    assert (second["meta_files"], second["counter_files"]) == (1, 1)
    assert second["statements"]["total"] == first["statements"]["total"]


def test_both_pods_of_two_replicas_count(examples: Job, tmp_path: Path) -> None:
    manifests = tmp_path / "deploy"
    manifests.mkdir()
    for file in (EXAMPLES / "notification" / "deploy").glob("*.yaml"):
        (manifests / file.name).write_text(file.read_text().replace("replicas: 1", "replicas: 2"))
    inventory = {
        "services": {
            "hosts": {
                name: {
                    "service_repo": str(EXAMPLES / name),
                    "service_manifests": [str(manifests if name == "notification" else EXAMPLES / name / "deploy")],
                    "service_dependencies": {"notification": ["datastorage"], "datastorage": ["postgresql", "redis"]}[
                        name
                    ],
                    "service_tests_env": {"E2E_CALLBACK_HOST": "$(GOCOVER_HOST_ADDRESS)"},
                }
                for name in ("datastorage", "notification")
            }
        },
        "dependencies": {
            "hosts": {
                name: {
                    "service_image": image,
                    "service_manifests": [str(EXAMPLES / "datastorage" / "deploy" / "dependencies" / f"{name}.yaml")],
                }
                for name, image in (("postgresql", "postgres:15"), ("redis", "redis:7"))
            }
        },
    }
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps(inventory))
    job = Job(examples.cluster, "", tmp_path, path)
    rc, output = job.run("notification")
    assert rc == 0, output
    summary = job.document("notification", "summary.json")
    assert (summary["meta_files"], summary["counter_files"]) == (1, 2)
    agrees_with_go(job, "notification", tmp_path)
    assert job.is_as_applied("notification", replicas=2)


MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: sample, labels: {{app: sample}}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: sample}}}}
  template:
    metadata: {{labels: {{app: sample}}}}
    spec:
      terminationGracePeriodSeconds: 2
      securityContext: {{runAsNonRoot: true, runAsUser: 65532}}
      containers:
        - name: sample
          image: sample:dev
          env: [{{name: PORT, value: "8080"}}, {{name: BEHAVIOUR, value: "{behaviour}"}}]
          ports: [{{containerPort: 8080}}]
          readinessProbe: {{httpGet: {{path: /readyz, port: 8080}}, periodSeconds: 1}}
          {more}
---
apiVersion: v1
kind: Service
metadata: {{name: sample}}
spec:
  selector: {{app: sample}}
  ports: [{{port: 8080}}]
"""


class Sample(Job):
    """The small service that does one thing wrong."""

    def describe(self, behaviour: str = "", more: str = "", **settings: t.Any) -> None:
        directory = self._inventory.parent
        (directory / "sample.yaml").write_text(MANIFEST.format(behaviour=behaviour, more=more))
        described = {
            "service_repo": str(SAMPLE),
            "service_manifests": [str(directory / "sample.yaml")],
            "service_grace_period": 2,
            "service_ready_timeout": 30,
            **settings,
        }
        self._inventory.write_text(json.dumps({"services": {"hosts": {"sample": described}}}))


@pytest.fixture
def sample(cluster: TestCluster, node_image: str, tmp_path: Path) -> t.Iterator[Sample]:
    job = Sample(cluster, node_image, tmp_path, tmp_path / "hosts.json")
    job.describe()
    yield job
    job.kubectl("delete", "namespace", "sample-e2e", "--ignore-not-found", "--wait=true")


@pytest.mark.parametrize(
    ("fault", "causes"),
    [
        pytest.param({"behaviour": "does-not-handle-sigterm"}, {"sigterm-unhandled", "no-counters"}, id="unhandled"),
        pytest.param({"behaviour": "ignores-sigterm"}, {"killed-before-exit", "no-counters"}, id="ignored"),
        pytest.param({"behaviour": "panics"}, {"crash-loop"}, id="crash-loop"),
        pytest.param({"behaviour": "never-ready", "service_ready_timeout": 6}, {"probe-failing"}, id="never-ready"),
        pytest.param({"more": "envFrom: [{secretRef: {name: not-there}}]"}, {"config-missing"}, id="secret-missing"),
        pytest.param({"more": "resources: {requests: {memory: 4000Gi}}"}, {"unschedulable"}, id="unschedulable"),
    ],
)
def test_a_fault_is_named_and_everything_is_put_back(sample: Sample, fault: dict[str, t.Any], causes: set[str]) -> None:
    sample.describe(**{"service_ready_timeout": 180, **fault})
    begun = time.monotonic()
    rc, output = sample.run("sample")
    assert rc != 0, output
    assert causes <= set(sample.causes("sample")), output
    assert f"[{sample.causes('sample')[0]}]" in output, output
    # Nothing waits out a timeout once the cause is there to see.
    assert time.monotonic() - begun < 150
    assert sample.is_as_applied("sample")


def test_failed_tests_leave_evidence_and_a_report(sample: Sample) -> None:
    sample.describe(service_tests_env={"OUTCOME": "fails"})
    rc, output = sample.run("sample")
    assert rc != 0, output
    assert sample.causes("sample") == ["tests-failed"]
    assert sample.document("sample", "summary.json")["statements"]["covered"] > 0
    evidence = {path.name for path in (sample.coverage / "sample" / "evidence").iterdir()}
    assert {"events.txt", "objects.yaml"} <= evidence
    assert any(name.endswith(".log") for name in evidence)
    assert sample.is_as_applied("sample")


def test_a_claim_takes_the_place_of_a_directory_that_no_pod_may_name(sample: Sample) -> None:
    sample.kubectl("create", "namespace", "sample-e2e")
    sample.kubectl("label", "namespace", "sample-e2e", "pod-security.kubernetes.io/enforce=baseline")
    rc, output = sample.run("sample")
    assert rc == 0, output
    assert "gets a claim" in output, output
    summary = sample.document("sample", "summary.json")
    assert (summary["meta_files"], summary["counter_files"]) == (1, 1)
    assert sample.is_as_applied("sample")
    chosen = ["--selector", "app.kubernetes.io/managed-by=gocover-e2e", "--namespace", "sample-e2e"]
    sample.kubectl("wait", "--for=delete", "persistentvolumeclaim,persistentvolume", *chosen, "--timeout=60s")
    assert sample.kubectl("get", "persistentvolumeclaim,persistentvolume", *chosen) == ""


MIGRATION = """
apiVersion: batch/v1
kind: Job
metadata: {{name: migrate}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      securityContext: {{runAsNonRoot: true, runAsUser: 65532}}
      containers:
        - name: migrate
          image: {image}
          env: [{{name: MODE, valueFrom: {{configMapKeyRef: {{name: migration, key: mode}}}}}}]
"""


def test_what_a_service_prepares_is_done_before_it(sample: Sample, probe_image: str) -> None:
    def prepare(mode: str) -> None:
        settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "migration"}, "data": {"mode": mode}}
        in_place = MANIFEST.format(behaviour="", more="")
        sample.describe(
            service_ready_timeout=180,
            service_prepare=[settings, MIGRATION.format(image=probe_image)],
            service_manifests=[in_place, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "idle"}}],
        )

    prepare("crash")
    rc, output = sample.run("sample")
    assert rc != 0, output
    assert sample.causes("sample") == ["job-failed"], output
    assert "connection refused" in output
    assert sample.kubectl("get", "deployments", "--namespace", "sample-e2e") == ""

    prepare("job")
    rc, output = sample.run("sample")
    assert rc == 0, output
    shown = sample.kubectl("get", "job", "migrate", "--namespace", "sample-e2e", "--output", "json")
    completed = json.loads(shown)["status"]["completionTime"]
    # Both are in UTC and in whole seconds.
    assert completed <= sample.deployment("sample")["metadata"]["creationTimestamp"]


def test_an_image_without_instrumentation_is_never_deployed(sample: Sample, tmp_path: Path) -> None:
    binary = tmp_path / "image" / "sample"
    go("build", "-o", str(binary), "./cmd/sample", cwd=SAMPLE)
    (binary.parent / "Dockerfile").write_text('FROM scratch\nCOPY sample /sample\nENTRYPOINT ["/sample"]\n')
    subprocess.run(
        ["docker", "build", "-q", "-t", "sample-plain:v1", str(binary.parent)], check=True, capture_output=True
    )
    sample.describe(service_image="sample-plain:v1")
    try:
        rc, output = sample.run("sample")
    finally:
        subprocess.run(["docker", "rmi", "-f", "sample-plain:v1"], check=True, capture_output=True)
    assert rc != 0, output
    assert sample.causes("sample") == ["not-instrumented"]
    assert sample.kubectl("get", "namespace", "sample-e2e", "--ignore-not-found") == ""


def test_the_database_is_missing(cluster: TestCluster, node_image: str, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.json"
    described = {
        "service_repo": str(EXAMPLES / "datastorage"),
        "service_manifests": [str(EXAMPLES / "datastorage" / "deploy")],
        "service_namespace": "datastorage-alone",
        "service_ready_timeout": 12,
    }
    inventory.write_text(json.dumps({"services": {"hosts": {"datastorage": described}}}))
    job = Job(cluster, node_image, tmp_path, inventory)
    try:
        rc, output = job.run("datastorage")
        assert rc != 0, output
        assert job.causes("datastorage") == ["probe-failing"], output
        assert "503" in output
    finally:
        job.kubectl("delete", "namespace", "datastorage-alone", "--wait=true")


def test_ctrl_c_in_the_middle_and_restore(sample: Sample, tmp_path: Path) -> None:
    pause = tmp_path / "pause"
    pause.mkdir()
    sample.describe(service_tests_env={"PAUSE": str(pause)})
    process = sample.start("sample")
    limit = time.monotonic() + 120
    while not (pause / "reached").exists():
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0

    rc, output = sample.run("sample", playbook="restore")
    assert rc == 0, output
    assert sample.is_as_applied("sample")
    assert sample.node_directories() == ""

    (pause / "go-on").touch()
    rc, output = sample.run("sample")
    assert rc == 0, output
    assert sample.document("sample", "summary.json")["counter_files"] == 1
