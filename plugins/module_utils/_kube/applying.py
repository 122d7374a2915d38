# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifests of a service, from the options to the outcome: read, completed, applied and waited for."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._outcome import Outcome
from .._process.holder import Holder
from .._reference import check
from .._run.progress import Progress
from . import apply, manifests, readiness, restoring, workload
from .api import JOB, Object
from .client import ApiCluster
from .jobs import wait_jobs


@dataclass(frozen=True)
class ApplyOptions:
    """The options of manifest_apply; see its documentation. Times are in seconds.

    Raises Failure ``image-tag-invalid`` for a reference that no runtime takes, before anything is applied.
    """

    src: t.Sequence[t.Any]
    stages: t.Sequence[t.Sequence[t.Any]]
    definition: t.Sequence[dict[str, t.Any]]
    namespace: str
    images: t.Mapping[str, str]
    hold: bool
    image: str
    workload: str
    run: str
    service: str
    wait_crds: bool
    wait_ready: float
    wait_jobs: float

    def __post_init__(self) -> None:
        for name, reference in self.images.items():
            check(str(reference), f"The image of {name} cannot be used")


def apply_manifests(
    wanted: ApplyOptions,
    cluster: ApiCluster,
    progress: Progress,
    alive: t.Callable[[], bool] = lambda: True,
    check_mode: bool = False,
    holder: Holder | None = None,
) -> Outcome:
    """Apply all manifests, group by group, and wait as the options ask. Raises Failure."""
    groups = _groups(wanted)
    if not check_mode:
        apply.wait_until_gone(cluster, wanted.namespace, progress.note)
        if wanted.service:
            _lease(wanted, cluster, groups, holder, progress)
    applied: list[apply.Applied] = []
    replaced: list[tuple[str, str]] = []
    for group in groups:
        placed = apply.place(apply.with_namespace(group, wanted.namespace, cluster), wanted.namespace, cluster)
        built = apply.put_images(placed, wanted.images)
        outcomes = _apply(wanted, cluster, placed, {title for title, _reference in built}, progress, check_mode)
        if not check_mode:
            _wait(wanted, cluster, [outcome.after for outcome in outcomes], progress, alive)
        applied += outcomes
        replaced += built
    return _outcome(applied, replaced)


def _lease(
    wanted: ApplyOptions,
    cluster: ApiCluster,
    groups: t.Iterable[list[manifests.Manifest]],
    holder: Holder | None,
    progress: Progress,
) -> None:
    """Keep other runs from the workloads, before any manifest is applied. Raises Failure ``run-in-progress``."""
    for manifest in apply.with_namespace([], wanted.namespace, cluster):
        cluster.apply(manifest.object)
    kinds = {kind.name for kind in workload.KINDS.values()}
    titles = {manifest.title for group in groups for manifest in group if manifest.object["kind"] in kinds}
    restoring.lease_workloads(cluster, wanted.namespace, wanted.service, holder, titles, progress)


def _groups(wanted: ApplyOptions) -> list[list[manifests.Manifest]]:
    """The manifests in groups, all read before the first is applied.

    Each stage is a group. The other sources are one group, or one each where readiness is waited for.
    """
    stages = [manifests.read(paths, wanted.namespace) for paths in wanted.stages]
    sources = [manifests.read([path], wanted.namespace) for path in wanted.src]
    sources += [manifests.from_document(document, "definition") for document in wanted.definition]
    if not wanted.wait_ready:
        sources = [[manifest for source in sources for manifest in source]]
    return stages + [source for source in sources if source]


def _apply(
    wanted: ApplyOptions,
    cluster: ApiCluster,
    placed: list[manifests.Manifest],
    covered: set[str],
    progress: Progress,
    check_mode: bool,
) -> list[apply.Applied]:
    """Apply one group; ``covered`` has the titles of the manifests that run a built image."""

    def on_applied(outcome: apply.Applied) -> None:
        if outcome.action != "unchanged":
            progress.note(f"{outcome.title} {'would be ' if check_mode else ''}{outcome.action}")

    if wanted.run:
        apply.mark_pods(placed, covered, wanted.run)
    return apply.apply_all(
        cluster,
        placed,
        hold=_to_hold(wanted, placed),
        dry_run=check_mode,
        wait_definitions=wanted.wait_crds,
        on_applied=on_applied,
    )


def _to_hold(wanted: ApplyOptions, placed: t.Sequence[manifests.Manifest]) -> dict[str, str]:
    """The title of the Deployment that is created paused, and the image that it waits for; empty if none is."""
    image = wanted.image or next(iter(wanted.images.values()), "")
    title = apply.to_hold(placed, wanted.namespace, wanted.workload, image) if wanted.hold and image else None
    return {title: image} if title else {}


def _wait(
    wanted: ApplyOptions,
    cluster: ApiCluster,
    objects: t.Sequence[Object],
    progress: Progress,
    alive: t.Callable[[], bool],
) -> None:
    """Wait for the Jobs and the workloads among ``objects``, as the options ask."""
    if wanted.wait_jobs:
        jobs = [entry for entry in objects if entry["kind"] == JOB.name]
        wait_jobs(cluster, jobs, wanted.wait_jobs, progress.note)
    for entry in objects if wanted.wait_ready else []:
        kind = workload.KINDS.get(entry["kind"].lower())
        if kind is not None:
            target = workload.Workload(kind, entry["metadata"]["namespace"], entry)
            built = list(wanted.images.values())
            ready = readiness.wait_until_ready(cluster, target, wanted.wait_ready, progress.note, built, alive)
            progress.note(f"{target.title} is ready after {ready.seconds:.1f} s")


def _outcome(applied: t.Sequence[apply.Applied], replaced: t.Sequence[tuple[str, str]]) -> Outcome:
    rows = [outcome.row() for outcome in applied]
    changed = [outcome for outcome in applied if outcome.action != "unchanged"]
    return Outcome(
        changed=bool(changed),
        result={"objects": rows, "images": [{"object": title, "image": reference} for title, reference in replaced]},
        sections={"objects": rows},
        diff={
            "before": apply.as_text(apply.readable(outcome.before) for outcome in changed),
            "after": apply.as_text(apply.readable(outcome.after) for outcome in changed),
        },
    )
