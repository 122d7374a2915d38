# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An error of the engine carries cause, evidence and remedy by itself."""

from __future__ import annotations

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import BuildError, EngineError


@pytest.mark.parametrize(
    ("text", "status", "cause"),
    [
        ("cannot stat storage: no space left on device", 500, "disk-full"),
        ("write /var/lib/docker/tmp/x: No Space Left on Device", None, "disk-full"),
        ("copying layers: disk quota exceeded", 500, "disk-full"),
        ("No such container: e2e-control-plane", 404, "engine-refused"),
        ("container e2e-worker is not running", 409, "engine-refused"),
        ("('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))", None, "engine-unreachable"),
        ("the connection to the container ended within a frame", None, "engine-unreachable"),
    ],
)
def test_the_cause_follows_from_the_answer(text: str, status: int | None, cause: str) -> None:
    error = EngineError(text, status, "podman", "unix:///run/podman.sock")
    assert isinstance(error, Failure)
    assert [entry.cause for entry in error.diagnoses] == [cause]
    assert error.diagnoses[0].evidence == f"podman at unix:///run/podman.sock answered: {text}"
    assert "podman" in error.diagnoses[0].remedy
    assert str(error).endswith(f"[{cause}]")


def test_the_text_is_one_line_and_the_engine_may_be_unknown() -> None:
    error = EngineError("first\n  second")
    assert error.text == "first second"
    assert error.diagnoses[0].evidence == "The engine answered: first second"


@pytest.mark.parametrize(
    ("lines", "cause"),
    [(["step 3: go build", "undefined: x"], "build-failed"), (["write /x: no space left on device", ""], "disk-full")],
)
def test_a_build_that_fails(lines: list[str], cause: str) -> None:
    error = BuildError("'docker build -f Dockerfile' ended with exit code 1", lines)
    assert error.lines == lines
    assert error.diagnoses[0].cause == cause
