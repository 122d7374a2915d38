# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units of a run: their paths, images and what is to be put back, from the plan and run.json."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.plugin_utils.units import State, state_of

Document = dict[str, t.Any]


def settings(name: str, **given: t.Any) -> Document:
    return {
        "name": name,
        "inject": "pod",
        "namespace": "shop-e2e",
        "kubeconfig": "",
        "prepare": [f"{name}/crds"],
        "manifests": [f"{name}/deploy"],
        "baseline_startup": "",
        "thresholds": {"total": 60},
        "gates": ["x"],
        "profiles": {"unit": "u"},
        "baseline": "b",
        "changed_since": "main",
        "codecov": True,
        "scope": [],
        **given,
    }


def plan(*dependencies: str, **given: t.Any) -> Document:
    return {
        "service": settings("shop", **given),
        "dependencies": [settings(name) for name in dependencies],
        "results": "/c/shop",
        "work": "/c/.work/shop",
    }


RUN: Document = {"service": "shop", "run": "R2", "former": "R1", "runtime": "kind", "covered_dependencies": ["depot"]}
IMAGES: Document = {
    "image": {"reference": "shop:1", "names": ["shop", "reg/shop"], "main": "x/cmd/shop", "executable": "/shop"},
    "go_version": "go1.26.1",
    "dependencies": {"depot": {"image": {"reference": "depot:1", "names": ["depot"]}, "pods": [{"name": "p"}]}},
}


def state(run: Document, **given: t.Any) -> State:
    return state_of(plan("pg", "depot", **given), run)


@pytest.mark.parametrize(
    ("planned", "run"),
    [({}, {}), ({"failed": True, "msg": "x"}, {}), ({}, RUN), (plan(), {})],
    ids=["nothing", "the plan failed", "no plan", "refused at its beginning"],
)
def test_a_run_that_never_began_has_nothing_to_do(planned: Document, run: Document) -> None:
    made = state_of(planned, run)
    assert (made["runtime"], made["units"], made["reported"], made["changed"]) == ("process", [], [], [])


def test_the_service_is_the_last_of_its_units() -> None:
    depot, shop = state(RUN | IMAGES)["units"]
    assert [(unit["name"], unit["service"]) for unit in (depot, shop)] == [("depot", False), ("shop", True)]
    assert (depot["node_path"], shop["node_path"]) == ("/var/lib/gocover/shop/depot/R2", "/var/lib/gocover/shop/R2")
    assert (depot["collected"], shop["collected"]) == (
        "/c/.work/shop/dependencies/depot/covdata",
        "/c/.work/shop/covdata",
    )
    assert (depot["results"], shop["results"]) == ("/c/shop/dependencies/depot", "/c/shop")
    assert (depot["start_baseline"], shop["start_baseline"]) == ("/c/depot/baseline.json", "/c/shop/baseline.json")
    # The manifests of a dependency are applied before the first unit, with those of the other dependencies.
    assert (depot["prepare"], depot["manifests"]) == ([], [])
    assert (shop["prepare"], shop["manifests"]) == (["shop/crds"], ["shop/deploy"])
    assert (depot["pods"], shop["pods"]) == ([{"name": "p"}], [])
    assert (depot["images"], shop["images"]) == (["depot:1", "shop:1", "shop:1"], ["shop:1", "depot:1"])
    assert (depot["go_version"], shop["go_version"]) == ("", "go1.26.1")


def test_what_the_tests_of_the_service_must_reach_is_not_demanded_of_a_dependency() -> None:
    depot, shop = state(RUN)["units"]
    demands = ("thresholds", "gates", "profiles", "baseline", "changed_since", "codecov")
    assert [depot["settings"][name] for name in demands] == [{}, [], {}, "", "", False]
    assert [shop["settings"][name] for name in demands] == [{"total": 60}, ["x"], {"unit": "u"}, "b", "main", True]


def test_by_node_all_units_share_a_directory_and_are_told_apart_by_their_program() -> None:
    made = state({**RUN, **IMAGES, "node_coverage": {"mount_path": "/gocover"}}, inject="node")
    depot, shop = made["units"]
    assert {made["node_path"], depot["node_path"], shop["node_path"]} == {"/var/lib/gocover/node"}
    assert (shop["main"], shop["executable"]) == (["x/cmd/shop"], ["/shop"])
    assert (made["by_node"], made["mount_path"]) == (True, "/gocover")
    assert state(RUN | IMAGES)["units"][1]["main"] == []


def test_images_by_every_name_that_manifests_give_them() -> None:
    assert state(RUN | IMAGES)["images"] == {"depot": "depot:1", "shop": "shop:1", "reg/shop": "shop:1"}
    # As processes there are none, and in check mode nothing is built.
    assert state({**RUN, "image": {"reference": None}})["units"][1]["image"]["reference"] == ""


@pytest.mark.parametrize(
    ("kubeconfig", "cluster", "expected"),
    [
        ("", {}, ""),
        ("", {"kubeconfig": "/made"}, "/made"),
        ("/own", {"kubeconfig": "/made"}, "/made"),
        ("/own", {}, "/own"),
    ],
)
def test_kubeconfig(kubeconfig: str, cluster: Document, expected: str) -> None:
    assert state({**RUN, "cluster": cluster}, kubeconfig=kubeconfig)["kubeconfig"] == expected


@pytest.mark.parametrize(
    ("recorded", "covdata"),
    [({"covdata": "collected"}, "/c/.work/shop/covdata"), ({"covdata": "reported"}, "/c/shop/covdata")],
)
def test_the_report_is_made_from_new_data_or_from_that_of_the_last_report(recorded: Document, covdata: str) -> None:
    assert state(RUN | recorded)["units"][1]["covdata"] == covdata


def test_a_dependency_whose_data_is_missing_is_not_reported() -> None:
    failures = [{"step": "collect depot", "unit": "depot"}, {"step": "shutdown", "unit": "shop"}]
    assert [unit["name"] for unit in state({**RUN, "failures": failures})["reported"]] == ["shop"]


def test_a_dependency_that_has_lost_some_of_its_counters_is_reported() -> None:
    run = {**RUN, "failures": [{"step": "collect depot", "unit": "depot"}]}
    depot = {**run.get("dependencies", {}).get("depot", {}), "collected": {"counter_files": 1}}
    run["dependencies"] = {**run.get("dependencies", {}), "depot": depot}
    assert [unit["name"] for unit in state(run)["reported"]] == ["depot", "shop"]


@pytest.mark.parametrize(
    ("run", "inject", "changed"),
    [
        pytest.param(
            RUN,
            "pod",
            [("shop", "/var/lib/gocover/shop/R2"), ("depot", "/var/lib/gocover/shop/depot/R2")],
            id="a directory of its own for each unit",
        ),
        pytest.param(
            {**RUN, "covered_dependencies": []},
            "pod",
            [("shop", "/var/lib/gocover/shop/R2")],
            id="what previous runs have left is found by looking beside it",
        ),
        pytest.param(
            RUN,
            "node",
            [("shop", "/var/lib/gocover/shop/R2")],
            id="the directory that programs share is nobody's own",
        ),
    ],
)
def test_the_directories_of_a_run(run: Document, inject: str, changed: list[tuple[str, ...]]) -> None:
    found = state(run, inject=inject)
    assert [tuple(entry.values()) for entry in found["changed"]] == changed
    assert found["uncollected"] == "/c/shop/uncollected"
    assert found["shared_path"] == "/var/lib/gocover/node"
