# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shims ask for while the command runs, answered by threads of this step: shims.py has the other side.

A request is a directory with the call's arguments, directory and engine variables. Its answer is a file of shell
commands, which the shim runs before it passes the call on.
"""

from __future__ import annotations

import shlex
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .._diagnosis import Failure

_POLL = 0.02  # seconds
_MOST_AT_ONCE = 16


@dataclass(frozen=True)
class Request:
    """A call of ``program`` that waits: ``kind`` says what the shim took it for, ``directory`` is where it runs."""

    program: str
    kind: str
    arguments: tuple[str, ...]
    directory: str
    #: The variables that are not empty: all of them for a build, else those that say where the engine answers.
    environment: t.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the shim does: pass on ``arguments`` (None: those of the user), and print ``complaint`` if there is one.

    ``environment`` is added to that of the call.
    """

    arguments: tuple[str, ...] | None = None
    complaint: str = ""
    environment: t.Mapping[str, str] = field(default_factory=dict)

    def script(self) -> str:
        """As shell commands."""
        lines = []
        if self.complaint:
            lines.append(f"printf '%s\\n' {shlex.quote(f'gocover.e2e: {self.complaint}')} >&2")
        if self.arguments is not None:
            lines.append(f"set -- {shlex.join(self.arguments)}")
        lines += [f"export {name}={shlex.quote(value)}" for name, value in self.environment.items()]
        return "".join(f"{line}\n" for line in lines)


class Server(threading.Thread):
    """Answers each request in ``directory`` by ``handle``, several at once, until it is ended."""

    def __init__(self, directory: Path, handle: t.Callable[[Request], Answer]) -> None:
        super().__init__(daemon=True)
        self._directory = directory
        self._handle = handle
        self._ended = threading.Event()

    def run(self) -> None:
        """See Thread."""
        taken: set[str] = set()
        with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
            while not self._ended.wait(_POLL):
                waiting = {entry.name for entry in self._directory.iterdir() if _is_request(entry)}
                for name in sorted(waiting - taken):
                    pool.submit(self._answer, self._directory / name)
                # The shim removes its request once it has read the answer.
                taken = waiting

    def end(self) -> None:
        """Answer what was asked, and end."""
        self._ended.set()
        self.join()

    def _answer(self, entry: Path) -> None:
        try:
            request = read_request(entry)
        except (OSError, ValueError):
            answer = Answer()
        else:
            answer = self._handled(request)
        finished = entry.with_name(f"{entry.name}.answer")
        unfinished = entry.with_name(f"{entry.name}.unfinished")
        unfinished.write_text(answer.script(), encoding="utf-8", errors="surrogateescape")
        unfinished.rename(finished)

    def _handled(self, request: Request) -> Answer:
        try:
            return self._handle(request)
        except Failure as error:
            return Answer(complaint=str(error))
        except Exception as error:
            # A defect of ours must not keep the command waiting.
            return Answer(complaint=f"{request.kind} failed unexpectedly: {type(error).__name__}: {error}")


def _is_request(entry: Path) -> bool:
    return entry.suffix not in (".new", ".answer", ".unfinished")


def read_request(entry: Path) -> Request:
    """The request in the directory ``entry``. Raises OSError and ValueError."""
    program, _dot, _pid = entry.name.rpartition(".")
    kind, *arguments = _words(entry / "arguments")
    variables = (word.partition("=") for word in _words(entry / "environment"))
    environment = {name: value for name, _equals, value in variables if value}
    directory = (entry / "directory").read_text(encoding="utf-8", errors="surrogateescape")
    return Request(program, kind, tuple(arguments), directory, environment)


def _words(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    return text.split("\0")[:-1]
