# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken deployments on a real cluster; writes results.md beside this file.

usage: python tests/campaign/deployments [WORD ...]; with words, only the rows whose titles hold one, or the rows of the
file of that name (``faults``, ``disorder``); the page keeps its other rows.
GOCOVER_CAMPAIGN_CLUSTER names a cluster that is there already and stays.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

from scene import BACKEND_IMAGES, Fault, Scene, Told, build_images, start_backend
from shared import step_of

from disorder import DISORDER, OTHER  # isort: skip
from faults import FAULTS  # isort: skip
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect as connect_engine
from ansible_collections.gocover.e2e.plugins.module_utils._kind import cluster as clusters
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import connect
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress
from ansible_collections.gocover.e2e.plugins.modules import image_archive_load

PAGE = Path(__file__).resolve().parent / "results.md"
_INTRODUCTION = """# Campaign: broken deployments

Written by `python tests/campaign/deployments`, on a kind cluster, from the manifests of the two example services with
real PostgreSQL and Redis (the rows of what they cannot be brought to do use a small probe). Each row breaks one thing,
deploys it by the code of `manifest_apply`, `coverage_patch` and `workload_ready`, and takes the patch back.

*Seconds after the evidence* counts from the first pod or event in the API that shows the fault; a dash means that it
was refused before there was a pod. *Seconds in all* count from the first request. Waiting for `kubectl wait` without a
reason took 300 s. *Restored* means that `kubectl diff --server-side` of the manifests is empty afterwards and nothing
of ours is left on the workload. A row that does not come out so says it in bold.

What may still mend itself (readiness, an init container that waits) fails only at the time limit, which is 12 to 15 s
here; it is said as a line of progress as soon as it is seen. Faults that only the whole main job meets (not
instrumented, SIGTERM unhandled or ignored, an interrupted run) are tests of their own in `tests/kind/test_main_job.py`.

| fault | cause | evidence named | seconds after the evidence | seconds in all | restored |
|---|---|---|---|---|---|
"""
#: Seconds. What may mend itself fails only at the time limit, but is said as progress.
_AIM = 5.0


def main() -> int:
    """Run the rows; 0 if all came out as they should."""
    words = sys.argv[1:]
    groups = {"faults": FAULTS, "disorder": DISORDER}
    rows = [
        fault
        for group, faults in groups.items()
        for fault in faults
        if not words or group in words or any(word in fault.title for word in words)
    ]
    engine = connect_engine("auto")
    given = os.environ.get("GOCOVER_CAMPAIGN_CLUSTER")
    lines, failed = [], 0
    with tempfile.TemporaryDirectory(prefix="gocover-deployments-") as temporary:
        spec = clusters.ClusterSpec(
            name=given or "gocover-campaign",
            kubeconfig=Path(temporary) / "kubeconfig",
            state=clusters.state_directory(),
            image=os.environ.get("GOCOVER_LAB_NODE_IMAGE", ""),
        )
        clusters.ensure_present(engine, spec, Progress(None))
        nodes = [node.name for node in nodes_of(engine, spec.name)]
        scene = Scene(engine, nodes, connect(str(spec.kubeconfig), None), spec.kubeconfig, Path(temporary))
        try:
            # What the engine has of these needs no registry.
            load = step_of(image_archive_load.MODULE, cluster=spec.name, image=[], optional=list(BACKEND_IMAGES))
            image_archive_load.run(load)
            build_images(scene)
            start_backend(scene)
            for number, fault in enumerate(rows, 1):
                line, good = _row(scene, fault, f"campaign-{os.getpid()}-{number}")
                print(line, flush=True)
                lines.append(line)
                failed += not good
                _write(lines)
        finally:
            if not given:
                clusters.ensure_absent(engine, spec, Progress(None))
    print(f"{len(rows) - failed} of {len(rows)} rows as they should be")
    return 1 if failed else 0


def _write(lines: list[str]) -> None:
    """The page with these rows in place of the former ones of their titles, in the order of the files."""
    former = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    known = {line.split(" | ")[0]: line for line in (*former, *lines) if line.startswith("| ")}
    titles = [f"| {fault.title}" for fault in (*FAULTS, *DISORDER)]
    rows = [known[title] for title in titles if title in known]
    PAGE.write_text(_INTRODUCTION + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def _row(scene: Scene, fault: Fault, namespace: str) -> tuple[str, bool]:
    try:
        told = scene.play(fault, namespace)
        wrong = _wrong(fault, told)
    except Exception as error:
        traceback.print_exc()
        told, wrong = Told(), f"{type(error).__name__}: {error}"
    finally:
        scene.close(namespace)
        for kind in ("validatingwebhookconfiguration", "validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            scene.kubectl("delete", kind, "campaign-policy", "--ignore-not-found")
        scene.kubectl("delete", "namespace", OTHER, "--ignore-not-found")
        scene.kubectl("delete", "runtimeclass", "campaign", "--ignore-not-found")
    causes = ", ".join(f"`{cause}`" for cause in told.causes) or "none, as it should be"
    evidence = " ".join(told.evidence.replace(namespace, "NAMESPACE").split()).replace("|", "/")
    after = "-" if told.after is None else f"{told.after:.1f}"
    if told.after is not None and told.after > _AIM and told.said is not None:
        after += f", said as progress after {told.said:.1f}"
    restored = "yes" if not told.difference else "**no**"
    bold = f" **{' '.join(wrong.split())}**".replace("|", "/") if wrong else ""
    return f"| {fault.title} | {causes} | {evidence}{bold} | {after} | {told.total:.1f} | {restored} |", not wrong


def _wrong(fault: Fault, told: Told) -> str:
    """What did not come out as it should; empty if all did."""
    if (told.causes[:1] or [""]) != [fault.cause]:
        return f"expected {fault.cause or 'no cause'}, got {told.causes}: {told.message}"
    if fault.words not in told.evidence:
        return f"the evidence does not have: {fault.words}"
    first = told.after if told.said is None else min(told.after or 0.0, told.said)
    late = first is not None and first > _AIM
    if late:
        return f"more than {_AIM:g} s after the evidence"
    return f"not restored: {told.difference}" if told.difference else ""


if __name__ == "__main__":
    sys.exit(main())
