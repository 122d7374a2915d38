# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays with a real inventory, for the plugins that run inside ansible-playbook."""

from __future__ import annotations

import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader, connection_loader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager


@dataclass
class AnsiblePlay:
    """A play over the hosts of an inventory, whose tasks can be run one at a time."""

    directory: Path
    inventory: str

    def __post_init__(self) -> None:
        path = self.directory / "inventory.yml"
        path.write_text(self.inventory, encoding="utf-8")
        self.loader = DataLoader()
        self.loader.set_basedir(str(self.directory))
        self._inventory = InventoryManager(loader=self.loader, sources=[str(path)])
        self._variables = VariableManager(loader=self.loader, inventory=self._inventory, version_info={})
        # The variable hostvars comes from here.
        HostVars(inventory=self._inventory, variable_manager=self._variables, loader=self.loader)
        self._play = Play.load({"hosts": "all"}, variable_manager=self._variables, loader=self.loader)

    def variables(self, host: str) -> dict[str, t.Any]:
        """The variables of a task on ``host``."""
        target = self._inventory.get_host(host)
        return dict(self._variables.get_vars(play=self._play, host=target, include_hostvars=True))

    def templar(self, host: str) -> Templar:
        """A templar with the variables of ``host``."""
        return Templar(loader=self.loader, variables=self.variables(host))

    def action(self, host: str, task: dict[str, t.Any], **variables: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
        """The action plugin of ``task`` on ``host``, and the variables to run it with."""
        loaded = Task.load(task, variable_manager=self._variables, loader=self.loader)
        task_vars = {**self.variables(host), "ansible_python_interpreter": sys.executable, **variables}
        connection = connection_loader.get("ansible.builtin.local", PlayContext(), "/dev/null")
        # Ansible does so when it takes the task from its queue; until then a routed module goes by its action plugin.
        loaded._resolved_action = name = loaded.action
        routed = name if action_loader.has_plugin(name) else "gocover.e2e.live"
        plugin = action_loader.get(
            routed,
            task=loaded,
            connection=connection,
            play_context=PlayContext(),
            loader=self.loader,
            templar=Templar(loader=self.loader, variables=task_vars),
            shared_loader_obj=None,
        )
        return plugin, task_vars
