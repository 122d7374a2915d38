# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services a run is about, in which order, and what is wrong with how they are described."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.plugin_utils import plan

Graph = dict[str, list[str]]


@pytest.mark.parametrize(
    ("graph", "order"),
    [
        ({"a": []}, ["a"]),
        ({"a": ["b"], "b": []}, ["b", "a"]),
        ({"a": ["b", "c"], "b": ["c"], "c": []}, ["c", "b", "a"]),
        ({"a": ["c", "b"], "b": [], "c": []}, ["c", "b", "a"]),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, ["d", "b", "c", "a"]),
        ({"a": ["b", "b"], "b": [], "unrelated": ["unrelated"]}, ["b", "a"]),
    ],
)
def test_start_order(graph: Graph, order: list[str]) -> None:
    assert plan.start_order("a", lambda name: graph[name], graph) == order


@pytest.mark.parametrize(
    ("graph", "cause", "words"),
    [
        ({"a": ["a"]}, "dependency-circle", "a needs a."),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, "dependency-circle", "b needs c needs b."),
        ({"a": ["b"], "b": ["x"]}, "service-unknown", "service_dependencies of b names x; the inventory has a, b."),
    ],
)
def test_no_order(graph: Graph, cause: str, words: str) -> None:
    with pytest.raises(Failure) as caught:
        plan.start_order("a", lambda name: graph[name], graph)
    assert caught.value.diagnoses[0].cause == cause
    assert words in str(caught.value)


def planned(name: str, *covered: str, built: bool = True) -> dict[str, t.Any]:
    return {"name": name, "in_inventory_group": built, "covered_dependencies": list(covered)}


DEPENDENCIES = [planned("pg", built=False), planned("depot"), planned("gate")]


@pytest.mark.parametrize(
    ("covered", "names"),
    [
        ([], []),
        (["depot"], ["depot"]),
        (["gate", "depot", "gate"], ["depot", "gate"]),
    ],
)
def test_covered_dependencies_in_the_order_in_which_they_start(covered: list[str], names: list[str]) -> None:
    assert plan.covered_dependencies([*DEPENDENCIES, planned("shop", *covered)]) == names


def test_what_a_dependency_covers_itself_says_nothing_of_this_run() -> None:
    assert plan.covered_dependencies([planned("depot", "pg"), planned("shop")]) == []


@pytest.mark.parametrize(
    ("services", "words"),
    [
        (
            [*DEPENDENCIES, planned("shop", "pg", "depot", "x", "x")],
            "of shop names pg (not built, since not of the group services), x (it does not depend on it). "
            "Choose from depot, gate.",
        ),
        ([planned("pg", built=False), planned("shop", "pg")], "Leave it empty: nothing that it depends on is built."),
        ([planned("shop", "shop")], "names shop (it does not depend on it). Leave it empty"),
    ],
)
def test_dependencies_that_cannot_be_covered(services: list[dict[str, t.Any]], words: str) -> None:
    with pytest.raises(Failure) as caught:
        plan.covered_dependencies(services)
    assert caught.value.diagnoses[0].cause == "option-invalid"
    assert words in str(caught.value)


DEMANDS: dict[str, t.Any] = {
    **{"name": "shop", "mode": "managed"},
    **{"thresholds": {}, "gates": [], "profiles": {}, "changed_since": "", "source_map": {}},
}


@pytest.mark.parametrize(
    ("demand", "cause"),
    [
        ({}, None),
        ({"thresholds": {"total": 60, "changed": 80}, "changed_since": "main"}, None),
        ({"thresholds": {"total": 600}}, "threshold-invalid"),
        ({"thresholds": {"changed": 80}}, "threshold-invalid"),
        ({"gates": ["scope.percent >="]}, "gate-invalid"),
        ({"profiles": {"e2e": "unit.out"}}, "option-invalid"),
        ({"source_map": {"/workspace": 1}}, "option-invalid"),
        ({"mode": "suite"}, "mode-unsupported"),
        ({"mode": "collect"}, "mode-unsupported"),
    ],
)
def test_demands(demand: dict[str, t.Any], cause: str | None) -> None:
    if cause is None:
        plan.check_demands({**DEMANDS, **demand})
        return
    with pytest.raises(Failure) as caught:
        plan.check_demands({**DEMANDS, **demand})
    assert caught.value.diagnoses[0].cause == cause


def test_paths_of_profiles_and_baselines_count_from_the_inventory() -> None:
    settings = {"repo": "/r", "profiles": {"unit": ["a.out", "/b.out"], "more": "c"}, "baseline": "kept"}
    made = plan.absolute_paths(settings, "/inventory")
    assert made["profiles"] == {"unit": ["/inventory/a.out", "/b.out"], "more": "/inventory/c"}
    assert made["baseline"] == "/inventory/kept"
    assert plan.absolute_paths({**settings, "baseline": "git:main:x"}, "/inventory")["baseline"] == "git:main:x"


@pytest.mark.parametrize(
    ("covered", "service", "beside", "words"),
    [
        ([], {"inject": "pod", "probes": "relaxed"}, [], None),
        ([("depot", "relaxed")], {"inject": "pod", "probes": "keep"}, ["depot"], None),
        ([("depot", "keep")], {"inject": "node", "probes": "keep"}, ["shop"], None),
        ([], {"inject": "node", "probes": "relaxed"}, [], "service_probes of shop is relaxed"),
        ([("depot", {"periodSeconds": 1})], {"inject": "node", "probes": "keep"}, [], "service_probes of depot is {"),
        ([("depot", "keep")], {"inject": "node", "probes": "keep"}, ["depot", "shop"], "data of depot would be mixed"),
    ],
)
def test_node_coverage(
    covered: list[tuple[str, t.Any]], service: dict[str, t.Any], beside: list[str], words: str | None
) -> None:
    units = [{"name": name, "probes": probes} for name, probes in covered]
    if words is None:
        plan.check_node_coverage(units, {"name": "shop", **service}, beside)
        return
    with pytest.raises(Failure) as caught:
        plan.check_node_coverage(units, {"name": "shop", **service}, beside)
    assert caught.value.diagnoses[0].cause == "option-invalid"
    assert words in str(caught.value)


KNOWN = {"service_tests", "service_tests_env", "service_repo", "coverage_runtime", "baseline_rollouts"}


@pytest.mark.parametrize("names", [[], ["service_tests"], ["ansible_host", "services", "test_service_x"]])
def test_names_that_are_known_or_not_ours(names: list[str]) -> None:
    plan.check_names("shop", names, KNOWN)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["service_test"], "No role reads service_test (did you mean service_tests?)."),
        (["coverage_runtim"], "No role reads coverage_runtim (did you mean coverage_runtime?)."),
        (["baseline_rollout"], "No role reads baseline_rollout (did you mean baseline_rollouts?)."),
        (["service_qqqqqqqqqqq"], "No role reads service_qqqqqqqqqqq."),
        (["service_repro", "service_qqqqqqqqqqq"], "service_qqqqqqqqqqq, service_repro (did you mean service_repo?)."),
    ],
)
def test_typos(names: list[str], words: str) -> None:
    with pytest.raises(Failure) as caught:
        plan.check_names("shop", names, KNOWN)
    assert caught.value.diagnoses[0].cause == "variable-unknown"
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"repo": "../shop"}, {"repo": "/src/shop", "build_context": "/src/shop"}),
        ({"repo": "/abs/./shop/"}, {"repo": "/abs/shop"}),
        ({"repo": "~/shop"}, {"repo": "/home/me/shop"}),
        ({"repo": "r", "build_context": ".."}, {"repo": "/src/inventory/r", "build_context": "/src"}),
        ({"repo": "r", "dockerfile": "D"}, {"dockerfile": "/src/inventory/D"}),
        ({"repo": "r", "kubeconfig": "~/k"}, {"kubeconfig": "/home/me/k"}),
        ({"repo": "r", "dockerfile": None, "manifests": None}, {"dockerfile": None, "manifests": [], "prepare": []}),
        ({"repo": "r", "manifests": ["a", "/b"]}, {"manifests": ["/src/inventory/a", "/b"]}),
        ({"repo": "r", "prepare": ["../c"]}, {"prepare": ["/src/c"]}),
        ({"repo": "r", "prepare": [{"kind": "X"}, "kind: Y\n"]}, {"prepare": [{"kind": "X"}, "kind: Y\n"]}),
        ({"repo": "r", "package": "./cmd/x"}, {"package": "./cmd/x"}),
    ],
)
def test_absolute_paths(
    settings: dict[str, t.Any], expected: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    made = plan.absolute_paths(settings, "/src/inventory")
    assert {key: made[key] for key in expected} == expected


@pytest.mark.parametrize(("inventory", "repo"), [("m", "m"), ("m/inventories/local", "m"), ("other", "other")])
def test_the_repo_is_the_nearest_module(inventory: str, repo: str, tmp_path: Path) -> None:
    for name in ("m/inventories/local", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "m" / "go.mod").touch()
    assert plan.absolute_paths({}, str(tmp_path / inventory))["repo"] == str(tmp_path / repo)


def described(name: str, *dependencies: str, prepare: t.Sequence[str] = ()) -> dict[str, t.Any]:
    return {"name": name, "dependencies": list(dependencies), "prepare": list(prepare), "manifests": [f"{name}.yaml"]}


@pytest.mark.parametrize(
    ("services", "stages"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([described("pg"), described("redis")], [["pg.yaml", "redis.yaml"]], id="side by side"),
        pytest.param(
            [described("pg"), described("redis"), described("ds", "pg", "redis")],
            [["pg.yaml", "redis.yaml"], ["ds.yaml"]],
            id="after both",
        ),
        pytest.param(
            [described("pg", prepare=["a", "b"]), described("redis"), described("ds", "redis")],
            [["a", "redis.yaml"], ["b", "ds.yaml"], ["pg.yaml"]],
            id="what is prepared comes in order, and nobody waits for it who does not need it",
        ),
        pytest.param(
            [{**described("crds"), "manifests": []}, described("x", "crds")], [["x.yaml"]], id="one without manifests"
        ),
    ],
)
def test_what_does_not_need_each_other_starts_together(
    services: list[dict[str, t.Any]], stages: list[list[str]]
) -> None:
    assert plan.start_stages(services) == stages
