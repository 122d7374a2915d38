# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units of a run, and what the steps that are still to come need to know of each.

A unit is a service whose coverage is measured: the covered dependencies of a service in their start order, and as the
last one the service itself. Everything here follows from the plan (``service_plan``) and from what has happened so far
(``run.json``), so that ``--tags report`` and the playbook ``restore`` work alone.
"""

from __future__ import annotations

import os.path
import typing as t

Plan = t.Mapping[str, t.Any]
Run = t.Mapping[str, t.Any]

#: Below it lies what the containers of a kind node write. (/tmp is a tmpfs there.)
NODE_ROOT = "/var/lib/gocover"


class Unit(t.TypedDict):
    """The arguments of the steps that concern one unit."""

    name: str
    #: Whether this is the service of the run, and no dependency.
    service: bool
    #: The settings of the unit, by the names of their variables without ``service_``.
    settings: dict[str, t.Any]
    #: What the steps before have recorded of the unit: its image, workload and pods.
    image: dict[str, t.Any]
    go_version: str
    images: list[str]
    workload: dict[str, t.Any]
    pods: list[dict[str, t.Any]]
    #: Manifests that the unit itself brings: those of a dependency are applied before the first unit.
    prepare: list[t.Any]
    manifests: list[t.Any]
    #: Where its containers write on a node; empty where programs share a directory.
    node_path: str
    #: Which program's files are the unit's in a directory that programs share.
    main: list[str]
    executable: list[str]
    #: A measurement of the start, for service_probes=measured.
    start_baseline: str
    #: Where the coverage data is collected to, and where the report is written.
    collected: str
    covdata: str
    results: str


class Change(t.TypedDict):
    """The directory on every node that a run has made for a unit."""

    name: str
    node_path: str


class State(t.TypedDict):
    """What the steps of a run need."""

    runtime: str
    by_node: bool
    kubeconfig: str
    #: The reference of each image that was built, by every name that manifests give it.
    images: dict[str, str]
    #: Where node coverage mounts its directory in containers.
    mount_path: str
    #: The directory on a node for the service of the run, and for a measurement of its start.
    node_path: str
    baseline_path: str
    #: The directory on a node that all programs share under node coverage.
    shared_path: str
    #: Where counters are kept that nobody has collected.
    uncollected: str
    #: All units, those that have data to report, and what is to be put back in the cluster.
    units: list[Unit]
    reported: list[Unit]
    changed: list[Change]


def state_of(plan: Plan, run: Run) -> State:
    """The state of the run that ``plan`` describes; that of a run that never began has no units."""
    begun = bool(run) and "service" in plan
    by_node = begun and plan["service"]["inject"] == "node"
    images = _images(run)
    units = [_unit(plan, run, settings, images) for settings in _covered(plan, run)] if begun else []
    failed = {entry.get("unit") for entry in run.get("failures", []) if entry["step"].startswith("collect ")}
    failed -= {name for name in failed if name and "collected" in _recorded(plan, run, name)}
    return {
        "runtime": run.get("runtime", "process") if begun else "process",
        "by_node": by_node,
        # A user's file may have another cluster as its current context: on kind a run keeps to the file that it got.
        "kubeconfig": run.get("cluster", {}).get("kubeconfig") or (plan["service"]["kubeconfig"] if begun else ""),
        "images": images,
        "mount_path": run.get("node_coverage", {}).get("mount_path", ""),
        "node_path": units[-1]["node_path"] if units else "",
        "baseline_path": f"{NODE_ROOT}/{plan['service']['name']}/baseline" if begun else "",
        "shared_path": f"{NODE_ROOT}/node",
        "uncollected": os.path.join(plan["results"], "uncollected") if begun else "",
        "units": units,
        # Why a dependency has no data is in run.json; the service is reported all the same.
        "reported": [unit for unit in units if unit["name"] not in failed],
        "changed": _changed(plan, run) if begun else [],
    }


def node_path(plan: Plan, run: Run, name: str) -> str:
    """The directory on a node for the unit ``name``.

    The volume, the mount, GOCOVERDIR and the source of the collection follow from it.
    Each run has its own, so that a pod of an earlier run that ends late writes into nobody's data. Where the nodes give
    it to every container, all share one, and files are told apart by their program.
    """
    if plan["service"]["inject"] == "node":
        return f"{NODE_ROOT}/node"
    service = plan["service"]["name"]
    parts = [service, *([] if name == service else [name]), run.get("run", "")]
    return "/".join([NODE_ROOT, *parts])


def _covered(plan: Plan, run: Run) -> list[dict[str, t.Any]]:
    """The settings of the units, as the run began with them, in their start order."""
    names = run.get("covered_dependencies") or []
    return [*(settings for settings in plan["dependencies"] if settings["name"] in names), plan["service"]]


def _recorded(plan: Plan, run: Run, name: str) -> t.Mapping[str, t.Any]:
    """What the steps have recorded of a unit."""
    if name == plan["service"]["name"]:
        return run
    return t.cast(t.Mapping[str, t.Any], run.get("dependencies", {}).get(name, {}))


def _images(run: Run) -> dict[str, str]:
    """What was built, by the names by which manifests call it."""
    recorded = [*(entry.get("image") for entry in run.get("dependencies", {}).values()), run.get("image")]
    return {name: image["reference"] for image in recorded if image for name in image.get("names", [])}


def _unit(plan: Plan, run: Run, settings: dict[str, t.Any], images: t.Mapping[str, str]) -> Unit:
    name = settings["name"]
    service = name == plan["service"]["name"]
    by_node = plan["service"]["inject"] == "node"
    recorded = _recorded(plan, run, name)
    image = recorded.get("image") or {}
    reference = image.get("reference") or ""
    results = plan["results"] if service else os.path.join(plan["results"], "dependencies", name)
    collected = os.path.join(plan["work"], *([] if service else ["dependencies", name]), "covdata")
    # Collected and not yet part of a report, or what the last report was made from.
    fresh = recorded.get("covdata") == "collected"
    measured = os.path.join(os.path.dirname(plan["results"]), name, "baseline.json")
    return {
        "name": name,
        "service": service,
        "settings": settings if service else {**settings, **_NO_DEMANDS},
        "image": {"reference": reference, "main": image.get("main", ""), "executable": image.get("executable", "")},
        "go_version": recorded.get("go_version") or "",
        "images": [reference, *(other for other in images.values() if other != reference)],
        "workload": recorded.get("workload") or {},
        "pods": recorded.get("pods") or [],
        "prepare": settings["prepare"] if service else [],
        "manifests": settings["manifests"] if service else [],
        "node_path": node_path(plan, run, name),
        "main": [image.get("main", "")] if by_node else [],
        "executable": [image.get("executable", "")] if by_node else [],
        "start_baseline": settings["baseline_startup"] or measured,
        "collected": collected,
        "covdata": collected if fresh else os.path.join(results, "covdata"),
        "results": results,
    }


#: What the service's own tests are held against says nothing of its dependencies.
_NO_DEMANDS: dict[str, t.Any] = {
    "thresholds": {},
    "gates": [],
    "profiles": {},
    "baseline": "",
    "changed_since": "",
    "codecov": False,
}


def _changed(plan: Plan, run: Run) -> list[Change]:
    """The directories of the units, that of the service first: of this run, or of one that was killed and goes on."""
    names = [plan["service"]["name"], *(run.get("covered_dependencies") or [])]
    if plan["service"]["inject"] == "node":
        # Only its previous runs may have a directory of their own beside it.
        return [{"name": names[0], "node_path": f"{NODE_ROOT}/{names[0]}/{run.get('run', '')}"}]
    return [{"name": name, "node_path": node_path(plan, run, name)} for name in names]
