# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A start-up baseline, from the options to the outcome: both images measured, the result written."""

from __future__ import annotations

import tarfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .. import _files
from .._diagnosis import failure
from .._engine.api import Engine
from .._engine.tarstream import TarStream
from .._kube import images, workload
from .._kube.client import ApiCluster
from .._kube.patch import rollout
from .._outcome import Outcome
from .._run.progress import Progress
from . import plot, rollouts, samples


@dataclass(frozen=True)
class BaselineOptions:
    """The options of startup_baseline; see its documentation. ``timeout`` is in seconds."""

    service: str
    workload: str
    namespace: str
    container: str
    image: str
    plain_image: str
    executable: str
    node_path: str
    port: int
    ready_path: str
    rollouts: int
    requests: int
    timeout: float
    dest: str
    keep: str | None


def measure_baseline(
    wanted: BaselineOptions,
    engine: Engine,
    cluster: ApiCluster,
    progress: Progress,
    alive: t.Callable[[], bool] = lambda: True,
) -> Outcome:
    """Measure the start-up with and without coverage, and write the baseline. Raises Failure."""
    references = {samples.PLAIN: wanted.plain_image, samples.COVERED: wanted.image}
    sizes = {variant: _size(engine, reference, wanted.executable) for variant, reference in references.items()}
    with rollout.held_until_covered(cluster, wanted.namespace, wanted.image, progress.note):
        measured = _measured(wanted, engine, cluster, progress, alive)
    document = samples.document(wanted.service, "kind", measured, sizes)
    lines = samples.table(document)
    for line in lines:
        progress.output(line)
    files = _write(wanted, document, lines)
    progress.note(f"baseline: {files[0]}, plot: {files[-1]}")
    summary = {key: document[key] for key in ("rollouts", "startup_allowed", "answer_allowed")}
    result = {"baseline": document, "files": files}
    return Outcome(changed=True, result=result, sections={"startup_baseline": summary})


def _measured(
    wanted: BaselineOptions,
    engine: Engine,
    cluster: ApiCluster,
    progress: Progress,
    alive: t.Callable[[], bool],
) -> dict[str, list[samples.Sample]]:
    """Roll out both images in turn; the samples of each."""
    references = {samples.PLAIN: wanted.plain_image, samples.COVERED: wanted.image}
    target = workload.find(cluster, wanted.namespace, wanted.workload, wanted.image)
    container = workload.choose_container(target, wanted.container, wanted.image)
    described = next(entry for entry in images.containers(target.pod_spec) if entry["name"] == container)
    plan = rollouts.Plan(
        images=references,
        container=container,
        endpoint=rollouts.endpoint_of(described, wanted.port, wanted.ready_path),
        node_path=wanted.node_path,
        rollouts=max(1, wanted.rollouts),
        requests=wanted.requests,
        timeout=wanted.timeout,
        note=progress.note,
        alive=alive,
    )
    return rollouts.measure(cluster, engine, target, plan)


def _size(engine: Engine, reference: str, executable: str) -> samples.Size:
    """The sizes of the image and of its executable. Raises Failure ``image-missing``."""
    image = engine.image(reference)
    if image is None:
        raise failure(
            f"The image {reference} cannot be measured",
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
            # The engine removes the container only after it has sent everything.
            stream.drain()
    return samples.Size(reference, image.size, size)


def _first_size(stream: t.Any) -> int:
    """The size of the first file in a tar stream."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        return next((member.size for member in archive), 0)


def _write(wanted: BaselineOptions, document: samples.Document, lines: list[str]) -> list[str]:
    """Write the baseline as JSON, text and plot; returns the paths."""
    dest = Path(wanted.dest)
    documents = [dest / "baseline.json", *([Path(wanted.keep)] if wanted.keep else [])]
    try:
        for path in documents:
            path.parent.mkdir(parents=True, exist_ok=True)
            _files.write_json(path, document)
        _files.write_file(dest / "baseline.txt", ("\n".join(lines) + "\n").encode())
        _files.write_file(dest / "baseline.svg", plot.svg(document).encode())
    except OSError as error:
        raise _files.unwritable(dest, error) from error
    return [*map(str, documents), str(dest / "baseline.txt"), str(dest / "baseline.svg")]
