# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repository needs in order to be measured, and from what that is concluded."""

from __future__ import annotations

import posixpath
import typing as t
from dataclasses import dataclass, field

from .._diagnosis import failure
from .._reference import same_repository
from .._service.service import variable_of
from . import deployments, suites
from .programs import Program, module_name, modules_of, programs_of
from .repository import Repository

_DEFAULT_TESTS = "go test -count=1 -v ./test/e2e/..."
_HANDLER = (
    "ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)",
    "defer stop()",
    "go func() { <-ctx.Done(); server.Shutdown(context.Background()) }()",
)
#: The CI systems for which a job can be written, and the file that says that a repository uses one.
CI_FILES = {"github": ".github/workflows/", "gitlab": ".gitlab-ci.yml"}


@dataclass(frozen=True)
class Setting:
    """A variable of a service (without ``service_``), its value, and why it has it."""

    name: str
    value: t.Any
    reason: str


@dataclass
class Service:
    """A host of the inventory."""

    name: str
    reason: str
    settings: list[Setting] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Proposal:
    """The services, and what else the user should know, in sentences; ``wrap`` is a command that covers the suite."""

    services: list[Service]
    notes: list[str]
    wrap: str = ""
    ci: str = ""


def propose(repository: Repository) -> Proposal:
    """What the repository needs. Raises Failure ``source-missing`` if it has no Go program."""
    modules = modules_of(repository)
    programs = programs_of(repository)
    if not programs:
        raise _no_program(repository, modules)
    serving = [program for program in programs if program.listens]
    chosen = serving or [program for program in programs if _in_cmd(program)] or programs
    notes = [f"Go module {path} ({posixpath.join(place, 'go.mod')})" for place, path in sorted(modules.items())][:9]
    notes += [
        f"left out {program.name}: neither {program.package} nor what it imports listens"
        for program in programs
        if program not in chosen
    ]
    workloads = deployments.workloads_of(repository)
    services = [_service(repository, program, chosen, workloads) for program in chosen]
    proposal = Proposal(services, notes, ci=_ci_of(repository))
    maker = suites.makes_cluster(repository)
    if maker is not None:
        target = suites.make_target(repository)
        proposal.wrap = f"make {target.text}" if target else _command_of(services)
        proposal.notes.append(f"the tests create a cluster of their own: {maker.where} ({maker.text})")
    return proposal


def _service(
    repository: Repository, program: Program, programs: t.Sequence[Program], workloads: t.Sequence[deployments.Workload]
) -> Service:
    listens = program.listens
    reason = f"{listens.where} calls {listens.text}" if listens else f"{program.directory or '.'} is a main package"
    service = Service(program.name, reason)
    names = [other.name for other in programs]
    if program.module:
        reason = f"its go.mod is in {program.module}"
        service.settings.append(Setting("repo", program.module, reason))
    if program.package != f"./cmd/{program.name}":
        service.settings.append(Setting("package", program.package, f"func main is in {program.directory or '.'}"))
    dockerfile = deployments.dockerfile_for(repository, program.name, program.directory, names)
    if dockerfile:
        service.settings.append(Setting("dockerfile", dockerfile, f"{dockerfile} builds its image"))
        context = posixpath.dirname(dockerfile) if posixpath.dirname(dockerfile).startswith(program.module) else ""
        if program.module != context and program.module:
            service.settings.append(Setting("build_context", context or ".", f"{dockerfile} lies there"))
    _add_deployment(repository, service, names, workloads)
    _add_process(service, program, programs)
    _add_tests(repository, service, program, names)
    if listens and program.signals is None:
        service.notes.append(
            f"{program.name} calls no signal.Notify or signal.NotifyContext. Unless a library handles SIGTERM, it ends "
            "without its counters [sigterm-unhandled]. In main:"
        )
        service.notes += [f"    {line}" for line in _HANDLER]
    return service


def _add_deployment(
    repository: Repository, service: Service, names: t.Sequence[str], workloads: t.Sequence[deployments.Workload]
) -> None:
    alone = [workload for workload in workloads if workload.own_image()] if len(names) == 1 else []
    own = [workload for workload in workloads if workload.image_of(service.name) or workload.name == service.name]
    for workload in own or (alone if len(alone) == 1 else []):
        image = workload.image_of(service.name) or workload.own_image()
        others = [other for other in workloads if any(other.image_of(name) for name in names if name != service.name)]
        manifests = deployments.manifests_for(repository, workload, others)
        service.settings.append(Setting("manifests", manifests, f"{workload.file} has the workload {workload.name}"))
        if image and not same_repository(image, service.name):
            service.settings.append(Setting("image_aliases", [image], f"{workload.file} names its image so"))
        if workload.namespace:
            service.settings.append(Setting("namespace", workload.namespace, f"{workload.file} is in it"))
        return
    charts = deployments.charts_of(repository)
    fitting = [place for place, name in charts.items() if name == service.name or len(charts) == len(names) == 1]
    if fitting:
        service.settings.append(Setting("manifests", fitting[:1], f"{fitting[0]} is a Helm chart"))


def _add_process(service: Service, program: Program, programs: t.Sequence[Program]) -> None:
    if program.port is not None and not program.reads_port:
        reason = f"{program.port.where} has that port, and nothing reads PORT"
        service.settings.append(Setting("ports", [int(program.port.text)], reason))
    if program.ready is not None and program.ready.text != "/readyz":
        service.settings.append(Setting("ready_path", program.ready.text, f"{program.ready.where} answers it"))
    needed = [other.name for other in programs if other is not program and variable_of(other.name) in program.urls]
    if needed:
        where = program.urls[variable_of(needed[0])].where
        service.settings.append(Setting("dependencies", needed, f"{where} reads {variable_of(needed[0])}"))


def _add_tests(repository: Repository, service: Service, program: Program, names: t.Sequence[str]) -> None:
    tests = suites.tests_for(repository, service.name, program.module, [name for name in names if name != service.name])
    target = suites.make_target(repository)
    if tests is None and target is not None and not program.module:
        tests = suites.Tests(f"make {target.text}", f"{target.where} has that target")
    if tests is None:
        service.notes.append(
            f"{service.name} has no end-to-end tests in a directory named e2e. Write them to test/e2e, or set "
            "service_tests to their command."
        )
    elif tests.command != _DEFAULT_TESTS:
        service.settings.append(Setting("tests", tests.command, tests.reason))


def _command_of(services: t.Sequence[Service]) -> str:
    commands = (setting.value for service in services for setting in service.settings if setting.name == "tests")
    return str(next(commands, _DEFAULT_TESTS))


def _in_cmd(program: Program) -> bool:
    return "cmd" in program.directory.split("/")


def _ci_of(repository: Repository) -> str:
    return next(
        (name for name, file in CI_FILES.items() if any(entry.startswith(file) for entry in repository.files)), ""
    )


def _no_program(repository: Repository, modules: t.Mapping[str, str]) -> Exception:
    if not modules:
        return failure(
            f"{repository.root} has no Go program to measure",
            "source-missing",
            "There is no go.mod in it or below it",
            "Stand in your repository, or name it with -e directory=PATH",
        )
    names = ", ".join(module_name(path) for path in modules.values())
    return failure(
        f"{repository.root} has no Go program to measure",
        "source-missing",
        f"No package of its modules ({names}) has a func main, apart from tools, examples and tests",
        "Name the main package in an inventory: services: {hosts: {NAME: {service_package: ./PATH}}}",
    )
