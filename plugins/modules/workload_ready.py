#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for a workload, and say early why it is not ready."""

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_ready
short_description: Wait for a workload, and say early why it is not ready
version_added: 0.1.0
description:
  - Watches a Deployment, StatefulSet or DaemonSet until every pod of its present generation is ready and no pod of an older one is left.
  - As soon as it is certain that it will not become ready, the module fails with the cause, and does not wait for the time limit.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: In check mode nothing is waited for.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: It changes nothing.
options:
  workload:
    description:
      - C(deployment/NAME), C(statefulset/NAME) or C(daemonset/NAME).
      - Without it, the one workload of the namespace that uses the repository of one of O(images).
    type: str
    default: ""
  namespace:
    description: Its namespace.
    type: str
    required: true
  timeout:
    description: How many seconds it may take.
    type: float
    default: 120
  images:
    description: References of images that were built here and are in no registry, so that a pull of one of them cannot succeed.
    type: list
    elements: str
    default: []
  container:
    description: The container that runs the service; by default the one that runs the first of O(images), the one named as the workload, or the only one.
    type: str
    default: ""
  patched:
    description:
      - Whether M(gocover.e2e.coverage_patch) has patched the workload.
      - With V(true) the module fails as soon as somebody has taken the patch back, such as an operator that owns the workload.
    type: bool
    default: false
  node_path:
    description: The directory of the node that the nodes give to every container (M(gocover.e2e.node_coverage)).
    type: path
  mount_path:
    description:
      - Where containers see O(node_path).
      - With both, the module fails at once if the pod template gives the container another E(GOCOVERDIR), which goes before that of the node.
    type: path
  record:
    description: Whether the run's journal is to name the workload, for the steps that follow, where M(gocover.e2e.coverage_patch) has not.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Wait for datastorage
  gocover.e2e.workload_ready:
    workload: deployment/datastorage
    namespace: datastorage-e2e
    timeout: 60
"""

RETURN = r"""
seconds:
  description: How long it took.
  returned: always
  type: float
pods:
  description: The pods of the present generation.
  returned: always
  type: list
  elements: dict
  sample: [{name: datastorage-7d4b-x, node: gocover-worker, ip: 10.244.0.7, state: is ready, restarts: 0}]
pod_history:
  description: The pods of the namespace as they are now; M(gocover.e2e.test_run) goes on from them.
  returned: success
  type: list
  elements: dict
  sample: [{pod: {metadata: {name: datastorage-7d4b-x}}, first_runs: {datastorage: 0}, gone: false, ends: []}]
log:
  description: The last lines of the container that fails.
  returned: failure
  type: list
  elements: str
diagnosis:
  description: Why it is not ready, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import pod_watch, readiness, workload
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending import endings
from ansible_collections.gocover.e2e.plugins.module_utils._kube.options import KUBE_OPTIONS, cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._losses import elsewhere
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._process.owner import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def wait_for_workload(this: step.Step) -> Outcome:
    """Wait until the workload is ready."""
    params = this.params
    if this.check_mode:
        return Outcome(changed=False, result={"seconds": 0.0, "pods": [], "pod_history": []})
    cluster = cluster_of(params)
    built = params["images"]
    target = workload.find(cluster, params["namespace"], params["workload"], built[0] if built else "")
    if params["record"] or params["node_path"]:
        container = workload.choose_container(target, params["container"], built[0] if built else "")
    if params["node_path"]:
        _check_where_it_writes(target, container, params["node_path"], params["mount_path"] or "")
    ready = readiness.wait_until_ready(
        cluster,
        target,
        params["timeout"],
        this.progress.note,
        built,
        owner_alive(this.playbook_pid),
        patched=params["patched"],
    )
    seconds = round(ready.seconds, 3)
    this.progress.note(f"{target.title} is ready after {seconds:.1f} s: {len(ready.pods)} pods")
    if not ready.pods:
        this.progress.warn(f"{target.title} wants no pod (replicas: 0), so nothing runs")
    result: dict[str, t.Any] = {"seconds": seconds, "pods": ready.pods}
    history = pod_watch.look(cluster, params["namespace"])
    sections: dict[str, t.Any] = {"ready": dict(result), "pod_history": history}
    result["pod_history"] = history
    if params["record"]:
        sections["workload"] = {
            "resource": target.title,
            "namespace": target.namespace,
            "container": container,
            "user": workload.user_of(target.pod_spec, container),
        }
    return Outcome(changed=False, result=result, sections=sections)


def _check_where_it_writes(target: workload.Workload, container: str, node_path: str, mount_path: str) -> None:
    """Raises Failure ``path-mismatch`` if the container is told to write elsewhere: no test has to run to see it."""
    writes = endings.writes_to({"spec": target.pod_spec}, container)
    told = {"name": target.title, "container": container, "writes": writes}
    found = elsewhere.mismatch(elsewhere.completed(told, node_path, mount_path), node_path, node_path)
    if found is not None:
        raise Failure(f"{target.title} would leave no counters", [found])


MODULE = step.Module(
    "ready",
    {
        "workload": {"type": "str", "default": ""},
        "namespace": {"type": "str", "required": True},
        "timeout": {"type": "float", "default": 120},
        "images": {"type": "list", "elements": "str", "default": []},
        "container": {"type": "str", "default": ""},
        "patched": {"type": "bool", "default": False},
        "node_path": {"type": "path"},
        "mount_path": {"type": "path"},
        "record": {"type": "bool", "default": False},
        **KUBE_OPTIONS,
    },
    wait_for_workload,
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
