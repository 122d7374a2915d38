#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what coverage costs a service at its start."""

from __future__ import annotations

DOCUMENTATION = r"""
module: startup_baseline
short_description: Measure what coverage costs a service at its start
version_added: 0.1.0
description:
  - Rolls a workload of a kind cluster out with an image without coverage and one with it, in turn, and measures start-up, peak memory and the time of
    requests, and the sizes of images and executables.
  - The start-up is the time from the start of the program until it answers as its readiness probe wants it, measured on the node.
  - Both get the same pod but for the image, without liveness and startup probe, so that a slow start is measured and not killed. The workload is as it
    was afterwards.
  - From the slowest start under coverage follows what the probes of M(gocover.e2e.coverage_patch) allow with C(probes=measured).
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: In check mode nothing is measured.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each call measures anew.
options:
  service:
    description: Name of the service.
    type: str
    required: true
  cluster:
    description: Name of the kind cluster.
    type: str
    required: true
  workload:
    description: C(deployment/NAME) or C(statefulset/NAME). Without it, the one workload of the namespace that uses the repository of O(image).
    type: str
    default: ""
  namespace:
    description: Its namespace.
    type: str
    required: true
  container:
    description: The container that runs the service, where that is not plain.
    type: str
    default: ""
  image:
    description: Reference of the image with coverage; it has to be on the nodes.
    type: str
    required: true
  plain_image:
    description: Reference of the image without coverage; it has to be on the nodes.
    type: str
    required: true
  executable:
    description: Path of the executable in both images.
    type: str
    required: true
  node_path:
    description: The directory on the nodes to which the program writes meanwhile.
    type: path
    required: true
  port:
    description: Where the service listens, if no probe says it.
    type: int
    default: 0
  ready_path:
    description: The path that tells whether it is ready, if no probe says it.
    type: str
    default: /readyz
  rollouts:
    description: How many rollouts of each image.
    type: int
    default: 5
  requests:
    description: How many requests to the same path after each.
    type: int
    default: 200
  timeout:
    description: How many seconds a rollout may take.
    type: float
    default: 300
  dest:
    description: Directory for C(baseline.json), C(baseline.txt) and C(baseline.svg).
    type: path
    required: true
  keep:
    description: One more file for the JSON document, such as one that is under version control.
    type: path
"""

EXAMPLES = r"""
- name: Measure datastorage
  gocover.e2e.startup_baseline:
    service: datastorage
    cluster: e2e
    namespace: datastorage-e2e
    image: localhost/datastorage:cov-5f70bf18a086
    plain_image: localhost/datastorage:plain-0a1b2c3d4e5f
    executable: /datastorage
    node_path: /var/lib/gocover/datastorage/baseline
    dest: /tmp/coverage/datastorage
"""

RETURN = r"""
baseline:
  description: The document that is written; all seconds and bytes.
  returned: success
  type: dict
files:
  description: What was written.
  returned: success
  type: list
  elements: str
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import tarfile
import typing as t
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils import _files
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._engine.tarstream import TarStream
from ansible_collections.gocover.e2e.plugins.module_utils._kube import images, workload
from ansible_collections.gocover.e2e.plugins.module_utils._kube.options import KUBE_OPTIONS, cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._process.owner import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step
from ansible_collections.gocover.e2e.plugins.module_utils._startup import plot, rollouts, samples


def measure_baseline(this: step.Step) -> Outcome:
    """Measure, and write what came of it."""
    params = this.params
    if this.check_mode:
        return Outcome(changed=False, result={"baseline": {}, "files": []})
    engine = connect(params["provider"])
    references = {samples.PLAIN: params["plain_image"], samples.COVERED: params["image"]}
    sizes = {variant: _size(engine, said, params["executable"]) for variant, said in references.items()}
    cluster = cluster_of(params)
    target = workload.find(cluster, params["namespace"], params["workload"], params["image"])
    container = workload.choose_container(target, params["container"], params["image"])
    spec = next(entry for entry in images.containers(target.pod_spec) if entry["name"] == container)
    plan = rollouts.Plan(
        images=references,
        container=container,
        door=rollouts.door_of(spec, params["port"], params["ready_path"]),
        node_path=params["node_path"],
        rollouts=max(1, params["rollouts"]),
        requests=params["requests"],
        timeout=params["timeout"],
        note=this.progress.note,
        alive=owner_alive(this.playbook_pid),
    )
    taken = rollouts.measure(cluster, engine, target, plan)
    document = samples.document(params["service"], "kind", taken, sizes)
    lines = samples.table(document)
    for line in lines:
        this.progress.output(line)
    files = _write(this, document, lines)
    summary = {key: document[key] for key in ("rollouts", "startup_allowed", "answer_allowed")}
    return Outcome(changed=True, result={"baseline": document, "files": files}, sections={"startup_baseline": summary})


def _size(engine: Engine, reference: str, executable: str) -> samples.Size:
    image = engine.image(reference)
    if image is None:
        raise failure(
            f"There is no image {reference}",
            "image-missing",
            f"{engine.provider} at {engine.address} does not have it",
            "Build it with gocover.e2e.coverage_image",
        )
    size = 0
    with engine.unpacked(image.id) as container:
        chunks = engine.read_archive(container, executable)
        if chunks is not None:
            stream = TarStream(chunks)
            size = _first_size(stream)
            # An engine that has not got rid of everything does not let the container go.
            stream.drain()
    return samples.Size(reference, image.size, size)


def _first_size(stream: t.Any) -> int:
    """The size of the first file in a tar stream."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        return next((member.size for member in archive), 0)


def _write(this: step.Step, document: samples.Document, lines: list[str]) -> list[str]:
    params = this.params
    dest = Path(params["dest"])
    documents = [dest / "baseline.json", *([Path(params["keep"])] if params["keep"] else [])]
    try:
        for path in documents:
            path.parent.mkdir(parents=True, exist_ok=True)
            _files.write_json(path, document)
        _files.write_file(dest / "baseline.txt", ("\n".join(lines) + "\n").encode())
        _files.write_file(dest / "baseline.svg", plot.svg(document).encode())
    except OSError as error:
        raise _files.unwritable(dest, error) from error
    files = [*map(str, documents), str(dest / "baseline.txt"), str(dest / "baseline.svg")]
    this.progress.note(f"baseline: {files[0]}, plot: {files[-1]}")
    return files


MODULE = step.Module(
    "baseline",
    {
        "service": {"type": "str", "required": True},
        "cluster": {"type": "str", "required": True},
        **ENGINE_OPTIONS,
        "workload": {"type": "str", "default": ""},
        "namespace": {"type": "str", "required": True},
        "container": {"type": "str", "default": ""},
        "image": {"type": "str", "required": True},
        "plain_image": {"type": "str", "required": True},
        "executable": {"type": "str", "required": True},
        "node_path": {"type": "path", "required": True},
        "port": {"type": "int", "default": 0},
        "ready_path": {"type": "str", "default": "/readyz"},
        "rollouts": {"type": "int", "default": 5},
        "requests": {"type": "int", "default": 200},
        "timeout": {"type": "float", "default": 300},
        "dest": {"type": "path", "required": True},
        "keep": {"type": "path"},
        **KUBE_OPTIONS,
    },
    measure_baseline,
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
