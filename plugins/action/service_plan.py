# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the run of one service: see the documentation of the module of the same name."""

from __future__ import annotations

import os
import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.plugin_utils import plan
from ansible_collections.gocover.e2e.plugins.plugin_utils.preload import preload
from ansible_collections.gocover.e2e.plugins.plugin_utils.settings import ROLE, SECRET, Settings

#: Where a service that runs on another machine keeps its results there.
_REMOTE_ROOT = "/var/tmp/gocover-e2e"

# This file is imported in ansible-playbook, of which the workers are forks.
preload()


class ActionModule(ActionBase):  # type: ignore[misc]
    """Resolves the settings of a service and of all that it depends on, from the inventory and the role's defaults."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Plan; see ActionBase."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            {"role_path": {"type": "path", "default": ROLE}, "coverage_dir": {"type": "str"}}
        )
        try:
            return {**result, "changed": False, **self._plan(arguments, task_vars or {})}
        except Failure as error:
            diagnosis = [entry.as_dict() for entry in error.diagnoses]
            return {**result, "failed": True, "msg": str(error), "diagnosis": diagnosis}

    def _plan(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        settings = Settings(self._templar, task_vars["hostvars"], arguments["role_path"])
        services = self._services(settings, task_vars)
        *dependencies, service = services
        of_run = settings.of_run(service["name"], task_vars)
        plan.check_demands(service)
        covered = plan.covered_dependencies(services)
        units = [entry for entry in dependencies if entry["name"] in covered]
        plan.check_node_coverage(units, service, task_vars.get("ansible_play_hosts_all", []))
        # An action plugin runs where the user stands; a module would run in the directory of the playbook.
        root = os.path.abspath(os.path.expanduser(arguments["coverage_dir"] or of_run["coverage_dir"]))
        # On another machine results lie in a place of their own until they are fetched.
        local = self._connection.transport == "local"
        place = root if local else os.path.join(_REMOTE_ROOT, root.strip("/").replace("/", "-"))
        work = os.path.join(place, ".work")
        return {
            "services": services,
            "service": service,
            "dependencies": dependencies,
            "built": [entry for entry in services if entry["in_inventory_group"]],
            "covered_dependencies": covered,
            "stages": plan.start_stages(dependencies),
            "settings": of_run,
            "root": root,
            "results": os.path.join(place, service["name"]),
            "fetch_to": None if local else os.path.join(root, service["name"]),
            "work": os.path.join(work, service["name"]),
            "binaries": os.path.join(work, "bin"),
        }

    def _services(self, settings: Settings, task_vars: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """The settings of all services concerned, in the order in which they start, without those that hold secrets."""
        built = task_vars["groups"].get("services", [])
        resolved: dict[str, dict[str, t.Any]] = {}

        def of(host: str) -> dict[str, t.Any]:
            if host not in resolved:
                shown = {name: value for name, value in settings.of_service(host).items() if name not in SECRET}
                resolved[host] = {**shown, "in_inventory_group": host in built}
            return resolved[host]

        name = task_vars["inventory_hostname"]
        order = plan.start_order(name, lambda host: of(host)["dependencies"], task_vars["groups"]["all"])
        return [of(host) for host in order]
