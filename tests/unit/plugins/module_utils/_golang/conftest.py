# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Go toolchain, and a module small enough to be built in each test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._golang.toolchain import find_go


@pytest.fixture(scope="session")
def go() -> str:
    return find_go(os.environ)


@pytest.fixture(scope="session")
def small_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    module = tmp_path_factory.mktemp("small")
    (module / "cmd" / "small").mkdir(parents=True)
    (module / "go.mod").write_text("module example.test/small\n\ngo 1.21\n")
    (module / "cmd" / "small" / "main.go").write_text("package main\n\nfunc main() {}\n")
    return module
