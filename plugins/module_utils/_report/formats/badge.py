# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""badge.svg: the percentage as a flat badge for a README."""

from __future__ import annotations

from html import escape

# (from this percentage on, colour); each is dark enough for white text (contrast of at least 4.5:1).
_COLOURS = ((80.0, "#187a4b"), (60.0, "#5f7a12"), (50.0, "#8a5d00"), (30.0, "#a84a0c"), (0.0, "#b3312c"))
_UNKNOWN = "#5f6670"
# Advance widths of Verdana at 11 px, in tenths of a pixel, by class of character; textLength makes a browser keep to
# the sum.
_WIDTHS = {" ": 39, ".": 40, "%": 118, "i": 30, "l": 30, "j": 38, "t": 43, "r": 47, "f": 39, "m": 107, "w": 90, "-": 50}
_DEFAULT_WIDTH = 68


def render_badge(percent: float | None, label: str = "e2e coverage", few: str = "") -> str:
    """A flat badge as SVG: `label` and `percent` (0 to 100) with one decimal, or "unknown" where there is no
    number.

    `few` stands there instead of the percentage of a headline that counts next to nothing.
    """
    if few:
        percent = None
    value = few or "unknown" if percent is None else f"{percent:.1f}%"
    colour = _UNKNOWN if percent is None else next((c for least, c in _COLOURS if percent >= least), _COLOURS[-1][1])
    left, right = _width(label) + 10, _width(value) + 10
    said, label, value = escape(f"{label}: {value}"), escape(label), escape(value)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{said}">\n<title>{said}</title>\n<clipPath id="r"><rect width="{left + right}" height="20"'
        f' rx="3"/></clipPath>\n<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#454c55"/><rect'
        f' x="{left}" width="{right}" height="20" fill="{colour}"/></g>\n<g fill="#fff" font-family="Verdana,DejaVu'
        f' Sans,Geneva,sans-serif" font-size="11" text-anchor="middle" aria-hidden="true">\n<text x="{left / 2:g}"'
        f' y="14" textLength="{left - 10}">{label}</text>\n<text x="{left + right / 2:g}" y="14"'
        f' textLength="{right - 10}">{value}</text>\n</g>\n</svg>\n'
    )


def _width(words: str) -> int:
    """Pixels that `words` take."""
    return round(sum(_WIDTHS.get(letter, _DEFAULT_WIDTH) for letter in words) / 10)
