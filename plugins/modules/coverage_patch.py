#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch a workload so that it writes coverage data, or remove the patch."""

from __future__ import annotations

DOCUMENTATION = r"""
module: coverage_patch
short_description: Patch a workload so that it writes coverage data
version_added: 0.1.0
description:
  - Sets E(GOCOVERDIR) in a container of a Deployment, StatefulSet or DaemonSet, and mounts a directory of the node there.
  - Also sets the image, the grace period and the probes, if the options ask for it. One request causes one rollout.
  - The annotation C(gocover.e2e/before) of the workload keeps the previous values. O(state=absent) restores them exactly.
  - The security context of the pod stays as it is. The directory on the node has to exist, writable for the pod's user.
  - Pod Security C(baseline) and C(restricted) forbid hostPath volumes. The directory is then mounted by a PersistentVolume and a claim.
    O(state=absent) deletes both.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: The API server validates the patch in a dry run.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  workload:
    description:
      - C(deployment/NAME), C(statefulset/NAME) or C(daemonset/NAME).
      - The default is the only workload of the namespace that uses the repository of O(image).
    type: str
    default: ""
  namespace:
    description: Namespace of the workload.
    type: str
    required: true
  container:
    description: The container that runs the service. The default is the container that uses O(image), has the workload's name, or is the only one.
    type: str
    default: ""
  image:
    description: Reference of the image for the container. By default its image stays.
    type: str
    default: ""
  node_path:
    description: The directory on the node. Required for O(state=present).
    type: path
  mount_path:
    description: The mount path of O(node_path) in the container, and the value of E(GOCOVERDIR).
    type: path
    default: /gocover
  probes:
    description:
      - How the probes of the container change. V(keep) changes nothing.
      - V(relaxed) gives a liveness probe at least 60 s of delay, 10 s of timeout and 6 failures. A readiness probe gets the timeout and the failures,
        a startup probe twice its failures.
      - V(measured) sets a startup probe and timeouts that follow from the start-up baseline in O(baseline).
      - A dictionary with C(liveness), C(readiness) and C(startup) sets the fields that it names. A null removes the probe.
    type: raw
    default: keep
  baseline:
    description: The start-up baseline that M(gocover.e2e.startup_baseline) has written. Required for O(probes=measured).
    type: path
  grace_period:
    description: The shortest grace period, in seconds. A longer period of the workload stays. V(0) changes nothing.
    type: int
    default: 0
  state:
    description:
      - V(present) patches the workload.
      - V(absent) removes the patch, and restores the replicas that M(gocover.e2e.graceful_shutdown) recorded.
      - V(absent) also resumes a Deployment that M(gocover.e2e.manifest_apply) created paused.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Patch datastorage for coverage
  gocover.e2e.coverage_patch:
    workload: deployment/datastorage
    namespace: datastorage-e2e
    node_path: /var/lib/gocover/datastorage/20261121T083850Z-5f70

- name: Remove the patch
  gocover.e2e.coverage_patch:
    workload: deployment/datastorage
    namespace: datastorage-e2e
    state: absent
"""

RETURN = r"""
patched:
  description: Whether the workload is patched after the call.
  returned: success
  type: bool
workload:
  description: The workload.
  returned: success
  type: str
  sample: deployment/datastorage
container:
  description: The patched container, or an empty string.
  returned: success
  type: str
image:
  description: The image of the patched container.
  returned: success
  type: str
user:
  description: The user id of the container, if its security context names one.
  returned: success
  type: int
diagnosis:
  description: Controllers that may undo the patch, and the causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import KUBE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch.patching import PatchOptions, manage_patch
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Patch the workload for coverage, or remove the patch."""
    wanted = options(PatchOptions, this.params)
    return manage_patch(wanted, cluster_of(this.params), this.progress, this.check_mode)


MODULE = step.Module(
    "patch",
    {
        "workload": {"type": "str", "default": ""},
        "namespace": {"type": "str", "required": True},
        "container": {"type": "str", "default": ""},
        "image": {"type": "str", "default": ""},
        "node_path": {"type": "path"},
        "mount_path": {"type": "path", "default": "/gocover"},
        "probes": {"type": "raw", "default": "keep"},
        "baseline": {"type": "path"},
        "grace_period": {"type": "int", "default": 0},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **KUBE_OPTIONS,
    },
    run,
    step_name=lambda params: "patch" if params["state"] == "present" else "restore",
    required_if=[("state", "present", ("node_path",))],
)

main = MODULE.main

if __name__ == "__main__":
    main()
