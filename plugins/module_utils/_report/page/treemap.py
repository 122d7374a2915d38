# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree map: a rectangle a package, as large as its statements, coloured by its percentage.

The table of packages says the same, so keyboards and screen readers pass over it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..numbers.model import PackageCoverage
from .document import anchor, percent, text

_LEAST_PACKAGES = 3
# What is smaller than a point or two is not to be seen, and a browser would lay out thousands of it.
_MOST_PACKAGES = 500


def render_map(packages: Sequence[PackageCoverage]) -> str:
    """The map as HTML; empty for so few packages that the table shows as much."""
    sized = sorted((p for p in packages if p.total), key=lambda p: (-p.total, p.name))
    del sized[_MOST_PACKAGES:]
    if len(sized) < _LEAST_PACKAGES:
        return ""
    prefix = _common_folder([p.name for p in sized])
    boxes = []
    for package, (x, y, width, height) in zip(sized, squarify([p.total for p in sized], 100.0, 12.0), strict=True):
        # About 1.6 letters go into a hundredth of the map's width; a label that does not fit is noise.
        labels = (package.name[len(prefix) :], package.name.rsplit("/", 1)[-1])
        shown = text(next((label for label in labels if label and len(label) <= width * 1.6 and height > 1.4), ""))
        share = percent(package.covered, package.total)
        boxes.append(
            f'<a tabindex="-1" href="#{text(anchor("package=" + package.name))}" '
            f'title="{text(package.name)}: {share}, {package.covered} of {package.total}" '
            f'style="--p:{100 * package.covered / package.total:.0f};left:{x:.2f}%;top:{y / 0.12:.2f}%;'
            f'width:{width:.2f}%;height:{height / 0.12:.2f}%">{shown}</a>'
        )
    return f'<div class="map" aria-hidden="true">{"".join(boxes)}</div>\n'


def squarify(sizes: Sequence[int], width: float, height: float) -> list[tuple[float, float, float, float]]:
    """Rectangles (x, y, width, height) that fill width x height, area in proportion to `sizes` (positive, largest
    first).

    Bruls, Huizing and van Wijk, Squarified Treemaps (2000): rows are filled along the shorter side while that keeps
    them squarer.
    """
    areas = [size * width * height / sum(sizes) for size in sizes]
    placed: list[tuple[float, float, float, float]] = []
    x = y = 0.0
    start = 0
    while start < len(areas):
        side = min(width, height)
        end, best = start + 1, _worst(areas[start : start + 1], side)
        while end < len(areas) and (ratio := _worst(areas[start : end + 1], side)) <= best:
            end, best = end + 1, ratio
        depth = sum(areas[start:end]) / side if side else 0.0
        along = 0.0
        for area in areas[start:end]:
            length = area / depth if depth else 0.0
            placed.append((x, y + along, depth, length) if width >= height else (x + along, y, length, depth))
            along += length
        if width >= height:
            x, width = x + depth, max(0.0, width - depth)
        else:
            y, height = y + depth, max(0.0, height - depth)
        start = end
    return placed


def _worst(row: Sequence[float], side: float) -> float:
    total = sum(row)
    return (
        max(side * side * row[0] / (total * total), total * total / (side * side * row[-1])) if side else float("inf")
    )


def _common_folder(names: Sequence[str]) -> str:
    """What all import paths begin with, up to and with a slash."""
    first, last = min(names), max(names)
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[: first.rfind("/", 0, length) + 1]
