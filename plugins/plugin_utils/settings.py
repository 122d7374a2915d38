# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a service: its variables, and the defaults of the role ``service``, validated.

The argument specification of the role is the one place of every variable, its type and its default. A default is a
template over the variables of the host that it is for, which need not be in the play.
"""

from __future__ import annotations

import functools
import os
import typing as t
from pathlib import Path

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.template import Templar
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import failure
from ansible_collections.gocover.e2e.plugins.plugin_utils import plan

Specification = dict[str, dict[str, t.Any]]

#: Variables with the roles' prefixes that are none of the user's: what the roles register and hand on.
INTERNAL = frozenset(
    {"coverage_error", "coverage_run", "service_journal", "service_plan", "service_state", "service_unit"}
)
#: Settings that may hold secrets. They are in no plan, which -v shows; the lookup ``service_setting`` gives them.
SECRET = ("build_args", "env", "go_env", "tests_env")

#: The role of this collection that holds them.
ROLE = str(Path(__file__).resolve().parents[2] / "roles" / "service")


@functools.cache
def specification_of(role_path: str) -> Specification:
    """The options of a role's argument specification."""
    text = Path(role_path, "meta", "argument_specs.yml").read_text(encoding="utf-8")
    # Ansible's own loader notes the origin of every string, which takes ten times as long.
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return t.cast(Specification, document["argument_specs"]["main"]["options"])


# Read here, where it is imported first, in ansible-playbook: workers are forks of it.
specification_of(ROLE)


class Settings:
    """Gives the settings of any host of the inventory."""

    def __init__(self, templar: Templar, hostvars: t.Mapping[str, t.Any], role_path: str = ROLE) -> None:
        self.specification = specification_of(role_path)
        self._templar = templar
        self._hostvars = hostvars

    def of_service(self, host: str) -> dict[str, t.Any]:
        """The ``service_*`` settings of ``host`` without their prefix, every path absolute. Raises Failure."""
        own = self._hostvars[host]
        plan.check_names(host, own, {*self.specification, *INTERNAL})
        values = self._validated(host, own, [name for name in self.specification if name.startswith(plan.PREFIX)])
        bare = {name.removeprefix(plan.PREFIX): value for name, value in values.items()}
        bare["name"] = host
        return plan.absolute_paths(bare, own.get("inventory_dir") or os.getcwd())

    def of_run(self, host: str, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The settings of a run, by their whole names, from the ``variables`` of the play. Raises Failure."""
        names = [name for name in self.specification if not name.startswith(plan.PREFIX)]
        return self._validated(host, variables, names)

    def _validated(self, host: str, own: t.Mapping[str, t.Any], names: t.Sequence[str]) -> dict[str, t.Any]:
        specification = {name: self.specification[name] for name in names}
        defaults = {name: _template(option.get("default")) for name, option in self.specification.items()}
        variables = {**defaults, **own, "inventory_hostname": host}
        templar = self._templar.copy_with_new_env(available_variables=variables)
        values = {name: templar.template(variables[name]) for name in names}
        checked = ArgumentSpecValidator(specification).validate(values)
        if checked.error_messages:
            raise failure(
                f"The settings of {host} cannot be used",
                "option-invalid",
                "; ".join(checked.error_messages),
                "Correct the variables; ansible-doc -t role gocover.e2e.service describes them",
            )
        return dict(checked.validated_parameters)


def _template(default: t.Any) -> t.Any:
    """A default as Ansible takes it for a template, which a plain string is not to it."""
    # Old versions of ansible-core, which have no such thing, are refused by a play that imports this file.
    from ansible.template import trust_as_template

    return trust_as_template(default) if isinstance(default, str) else default
