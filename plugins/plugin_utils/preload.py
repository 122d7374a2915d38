# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports what the steps of a run need, once, in ansible-playbook itself.

Ansible runs each task in a fork of ansible-playbook. Importing the modules, docker and kubernetes takes a fork half a
second; what its parent has imported takes it nothing. Ansible loads an action plugin in the parent only if it has the
name of its module, as ``service_plan`` has, the first step of each run. The other modules are routed to another name.
"""

from __future__ import annotations

import contextlib
import importlib
from pathlib import Path

_COLLECTION = "ansible_collections.gocover.e2e.plugins"
_LIBRARIES = ("docker", "kubernetes.client", "kubernetes.config")


def preload() -> None:
    """Import every module of the collection, and the libraries of engine and API that are installed."""
    for path in sorted((Path(__file__).resolve().parents[1] / "modules").glob("*.py")):
        importlib.import_module(f"{_COLLECTION}.modules.{path.stem}")
    importlib.import_module(f"{_COLLECTION}.action.live")
    for library in _LIBRARIES:
        # A step that needs it says how to install it.
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
