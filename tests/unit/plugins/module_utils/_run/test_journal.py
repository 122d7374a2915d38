# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.json as steps end."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._run import journal

ERROR = {"msg": "It failed.", "diagnosis": [{"cause": "x"}]}


def step(
    name: str, seconds: float = 1.0, changed: bool = True, failed: bool = False, unit: str = "shop"
) -> dict[str, t.Any]:
    return {"name": name, "unit": unit, "seconds": seconds, "changed": changed, "failed": failed}


def failed(step: str, unit: str = "shop") -> dict[str, t.Any]:
    return {"step": step, "unit": unit, **ERROR}


@pytest.mark.parametrize(
    ("document", "name", "options", "expected"),
    [
        pytest.param({}, "image", {}, {"steps": [step("image")], "failures": []}, id="first"),
        pytest.param(
            {"service": "shop", "steps": [step("image")]},
            "deploy",
            {"seconds": 0.12345, "changed": False, "sections": {"workload": {"pid": 1}}},
            {
                "service": "shop",
                "steps": [step("image"), step("deploy", 0.123, changed=False)],
                "failures": [],
                "workload": {"pid": 1},
            },
            id="second, with a section",
        ),
        pytest.param(
            {
                "steps": [step("image"), step("deploy", failed=True)],
                "failures": [failed("deploy")],
                "tests": 1,
            },
            "deploy",
            {"sections": {"tests": 2}},
            {"steps": [step("image"), step("deploy")], "failures": [], "tests": 2},
            id="again, and well this time",
        ),
        pytest.param(
            {},
            "deploy",
            {"error": ERROR, "sections": {"tests": 1}},
            {"steps": [step("deploy", failed=True)], "failures": [failed("deploy")], "tests": 1},
            id="failed, with a section",
        ),
        pytest.param(
            {"workload": "own", "dependencies": {"depot": {"image": 1, "pods": 1}, "other": {}}},
            "deploy",
            {"dependency": "depot", "sections": {"workload": 2, "pods": 2}},
            {
                "workload": "own",
                "dependencies": {"depot": {"image": 1, "pods": 2, "workload": 2}, "other": {}},
                "steps": [step("deploy depot", unit="depot")],
                "failures": [],
            },
            id="of a dependency",
        ),
        pytest.param(
            {"steps": [step("deploy")]},
            "deploy",
            {"dependency": "depot", "error": ERROR},
            {
                "steps": [step("deploy"), step("deploy depot", failed=True, unit="depot")],
                "failures": [failed("deploy depot", "depot")],
                "dependencies": {"depot": {}},
            },
            id="a dependency failed",
        ),
    ],
)
def test_add_step(document: t.Any, name: str, options: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    document, expected = {"service": "shop", **document}, {"service": "shop", **expected}
    before = repr(document)
    assert journal.add_step(document, record(name, **options), options.get("dependency", "")) == expected
    assert repr(document) == before, "the document that was passed stays as it was"


def record(name: str, **options: t.Any) -> journal.StepRecord:
    return {
        "name": name,
        "seconds": options.get("seconds", 1.0),
        "changed": options.get("changed", True),
        "sections": options.get("sections", {}),
        "error": options.get("error"),
    }


@pytest.mark.parametrize("content", [None, "", "{", "[]", "null", "\0"])
def test_what_cannot_be_read_is_empty(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    if content is not None:
        path.write_text(content)
    assert journal.read(path) == {}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    journal.write(tmp_path / "run.json", {"service": "shop"})
    assert journal.read(tmp_path / "run.json") == {"service": "shop"}


def test_a_step_is_recorded_where_the_journal_lies(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    journal.write(path, {"service": "shop"})
    document: t.Any = journal.record_step(path, record("exercise", sections={"tests": 1}))
    assert (document["tests"], [entry["name"] for entry in document["steps"]]) == (1, ["exercise"])
    assert journal.read(path) == document
    with pytest.raises(OSError, match="No such file"):
        journal.record_step(tmp_path / "none" / "run.json", record("exercise"))
