# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments that silence a rule: ``gocover:ignore RULE REASON``, behind the code or on the line above it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .finding import Finding, Rule, finding
from .sources import Source

UNUSED = Rule("silence-unused", "warning", "A comment silences a rule that finds nothing")
NO_REASON = Rule("silence-without-reason", "warning", "A comment silences a rule without a reason")

_COMMENT = re.compile(r"(?:#|//)\s*gocover:ignore\s+(?P<rule>[\w-]+)(?P<reason>[^\n]*)")


def apply_silences(findings: Iterable[Finding], sources: Iterable[Source]) -> list[Finding]:
    """The findings that no comment silences, and findings about the comments themselves."""
    remaining = list(findings)
    for source in sources:
        for number, line in enumerate(source.lines, start=1):
            comment = _COMMENT.search(line)
            if comment is None:
                continue
            alone = not line[: comment.start()].strip()
            place = (source.name, number + 1 if alone else number, comment["rule"])
            silenced = [entry for entry in remaining if (entry.file, entry.line, entry.rule) == place]
            if not silenced:
                remaining.append(
                    finding(
                        UNUSED,
                        source.name,
                        number,
                        f"The comment silences {comment['rule']}, which finds nothing here",
                        "Remove the comment",
                        (line[comment.start() :].rstrip("\r"), ""),
                    )
                )
            elif not comment["reason"].strip(" :-"):
                remaining.append(
                    finding(
                        NO_REASON,
                        source.name,
                        number,
                        f"The comment silences {comment['rule']} without a reason",
                        "Write the reason behind the rule",
                    )
                )
            remaining = [entry for entry in remaining if entry not in silenced]
    return sorted(remaining)
