# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as text, JSON, SARIF 2.1.0 and annotations of GitHub Actions."""

from __future__ import annotations

import json
import typing as t
import urllib.parse
from collections.abc import Callable, Sequence

from .finding import Finding, Rule

Format = t.Literal["text", "json", "sarif", "github"]

_SARIF_LEVELS = {"error": "error", "warning": "warning", "perhaps": "note"}
_GITHUB_LEVELS = {"error": "error", "warning": "warning", "perhaps": "notice"}


def render(format_: Format, findings: Sequence[Finding], rules: Sequence[Rule]) -> str:
    """The findings as a document; text of a terminal ends with a line that counts them."""
    renderers: dict[Format, Callable[[], str]] = {
        "text": lambda: _text(findings),
        "json": lambda: json.dumps([entry.as_dict() for entry in findings], indent=2) + "\n",
        "sarif": lambda: json.dumps(_sarif(findings, rules), indent=2) + "\n",
        "github": lambda: "".join(map(_annotation, findings)),
    }
    return renderers[format_]()


def text_lines(findings: Sequence[Finding]) -> list[str]:
    """A line for each finding, and one that counts them."""
    lines = [f"{entry.file}:{entry.line}: {entry.level}: {_sentences(entry)} [{entry.rule}]" for entry in findings]
    errors = sum(entry.level == "error" for entry in findings)
    return [*lines, f"findings: {len(findings)}, errors: {errors}"]


def _sentences(entry: Finding) -> str:
    return f"{entry.message}. {entry.remedy}."


def _text(findings: Sequence[Finding]) -> str:
    return "\n".join(text_lines(findings)) + "\n"


def _annotation(entry: Finding) -> str:
    """A workflow command; GitHub documents the escapes of its data and its properties."""
    data = _sentences(entry)
    for character, escape in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        data = data.replace(character, escape)
    file = entry.file.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{_GITHUB_LEVELS[entry.level]} file={file},line={entry.line},title={entry.rule}::{data}\n"


def _sarif(findings: Sequence[Finding], rules: Sequence[Rule]) -> dict[str, t.Any]:
    """SARIF 2.1.0 (OASIS), as code scanning services read it."""
    names = [rule.name for rule in rules]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "gocover.e2e.coverage_lint",
                        "informationUri": "https://github.com/gocover/e2e",
                        "rules": [
                            {
                                "id": rule.name,
                                "shortDescription": {"text": rule.title},
                                "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
                            }
                            for rule in rules
                        ],
                    }
                },
                "results": [
                    {
                        "ruleId": entry.rule,
                        "ruleIndex": names.index(entry.rule),
                        "level": _SARIF_LEVELS[entry.level],
                        "message": {"text": _sentences(entry)},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": urllib.parse.quote(entry.file)},
                                    "region": {"startLine": entry.line},
                                }
                            }
                        ],
                    }
                    for entry in findings
                ],
            }
        ],
    }
