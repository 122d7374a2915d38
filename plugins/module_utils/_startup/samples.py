# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What coverage costs a service at its start, from repeated rollouts, and what probes have to allow. Pure.

The document (baseline.json) is ``{"schema": 1, "service", "runtime", "rollouts", "images": {VARIANT: {"reference",
"bytes", "binary_bytes"}}, "samples": {VARIANT: [{"startup", "memory", "latency": [seconds]}]}, "startup_allowed",
"answer_allowed"}`` with the variants ``plain`` and ``covered``. Seconds and bytes throughout.
"""

from __future__ import annotations

import json
import math
import statistics
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

from .._diagnosis import Failure, failure

Document = dict[str, t.Any]

PLAIN, COVERED = "plain", "covered"
VARIANTS = (PLAIN, COVERED)
#: The margin of what is allowed: this many times the slowest that was seen, and so much on top for a busier machine.
FACTOR, STARTUP_EXTRA, ANSWER_EXTRA = 3.0, 10.0, 1.0


@dataclass(frozen=True)
class Sample:
    """One rollout: seconds from the program's start until it was ready, peak memory in bytes, seconds per request."""

    startup: float
    memory: int
    latency: tuple[float, ...] = ()


@dataclass(frozen=True)
class Size:
    """What is deployed: the image, its size, and that of the executable in it, in bytes."""

    reference: str
    bytes: int
    binary_bytes: int


class Row(t.NamedTuple):
    """One line of the table: median and spread (lowest and highest) of each variant; of a size there is but one."""

    title: str
    unit: str
    plain: tuple[float, float, float]
    covered: tuple[float, float, float]

    @property
    def growth(self) -> float | None:
        """By how much the median grows, as a fraction."""
        return self.covered[0] / self.plain[0] - 1 if self.plain[0] else None


def document(
    service: str, runtime: str, samples: t.Mapping[str, t.Sequence[Sample]], sizes: t.Mapping[str, Size]
) -> Document:
    """The document, with what probes have to allow."""
    slowest = max(sample.startup for sample in samples[COVERED])
    answers = [value for sample in samples[COVERED] for value in sample.latency]
    return {
        "schema": 1,
        "service": service,
        "runtime": runtime,
        "rollouts": len(samples[COVERED]),
        "images": {variant: asdict(size) for variant, size in sizes.items()},
        "samples": {variant: [asdict(sample) for sample in taken] for variant, taken in samples.items()},
        "startup_allowed": math.ceil(slowest * FACTOR + STARTUP_EXTRA),
        "answer_allowed": math.ceil(max(answers, default=0.0) * FACTOR + ANSWER_EXTRA),
    }


def rows(found: Document) -> list[Row]:
    """The lines of the table."""
    samples, images = found["samples"], found["images"]

    def spread(values: t.Sequence[float]) -> tuple[float, float, float]:
        return (statistics.median(values), min(values), max(values)) if values else (0.0, 0.0, 0.0)

    def of(variant: str, key: str, scale: float) -> tuple[float, float, float]:
        return spread([sample[key] * scale for sample in samples[variant]])

    def latency(variant: str) -> tuple[float, float, float]:
        return spread([statistics.median(sample["latency"]) * 1e3 for sample in samples[variant] if sample["latency"]])

    def size(variant: str, key: str) -> tuple[float, float, float]:
        return spread([images[variant][key] / 1e6])

    return [
        Row("start-up", "s", of(PLAIN, "startup", 1), of(COVERED, "startup", 1)),
        Row("peak memory", "MB", of(PLAIN, "memory", 1e-6), of(COVERED, "memory", 1e-6)),
        Row("request", "ms", latency(PLAIN), latency(COVERED)),
        Row("binary", "MB", size(PLAIN, "binary_bytes"), size(COVERED, "binary_bytes")),
        Row("image", "MB", size(PLAIN, "bytes"), size(COVERED, "bytes")),
    ]


def table(found: Document) -> list[str]:
    """The table for a terminal: medians, and the spread of what varies."""
    cells = [["", "WITHOUT COVERAGE", "WITH COVERAGE", "GROWTH"]]
    for row in rows(found):
        growth = "" if row.growth is None else f"{row.growth:+.0%}"
        cells.append([row.title, _cell(row.plain, row.unit), _cell(row.covered, row.unit), growth])
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]


def _cell(values: tuple[float, float, float], unit: str) -> str:
    median, lowest, highest = (f"{value:.3g}" if value < 100 else f"{value:.0f}" for value in values)
    return f"{median} {unit}" if lowest == highest else f"{median} {unit} ({lowest}-{highest})"


def read(path: Path) -> Document:
    """The baseline that an earlier run of the playbook has kept. Raises Failure ``baseline-missing``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for key in ("startup_allowed", "answer_allowed"):
            int(found[key])
    except OSError as error:
        raise _missing(path, str(error.strerror)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _missing(path, "It is not what the playbook baseline writes") from error
    return t.cast("Document", found)


def _missing(path: Path, evidence: str) -> Failure:
    return failure(
        "The probes cannot be set from what was measured",
        "baseline-missing",
        f"{path}: {evidence}",
        "Measure the start-up first: ansible-playbook gocover.e2e.baseline -e service=NAME",
    )
