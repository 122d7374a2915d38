# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services a run is about, in which order they start, and what is wrong with how they are described."""

from __future__ import annotations

import difflib
import os
import typing as t
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import failure
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.gates import parse_gates
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.levels import parse_profiles
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.thresholds import (
    check_since,
    parse_thresholds,
)
from ansible_collections.gocover.e2e.plugins.module_utils._report.source.placing import parse_source_map

PREFIX = "service_"
#: Variables with these prefixes are the roles', so that a misspelt one is refused.
PREFIXES = (PREFIX, "coverage_", "baseline_")
#: Settings that are paths, beside ``repo`` that has a default, and those that are lists of paths or inline manifests.
_PATHS = ("dockerfile", "build_context", "kubeconfig", "baseline_startup")
_SOURCES = ("manifests", "prepare")


def start_order(name: str, dependencies_of: t.Callable[[str], t.Sequence[str]], known: t.Collection[str]) -> list[str]:
    """``name`` and all that it depends on, each after its own dependencies; ``name`` is the last.

    Raises Failure for a dependency that is no host of the inventory, and for a circle.
    """
    order: list[str] = []

    def visit(current: str, path: tuple[str, ...]) -> None:
        if current in path:
            circle = " needs ".join([*path[path.index(current) :], current])
            raise failure(
                f"The dependencies of {name} go round in a circle",
                "dependency-circle",
                circle,
                "Take one of them out of service_dependencies",
            )
        if current in order:
            return
        if current not in known:
            raise failure(
                f"{path[-1]} depends on {current}, which is not in the inventory",
                "service-unknown",
                f"service_dependencies of {path[-1]} names {current}; the inventory has {', '.join(sorted(known))}",
                f"Correct the name, or add {current} to the inventory",
            )
        for dependency in dependencies_of(current):
            visit(dependency, (*path, current))
        order.append(current)

    visit(name, ())
    return order


def start_stages(services: t.Sequence[t.Mapping[str, t.Any]]) -> list[list[str]]:
    """What is applied together, and ready before the next: lists of sources, from services in their start order.

    A service waits for its own dependencies alone: those that do not need each other start together. Of each one, what
    it prepares comes in order and before its manifests.
    """
    ready_at: dict[str, int] = {}
    stages: list[list[str]] = []
    for service in services:
        at = max((ready_at.get(name, 0) for name in service["dependencies"]), default=0)
        for sources in [*([source] for source in service["prepare"]), list(service["manifests"])]:
            if sources:
                stages += [[] for _missing in range(at + 1 - len(stages))]
                stages[at] += sources
                at += 1
        ready_at[service["name"]] = at
    return stages


def covered_dependencies(services: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """The names of those whose coverage the last of ``services`` wants too, in the order in which they start.

    ``services`` are in their start order, the one that the run is about at the end. Raises Failure for a name that is
    none of its dependencies, or none that is built here.
    """
    *dependencies, service = services
    asked = service["covered_dependencies"]
    built = [dependency["name"] for dependency in dependencies if dependency["in_inventory_group"]]
    named = {dependency["name"] for dependency in dependencies}
    refused = [name for name in asked if name not in built]
    if not refused:
        return [name for name in built if name in asked]
    name = service["name"]
    reasons = [
        f"{one} ({'not built, since not of the group services' if one in named else 'it does not depend on it'})"
        for one in dict.fromkeys(refused)
    ]
    raise failure(
        f"The coverage of some dependencies of {name} cannot be collected",
        "option-invalid",
        f"service_covered_dependencies of {name} names {', '.join(reasons)}",
        f"Choose from {', '.join(built)}" if built else "Leave it empty: nothing that it depends on is built",
    )


def check_names(host: str, variables: t.Iterable[str], known: t.Collection[str]) -> None:
    """Raise Failure if a variable of ``host`` has a prefix of the roles and is none that a role reads."""
    unknown = sorted(name for name in variables if name.startswith(PREFIXES) and name not in known)
    if not unknown:
        return
    guesses = []
    for name in unknown:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        guesses.append(f"{name} (did you mean {near[0]}?)" if near else name)
    raise failure(
        f"Variables of {host} do not exist",
        "variable-unknown",
        f"No role reads {', '.join(guesses)}",
        "Correct the names, or remove them; the README of the role service lists all variables",
    )


def absolute_paths(settings: dict[str, t.Any], inventory_dir: str) -> dict[str, t.Any]:
    """The settings of a service (names without prefix), every path made absolute, counted from ``inventory_dir``."""

    def absolute(path: str) -> str:
        return os.path.normpath(os.path.join(inventory_dir, os.path.expanduser(path)))

    made = dict(settings)
    made["repo"] = absolute(settings["repo"]) if settings.get("repo") else nearest_module(inventory_dir)
    for name in _PATHS:
        if settings.get(name):
            made[name] = absolute(settings[name])
    for name in _SOURCES:
        sources = settings.get(name) or []
        made[name] = [absolute(entry) if _is_path(entry) else entry for entry in sources]
    baseline = settings.get("baseline")
    if baseline and not baseline.startswith("git:"):
        made["baseline"] = absolute(baseline)
    profiles = settings.get("profiles") or {}
    made["profiles"] = {level: _each(absolute, paths) for level, paths in profiles.items()}
    made["build_context"] = made.get("build_context") or made["repo"]
    return made


def _is_path(source: t.Any) -> bool:
    """Whether an entry of a list of manifests names a file or directory; YAML has several lines."""
    return isinstance(source, str) and "\n" not in source


def _each(absolute: t.Callable[[str], str], paths: t.Any) -> t.Any:
    """A path or a list of paths, made absolute; anything else as it is, for the module to refuse."""
    if isinstance(paths, list):
        return [_each(absolute, path) for path in paths]
    return absolute(paths) if isinstance(paths, str) and paths else paths


def check_demands(settings: t.Mapping[str, t.Any]) -> None:
    """Raise Failure for settings that a run cannot meet: its end is no time to learn of them."""
    if settings["mode"] != "managed":
        raise failure(
            f"The mode {settings['mode']} of {settings['name']} is not supported",
            "mode-unsupported",
            f"service_mode is {settings['mode']}; so far the roles only support managed",
            "Remove service_mode, or set it to managed",
        )
    check_since(parse_thresholds(settings["thresholds"]), settings["changed_since"])
    parse_gates(settings["gates"])
    parse_profiles(settings["profiles"])
    parse_source_map(settings["source_map"])


def check_node_coverage(
    covered: t.Sequence[t.Mapping[str, t.Any]], service: t.Mapping[str, t.Any], beside: t.Collection[str]
) -> None:
    """Raise Failure for what coverage by the node cannot do.

    ``covered`` are the dependencies that are covered too, ``beside`` the services whose runs take place beside this.
    """
    if service["inject"] != "node":
        return
    for unit in [*covered, service]:
        if unit["probes"] != "keep":
            raise failure(
                f"Node coverage cannot change the probes of {unit['name']}",
                "option-invalid",
                f"service_probes of {unit['name']} is {unit['probes']}, but service_inject=node patches no workload",
                "Set service_inject=pod, or service_probes=keep",
            )
    shared = [unit["name"] for unit in covered if unit["name"] in beside]
    if shared:
        raise failure(
            f"The coverage data of {shared[0]} would be mixed up",
            "option-invalid",
            f"With service_inject=node, {shared[0]} writes into one directory for its own run and as a dependency",
            "Set service_inject=pod, or run the services one after the other",
        )


def nearest_module(directory: str) -> str:
    """The nearest directory with a ``go.mod``, from ``directory`` upwards; ``directory`` itself if there is none."""
    start = Path(directory)
    return str(next((place for place in (start, *start.parents) if (place / "go.mod").is_file()), start))
