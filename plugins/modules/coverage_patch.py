#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a workload write coverage data, and take that back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: coverage_patch
short_description: Let a workload write coverage data, and take that back
version_added: 0.1.0
description:
  - Gives a container of a Deployment, StatefulSet or DaemonSet E(GOCOVERDIR), a volume of the node and its mount, and where asked for the
    image, the grace period and the probes, in one request and one rollout.
  - What was there before is kept in the annotation C(gocover.e2e/before) of the workload. O(state=absent) restores it exactly.
  - The security context of the pod stays as it is. The directory on the node must be there, writable for the pod's user.
  - Where a policy (Pod Security C(baseline) or C(restricted)) lets no pod name a directory of the node, the same directory is given by a
    PersistentVolume and a claim, which every level allows. O(state=absent) deletes both.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: The API server tries the patch (a dry run).
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  workload:
    description:
      - C(deployment/NAME), C(statefulset/NAME) or C(daemonset/NAME).
      - Without it, the one workload of the namespace that uses the repository of O(image).
    type: str
    default: ""
  namespace:
    description: Its namespace.
    type: str
    required: true
  container:
    description: The container that runs the service; by default the one that uses O(image), the one named as the workload, or the only one.
    type: str
    default: ""
  image:
    description: Reference of the image that the container is to run; by default the one it has.
    type: str
    default: ""
  node_path:
    description: The directory on the node; needed for O(state=present).
    type: path
  mount_path:
    description: Where the container sees it, which is also E(GOCOVERDIR).
    type: path
    default: /gocover
  probes:
    description:
      - V(keep) leaves them alone.
      - V(relaxed) gives a liveness probe at least 60 s of delay, 10 s of timeout and 6 failures, a readiness probe the latter two (a delay would only
        make each run longer), and a startup probe twice its failures.
      - V(measured) gives a startup probe that allows the start-up that O(baseline) tells, and every probe the time that an answer took there.
      - A dictionary with C(liveness), C(readiness) and C(startup) sets the fields that are named; a null takes the probe away.
    type: raw
    default: keep
  baseline:
    description: The file that the playbook C(gocover.e2e.baseline) has written; needed for O(probes=measured).
    type: path
  grace_period:
    description: How many seconds a pod must at least have to end. A longer period of the workload stays. V(0) leaves it alone.
    type: int
    default: 0
  state:
    description:
      - Whether the workload is to write coverage data.
      - V(absent) takes all of it back, also the replicas that M(gocover.e2e.graceful_shutdown) recorded.
      - It also lets go a Deployment that is held and was never patched.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Let datastorage write coverage data
  gocover.e2e.coverage_patch:
    workload: deployment/datastorage
    namespace: datastorage-e2e
    node_path: /var/lib/gocover/datastorage/20261121T083850Z-5f70

- name: Take it back
  gocover.e2e.coverage_patch:
    workload: deployment/datastorage
    namespace: datastorage-e2e
    state: absent
"""

RETURN = r"""
patched:
  description: Whether the workload is patched now.
  returned: success
  type: bool
workload:
  description: The workload.
  returned: success
  type: str
  sample: deployment/datastorage
container:
  description: The container that is patched; empty if none is.
  returned: success
  type: str
image:
  description: The image that it runs.
  returned: success
  type: str
user:
  description: The user id that the container runs as, as far as its security context says.
  returned: success
  type: int
diagnosis:
  description: Who else may change the workload, and why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._kube.options import KUBE_OPTIONS, cluster_of
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
