# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments to be tried on a real cluster: a small Go service whose vices are chosen by MODE (see probe/main.go)."""

from __future__ import annotations

import os
import subprocess
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import Node
from ansible_collections.gocover.e2e.plugins.module_utils._kube import apply, manifests, readiness, workload
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import DEPLOYMENT, NAMESPACE, Object, Source
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import ApiCluster
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import pod_template
from ansible_collections.gocover.e2e.plugins.module_utils._kube.workload import Workload
from archive import image_archive

IMAGE = "localhost/gocover-probe:test"
LABELS = {"app": "probe"}


def deployment(name: str = "probe", *, mode: str = "", replicas: int = 1, **container: t.Any) -> Object:
    """A Deployment as a team would write it: non-root, read-only root file system, probes."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {
                    "terminationGracePeriodSeconds": 10,
                    "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532},
                    "containers": [
                        {
                            "name": "probe",
                            "image": "gocover-probe:dev",
                            "env": [{"name": "MODE", "value": mode}],
                            "ports": [{"name": "http", "containerPort": 8080}],
                            "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1},
                            "securityContext": {"readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False},
                            **container,
                        }
                    ],
                },
            },
        },
    }


def service(name: str = "probe") -> Object:
    """The Service of the Deployment."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": LABELS, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }


@dataclass
class Rig:
    """A namespace of its own on the test cluster."""

    cluster: ApiCluster
    namespace: str
    kubeconfig: Path
    notes: list[str] = field(default_factory=list)

    def apply(self, *objects: Object, hold: bool = False, dry_run: bool = False) -> list[apply.Applied]:
        """Apply objects with the probe's image in place of ``gocover-probe:dev``."""
        found = [entry for document in objects for entry in manifests.from_document(document, "test")]
        placed = apply.place(found, self.namespace, self.cluster)
        named = [entry for entry in placed if "gocover-probe:dev" in str(entry.object)]
        replaced = apply.put_images(named, {"gocover-probe": IMAGE})
        held = {title: IMAGE for title, _reference in replaced} if hold else {}
        return apply.apply_all(self.cluster, placed, hold=held, dry_run=dry_run)

    def workload(self, name: str = "deployment/probe") -> Workload:
        """The workload as it is now."""
        return workload.find(self.cluster, self.namespace, name, "")

    def cover(self, settings: pod_template.Settings, container: str = "probe") -> Object | None:
        """Patch the workload; the patch, or None if it is patched just so."""
        patch = pod_template.coverage_patch(self.workload().object, container, settings)
        if patch is not None:
            self.cluster.patch(DEPLOYMENT, "probe", self.namespace, patch)
        return patch

    def wait(self, timeout: float = 60.0, name: str = "deployment/probe") -> readiness.Ready:
        """Wait until the workload is ready."""
        return readiness.wait_until_ready(self.cluster, self.workload(name), timeout, self.notes.append, [IMAGE])


def make_namespace(cluster: ApiCluster, name: str) -> None:
    """Create a namespace, with the service account that pods need."""
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def restrict_namespace(cluster: ApiCluster, name: str) -> None:
    """Let the namespace take no pod but such as the Pod Security level ``restricted`` allows."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster.patch(NAMESPACE, name, "", {"metadata": {"labels": labels}})


def delete_namespace(cluster: ApiCluster, name: str) -> None:
    """Delete a namespace; what is in it goes in the background."""
    cluster.delete(NAMESPACE, name)


def wait_for_gone(cluster: ApiCluster, source: Source, timeout: float = 30.0) -> None:
    """Wait until nothing of a source is left."""
    present: set[str] = set()
    for change in cluster.watch([source], timeout):
        if change is None and not present:
            return
        if change is not None:
            (present.discard if change.gone else present.add)(change.object["metadata"]["uid"])
    raise AssertionError(f"still there: {present}")


def build_probe(directory: Path, *, cover: bool = True, reference: str = IMAGE, env: t.Sequence[str] = ()) -> bytes:
    """The probe as a Docker image archive (docker save) FROM scratch, made without an engine."""
    source = Path(__file__).parent / "probe"
    binary = directory / "probe"
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    flags = ["-cover"] if cover else []
    subprocess.run(["go", "build", *flags, "-o", str(binary), "."], cwd=source, env=environment, check=True)
    return image_archive(reference, {"probe": binary.read_bytes()}, ["/probe"], env)


def load(engine: Engine, nodes: t.Sequence[Node], archive: bytes) -> None:
    """Give an image to every node."""
    for node in nodes:
        session = engine.attach(node.name, ["ctr", "-n", "k8s.io", "images", "import", "-"], stdin=True)
        session.write(archive)
        session.close_stdin()
        result = session.result()
        assert result.rc == 0, result.said
