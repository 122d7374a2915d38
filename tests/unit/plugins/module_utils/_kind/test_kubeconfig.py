# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeconfigs in every layout that users have: what is a cluster's alone, and what else must survive."""

from __future__ import annotations

import json
import multiprocessing
import os
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kind import kubeconfig

OURS = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: QQ==
    server: https://127.0.0.1:40753
  name: kind-e2e
contexts:
- context:
    cluster: kind-e2e
    user: kind-e2e
  name: kind-e2e
current-context: kind-e2e
kind: Config
users:
- name: kind-e2e
  user:
    client-key-data: Qg==
"""
#: As ``kubectl config`` writes it.
PREFERENCES = OURS.replace("users:", "preferences: {}\nusers:")
PROD: dict[str, t.Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "prod", "cluster": {"server": "https://prod.example.com"}}],
    "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "admin", "namespace": "shop"}}],
    "users": [{"name": "admin", "user": {"exec": {"command": "aws", "args": ["eks", "no", "2024-01-01", "1e3"]}}}],
    "current-context": "prod",
    "preferences": {},
}


def indented(document: dict[str, t.Any]) -> str:
    """YAML whose lists are indented below their key."""

    class Indented(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    return yaml.dump(document, Dumper=Indented)


def only(section: str) -> str:
    """Ours, and in one section an entry of somebody else's."""
    document = yaml.safe_load(OURS)
    document[section].append(PROD[section][0])
    return yaml.safe_dump(document)


def ours_with(**settings: t.Any) -> str:
    return yaml.safe_dump({**yaml.safe_load(OURS), **settings})


def with_namespace() -> str:
    document = yaml.safe_load(OURS)
    document["contexts"][0]["context"]["namespace"] = "shop"
    return yaml.safe_dump(document)


ALONE = {
    "as kind writes it": OURS,
    "as kubectl writes it": PREFERENCES,
    "JSON": json.dumps(yaml.safe_load(OURS)),
    "JSON on many lines": json.dumps(yaml.safe_load(OURS), indent=2),
    "indented lists": indented(yaml.safe_load(OURS)),
    "no current context": ours_with(**{"current-context": ""}),
}
SHARED = {
    "as kubectl writes it": yaml.safe_dump(PROD),
    "JSON": json.dumps(PROD),
    "JSON on many lines": json.dumps(PROD, indent=4),
    "indented lists": indented(PROD),
    "quoted": yaml.safe_dump(PROD, default_style='"'),
    "another cluster only": only("clusters"),
    "another context only": only("contexts"),
    "another user only": only("users"),
    "another current context": ours_with(**{"current-context": "prod"}),
    "a namespace": with_namespace(),
    "an extension": ours_with(extensions=[{"name": "x", "extension": {}}]),
    "preferences": ours_with(preferences={"colors": True}),
    "a cluster of another name": OURS.replace("kind-e2e", "kind-other"),
    "a comment": "# keep\n" + OURS,
}
UNUSABLE = {
    "several documents": f"{OURS}---\n{OURS}",
    "broken": OURS + "  - : [",
    "an object of another kind": "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n",
    "a list": "- a\n- b\n",
    "an empty list": "[]",
    "a word": "hello",
    "entries without a name": "kind: Config\ncontexts:\n- context: {}\n",
    "contexts that are no list": "kind: Config\ncontexts: {a: b}\n",
    "one name twice": "kind: Config\ncontexts: [{name: a}, {name: a}]\n",
    "a key twice": "kind: Config\ncontexts: []\ncontexts: []\n",
    "an alias": "kind: Config\nclusters: &a [{name: x}]\nusers: *a\n",
    "a tag of Python's": "kind: !!python/name:os.system Config\n",
    "a date that is none": "kind: 2024-13-45\n",
    "nested without end": "[" * 5000,
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in ALONE.items()])
def test_a_file_of_the_cluster_alone_is_replaced_and_removed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    assert kubeconfig.holds_only(path, "e2e")
    assert not kubeconfig.holds_only(path, "other")
    kubeconfig.write(path, OURS, "e2e")
    assert path.read_text() == OURS
    assert kubeconfig.write(path, OURS, "e2e") is False
    assert kubeconfig.remove(path, "other") is False
    assert kubeconfig.remove(path, "e2e") is True
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in SHARED.items()])
def test_whatever_else_a_file_holds_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    path.chmod(0o640)
    before = yaml.safe_load(text)
    assert not kubeconfig.holds_only(path, "e2e")
    kubeconfig.write(path, OURS, "e2e")
    assert kubeconfig.write(path, OURS, "e2e") is False
    merged = yaml.safe_load(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o640
    assert merged["current-context"] == before.get("current-context", "kind-e2e")
    for section in ("clusters", "contexts", "users"):
        names = [entry["name"] for entry in merged[section]]
        assert names.count("kind-e2e") == 1
        for entry in before[section] or []:
            assert entry in merged[section]
    for key in before.keys() - {"clusters", "contexts", "users", "current-context"}:
        assert merged[key] == before[key]
    # And the way back.
    assert kubeconfig.remove(path, "e2e") is True
    assert kubeconfig.remove(path, "e2e") is False
    rest = yaml.safe_load(path.read_text())
    for section in ("clusters", "contexts", "users"):
        assert rest[section] == [entry for entry in before[section] or [] if entry["name"] != "kind-e2e"]
    assert rest["current-context"] == ("prod" if before.get("current-context") == "prod" else rest["current-context"])
    assert rest["current-context"] != "kind-e2e"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text", ["", " \n\n", "# keep\n", "apiVersion: v1\nkind: Config\nclusters: null\ncontexts: []\nusers: null\n"]
)
def test_a_file_without_an_entry_gets_the_cluster_and_is_not_removed_before(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    assert kubeconfig.remove(path, "e2e") is False
    assert path.read_text() == text
    assert kubeconfig.write(path, OURS, "e2e") is True
    assert yaml.safe_load(path.read_text()) == yaml.safe_load(OURS)


@pytest.mark.parametrize(
    "content",
    [pytest.param(text.encode(), id=name) for name, text in UNUSABLE.items()]
    + [pytest.param(b"\x7fELF\x02\x01\x00\xff\xfe", id="binary"), pytest.param(b"\x00" * 40, id="zeros")],
)
def test_what_is_no_kubeconfig_is_neither_replaced_nor_removed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config"
    path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        kubeconfig.write(path, OURS, "e2e")
    assert [entry.cause for entry in caught.value.diagnoses] == ["kubeconfig-invalid"]
    with pytest.raises(kubeconfig.NotUnderstood):
        kubeconfig.remove(path, "e2e")
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_left_alone(tmp_path: Path) -> None:
    # KUBECONFIG=/dev/null is a habit; as root a rename would replace the device.
    path = tmp_path / "config"
    path.symlink_to(os.devnull)
    with pytest.raises(Failure):
        kubeconfig.write(path, OURS, "e2e")
    assert path.is_symlink()
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("text", [OURS, yaml.safe_dump(PROD)])
def test_a_link_stays_a_link_and_its_file_stays(tmp_path: Path, text: str) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "config"
    target.write_text(text)
    path = tmp_path / "config"
    path.symlink_to(target)
    kubeconfig.write(path, OURS, "e2e")
    assert path.is_symlink()
    assert "kind-e2e" in target.read_text()
    assert kubeconfig.remove(path, "e2e") is True
    assert path.is_symlink()
    assert "kind-e2e" not in target.read_text()


def test_what_was_set_for_the_context_of_the_cluster_stays(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(with_namespace().replace("40753", "1"))
    assert kubeconfig.write(path, OURS, "e2e") is True
    merged = yaml.safe_load(path.read_text())
    assert merged["contexts"][0]["context"] == {"cluster": "kind-e2e", "user": "kind-e2e", "namespace": "shop"}
    assert merged["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:40753"


def test_scalars_keep_their_style(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(PROD).replace("'1e3'", "1e3").replace("'no'", "no"))
    kubeconfig.write(path, OURS, "e2e")
    lines = path.read_text().splitlines()
    assert "      - no" in lines
    assert "      - '2024-01-01'" in lines


def test_a_kubeconfig_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config"
    assert kubeconfig.write(path, OURS, "e2e") is True
    assert kubeconfig.write(path, OURS, "e2e") is False
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert kubeconfig.write(path, OURS, "e2e") is True
    assert path.stat().st_mode & 0o777 == 0o600


def come_and_go(path: Path, number: int) -> None:
    """Add six clusters, and take every other one out again."""
    for turn in range(6):
        name = f"c{number}-{turn}"
        kubeconfig.write(path, OURS.replace("e2e", name), name)
        if turn % 2:
            kubeconfig.remove(path, name)


def test_runs_at_once_on_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(PROD))
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=come_and_go, args=(path, number)) for number in range(4)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0, 0, 0, 0]
    names = {entry["name"] for entry in yaml.safe_load(path.read_text())["contexts"]}
    assert names == {"prod", *(f"kind-c{number}-{turn}" for number in range(4) for turn in range(0, 6, 2))}
    assert yaml.safe_load(path.read_text())["current-context"] == "prod"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_that_stays_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfig, "_LOCK_TIMEOUT", 0.0)
    path = tmp_path / "config"
    path.write_text(OURS)
    (tmp_path / "config.lock").touch()
    with pytest.raises(Failure) as caught:
        kubeconfig.write(path, OURS, "e2e")
    assert [entry.cause for entry in caught.value.diagnoses] == ["kubeconfig-locked"]
    assert f"rm {tmp_path}/config.lock" in str(caught.value)
    assert (tmp_path / "config.lock").exists()


def test_an_api_that_does_not_answer_is_told() -> None:
    silence = kubeconfig.api_silence(OURS.replace("40753", "1").replace("QQ==", ""))
    assert silence is not None
    assert "127.0.0.1:1" in silence
    assert kubeconfig.api_silence("") == "the kubeconfig names no server"


@pytest.mark.parametrize(
    ("content", "complete"),
    [
        (OURS, True),
        (OURS.replace("    server: https://127.0.0.1:40753\n", ""), False),
        ("", False),
        ("broken: [", False),
    ],
)
def test_what_kind_prints_is_checked(content: str, complete: bool) -> None:
    assert kubeconfig.describes(content, "e2e") is complete
