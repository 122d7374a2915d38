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

from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import apply, images, workload
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import Cluster, Object
from ansible_collections.gocover.e2e.plugins.module_utils._kube.ending import shutdown
from ansible_collections.gocover.e2e.plugins.module_utils._kube.options import KUBE_OPTIONS, cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.patch import claim, pod_template
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Interrupted, Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run import step
from ansible_collections.gocover.e2e.plugins.module_utils._startup import samples


def patch_workload(this: step.Step) -> Outcome:
    """Patch the workload, or take the patch back."""
    params = this.params
    _check(params)
    cluster = cluster_of(params)
    target = workload.find(cluster, params["namespace"], params["workload"], params["image"])
    diagnosis = workload.others_in_charge(cluster, target)
    for entry in diagnosis:
        this.progress.warn(entry.sentence())
    before = target.object
    former_claim = claim.claimed(pod_template.recorded(before))
    if params["state"] == "absent":
        container = ""
        after = _send(cluster, target, pod_template.restoring_patch(before), this.check_mode)
        if not this.check_mode and shutdown.restore(cluster, target):
            this.progress.note(f"{target.title} has its replicas again")
            after = cluster.get(target.kind, target.name, target.namespace) or after
    else:
        container = workload.choose_container(target, params["container"], params["image"])
        reason = claim.forbidden(cluster, target, params["node_path"])
        name = claim.name_of(target, params["node_path"]) if reason else ""
        if reason and not this.check_mode:
            claim.provide(cluster, target, params["node_path"], reason)
            this.progress.note(f"{target.title} gets a claim, for its pods may not name a directory of the node")
        settings = pod_template.Settings(
            node_path=params["node_path"],
            mount_path=params["mount_path"],
            image=params["image"],
            probes=params["probes"],
            grace_period=params["grace_period"],
            **_measured(this),
            claim=name,
        )
        if pod_template.must_restore_first(before, container, settings) and not this.check_mode:
            target = target._replace(object=_send(cluster, target, pod_template.restoring_patch(before), False))
        after = _send(cluster, target, pod_template.coverage_patch(target.object, container, settings), this.check_mode)
    if former_claim and former_claim != claim.claimed(pod_template.recorded(after)) and not this.check_mode:
        claim.withdraw(cluster, target.namespace, former_claim)
    changed = apply.meaning(before) != apply.meaning(after)
    if changed:
        this.progress.note(f"{target.title} {'covered' if container else 'is as it was before'}")
    spec = next(
        (entry for entry in images.containers(after["spec"]["template"]["spec"]) if entry["name"] == container), {}
    )
    result = {
        "patched": pod_template.recorded(after) is not None,
        "workload": target.title,
        "container": container,
        "image": spec.get("image", ""),
        "user": workload.user_of(target.pod_spec, container),
    }
    section = {
        "resource": target.title,
        "namespace": target.namespace,
        **{key: result[key] for key in ("container", "image", "user")},
        "node_path": params["node_path"],
        "mount_path": params["mount_path"],
    }
    shown = [apply.readable(before), apply.readable(after)]
    return Outcome(
        changed=changed,
        result=result,
        diff={"before": apply.as_text(shown[:1]), "after": apply.as_text(shown[1:])},
        sections={"workload": section} if container else {},
        diagnosis=diagnosis,
    )


def _measured(this: step.Step) -> dict[str, int]:
    """What probes are to allow, where they follow from what was measured. Raises Failure."""
    params = this.params
    if params["probes"] != "measured":
        return {}
    found = samples.read(Path(params["baseline"] or "baseline.json"))
    allowed = {key: int(found[key]) for key in ("startup_allowed", "answer_allowed")}
    this.progress.note(
        f"probes allow {allowed['startup_allowed']} s for the start and {allowed['answer_allowed']} s for an answer: "
        f"{samples.FACTOR:g} times the slowest that was measured, and {samples.STARTUP_EXTRA:g} s and "
        f"{samples.ANSWER_EXTRA:g} s on top"
    )
    return allowed


def _send(cluster: Cluster, target: workload.Workload, patch: Object | None, dry_run: bool) -> Object:
    if patch is None:
        return target.object
    try:
        return cluster.patch(target.kind, target.name, target.namespace, patch, dry_run=dry_run)
    except Interrupted:
        # Whether the API server has taken it is unknown: what it recorded itself tells.
        live = cluster.get(target.kind, target.name, target.namespace)
        undo = pod_template.restoring_patch(live) if live is not None else None
        if undo is not None and pod_template.recorded(target.object) is None:
            cluster.patch(target.kind, target.name, target.namespace, undo)
        raise


def _check(params: dict[str, object]) -> None:
    """What can be known before the cluster is asked."""
    image, probes = str(params["image"]), params["probes"]
    if image and not images.is_valid(image):
        raise failure(
            "The workload cannot be patched",
            "image-tag-invalid",
            f"{image} is not a reference that a container runtime takes",
            "A reference is name:tag; only the name may contain slashes, and it is in lower case",
        )
    known = {"liveness", "readiness", "startup"}
    if probes not in ("keep", "relaxed", "measured") and not (isinstance(probes, dict) and probes.keys() <= known):
        raise failure(
            "The workload cannot be patched",
            "option-invalid",
            f"probes is {probes!r}",
            "Set it to keep, to relaxed, to measured, or to a dictionary with liveness, readiness and startup",
        )
    if not params["workload"] and not image:
        raise failure(
            "The workload cannot be patched",
            "option-invalid",
            "Neither workload nor image is given",
            "Name the workload as service_workload: deployment/NAME",
        )


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
    patch_workload,
    step_name=lambda params: "patch" if params["state"] == "present" else "restore",
    required_if=[("state", "present", ("node_path",))],
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
