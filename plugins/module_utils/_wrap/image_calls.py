# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that build images, as shims hand them over, and what is run instead so that their programs are instrumented.

What changes is decided by ``_images.command_line``; here are the files and the questions that it needs.
"""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

from .._images import command_line, delivery
from .._images.changes import Call
from .requests import Answer, Request

_COVER = "-cover"
#: How long compose or bake may take to show its own view of its files, in seconds.
_TIMEOUT = 60.0

#: What a command prints, by its words, directory and environment; empty if it fails.
Ask = t.Callable[[t.Sequence[str], str, t.Mapping[str, str]], str]


class Covered(t.NamedTuple):
    """What the shim does with a call that builds, and what may lack coverage."""

    answer: Answer
    warnings: tuple[str, ...] = ()


def output_of(argv: t.Sequence[str], directory: str, environment: t.Mapping[str, str]) -> str:
    """What a command prints on stdout; empty if it fails, since the call itself will then say why."""
    try:
        ended = subprocess.run(
            list(argv),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout if ended.returncode == 0 else ""


def covered(request: Request, scratch: Path, ask: Ask = output_of) -> Covered | None:
    """The answer to a call that builds, its derived files in ``scratch``; None if it builds nothing. Raises OSError.

    A Dockerfile or a context on stdin stays as it is: the shim has no copy of it.
    """
    call = Call((request.program, *request.arguments), request.directory, request.environment)
    if not command_line.builds(call):
        return None
    if command_line.reads_stdin(call):
        unread = f"{request.program} {' '.join(request.arguments)} reads its Dockerfile from stdin and stays as it is"
        return Covered(Answer(), (unread,))
    question = command_line.question(call)
    model = ask(question, request.directory, request.environment) if question else ""
    found = command_line.rewrite(call, delivery.read_text, str(scratch), _COVER, model)
    delivery.place(found.files)
    unchanged = found.argv == call.argv
    return Covered(Answer(None if unchanged else found.argv[1:], environment=found.env), found.warnings)
