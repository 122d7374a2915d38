# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rows of the campaign work with: images, pods on three nodes, and the logic of the real modules."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kind"))

from shared import CHECKOUT, step_of  # isort: skip  # noqa: E402  # first: it makes the checkout importable
from archive import image_archive  # isort: skip  # noqa: E402

from ansible_collections.gocover.e2e.plugins.module_utils._covdata.merge import merge_directories  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import Node  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._kube import readiness, workload  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import POD, Object, Source  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import ApiCluster  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.profile import profile_lines  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.from_covdata import coverage_of  # noqa: E402
from ansible_collections.gocover.e2e.plugins.modules import covdata_collect, graceful_shutdown  # noqa: E402

PROGRAM = CHECKOUT / "tests" / "campaign" / "collection" / "program"
PREFIX = "localhost/gocover-campaign"
#: Beside, not below, the directories of runs.
ROOT = "/var/lib/gocover-campaign"
_COUNTED = next(
    number
    for number, line in enumerate((PROGRAM / "server" / "server.go").read_text(encoding="utf-8").splitlines(), 1)
    if line.endswith("// counted")
)


@dataclass
class Collected:
    """What came of a collection: its result or the failure, warnings, and the directory."""

    dest: Path
    result: dict[str, t.Any] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether the module failed."""
        return not self.result

    def hits(self) -> int:
        """How often the counted line ran, by our decoder; raises where Go's own tools say something else."""
        ours = sorted(profile_lines(coverage_of(merge_directories([str(self.dest)]))))
        with tempfile.NamedTemporaryFile(suffix=".out") as profile:
            run("go", "tool", "covdata", "textfmt", f"-i={self.dest}", f"-o={profile.name}", cwd=PROGRAM)
            theirs = sorted(Path(profile.name).read_text(encoding="utf-8").splitlines(keepends=True))
        if ours != theirs:
            raise Unexpected("our totals differ from those of go tool covdata")
        found = [line for line in theirs if re.search(rf"server\.go:{_COUNTED - 1}\.", line)]
        return int(found[0].split()[-1]) if found else 0


@dataclass
class Seen:
    """What a row has shown: the causes that were named, a note, requests sent and counted, counter files."""

    causes: t.Sequence[str]
    note: str
    sent: int | None = None
    counted: int | None = None
    files: int | None = None


Row = t.Callable[["Stage"], Seen]
ROWS: list[tuple[str, Row]] = []


def row(title: str) -> t.Callable[[Row], Row]:
    """Enter a function into the table."""

    def enter(function: Row) -> Row:
        ROWS.append((title, function))
        return function

    return enter


class Unexpected(Exception):
    """A row did not come out as it should."""


def expect(condition: bool, what: str) -> None:
    """Raise unless ``condition``."""
    if not condition:
        raise Unexpected(what)


def run(*command: str, cwd: Path | None = None, env: t.Mapping[str, str] | None = None) -> str:
    """Run a command to its end; its output. Raises Unexpected."""
    ended = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    expect(ended.returncode == 0, f"{' '.join(command)}: {ended.stderr or ended.stdout}")
    return ended.stdout


def wait_for(what: str, condition: t.Callable[[], bool], seconds: float = 90.0) -> None:
    """Wait until ``condition``."""
    limit = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < limit, f"waited {seconds:.0f} s for {what}")
        time.sleep(0.2)


@dataclass
class Stage:
    """The cluster, and one row's namespace and directory on its nodes."""

    engine: Engine
    cluster: str
    api: ApiCluster
    kubeconfig: Path
    nodes: list[Node]
    work: Path
    name: str = "row"

    @property
    def path(self) -> str:
        """The row's directory on every node."""
        return f"{ROOT}/{self.name}"

    def kubectl(self, *arguments: str) -> str:
        """kubectl in the row's namespace."""
        return run("kubectl", "--kubeconfig", str(self.kubeconfig), "--namespace", self.name, *arguments)

    def on_node(self, node: str, script: str) -> str:
        """Run a script in a node's directory."""
        ended = self.engine.execute(node, ["sh", "-c", f"cd {self.path} && {script}"])
        expect(ended.rc == 0, f"{node}: {ended.said}")
        return ended.stdout.decode()

    def everywhere(self, script: str) -> None:
        """Run a script in the directory of every node."""
        for node in self.nodes:
            self.on_node(node.name, script)

    def open(self) -> None:
        """Make the namespace and the directories."""
        self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name}})
        self.module(state="prepared")

    def close(self) -> None:
        """Take them away."""
        self.kubectl("delete", "namespace", self.name, "--wait=false", "--ignore-not-found")
        for node in self.nodes:
            self.engine.execute(node.name, ["sh", "-c", f"umount {self.path} 2>/dev/null; rm -rf {self.path}"])

    def manifest(
        self,
        image: str = "gateway",
        mode: str = "",
        replicas: int = 1,
        *,
        name: str = "svc",
        kind: str = "Deployment",
        grace: int = 10,
        where: str = "",
        variable: str | None = "/cov",
        volume: Object | None = None,
        env: t.Sequence[Object] = (),
        **container: t.Any,
    ) -> Object:
        """A workload that writes its coverage to the row's directory, its pods spread over all nodes."""
        labels = {"app": name}
        variables = [{"name": "MODE", "value": mode}, *env]
        if variable is not None:
            variables.append({"name": "GOCOVERDIR", "value": variable})
        pod: Object = {
            "terminationGracePeriodSeconds": grace,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65532},
            "tolerations": [{"operator": "Exists"}],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": labels},
                    "matchLabelKeys": ["pod-template-hash"] if kind == "Deployment" else [],
                }
            ],
            "containers": [
                {
                    "name": "svc",
                    "image": f"{PREFIX}-{image}:1",
                    "env": variables,
                    "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080}, "periodSeconds": 1},
                    "volumeMounts": [{"name": "cov", "mountPath": "/cov"}],
                    "securityContext": {"readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False},
                    **container,
                }
            ],
            "volumes": [{"name": "cov", **(volume or {"hostPath": {"path": where or self.path, "type": "Directory"}})}],
        }
        metadata = {"name": name, "namespace": self.name}
        if kind == "Pod":
            return {"apiVersion": "v1", "kind": kind, "metadata": {**metadata, "labels": labels}, "spec": pod}
        template = {"metadata": {"labels": labels}, "spec": pod}
        if kind == "Job":
            pod["restartPolicy"] = "Never"
            spec: Object = {"parallelism": replicas, "completions": replicas, "template": template}
            return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": spec}
        spec = {"selector": {"matchLabels": labels}, "template": template}
        if kind != "DaemonSet":
            spec["replicas"] = replicas
        if kind == "StatefulSet":
            spec |= {"serviceName": name, "podManagementPolicy": "Parallel"}
        return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}

    def up(self, manifest: Object, ready: bool = True) -> None:
        """Apply a manifest and wait until its pods are ready."""
        self.api.apply(manifest)
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        if not ready:
            return
        if kind in ("Pod", "Job"):
            count = 1 if kind == "Pod" else manifest["spec"]["parallelism"]
            wait_for("its pods", lambda: len(self.ready(name)) == count)
            return
        target = workload.find(self.api, self.name, f"{kind.lower()}/{name}", "")
        readiness.wait_until_ready(self.api, target, 90.0, lambda _text: None, [])

    def pods(self, name: str = "svc") -> list[Object]:
        """The pods of a workload."""
        return self.api.list_all(POD, self.name, labels=f"app={name}")

    def ready(self, name: str = "svc") -> list[str]:
        """The names of its ready pods."""
        return [
            pod["metadata"]["name"]
            for pod in self.pods(name)
            if any(
                entry["type"] == "Ready" and entry["status"] == "True"
                for entry in (pod.get("status") or {}).get("conditions") or []
            )
        ]

    def hit(self, times: int = 1, name: str = "svc", pods: t.Sequence[str] | None = None) -> int:
        """Let each ready pod (or these) count ``times`` requests; how many that were in all."""
        names = self.ready(name) if pods is None else pods
        for pod in names:
            for _time in range(times):
                self._get(f"/api/v1/namespaces/{self.name}/pods/{pod}:8080/proxy/hit")
        return len(names) * times

    def _get(self, path: str) -> None:
        """One request; where no connection comes about (a node that has just come back), another one is made."""
        limit = time.monotonic() + 90
        while True:
            try:
                self.kubectl("get", "--raw", path)
                return
            except Unexpected as error:
                if "dial tcp" not in str(error) or time.monotonic() > limit:
                    raise
                time.sleep(1)

    def shut(self, name: str = "deployment/svc", **options: t.Any) -> tuple[dict[str, t.Any], list[str]]:
        """The logic of graceful_shutdown: its result (that of a failure too) and the causes."""
        target = {"workload": name, "namespace": self.name, "container": "svc", "kubeconfig": str(self.kubeconfig)}
        try:
            outcome = graceful_shutdown.run(step_of(graceful_shutdown.MODULE, **{**target, **options}))
        except Failure as error:
            return error.result, [entry.cause for entry in error.diagnoses]
        return outcome.result, [entry.cause for entry in outcome.diagnosis]

    def module(self, **options: t.Any) -> Collected:
        """The logic of covdata_collect."""
        dest = self.work / self.name / str(options.pop("into", "covdata"))
        place = {"node_path": self.path, "cluster": self.cluster, "provider": self.engine.provider}
        this = step_of(covdata_collect.MODULE, **{**place, "dest": str(dest), **options})
        try:
            outcome = covdata_collect.run(this)
        except Failure as error:
            return Collected(dest, {}, [entry.cause for entry in error.diagnoses], this.warnings, str(error))
        causes = [entry.cause for entry in outcome.diagnosis]
        return Collected(dest, outcome.result or {"state": "done"}, causes, this.warnings)

    def gone(self, name: str = "svc") -> None:
        """Wait until no pod is left."""
        wait_for("pods to be gone", lambda: not self.api.list_all(POD, self.name, labels=f"app={name}"))

    def source(self) -> Source:
        """The row's pods, to be watched."""
        return Source(POD, self.name)


def build_images(stage: Stage) -> list[str]:
    """Build the images of the campaign and bring them to the engine and to every node; which the engine had not."""
    binaries = {
        "gateway": ["-cover", "-covermode=atomic", "./cmd/gateway"],
        "cart": ["-cover", "-covermode=atomic", "./cmd/cart"],
        "plain": ["./cmd/gateway"],
        "unnamed": ["-cover", "-covermode=atomic", "-coverpkg=./...", "./cmd/gateway/main.go"],
        "unnamed-too": ["-cover", "-covermode=atomic", "-coverpkg=./...", "./cmd/cart/main.go"],
        "wrap": ["./cmd/wrap"],
    }
    built = {}
    for name, arguments in binaries.items():
        if arguments[0] == "-cover" and not any(word.startswith("-coverpkg") for word in arguments):
            arguments = [*arguments[:-1], "-coverpkg=./...", arguments[-1]]
        target = stage.work / name
        run("go", "build", "-o", str(target), *arguments, cwd=PROGRAM, env={"CGO_ENABLED": "0", "GOFLAGS": ""})
        built[name] = target.read_bytes()
    contents: dict[str, tuple[dict[str, bytes], list[str]]] = {
        "gateway": ({"gateway": built["gateway"]}, ["/gateway"]),
        "cart": ({"cart": built["cart"]}, ["/cart"]),
        "plain": ({"gateway": built["plain"]}, ["/gateway"]),
        "wrapped": ({"gateway": built["gateway"], "wrap": built["wrap"]}, ["/wrap", "/gateway"]),
        "unnamed-gateway": ({"gateway": built["unnamed"]}, ["/gateway"]),
        "unnamed-cart": ({"cart": built["unnamed-too"]}, ["/cart"]),
        # Another program that is started under the same name.
        "unnamed-twin": ({"gateway": built["unnamed-too"]}, ["/gateway"]),
    }
    new = [name for name in contents if stage.engine.image(f"{PREFIX}-{name}:1") is None]
    for name, (files, entrypoint) in contents.items():
        archive = image_archive(f"{PREFIX}-{name}:1", files, entrypoint)
        stage.engine.load(io.BytesIO(archive))
        for node in stage.nodes:
            session = stage.engine.attach(node.name, ["ctr", "-n", "k8s.io", "images", "import", "-"], stdin=True)
            session.write(archive)
            session.close_stdin()
            ended = session.result()
            expect(ended.rc == 0, ended.said)
    return new


def remove_images(engine: Engine, names: t.Sequence[str]) -> None:
    """Take images out of the engine again."""
    for name in names:
        engine.remove_image(f"{PREFIX}-{name}:1")
