# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the HTML pages share: a document that needs no network, and the small things in it.

Names come from the program under test and are escaped wherever they go; a Content-Security-Policy with the hash of
the page's own script lets nothing else run and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from .assets import HEAD_SCRIPT, STYLE

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_PLAIN = re.compile(r"[\w.*/:-]*", re.ASCII)  # nothing to escape in it, as in nearly all names


def text(value: object) -> str:
    """`value` as HTML text, safe in an attribute too; what no HTML file can hold becomes U+FFFD."""
    string = str(value)
    return string if _PLAIN.fullmatch(string) else escape(_UNPRINTABLE.sub("\ufffd", string))


def percent(covered: int, total: int) -> str:
    """A percentage as Go prints it, with one decimal and the sign; a dash where there is nothing to count."""
    return f"{100.0 * covered / total:.1f}%" if total else "-"


def tone(covered: int, total: int) -> str:
    """The class that colours a percentage: good from 80 %, fair from 50 %, else poor; muted where there is nothing to
    count."""
    if not total:
        return "muted"
    return "good" if covered * 100 >= total * 80 else "fair" if covered * 100 >= total * 50 else "poor"


def meter(covered: int, total: int, css_class: str = "bar") -> str:
    """A bar as long as the percentage; decoration beside a number, so screen readers pass over it."""
    width = 100.0 * covered / total if total else 0.0
    return f'<span class="{css_class}" aria-hidden="true"><i style="width:{width:.1f}%"></i></span>'


def page(title: str, body: str, script: str, attributes: str = "") -> str:
    """A whole HTML document of the collection: `body` with the shared style sheet and `script`, and nothing from
    elsewhere.

    `title` is plain text; `body` and `attributes` (of the <html> element) are HTML.
    """
    digests = (base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in (HEAD_SCRIPT, script))
    scripts = " ".join(f"'sha256-{digest}'" for digest in digests)
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {scripts}; base-uri 'none'; form-action 'none'"
    return (
        f'<!DOCTYPE html>\n<html lang="en"{attributes}>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<script>{HEAD_SCRIPT}</script>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"{body}<script>{script}</script>\n</body>\n</html>\n"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of short facts: (term, HTML of what is said of it)."""
    return '<dl class="facts">' + "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in pairs) + "</dl>\n"


def moment(started: object) -> str:
    """An ISO 8601 time as HTML; without the seconds' fraction, so that it can be read."""
    match = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?$", str(started))
    if not match:
        return text(started)
    zone = {"Z": " UTC", "+00:00": " UTC"}.get(match[3] or "", f" {match[3]}" if match[3] else "")
    return f'<time datetime="{text(started)}">{match[1]} {match[2]}{zone}</time>'


def anchor(name: str) -> str:
    """`name` as the fragment of an address; a colon in it is encoded, since one separates the file from the line."""
    return quote(name, safe="/-._~@+=", errors="replace")
