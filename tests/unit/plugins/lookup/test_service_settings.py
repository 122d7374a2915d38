# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup service_setting and the filter service_state, in templates as the roles use them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.template import trust_as_template
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.plugin_utils.settings import Settings
from ansible_play import AnsiblePlay

INVENTORY = """
services:
  hosts:
    shop:
      service_env: {TOKEN: hunter2, HOST: "{{ inventory_hostname }}"}
      service_tests_env: {URL: x}
      service_ready_timeout: "7"
    cart:
      service_repo: /src/cart
"""


@pytest.fixture
def play(tmp_path: Path) -> AnsiblePlay:
    return AnsiblePlay(tmp_path, INVENTORY)


def templated(play: AnsiblePlay, template: str) -> t.Any:
    return play.templar("cart").template(trust_as_template(template))


@pytest.mark.parametrize(
    ("terms", "host", "value"),
    [
        ("'env'", "shop", {"TOKEN": "hunter2", "HOST": "shop"}),
        ("'tests_env'", "shop", {"URL": "x"}),
        ("'env'", "cart", {}),
        ("'env', 'tests_env'", "shop", [{"TOKEN": "hunter2", "HOST": "shop"}, {"URL": "x"}]),
    ],
)
def test_a_setting_is_that_of_its_host_or_the_default(play: AnsiblePlay, terms: str, host: str, value: t.Any) -> None:
    lookup = f"lookup('gocover.e2e.service_setting', {terms}, host='{host}')"
    assert templated(play, "{{ " + lookup + " }}") == value


def test_a_setting_that_does_not_exist_is_an_error(play: AnsiblePlay) -> None:
    with pytest.raises(Exception, match="envv"):
        templated(play, "{{ lookup('gocover.e2e.service_setting', 'envv', host='shop') }}")


def test_the_state_of_a_run_that_never_began(play: AnsiblePlay) -> None:
    state = templated(play, "{{ {} | gocover.e2e.service_state({}) }}")
    assert (state["runtime"], state["units"], state["changed"]) == ("process", [], [])


def settings(play: AnsiblePlay) -> Settings:
    return Settings(play.templar("shop"), play.variables("shop")["hostvars"])


def test_settings_are_typed_and_named_without_their_prefix(play: AnsiblePlay) -> None:
    resolved = settings(play).of_service("shop")
    assert (resolved["name"], resolved["ready_timeout"]) == ("shop", 7)
    assert not [name for name in resolved if name.startswith("service_")]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("service_repoo: /src", "variable-unknown"),
        ("service_inject: pods", "option-invalid"),
        ("service_env: 5", "option-invalid"),
        ("service_ready_timeout: soon", "option-invalid"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, line: str, cause: str) -> None:
    play = AnsiblePlay(tmp_path, f"services:\n  hosts:\n    shop:\n      {line}\n")
    with pytest.raises(Failure) as caught:
        settings(play).of_service("shop")
    assert [entry.cause for entry in caught.value.diagnoses] == [cause]
    assert line.partition(":")[0] in str(caught.value)


@pytest.mark.parametrize(("variables", "runtime"), [({}, "auto"), ({"coverage_runtime": "process"}, "process")])
def test_settings_of_a_run(play: AnsiblePlay, variables: dict[str, t.Any], runtime: str) -> None:
    assert settings(play).of_run("shop", variables)["coverage_runtime"] == runtime
