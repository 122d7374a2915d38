# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages are the service's own: those of its module, and those of its workspace that its program has.

Go writes the module of each package into the data, and none for the standard library. A package of unknown module is
never own where any module is known. Other programs that wrote into the same directory bring packages of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..source.modules import Modules
from .model import Coverage, PackageCoverage, Program

_COMMAND_LINE = "command-line-arguments"


def is_standard(package: str, module: str = "") -> bool:
    """Whether an import path is of the standard library: it has no module, and its first element no dot."""
    return not module and "." not in package.partition("/")[0] and package != _COMMAND_LINE


def with_own(coverage: Coverage, modules: Modules | None, service: str, main: str = "") -> Coverage:
    """``coverage`` with ``module`` and ``own``, and with warnings about what else is in the data.

    ``modules`` are those of the checkout, ``service`` is the name of the service, ``main`` the import path of its main
    package; each decides only where those before it do not.
    """
    module, reason = _module_of_service(coverage, modules, service)
    if module:
        workspace = {known.path for known in modules.main_modules} if modules else set()
        own = frozenset(_own(coverage, module, workspace - {module}))
        return replace(
            coverage,
            module=module,
            own=own,
            warnings=[*coverage.warnings, *_about_programs(coverage.programs, module, main)],
        )
    named = {program.package for program in coverage.programs}
    likely = {
        package.name
        for package in coverage.packages
        if package.name in named or not is_standard(package.name, package.module)
    }
    if len(likely) == len(coverage.packages) and not reason:
        return coverage
    warning = (
        f"{reason or 'The data does not name the module of the program'}: the headline counts all but the standard"
        " library. Set service_repo to the directory of the module, or service_scope"
    )
    return replace(coverage, module="", own=frozenset(likely), warnings=[*coverage.warnings, warning])


def _module_of_service(coverage: Coverage, modules: Modules | None, service: str) -> tuple[str, str]:
    """The path of the service's module, or "" and why it is not known."""
    known = {package.module for package in coverage.packages} - {""}
    of_programs = {program.module for program in coverage.programs} - {""}
    main = {modules.main.path} if modules is not None and modules.main is not None else set()
    in_workspace = {module.path for module in modules.main_modules} if modules is not None else set()
    choices = (main & of_programs, in_workspace & of_programs, main & known, of_programs)
    for candidates in (*choices, *(() if coverage.programs else (known,))):
        if len(candidates) == 1:
            return next(iter(candidates)), ""
    named = {program.module for program in coverage.programs if service and service in _short_names(program)}
    if len(named) == 1:
        return next(iter(named)), ""
    several = sorted(of_programs or known)
    if len(several) > 1:
        return "", f"The data is of {len(several)} modules, {_listed(several)}, and none is known as the service's"
    return "", ""


def _short_names(program: Program) -> tuple[str, str]:
    return program.package.rpartition("/")[2], program.module.rpartition("/")[2]


def _own(coverage: Coverage, module: str, workspace: set[str]) -> list[str]:
    programs = {program.package for program in coverage.programs if program.module == module}

    def is_own(package: PackageCoverage) -> bool:
        if package.module == module:
            return True
        linked = coverage.linked.get(package.name, frozenset())
        return package.module in workspace and (not linked or not programs or bool(linked & programs))

    return [package.name for package in coverage.packages if is_own(package)]


def _about_programs(programs: Sequence[Program], module: str, main: str) -> list[str]:
    """Sentences about programs of the data beside that of the service."""
    own = [program.package for program in programs if program.module == module]
    others = [
        f"{program.package} (module {program.module or 'unknown'})" for program in programs if program.module != module
    ]
    warnings = []
    if len(own) > 1:
        second = [package for package in own if package != main] if main in own else own
        counted = "is counted" if len(second) == 1 else "are counted"
        warnings.append(
            f"The data has {len(own)} programs of {module}: {_listed(second)} {counted} in the headline too."
            " service_scope or a directory for each program keeps them apart"
        )
    if others:
        warnings.append(
            f"The data has programs of other modules, {_listed(others)}: the headline leaves out what only they have."
            " A directory for each program keeps them apart"
        )
    return warnings


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
