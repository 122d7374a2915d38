# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline as a plot: a small SVG that stands alone, each rollout a dot, the median a line. Pure."""

from __future__ import annotations

import html
import statistics
import typing as t

from .samples import COVERED, PLAIN, Document, rows

_WIDTH, _HEIGHT = 260, 250
_TOP, _BOTTOM, _LEFT = 62, 210, 20
_COLOURS = {PLAIN: "#6b7a90", COVERED: "#0f7b6c"}
_NAMES = {PLAIN: "without", COVERED: "with coverage"}
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2933; }
.title { font-weight: 600; font-size: 13px; } .note { fill: #52606d; } .value { font-weight: 600; }
.axis { stroke: #cbd2d9; } .median { stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e7eb; } .note { fill: #9aa5b1; } .ground { fill: #1b2229; } .axis { stroke: #3e4c59; }
}
"""


def svg(found: Document) -> str:
    """Three panels (start-up, memory, request), each from zero, so that a height is a cost."""
    samples = found["samples"]
    panels = {
        "start-up": {variant: [entry["startup"] for entry in taken] for variant, taken in samples.items()},
        "peak memory": {variant: [entry["memory"] / 1e6 for entry in taken] for variant, taken in samples.items()},
        "request": {
            variant: [statistics.median(entry["latency"]) * 1e3 for entry in taken if entry["latency"]]
            for variant, taken in samples.items()
        },
    }
    table = {row.title: row for row in rows(found)}
    parts = []
    for number, (title, values) in enumerate(panels.items()):
        row = table[title]
        parts.append(f'<g transform="translate({number * _WIDTH + 10} 0)">')
        parts += _panel(title, row.unit, row.growth, values)
        parts.append("</g>")
    width = len(panels) * _WIDTH + 20
    heading = html.escape(f"{found['service']}: {found['rollouts']} rollouts each, with and without coverage")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="{width}" '
            f'height="{_HEIGHT}" role="img" aria-label="{heading}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="ground" width="{width}" height="{_HEIGHT}" fill="#ffffff"/>',
            f'<text class="title" x="{_LEFT + 10}" y="22">{heading}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _panel(title: str, unit: str, growth: float | None, values: t.Mapping[str, t.Sequence[float]]) -> list[str]:
    highest = max((value for taken in values.values() for value in taken), default=0.0) or 1.0

    def height(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP - 14) * value / highest, 1)

    more = "" if growth is None else f" ({growth:+.0%})"
    drawn = [
        f'<text x="{_LEFT}" y="48">{title}, {unit}<tspan class="note">{more}</tspan></text>',
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - 20}" y1="{_BOTTOM}" y2="{_BOTTOM}"/>',
    ]
    for column, variant in enumerate((PLAIN, COVERED)):
        taken, centre, colour = values[variant], _LEFT + 55 + column * 110, _COLOURS[variant]
        step = min(6.0, 48 / max(1, len(taken)))
        for number, value in enumerate(taken):
            x = round(centre + (number - (len(taken) - 1) / 2) * step, 1)
            drawn.append(f'<circle cx="{x}" cy="{height(value)}" r="3" fill="{colour}" fill-opacity="0.6"/>')
        if taken:
            median = statistics.median(taken)
            y = height(median)
            drawn.append(
                f'<line class="median" x1="{centre - 28}" x2="{centre + 28}" y1="{y}" y2="{y}" stroke="{colour}"/>'
            )
            # Beside the line that it is the value of, not above a dot that it is not.
            drawn.append(f'<text class="value" x="{centre + 32}" y="{y + 4}">{median:.3g}</text>')
        drawn.append(
            f'<text class="note" x="{centre}" y="{_BOTTOM + 18}" text-anchor="middle">{_NAMES[variant]}</text>'
        )
    return drawn
