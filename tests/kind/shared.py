# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as the collection, and the cluster that all tests share."""

from __future__ import annotations

import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = Path(__file__).resolve().parents[2]

# As in tests/unit/conftest.py: the checkout is the collection.
if not any(isinstance(finder, _AnsibleCollectionFinder) for finder in sys.meta_path):
    _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".ansible" / "collections")])._install()

from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import Node  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Progress  # noqa: E402
from ansible_collections.gocover.e2e.plugins.module_utils._run.step import Module, Step  # noqa: E402


@dataclass(frozen=True)
class TestCluster:
    """The cluster that the tests share."""

    __test__ = False

    name: str
    kubeconfig: Path
    nodes: list[Node]


def step_of(module: Module, progress: Progress | None = None, /, **params: t.Any) -> Step:
    """A step as Ansible would make it: ``params``, and the defaults of the module's argument spec."""
    defaults = {name: option.get("default") for name, option in module.argument_spec.items()}
    return Step({**defaults, **params}, progress=progress or Progress(None))
