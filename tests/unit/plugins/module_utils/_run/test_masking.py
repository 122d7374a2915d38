# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which values are secrets, and what is left of a text that holds one."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._run import masking

SPEC = {"env": {"type": "dict", "no_log": True}, "labels": {"type": "dict"}, "argument": {"type": "str"}}


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("API_TOKEN", "hunter2", ["hunter2"]),
        ("db_password", "hunter2", ["hunter2"]),
        ("DB_PASSWD", "hunter2", ["hunter2"]),
        ("AWS_SECRET_ACCESS_KEY", "abc/def+1", ["abc/def+1"]),
        ("API-KEY", "hunter2", ["hunter2"]),
        ("SIGNING_KEY", 12345, ["12345"]),
        ("DATABASE_URL", "postgres://shop:hunter2@db:5432/shop", ["hunter2"]),
        ("GOPROXY", "https://user:hunter2@proxy.example.com,direct", ["hunter2"]),
        ("LOG_LEVEL", "debug", []),
        ("PORT", 8080, []),
        ("URL", "http://localhost:8080/a@b", []),
        ("TOKEN_REQUIRED", True, []),
        ("TOKEN_REQUIRED", "false", []),
        ("TOKEN_COUNT", 3, []),
        ("TOKEN", "", []),
        ("TOKEN", None, []),
    ],
)
def test_secrets_of(name: str, value: t.Any, secrets: list[str]) -> None:
    assert masking.secrets_of({"env": {name: value}, "labels": {"TOKEN": "not one"}, "argument": "x"}, SPEC) == secrets


def test_only_options_that_are_not_to_be_logged_hold_secrets() -> None:
    assert masking.secrets_of({"env": None, "labels": {"TOKEN": "hunter2"}}, SPEC) == []


def test_masked_at_any_depth() -> None:
    value = {"hunter2": ["a hunter2, hunter2", ("x", 1, None, True)], "n": {"m": "hunter2hunter"}}
    secrets = masking.secrets_of({"env": {"TOKEN": "hunter2", "PASSWORD": "hunter2hunter"}}, SPEC)
    assert masking.masked(value, secrets) == {
        "hunter2": ["a ********, ********", ["x", 1, None, True]],
        "n": {"m": "********"},
    }
    assert masking.masked(value, []) is value


def test_invocation() -> None:
    shown = masking.invocation({"env": {"A": "b"}, "labels": {"A": "b"}, "argument": None}, SPEC)
    assert shown == {"env": masking.HIDDEN, "labels": {"A": "b"}, "argument": None}
    assert masking.invocation({"env": {}}, SPEC) == {"env": {}}
