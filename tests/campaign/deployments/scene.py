# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of the campaign on the cluster: deployed, diagnosed, timed and put back by the logic of the real modules."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kind"))

from shared import CHECKOUT, step_of  # isort: skip  # noqa: E402  # first: it makes the checkout importable
from archive import image_archive  # isort: skip  # noqa: E402


import yaml  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Diagnosis, Failure  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._kube import apply, pods  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import EVENT, POD, Object  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import ApiCluster  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._kube.workload import KINDS  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._run.step import Module  # noqa: E402
from ansible_collections.gocover.e2e.plugins.modules import (  # noqa: E402
    coverage_patch,
    manifest_apply,
    test_run,
    workload_ready,
)

EXAMPLES = CHECKOUT / "examples"
#: Where PostgreSQL and Redis run for every row.
BACKEND = "campaign-backend"
BACKEND_IMAGES = ("postgres:15", "redis:7")
ROOT = "/var/lib/gocover-deployments"
IMAGES = {name: f"localhost/{name}:campaign" for name in ("datastorage", "notification", "probe", "foreign")}
#: The other architecture: the kernel of the nodes runs no program that was built for it.
_FOREIGN = "arm64" if os.uname().machine == "x86_64" else "amd64"
#: Kinds of the campaign's objects that live in no namespace.
_OF_THE_CLUSTER = (
    "ClusterRole",
    "RuntimeClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
)
_OURS = ("gocover-covdata", '"GOCOVERDIR"', "gocover.e2e/")
_DATABASE = f"postgres://datastorage:datastorage-dev@postgresql.{BACKEND}:5432/datastorage?sslmode=disable"


@dataclass
class Fault:
    """One broken deployment and what has to be said of it.

    ``change`` breaks the pod spec, ``more`` are objects beside the service's own. ``seen`` is a pattern for the first
    pod or event (as JSON) that shows the fault: the clock starts there. ``words`` have to be in the evidence.
    """

    title: str
    cause: str
    words: str
    seen: str
    service: str = "datastorage"
    change: t.Callable[[Object], None] = lambda spec: None
    more: t.Sequence[Object] = ()
    #: Policies, which the API server knows some seconds after they were applied.
    before: t.Sequence[Object] = ()
    without: t.Sequence[str] = ()
    labels: t.Mapping[str, str] = field(default_factory=dict)
    directory: str = "1777"
    timeout: float = 60.0
    patch: t.Mapping[str, t.Any] = field(default_factory=dict)
    uncovered_first: bool = False
    built: t.Sequence[str] = ()
    breaks: bool = True
    finish: t.Callable[[Object], None] = lambda workload: None
    #: What the manifest of the service is turned into.
    kind: str = "Deployment"
    #: The whole run once before, well and put back, with other arguments: the second run is the one that is looked at.
    twice: bool = False
    #: Whether the workload is named, or found by its image.
    named: bool = True
    #: What is run on every node before, and at the end.
    on_nodes: tuple[str, str] = ("", "")
    #: Whether the tests are run too, once the pods are not ready any more.
    tests: bool = False

    @property
    def workload(self) -> str:
        """``deployment/NAME``."""
        return f"{self.kind.lower()}/{self.service}"


@dataclass
class Told:
    """What the modules said of a fault, when, and what was left.

    ``after`` and ``said`` are seconds from the evidence: until the failure, and until a line of progress had it.
    """

    causes: list[str] = field(default_factory=list)
    evidence: str = ""
    message: str = ""
    total: float = 0.0
    after: float | None = None
    difference: str = ""
    said: float | None = None
    notes: list[tuple[float, str]] = field(default_factory=list)


class Witness:
    """Looks at pods and events in the background and keeps the moment at which a pattern was first seen."""

    def __init__(self, cluster: ApiCluster, namespace: str, pattern: str) -> None:
        self.seen: float | None = None
        self._cluster, self._namespace, self._pattern = cluster, namespace, re.compile(pattern)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(0.1):
            if self._there():
                return

    def _there(self) -> bool:
        objects = [*self._cluster.list_all(POD, self._namespace), *self._cluster.list_all(EVENT, self._namespace)]
        if any(self._pattern.search(json.dumps(entry)) for entry in objects):
            self.seen = time.monotonic()
        return self.seen is not None

    def stop(self) -> None:
        """Look no more, but for a last time: the watches of the module may have been quicker."""
        self._stop.set()
        self._thread.join()
        if self.seen is None:
            self._there()


@dataclass
class Scene:
    """The cluster, and the namespace and directory of one row."""

    engine: Engine
    nodes: t.Sequence[str]
    api: ApiCluster
    kubeconfig: Path
    work: Path

    def play(self, fault: Fault, namespace: str) -> Told:
        """Deploy it, hear what is said, take the patch back, and compare with what was applied."""
        path = f"{ROOT}/{namespace}"
        metadata = {"name": namespace, "labels": dict(fault.labels)}
        self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        if fault.directory:
            self.on_nodes(f"mkdir -p {path} && chmod {fault.directory} {path}")
        told = Told()
        if fault.twice:
            self._deploy(fault, namespace, path, _with_arguments(self._manifests(fault), fault.service), Told())
            self._take_back(fault, namespace)
        if fault.on_nodes[0]:
            self.on_nodes(fault.on_nodes[0])
        if fault.before:
            self._enforce(fault, namespace)
        witness = Witness(self.api, namespace, fault.seen)
        begun = time.monotonic()
        try:
            manifests = self._manifests(fault)
            self._deploy(fault, namespace, path, manifests, told)
            if fault.tests:
                self._test(fault, namespace, told)
        except Failure as error:
            told.message = str(error)
            told.causes += [entry.cause for entry in error.diagnoses]
            told.evidence = "; ".join(entry.evidence for entry in error.diagnoses)
        finally:
            named = time.monotonic()
            witness.stop()
        told.total = named - begun
        if witness.seen is not None:
            told.after = max(0.0, named - witness.seen)
            words = fault.words.split(";")[0]
            moments = [moment for moment, text in told.notes if words and words in text]
            told.said = max(0.0, min(moments) - witness.seen) if moments else None
        if fault.on_nodes[1]:
            self.on_nodes(fault.on_nodes[1])
        told.difference = self._put_back(fault, namespace)
        return told

    def _enforce(self, fault: Fault, namespace: str) -> None:
        """Apply policies and wait until they refuse a Deployment with a hostPath. Raises RuntimeError."""
        for entry in fault.before:
            self.api.apply(entry)
        tried = _example("probe")[0]
        tried["metadata"].update(name="tried", namespace=namespace)
        tried["spec"]["template"]["spec"]["volumes"] = [{"name": "host", "hostPath": {"path": "/tmp"}}]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.api.apply(tried, dry_run=True)
            except Failure:
                return
            time.sleep(0.5)
        raise RuntimeError("the policy refuses nothing")

    def close(self, namespace: str) -> None:
        """Take the row away; its pods go in the background."""
        self.kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")
        self.on_nodes(f"rm -rf {ROOT}/{namespace}")

    def on_nodes(self, script: str) -> None:
        """Run a script on every node. Raises RuntimeError."""
        for node in self.nodes:
            ended = self.engine.execute(node, ["sh", "-c", script])
            if ended.rc != 0:
                raise RuntimeError(f"{node}: {ended.said}")

    def kubectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run kubectl to its end."""
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def module(self, module: Module, told: Told | None = None, **params: t.Any) -> Outcome:
        """What a module does, without Ansible. Raises Failure."""
        notes = told.notes if told is not None else []
        progress = Progress(lambda _kind, text: notes.append((time.monotonic(), text)))
        return module.logic(step_of(module, progress, kubeconfig=str(self.kubeconfig), **params))

    def _manifests(self, fault: Fault) -> list[Object]:
        objects = [*_example(fault.service), *fault.more]
        kept = [entry for entry in objects if f"{entry['kind']}/{entry['metadata']['name']}" not in fault.without]
        for entry in kept:
            if entry["kind"] == "Deployment" and entry["metadata"]["name"] == fault.service:
                fault.change(entry["spec"]["template"]["spec"])
                _turn_into(entry, fault.kind)
                fault.finish(entry)
        return kept

    def _deploy(self, fault: Fault, namespace: str, path: str, manifests: list[Object], told: Told) -> None:
        built = {fault.service: IMAGES[fault.service]}
        file = self.work / f"{namespace}.yaml"
        file.write_text(yaml.safe_dump_all(manifests), encoding="utf-8")
        common = {"namespace": namespace}
        self.module(
            manifest_apply.MODULE,
            told,
            **common,
            src=[str(file)],
            images=built,
            hold=not fault.uncovered_first,
            workload=fault.workload if fault.named else "",
        )
        ready = {**common, "workload": fault.workload, "timeout": fault.timeout}
        images = [*built.values(), *fault.built]
        if fault.uncovered_first:
            self.module(workload_ready.MODULE, told, **ready, images=images)
        patched = {
            "workload": fault.workload if fault.named else "",
            "image": "" if fault.named else IMAGES[fault.service],
            "container": fault.service,
            "node_path": path,
            **fault.patch,
        }
        outcome = self.module(coverage_patch.MODULE, told, **common, **patched)
        warned: list[Diagnosis] = outcome.diagnosis
        told.causes += [entry.cause for entry in warned]
        told.evidence = "; ".join(entry.evidence for entry in warned)
        self.module(workload_ready.MODULE, told, **ready, images=images)

    def _test(self, fault: Fault, namespace: str, told: Told) -> None:
        """Run tests that do nothing, as soon as no pod is ready any more."""
        deadline = time.monotonic() + fault.timeout
        while any(pods.ready(pod) for pod in self.api.list_all(POD, namespace)) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.module(test_run.MODULE, told, command=["true"], namespace=namespace, workload=fault.workload)

    def _take_back(self, fault: Fault, namespace: str) -> None:
        self.module(coverage_patch.MODULE, namespace=namespace, workload=fault.workload, state="absent")

    def _put_back(self, fault: Fault, namespace: str) -> str:
        """What differs, after the patch was taken back, from what the manifests say; empty if nothing does."""
        kind = KINDS.get(fault.kind.lower())
        if kind is not None and self.api.get(kind, fault.service, namespace) is not None:
            if fault.named:
                self._take_back(fault, namespace)
        elif not fault.more:
            return ""
        return self._left(fault, namespace) + self._kubectl_diff(fault, namespace) + self._directory_left(namespace)

    def _directory_left(self, namespace: str) -> str:
        """Whether the directory on a node comes back after it was removed, as something still wants to write there."""
        self.on_nodes(f"rm -rf {ROOT}/{namespace}")
        time.sleep(1.5)
        for node in self.nodes:
            if self.engine.execute(node, ["test", "-e", f"{ROOT}/{namespace}"]).rc == 0:
                return f"left: {ROOT}/{namespace} on {node}\n"
        return ""

    def _kubectl_diff(self, fault: Fault, namespace: str) -> str:
        objects = self._manifests(fault)
        for entry in objects:
            if entry["kind"] not in _OF_THE_CLUSTER:
                entry["metadata"].setdefault("namespace", namespace)
            text = json.dumps(entry)
            entry.clear()
            # As it was applied: the built image in place of the named one.
            entry.update(json.loads(text.replace(f'"{fault.service}:dev"', f'"{IMAGES[fault.service]}"')))
        file = self.work / f"{namespace}.applied.yaml"
        file.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
        shown = self.kubectl("diff", "--server-side", "--force-conflicts", "-f", str(file))
        return "" if shown.returncode == 0 else (shown.stdout or shown.stderr)

    def _left(self, fault: Fault, namespace: str) -> str:
        """What is ours on a workload of the namespace, which a merge with the manifests would leave alone."""
        written = json.dumps(self._manifests(fault))
        left = []
        for kind in KINDS.values():
            for entry in self.api.list_all(kind, namespace):
                text = json.dumps(apply.meaning(entry))
                found = [word for word in _OURS if word in text and word not in written]
                left += [f"left: {word} on {entry['metadata']['name']}\n" for word in found]
        return "".join(left)


def _turn_into(entry: Object, kind: str) -> None:
    """Make another kind of workload of a Deployment, in place."""
    entry["kind"] = kind
    if kind == "StatefulSet":
        entry["spec"]["serviceName"] = entry["metadata"]["name"]
    if kind != "Deployment":
        entry["spec"].pop("strategy", None)
    if kind == "DaemonSet":
        entry["spec"].pop("replicas", None)
    if kind == "CronJob":
        template = entry["spec"]["template"]
        template["spec"]["restartPolicy"] = "Never"
        entry["apiVersion"] = "batch/v1"
        entry["spec"] = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}


def _with_arguments(objects: list[Object], service: str) -> list[Object]:
    """The same manifests with another argument, so that the next run has something to roll out."""
    for entry in objects:
        if entry["metadata"]["name"] == service and "template" in (entry.get("spec") or {}):
            entry["spec"]["template"]["spec"]["containers"][0]["args"] = ["before"]
    return objects


def _example(service: str) -> list[Object]:
    """The manifests of a service of examples/, its database in the namespace that all rows share."""
    if service == "probe":
        import rig

        manifest = rig.deployment()
        manifest["spec"]["template"]["spec"]["containers"][0]["image"] = "probe:dev"
        return [manifest]
    objects = []
    for file in sorted((EXAMPLES / service / "deploy").glob("*.yaml")):
        for entry in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if entry["kind"] == "Secret" and "DATABASE_URL" in (entry.get("stringData") or {}):
                entry["stringData"]["DATABASE_URL"] = _DATABASE
                entry["stringData"]["REDIS_URL"] = f"redis://redis.{BACKEND}:6379/0"
            objects.append(entry)
    return objects


def start_backend(scene: Scene) -> None:
    """PostgreSQL and Redis, by the manifests of the examples."""
    scene.module(
        manifest_apply.MODULE,
        namespace=BACKEND,
        src=[str(EXAMPLES / "datastorage" / "deploy" / "dependencies")],
        wait_ready=180.0,
    )


def build_images(scene: Scene) -> None:
    """The examples and the probe, also for another architecture: instrumented, FROM scratch, onto every node."""
    for name, reference in IMAGES.items():
        example = (EXAMPLES / name).is_dir()
        directory = EXAMPLES / name if example else CHECKOUT / "tests" / "kind" / "probe"
        binary = scene.work / name
        package = f"./cmd/{name}" if example else "."
        foreign = {"GOARCH": _FOREIGN} if name == "foreign" else {}
        subprocess.run(
            ["go", "build", "-cover", "-coverpkg=./...", "-o", str(binary), package],
            cwd=directory,
            env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", **foreign},
            check=True,
        )
        archive = image_archive(reference, {"probe": binary.read_bytes()}, ["/probe"])
        for node in scene.nodes:
            session = scene.engine.attach(node, ["ctr", "-n", "k8s.io", "images", "import", "-"], stdin=True)
            session.write(archive)
            session.close_stdin()
            ended = session.result()
            if ended.rc != 0:
                raise RuntimeError(ended.said)
