# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules as Ansible runs them: arguments in, a result out, with fakes of the engine and of the API."""

from __future__ import annotations

import importlib
import typing as t
from dataclasses import dataclass, field

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Kind, Progress
from ansible_collections.gocover.e2e.plugins.module_utils._run.step import Module, Step
from fake_cluster import FakeCluster
from fake_engine import FakeEngine

_MODULES = "ansible_collections.gocover.e2e.plugins.modules"


@dataclass
class Modules:
    """Runs modules by name, with the fakes in place of what they would connect to."""

    patching: pytest.MonkeyPatch
    engine: FakeEngine
    cluster: FakeCluster
    #: What the modules showed while they worked.
    shown: list[tuple[Kind, str]] = field(default_factory=list)

    def __call__(
        self, name: str, /, *, check_mode: bool = False, diff_mode: bool = False, **arguments: t.Any
    ) -> dict[str, t.Any]:
        """The result of a module, its arguments validated as Ansible does."""
        python = importlib.import_module(f"{_MODULES}.{name}")
        module = t.cast(Module, python.MODULE)
        for seam, fake in (("connect", self.engine), ("cluster_of", self.cluster)):
            if hasattr(python, seam):
                self.patching.setattr(python, seam, lambda *_options, fake=fake: fake)
        checked = ArgumentSpecValidator(module.argument_spec, **module.constraints).validate(arguments)
        assert not checked.error_messages
        progress = Progress(lambda kind, text: self.shown.append((kind, text)))
        step = Step(checked.validated_parameters, check_mode, progress)
        return dict(module.perform(step, diff_mode=diff_mode).result)
