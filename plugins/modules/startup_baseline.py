#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the start-up of a service with and without coverage."""

from __future__ import annotations

DOCUMENTATION = r"""
module: startup_baseline
short_description: Measure the start-up of a service with and without coverage
version_added: 0.1.0
description:
  - Rolls out a workload of a kind cluster with two images in turn, one without coverage and one with it.
  - Measures start-up, peak memory, the time of requests, and the sizes of images and executables.
  - The start-up is the time from the start of the program until its readiness endpoint answers, measured on the node.
  - Both images run in the same pod, without liveness and startup probes, so that a slow start is not killed. The workload is restored afterwards.
  - M(gocover.e2e.coverage_patch) with C(probes=measured) derives the limits of probes from the slowest start with coverage.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
  - gocover.e2e.kube
attributes:
  check_mode:
    support: partial
    details: Check mode predicts a change, without looking at the engine or the cluster.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each call measures again.
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
    description: C(deployment/NAME) or C(statefulset/NAME). The default is the only workload of the namespace that uses the repository of O(image).
    type: str
    default: ""
  namespace:
    description: Namespace of the workload.
    type: str
    required: true
  container:
    description: The container that runs the service. The default is the container that uses O(image).
    type: str
    default: ""
  image:
    description: Reference of the image with coverage. The nodes need to have it.
    type: str
    required: true
  plain_image:
    description: Reference of the image without coverage. The nodes need to have it.
    type: str
    required: true
  executable:
    description: Path of the executable in both images.
    type: str
    required: true
  node_path:
    description: The directory on the nodes for the coverage data of the measurement.
    type: path
    required: true
  port:
    description: Port of the service, if no probe names it.
    type: int
    default: 0
  ready_path:
    description: Path of the readiness endpoint, if no probe names it.
    type: str
    default: /readyz
  rollouts:
    description: Number of rollouts of each image.
    type: int
    default: 5
  requests:
    description: Number of requests to the readiness endpoint after each rollout.
    type: int
    default: 200
  timeout:
    description: Longest wait for a rollout, in seconds.
    type: float
    default: 300
  dest:
    description: Directory for C(baseline.json), C(baseline.txt) and C(baseline.svg).
    type: path
    required: true
  keep:
    description: A second file for the JSON document, such as a file under version control.
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
  description: The content of C(baseline.json), in seconds and bytes.
  returned: success
  type: dict
files:
  description: Paths of the files that were written.
  returned: success
  type: list
  elements: str
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.places import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import KUBE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step
from ansible_collections.gocover.e2e.plugins.module_utils._startup.baseline import BaselineOptions, measure_baseline


def run(this: step.Step) -> Outcome:
    """Measure, unless in check mode."""
    if this.check_mode:
        return Outcome(changed=True, result={"baseline": {}, "files": []})
    wanted, engine = options(BaselineOptions, this.params), connect(this.params["provider"])
    return measure_baseline(wanted, engine, cluster_of(this.params), this.progress, owner_alive(this.playbook_pid))


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
    run,
)

main = MODULE.main

if __name__ == "__main__":
    main()
