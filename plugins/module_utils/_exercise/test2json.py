# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Output of ``go test -json``: the text of its events (``go doc test2json``)."""

from __future__ import annotations

import json


def text_of(line: str) -> str | None:
    """The text that an event passes on, empty for an event without text; None if ``line`` is no event."""
    if not line.startswith('{"') or '"Action"' not in line:
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or not {"Package", "Test", "ImportPath"} & event.keys():
        return None
    return str(event.get("Output", "")).rstrip("\n")
