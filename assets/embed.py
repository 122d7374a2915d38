#!/usr/bin/env python
# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Embeds assets/report/ in plugins/module_utils/_report/page/assets.py; run by `make assets`.

Ansible ships a module's code to its host as `.py` files only, so the report's style sheet and scripts travel as
strings. They are written and read as ordinary files, and a unit test checks that both agree. `--check` writes nothing
and exits 1 where they do not.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "plugins/module_utils/_report/page/assets.py"

# In the order in which a page loads them: each script uses what stands before it.
PARTS = {
    "STYLE": ["page.css"],
    "HEAD_SCRIPT": ["head.js"],
    "REPORT_SCRIPT": ["theme.js", "sort.js", "go.js", "source.js", "app.js"],
    "OVERVIEW_SCRIPT": ["theme.js", "sort.js", "overview.js"],
}

HEADER = '''\
# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The style sheet and the scripts of the HTML pages. Generated from assets/report/ by `make assets`: edit there."""

from __future__ import annotations
'''


# Python's own lines keep to 120 columns: 4 of indent, 2 quotes, a newline, and room for a few escapes.
_PIECE = 90


def _quoted(line: str) -> str:
    """One line of an asset, with its newline, as Python string literals in double quotes, one a line."""
    parts = [line[at : at + _PIECE] for at in range(0, len(line), _PIECE)] or [""]
    escaped = [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]
    return "\n".join(f'    "{part}"' for part in escaped[:-1] + [escaped[-1] + "\\n"])


def _constant(name: str) -> str:
    return "_" + name.upper().replace(".", "_")


def module_text() -> str:
    """The text of assets.py for the assets as they are now. Raises ValueError on a character outside ASCII."""
    pieces = [HEADER]
    names = list(dict.fromkeys(name for parts in PARTS.values() for name in parts))
    for name in names:
        text = (HERE / "report" / name).read_text(encoding="utf-8")
        if not text.isascii():
            raise ValueError(f"assets/report/{name} holds a character outside ASCII: write it as an escape")
        lines = "\n".join(_quoted(line) for line in text.splitlines())
        pieces.append(f"{_constant(name)} = (\n{lines}\n)\n")
    for constant, parts in PARTS.items():
        pieces.append(f"{constant}: str = " + " + ".join(_constant(name) for name in parts) + "\n")
    return "\n".join(pieces)


def main(arguments: list[str]) -> int:
    """Writes the module, or with --check compares; the exit status."""
    text = module_text()
    if "--check" in arguments:
        return 0 if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
