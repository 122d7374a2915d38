# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cause that the source can give is in docs/diagnoses.md."""

from __future__ import annotations

import ast
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
#: Functions that make a diagnosis, and which of their arguments is the cause.
MAKERS = {"failure": 1, "Diagnosis": 0, "CovdataError": 0}


def causes_in(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            position = MAKERS[node.func.id]
            if len(node.args) > position:
                cause = node.args[position]
                choices = [cause.body, cause.orelse] if isinstance(cause, ast.IfExp) else [cause]
                found |= {
                    choice.value
                    for choice in choices
                    if isinstance(choice, ast.Constant) and isinstance(choice.value, str)
                }
    return found


def test_every_cause_is_documented() -> None:
    documented = (CHECKOUT / "docs" / "diagnoses.md").read_text(encoding="utf-8")
    causes: set[str] = set()
    for path in (CHECKOUT / "plugins").rglob("*.py"):
        causes |= causes_in(ast.parse(path.read_text(encoding="utf-8")))
    assert len(causes) > 40
    assert {cause for cause in causes if f"`{cause}`" not in documented} == set()
