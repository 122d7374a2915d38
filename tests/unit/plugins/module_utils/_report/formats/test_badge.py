# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""badge.svg."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.formats.badge import render_badge

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("percent", "value", "colour"),
    [
        (100.0, "100.0%", "#187a4b"),
        (80.0, "80.0%", "#187a4b"),
        (79.96, "80.0%", "#5f7a12"),
        (63.4, "63.4%", "#5f7a12"),
        (50.0, "50.0%", "#8a5d00"),
        (30.0, "30.0%", "#a84a0c"),
        (0.0, "0.0%", "#b3312c"),
        (None, "unknown", "#5f6670"),
    ],
)
def test_value_and_colour(percent: float | None, value: str, colour: str) -> None:
    root = ElementTree.fromstring(render_badge(percent))
    assert root.findtext(f"{SVG}title") == f"e2e coverage: {value}"
    assert root.attrib["aria-label"] == f"e2e coverage: {value}"
    assert [text.text for text in root.iter(f"{SVG}text")] == ["e2e coverage", value]
    assert list(root.iter(f"{SVG}rect"))[-1].attrib["fill"] == colour


@pytest.mark.parametrize("colour", ["#187a4b", "#5f7a12", "#8a5d00", "#a84a0c", "#b3312c", "#5f6670", "#454c55"])
def test_white_text_can_be_read(colour: str) -> None:
    # WCAG 2: relative luminance and contrast, which is at least 4.5 for text of this size.
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_a_headline_of_few_statements_has_no_percentage() -> None:
    root = ElementTree.fromstring(render_badge(100.0, few="1/1 statements"))
    assert root.attrib["aria-label"] == "e2e coverage: 1/1 statements"
    assert list(root.iter(f"{SVG}rect"))[-1].attrib["fill"] == "#5f6670"


def test_a_label_is_escaped() -> None:
    assert ElementTree.fromstring(render_badge(1.0, "<a> & b")).findtext(f"{SVG}title") == "<a> & b: 1.0%"
