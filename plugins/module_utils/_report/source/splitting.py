# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Go split the source into blocks: one way before Go 1.27, another from 1.27 on (golang/go issue 80974).

Before, a block began at the brace or statement where the one before it ended; from 1.27 on it begins at its first
statement and may end at the beginning of a line. The same source then has other blocks and, here and there, another
number of statements, so that numbers of the two cannot be compared.
"""

from __future__ import annotations

import re

from ..numbers.model import Coverage

#: The ways, by the version that brought them.
BEFORE_1_27 = "go1.20"
FROM_1_27 = "go1.27"
_WORDS = {BEFORE_1_27: "Go before 1.27", FROM_1_27: "Go 1.27 or later"}
_VERSION = re.compile(r"(?:go)?1\.([0-9]{1,4})(?![0-9])")
_ENOUGH = 2000  # blocks; nearly every function tells


def splitting_of_version(go_version: str | None) -> str:
    """How that version of Go ("go1.26.8") splits, or "" where it is unknown."""
    match = _VERSION.match(go_version or "")
    if match is None:
        return ""
    return FROM_1_27 if int(match[1]) >= 27 else BEFORE_1_27


def words(splitting: str) -> str:
    """What a way to split says of the Go version."""
    return _WORDS.get(splitting, "an unknown Go version")


def splitting_of(coverage: Coverage) -> str:
    """How the blocks of ``coverage`` were split, told from the blocks themselves; "" where they do not tell.

    Blocks that begin where another one ends are the rule before Go 1.27 and the exception since; ends in column 1 are
    the rule since, and before it only come about by a label.
    """
    touching = at_line_start = seen = 0
    for file in coverage.files():
        ends = {block[2:4] for block in file.blocks}
        touching += sum(block[:2] in ends for block in file.blocks)
        at_line_start += sum(block.end_col == 1 for block in file.blocks)
        seen += len(file.blocks)
        if seen >= _ENOUGH:
            break
    if touching == at_line_start:
        return ""
    return FROM_1_27 if at_line_start > touching else BEFORE_1_27
