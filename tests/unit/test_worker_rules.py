# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Code that may run inside the Ansible worker keeps the rules of docs/development.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
SOURCES = sorted(
    [*PLUGINS.glob("modules/*.py"), *PLUGINS.glob("module_utils/**/*.py"), *PLUGINS.glob("plugin_utils/*.py")]
)


def broken(tree: ast.AST) -> Iterator[str]:
    """The rules that a file breaks, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(name.name == "atexit" for name in node.names):
            yield f"line {node.lineno}: atexit"
        if isinstance(node, ast.ImportFrom) and node.module == "atexit":
            yield f"line {node.lineno}: atexit"
        if isinstance(node, ast.Global):
            yield f"line {node.lineno}: global state"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"line {node.lineno}: print"
        if isinstance(node, ast.Attribute) and node.attr == "stdout" and ast.unparse(node) == "sys.stdout":
            yield f"line {node.lineno}: sys.stdout"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_the_rules_are_kept(path: Path) -> None:
    assert list(broken(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import atexit",
        "from atexit import register",
        "def f():\n    global x\n    x = 1",
        "print(1)",
        "sys.stdout.write('')",
    ],
)
def test_what_breaks_them_is_seen(source: str) -> None:
    assert len(list(broken(ast.parse(source)))) == 1
