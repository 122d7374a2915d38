# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading manifests, and their order."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import manifests

ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"
TWO = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: two}\n"


def test_documents_lists_and_directories_are_read(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(f"---\n{ONE}---\n---\n{TWO}")
    (tmp_path / "a.json").write_text(
        '{"kind": "List", "items": [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}]}'
    )
    (tmp_path / "notes.txt").write_text("not a manifest")
    found = manifests.read([str(tmp_path), str(tmp_path / "b.yaml")])
    assert [entry.title for entry in found] == [
        "Secret/s",
        "ConfigMap/one",
        "Deployment/two",
        "ConfigMap/one",
        "Deployment/two",
    ]
    assert [entry.title for entry in manifests.in_order(found)][:3] == ["Secret/s", "ConfigMap/one", "ConfigMap/one"]


@pytest.mark.parametrize(
    "text",
    [
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "\\ud83d\\ude80"}}',
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "\U0001f680"}}',
        f'{ONE}data: {{a: "\\U0001f680"}}',
        f"{ONE}data: {{a: \U0001f680}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: \U0001f680}}",
    ],
)
def test_a_character_beyond_the_basic_plane_is_read_however_it_is_written(text: str) -> None:
    (found,) = manifests.parse(text, "here")
    assert found.object["data"] == {"a": "\U0001f680"}


def test_what_others_need_comes_first() -> None:
    kinds = [
        "Route",
        "ValidatingWebhookConfiguration",
        "Deployment",
        "Service",
        "Secret",
        "Namespace",
        "CustomResourceDefinition",
    ]
    found = [manifests.Manifest({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}}, "") for kind in kinds]
    first = ["CustomResourceDefinition", "Namespace", "Secret", "Service", "Deployment"]
    last = ["Route", "ValidatingWebhookConfiguration"]
    assert [entry.object["kind"] for entry in manifests.in_order(found)] == [*first, *last]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "not YAML in line"),
        ("- 1", "not an object"),
        ("kind: Service\nmetadata: {name: x}", "Service in it has no apiVersion"),
        ("apiVersion: v1\nkind: Service\nmetadata: {}", "no metadata.name"),
        ("apiVersion: v1\nkind: Service", "no metadata.name"),
        ("!!python/object/apply:os.system [true]", "not YAML"),
    ],
)
def test_what_is_no_manifest_is_said_in_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(Failure) as caught:
        manifests.read([str(path)])
    assert caught.value.diagnoses[0].cause == "manifest-invalid"
    assert words in caught.value.diagnoses[0].evidence
    assert str(path) in str(caught.value)


def test_missing_and_empty_sources_are_named(tmp_path: Path) -> None:
    for source in (tmp_path / "none", tmp_path):
        with pytest.raises(Failure) as caught:
            manifests.read([str(source)])
        assert caught.value.diagnoses[0].cause == "manifest-missing"


def test_manifests_may_be_written_in_the_list(tmp_path: Path) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: c}\n"
    )
    assert [entry.title for entry in manifests.read([namespace, text])] == ["Namespace/a", "ConfigMap/b", "Secret/c"]
    with pytest.raises(Failure) as caught:
        manifests.read([namespace, {"kind": "Secret"}])
    assert caught.value.summary == "The manifest (2 of the list, inline) cannot be applied"
    assert caught.value.diagnoses[0].evidence == "Secret in it has no apiVersion and no metadata.name"


def test_a_kustomization_needs_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [one.yaml]\n")
    (tmp_path / "one.yaml").write_text(ONE)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure) as caught:
        manifests.read([str(tmp_path)])
    assert caught.value.diagnoses[0].cause == "kubectl-missing"
    (tmp_path / "kubectl").write_text(f'#!/bin/sh\n[ "$1" = kustomize ] || exit 3\nprintf "%s" "{TWO}"\n')
    (tmp_path / "kubectl").chmod(0o755)
    assert [entry.title for entry in manifests.read([str(tmp_path)])] == ["Deployment/two"]


def test_a_chart_needs_helm_and_is_rendered_for_its_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chart, programs = tmp_path / "svc", tmp_path / "bin"
    chart.mkdir()
    programs.mkdir()
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: other, version: 0.1.0}")
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(Failure) as caught:
        manifests.read([str(chart)], "ns")
    assert caught.value.diagnoses[0].cause == "helm-missing"
    helm = programs / "helm"
    helm.write_text('#!/bin/sh\nprintf "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: %s-%s}\\n" "$2" "$7"\n')
    helm.chmod(0o755)
    assert [entry.title for entry in manifests.read([str(chart)], "ns")] == ["ConfigMap/svc-ns"]


def test_kustomize_itself_does_where_there_is_no_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [one.yaml]\n")
    kustomize = tmp_path / "kustomize"
    kustomize.write_text(f'#!/bin/sh\n[ "$1" = build ] || exit 3\nprintf "%s" "{TWO}"\n')
    kustomize.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert len(manifests.read([str(tmp_path)])) == 1
