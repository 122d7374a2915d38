# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the command ``kind``, its phases told as they begin."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

from .._diagnosis import failure
from .._engine.api import Engine
from .._engine.places import kind_command
from .._process import command

#: `` * Preparing nodes ...`` with a bullet and pictures around it, as kind prints it where there is no terminal.
_PHASE = re.compile(r"^\s+\u2022\s+(.+?)\s+\.\.\.\s*$")
_READY = re.compile(r"^\s+\u2022\s+(Ready after \S+|WARNING: .+?)\s*$")


def find_kind() -> str:
    """The path of ``kind``. Raises Failure ``kind-missing``."""
    found = kind_command(os.environ, Path.home())
    if found is None:
        raise failure(
            "kind was not found",
            "kind-missing",
            f"There is no executable 'kind' in {os.environ.get('PATH', os.defpath)}, nor where go install puts it",
            "Install it: go install sigs.k8s.io/kind@latest (or see kind.sigs.k8s.io/docs/user/quick-start)",
        )
    return found


def run(
    engine: Engine,
    arguments: t.Sequence[str],
    *,
    on_line: t.Callable[[str], None] = lambda line: None,
    timeout: float | None = None,
    wanted: t.Callable[[], bool] = lambda: True,
) -> command.Ended:
    """Run kind against the very engine that this collection talks to."""
    argv = [find_kind(), *arguments]
    return command.run(argv, env=environment(engine), on_line=on_line, timeout=timeout, wanted=wanted)


def environment(engine: Engine) -> dict[str, str]:
    """kind's environment: its provider, and for docker the address at which the engine answered."""
    env = {**os.environ, "KIND_EXPERIMENTAL_PROVIDER": engine.provider}
    if engine.provider == "docker":
        env["DOCKER_HOST"] = engine.address
        env.pop("DOCKER_CONTEXT", None)
    return env


def phase(line: str) -> str | None:
    """The phase that begins with this line of kind's output, such as ``Starting control-plane``; None if none does."""
    match = _PHASE.match(line) or _READY.match(line)
    return _plain(match[1]) if match else None


def plain(lines: t.Iterable[str]) -> list[str]:
    """Lines without kind's pictures and empty ones."""
    return [text for line in lines if (text := _plain(line))]


def _plain(text: str) -> str:
    return " ".join(text.encode("ascii", errors="ignore").decode().split())
