# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a real kind cluster, with the coverage of what the service depends on: its figures, and that
everything is put back, whatever happened."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import typing as t
from pathlib import Path

import pytest
from job import Job
from shared import TestCluster
from test_main_job import EXAMPLES, MANIFEST, SAMPLE, go

Settings = dict[str, t.Any]


class Pair(Job):
    """A service and a dependency of it, in a namespace of their own."""

    service = "front"
    dependency = "back"
    namespace = "covered-pair"

    def describe(
        self, dependency: Settings, service: Settings, foreign: t.Mapping[str, Settings] | None = None
    ) -> None:
        """Write the inventory, from settings with the prefix of their names."""
        hosts = {self.dependency: dependency, self.service: {"service_dependencies": [self.dependency], **service}}
        described = {name: {"service_namespace": self.namespace, **settings} for name, settings in hosts.items()}
        inventory = {"services": {"hosts": described}, "dependencies": {"hosts": foreign or {}}}
        self._inventory.write_text(json.dumps(inventory))

    def cover(self, playbook: str = "coverage", **variables: t.Any) -> tuple[int, str]:
        """Run the service's job with its dependency covered."""
        return self.run(self.service, playbook, service_covered_dependencies=[self.dependency], **variables)

    def nothing_is_left(self) -> bool:
        """Whether both workloads are as they were applied, and no node has a directory of ours."""
        for name in (self.service, self.dependency):
            shown = self.kubectl("get", "deployment", name, "--namespace", self.namespace, "--output", "json")
            there = json.loads(shown)
            there["spec"]["template"]["metadata"].get("annotations", {}).pop("gocover.e2e/run", None)
            marks = [mark for mark in there["metadata"].get("annotations", {}) if "gocover" in mark]
            text = json.dumps(there["spec"])
            if marks or "gocover" in text or "GOCOVERDIR" in text or there["spec"]["replicas"] != 1:
                return False
        return self.node_directories() == ""


@pytest.fixture
def pair(cluster: TestCluster, node_image: str, tmp_path: Path) -> t.Iterator[Pair]:
    """The small service of tests/run, twice."""
    job = Pair(cluster, node_image, tmp_path, tmp_path / "hosts.json")
    describe_samples(job, tmp_path)
    yield job
    job.kubectl("delete", "namespace", job.namespace, "--ignore-not-found", "--wait=true")


def describe_samples(job: Pair, directory: Path, behaviour: str = "", **service: t.Any) -> None:
    settings = {}
    for name in (job.service, job.dependency):
        manifest = MANIFEST.format(behaviour=behaviour if name == job.dependency else "", more="")
        (directory / f"{name}.yaml").write_text(manifest.replace("sample", name))
        settings[name] = {
            "service_repo": str(SAMPLE),
            "service_package": "./cmd/sample",
            "service_manifests": [str(directory / f"{name}.yaml")],
            "service_grace_period": 2,
        }
    job.describe(settings[job.dependency], {**settings[job.service], **service})


class Examples(Pair):
    """The example notification, which records what it does in datastorage."""

    service = "notification"
    dependency = "datastorage"
    namespace = "covered-examples"


@pytest.fixture(scope="module")
def examples(cluster: TestCluster, node_image: str, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Examples]:
    directory = tmp_path_factory.mktemp("covered")
    job = Examples(cluster, node_image, directory, directory / "hosts.json")
    own: dict[str, Settings] = {
        name: {"service_repo": str(EXAMPLES / name), "service_manifests": [str(EXAMPLES / name / "deploy")]}
        for name in (job.service, job.dependency)
    }
    own[job.service]["service_tests_env"] = {"E2E_CALLBACK_HOST": "$(GOCOVER_HOST_ADDRESS)"}
    own[job.dependency]["service_dependencies"] = ["postgresql", "redis"]
    foreign = {
        name: {
            "service_image": image,
            "service_manifests": [str(EXAMPLES / "datastorage" / "deploy" / "dependencies" / f"{name}.yaml")],
        }
        for name, image in (("postgresql", "postgres:15"), ("redis", "redis:7"))
    }
    job.describe(own[job.dependency], own[job.service], foreign)
    yield job
    job.kubectl("delete", "namespace", job.namespace, "--ignore-not-found", "--wait=false")


@pytest.mark.parametrize("inject", ["pod", "node"])
def test_each_has_a_report_of_what_it_ran(examples: Examples, inject: str, tmp_path: Path) -> None:
    rc, output = examples.cover(service_inject=inject)
    assert rc == 0, output
    own = examples.document("notification", "summary.json")
    beside = examples.document("notification", "dependencies/datastorage/summary.json")
    for name, summary, results in (
        ("notification", own, examples.coverage / "notification"),
        ("datastorage", beside, examples.coverage / "notification" / "dependencies" / "datastorage"),
    ):
        statements = summary["statements"]
        assert 0 < statements["covered"] < statements["total"]
        assert (summary["service"], summary["passed"]) == (name, True)
        assert (summary["meta_files"], summary["counter_files"]) == (1, 1)
        assert all(package["name"].startswith(f"example.com/{name}/") for package in summary["packages"])
        profile = tmp_path / f"{name}.out"
        go("tool", "covdata", "textfmt", f"-i={results / 'covdata'}", f"-o={profile}", cwd=EXAMPLES / name)
        assert sorted(profile.read_text().splitlines()) == sorted((results / "profile.out").read_text().splitlines())
    # The database and the cache were real: none of it ran in the tests as processes.
    assert any(file["name"].endswith("cache/redis.go") and file["covered"] > 0 for file in beside["files"])

    run = examples.document("notification", "run.json")
    assert (run["failures"], run["covered_dependencies"]) == ([], ["datastorage"])
    known = run["dependencies"]["datastorage"]
    assert [pod["exit_code"] for pod in known["pods"]] == [0]
    assert known["workload"]["resource"] == "deployment/datastorage"
    steps = [step["name"] for step in run["steps"]]
    assert steps.index("shutdown") < steps.index("shutdown datastorage") < steps.index("collect datastorage")
    assert re.search(rf" datastorage {(beside.get('scope') or beside['statements'])['percent']:.1f}% ", output), output
    assert examples.nothing_is_left()


def test_one_without_counters_fails_the_run_and_is_named(pair: Pair, tmp_path: Path) -> None:
    describe_samples(pair, tmp_path, behaviour="does-not-handle-sigterm")
    rc, output = pair.cover()
    assert rc != 0, output
    assert {"sigterm-unhandled", "no-counters"} <= set(pair.causes("front")), output
    assert "Dependency back: No counters came back." in output
    assert pair.document("front", "summary.json")["statements"]["covered"] > 0
    assert not (pair.coverage / "front" / "dependencies").exists()
    assert pair.nothing_is_left()


@pytest.mark.parametrize("after", ["restore", "a run that covers none"])
def test_what_a_killed_run_covered_is_put_back(pair: Pair, tmp_path: Path, after: str) -> None:
    pause = tmp_path / "pause"
    pause.mkdir()
    describe_samples(pair, tmp_path, service_tests_env={"PAUSE": str(pause)})
    process = pair.start("front", service_covered_dependencies=["back"])
    limit = time.monotonic() + 240
    while not (pause / "reached").exists():
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.1)
    assert not pair.nothing_is_left()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)

    (pause / "go-on").touch()
    # Neither is told on the command line what the run before covered.
    rc, output = pair.run("front", playbook="restore") if after == "restore" else pair.run("front")
    assert rc == 0, output
    assert pair.nothing_is_left()
    assert not (pair.coverage / "front" / "dependencies").exists()
