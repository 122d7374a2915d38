# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failure says."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Diagnosis, Failure, failure


@pytest.mark.parametrize(
    ("evidence", "remedy", "sentence"),
    [
        ("It is so", "Do that", "It is so. Do that. [x]"),
        ("It is so.", "Do that!", "It is so. Do that! [x]"),
        (" It is so \n", "Run `make`", "It is so. Run `make` [x]"),
        ("", "Do that", "Do that. [x]"),
        ("Is it so?", "Do (that)", "Is it so? Do (that). [x]"),
    ],
)
def test_sentence(evidence: str, remedy: str, sentence: str) -> None:
    assert Diagnosis("x", evidence, remedy).sentence() == sentence


def test_failure_says_everything_once() -> None:
    caught = Failure("It failed", [Diagnosis("a", "A", "Do a"), Diagnosis("b", "B", "Do b")])
    assert str(caught) == "It failed. A. Do a. [a] B. Do b. [b]"
    assert str(Failure("It failed")) == "It failed."


def test_failure_carries_what_is_known() -> None:
    caught = failure("It failed", "a", "A", "Do a", rc=3, log=["x"])
    assert caught.result == {"rc": 3, "log": ["x"]}
    (diagnosis,) = caught.diagnoses
    assert diagnosis.as_dict() == {"cause": "a", "evidence": "A", "remedy": "Do a"}


def test_failures_are_exceptions_like_any_other() -> None:
    first, second = Failure("same"), Failure("same")
    assert len({first, second}) == 2
    assert first != second
