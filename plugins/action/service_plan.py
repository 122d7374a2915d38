# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the run of one service: see the documentation of the module of the same name."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.plugin_utils import plan

#: Where a service that runs on another machine keeps its results there.
_REMOTE_ROOT = "/var/tmp/gocover-e2e"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Resolves the settings of a service and of all that it depends on, from the inventory and the role's defaults."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Plan; see ActionBase."""
        result = super().run(tmp, task_vars)
        _validated, arguments = self.validate_argument_spec(
            {
                "role_path": {"type": "path", "required": True},
                "coverage_dir": {"type": "str", "default": "coverage"},
            }
        )
        try:
            services = self._resolve(arguments["role_path"], task_vars or {})
            plan.check_demands(services[-1])
            covered = plan.covered_dependencies(services)
        except Failure as error:
            return {
                **result,
                "failed": True,
                "msg": str(error),
                "diagnosis": [entry.as_dict() for entry in error.diagnoses],
            }
        name = services[-1]["name"]
        # An action plugin runs where the user stands; a module would run in the directory of the playbook.
        root = os.path.abspath(os.path.expanduser(arguments["coverage_dir"]))
        # On another machine results lie in a place of their own until they are fetched.
        local = self._connection.transport == "local"
        there = root if local else os.path.join(_REMOTE_ROOT, root.strip("/").replace("/", "-"))
        work = os.path.join(there, ".work")
        return {
            **result,
            "changed": False,
            "services": services,
            "service": services[-1],
            "dependencies": services[:-1],
            "covered_dependencies": covered,
            "stages": plan.start_stages(services[:-1]),
            "root": root,
            "results": os.path.join(there, name),
            "fetch_to": None if local else os.path.join(root, name),
            "work": os.path.join(work, name),
            "binaries": os.path.join(work, "bin"),
        }

    def _resolve(self, role_path: str, task_vars: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """The settings of all services concerned, in the order in which they start."""
        load = self._loader.load_from_file
        specification = load(os.path.join(role_path, "meta", "argument_specs.yml"))["argument_specs"]["main"]["options"]
        defaults = load(os.path.join(role_path, "defaults", "main.yml"), trusted_as_template=True)
        hostvars = task_vars["hostvars"]
        groups = task_vars["groups"]
        resolved: dict[str, dict[str, t.Any]] = {}

        def settings(host: str) -> dict[str, t.Any]:
            if host not in resolved:
                own = hostvars[host]
                plan.check_names(host, own, {*specification, "service_plan"})
                # Defaults are templates over the variables of the host that they are for: it need not be in this play.
                variables = {**defaults, **own, "inventory_hostname": host}
                templar = self._templar.copy_with_new_env(available_variables=variables)
                values = {key: templar.template(variables[key]) for key in specification}
                checked = ArgumentSpecValidator(specification).validate(values)
                if checked.error_messages:
                    raise Failure(
                        f"The settings of {host} are not as they should be: {'; '.join(checked.error_messages)}"
                    )
                bare = {key.removeprefix(plan.PREFIX): value for key, value in checked.validated_parameters.items()}
                bare["name"] = host
                bare["in_inventory_group"] = host in groups.get("services", [])
                resolved[host] = plan.absolute_paths(bare, own.get("inventory_dir") or os.getcwd())
            return resolved[host]

        order = plan.start_order(
            task_vars["inventory_hostname"], lambda host: settings(host)["dependencies"], groups["all"]
        )
        return [settings(host) for host in order]
