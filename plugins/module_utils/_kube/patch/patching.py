# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage patch of a workload, from its options to the outcome: put in place, or removed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from ... import _reference
from ..._diagnosis import Diagnosis, Failure, failure
from ..._outcome import Interrupted, Outcome
from ..._run.progress import Progress
from ..._startup import samples
from .. import apply, images, refusal, workload
from ..api import ApiError, Cluster, Object
from ..ending import scaling
from ..workload import Workload
from . import claim, covered_pods, pod_template, rollout

_PROBES = ("liveness", "readiness", "startup")


@dataclass(frozen=True)
class PatchOptions:
    """The options of coverage_patch; see its documentation.

    Raises Failure ``image-tag-invalid`` and ``option-invalid`` before the cluster is asked.
    """

    workload: str
    namespace: str
    container: str
    image: str
    node_path: str | None
    mount_path: str
    probes: str | t.Mapping[str, t.Any]
    baseline: str | None
    grace_period: int
    state: str

    def __post_init__(self) -> None:
        if self.image:
            _reference.check(self.image, "The workload cannot be patched")
        probes = self.probes
        if probes not in ("keep", "relaxed", "measured") and not (
            isinstance(probes, dict) and probes.keys() <= {*_PROBES}
        ):
            raise _invalid(
                f"probes is {probes!r}",
                "Set it to keep, to relaxed, to measured, or to a dictionary with liveness, readiness and startup",
            )
        if not self.workload and not self.image:
            raise _invalid(
                "Neither workload nor image is given", "Name the workload as service_workload: deployment/NAME"
            )


def manage_patch(wanted: PatchOptions, cluster: Cluster, progress: Progress, check_mode: bool = False) -> Outcome:
    """Patch the workload for coverage, or remove the patch. Raises Failure."""
    if wanted.state == "absent" or check_mode:
        return _manage(wanted, cluster, progress, check_mode)
    with rollout.held_until_covered(cluster, wanted.namespace, wanted.image, progress.note):
        return _manage(wanted, cluster, progress, check_mode)


def _manage(wanted: PatchOptions, cluster: Cluster, progress: Progress, check_mode: bool) -> Outcome:
    target = workload.find(cluster, wanted.namespace, wanted.workload, wanted.image)
    diagnosis = workload.others_in_charge(cluster, target)
    for entry in diagnosis:
        progress.warn(entry.sentence())
    if wanted.state == "absent":
        container, after = "", _remove(cluster, target, progress, check_mode)
    else:
        container = workload.choose_container(target, wanted.container, wanted.image)
        after = _put(wanted, cluster, target, container, progress, check_mode)
    former_claim = claim.claimed(pod_template.recorded(target.object))
    if former_claim and former_claim != claim.claimed(pod_template.recorded(after)) and not check_mode:
        claim.withdraw(cluster, target.namespace, former_claim)
    outcome = _outcome(wanted, target, container, after, diagnosis)
    if outcome.changed:
        progress.note(f"{target.title} {'writes coverage data' if container else 'is as it was before the patch'}")
    return outcome


def _put(
    wanted: PatchOptions,
    cluster: Cluster,
    target: Workload,
    container: str,
    progress: Progress,
    check_mode: bool,
) -> Object:
    """Patch the container; the workload as it is, or would be, then."""
    node_path = str(wanted.node_path)
    reason = claim.forbidden(cluster, target, node_path)
    if reason and not check_mode:
        claim.provide(cluster, target, node_path, reason)
        progress.note(f"{target.title} gets a claim, because a policy forbids hostPath volumes to its pods")
    settings = pod_template.Settings(
        node_path=node_path,
        mount_path=wanted.mount_path,
        image=wanted.image,
        probes=wanted.probes,
        grace_period=wanted.grace_period,
        claim=claim.name_of(target, node_path) if reason else "",
        **_measured(wanted, progress),
    )
    if pod_template.must_restore_first(target.object, container, settings) and not check_mode:
        restored = _send(cluster, target, pod_template.restoring_patch(target.object), False)
        target = target._replace(object=restored)
    try:
        return _send(cluster, target, pod_template.coverage_patch(target.object, container, settings), check_mode)
    except ApiError as error:
        # Its evidence has the words of the API.
        raise refusal.of_coverage_patch(error, target.title) from None


def _remove(cluster: Cluster, target: Workload, progress: Progress, check_mode: bool) -> Object:
    """Remove the patch with the pods that it brought, and restore the replicas; the workload as it is, or would be."""
    patch = pod_template.restoring_patch(target.object)
    if check_mode:
        # Dry runs do not add up: one request stands for both.
        return _send(cluster, target, _merged(patch, scaling.restoring_patch(target)), True)
    covered = covered_pods.of(cluster, target, pod_template.recorded(target.object))
    if covered and not rollout.replaces_in_place(target.object):
        patch = _merged(patch, rollout.without_surge(target.object))
    after = _send(cluster, target, patch, False)
    if scaling.restore(cluster, target):
        progress.note(f"{target.title} has its replicas again")
        after = cluster.get(target.kind, target.name, target.namespace) or after
    covered_pods.end(cluster, target, covered, progress.note)
    if rollout.put_back(cluster, target):
        progress.note(f"{target.title} replaces its pods as before the patch")
        after = cluster.get(target.kind, target.name, target.namespace) or after
    return after


def _merged(first: Object | None, second: Object | None) -> Object | None:
    """One patch for two that touch different fields."""
    if first is None or second is None:
        return first if second is None else second
    merged = dict(first)
    for key, value in second.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _measured(wanted: PatchOptions, progress: Progress) -> dict[str, int]:
    """What probes are to allow, where that follows from the start-up baseline. Raises Failure."""
    if wanted.probes != "measured":
        return {}
    baseline = samples.read(Path(wanted.baseline or "baseline.json"))
    allowed = {key: int(baseline[key]) for key in ("startup_allowed", "answer_allowed")}
    progress.note(
        f"probes allow {allowed['startup_allowed']} s for the start and {allowed['answer_allowed']} s for an answer: "
        f"{samples.FACTOR:g} times the slowest that was measured, and {samples.STARTUP_EXTRA:g} s and "
        f"{samples.ANSWER_EXTRA:g} s on top"
    )
    return allowed


def _send(cluster: Cluster, target: Workload, patch: Object | None, dry_run: bool) -> Object:
    if patch is None:
        return target.object
    try:
        return cluster.patch(target.kind, target.name, target.namespace, patch, dry_run=dry_run)
    except Interrupted:
        # The API server may have taken the patch: the record on the live workload tells.
        live = cluster.get(target.kind, target.name, target.namespace)
        undo = pod_template.restoring_patch(live) if live is not None else None
        if undo is not None and pod_template.recorded(target.object) is None:
            cluster.patch(target.kind, target.name, target.namespace, undo)
        raise


def _outcome(
    wanted: PatchOptions, target: Workload, container: str, after: Object, diagnosis: list[Diagnosis]
) -> Outcome:
    pod_spec = after["spec"]["template"]["spec"]
    running = next((entry for entry in images.containers(pod_spec) if entry["name"] == container), {})
    result = {
        "patched": pod_template.recorded(after) is not None,
        "workload": target.title,
        "container": container,
        "image": running.get("image", ""),
        "user": workload.user_of(target.pod_spec, container),
    }
    section = {
        "resource": target.title,
        "namespace": target.namespace,
        **{key: result[key] for key in ("container", "image", "user")},
        "node_path": wanted.node_path,
        "mount_path": wanted.mount_path,
    }
    shown = {"before": apply.readable(target.object), "after": apply.readable(after)}
    return Outcome(
        changed=apply.meaning(target.object) != apply.meaning(after),
        result=result,
        diff={name: apply.as_text([entry]) for name, entry in shown.items()},
        sections={"workload": section} if container else {},
        diagnosis=diagnosis,
    )


def _invalid(evidence: str, remedy: str) -> Failure:
    return failure("The workload cannot be patched", "option-invalid", evidence, remedy)
