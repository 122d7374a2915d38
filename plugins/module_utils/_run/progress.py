# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a long step says of itself while it works.

A step inside the Ansible worker is displayed at once. A module cannot stream to the terminal: it appends to a file,
which the action plugin follows. A line of it is a JSON object with ``kind`` and ``text``.

``kind`` is ``note`` (what the step does now), ``output`` (a line of what a command printed), ``detail`` (the same, for
those who ask with -v) or ``text`` (a line for its own sake, such as one of a table).
"""

from __future__ import annotations

import contextlib
import json
import typing as t

Kind = t.Literal["note", "output", "detail", "text"]
#: Takes a kind and a text to whoever looks on. What it raises as OSError is of no matter to the step.
Show = t.Callable[[Kind, str], None]
_KINDS: tuple[Kind, ...] = t.get_args(Kind)


class Progress:
    """Where a step reports what it is doing; without ``show`` it reports to nobody."""

    def __init__(self, show: Show | None = None) -> None:
        self._show = show
        self._mask: t.Callable[[str], str] = str
        #: What the user is warned of at the end of the step.
        self.warnings: list[str] = []

    def mask(self, mask: t.Callable[[str], str]) -> None:
        """Pass every text through ``mask`` from now on, which blanks the secrets in it."""
        self._mask = mask

    def warn(self, text: str) -> None:
        """Warn the user of something that does not fail the step."""
        self.warnings.append(text)

    def note(self, text: str) -> None:
        """Say what the step is doing now."""
        self._say("note", text)

    def output(self, line: str) -> None:
        """Pass on one line that a command printed."""
        self._say("output", line)

    def detail(self, line: str) -> None:
        """Pass on one line that a command printed and that is shown with -v alone."""
        self._say("detail", line)

    def text(self, line: str) -> None:
        """Show a line as it is."""
        self._say("text", line)

    def _say(self, kind: Kind, text: str) -> None:
        if self._show is not None:
            # A full disk, or a playbook that is gone, must not fail a step that only wanted to say something.
            with contextlib.suppress(OSError):
                self._show(kind, self._mask(text))


def into_file(path: str) -> Show:
    """Appends to the file ``path``, as ``parse_line`` reads it."""
    # Line buffered and in append mode: each line reaches the file whole, whoever else writes there.
    file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - lives as long as the step

    def show(kind: Kind, text: str) -> None:
        file.write(json.dumps({"kind": kind, "text": text}) + "\n")

    return show


def parse_line(line: str) -> tuple[Kind, str] | None:
    """The kind and the text of one line of a progress file; None for a line that is not (yet) whole."""
    try:
        entry = json.loads(line)
        kind = next(kind for kind in _KINDS if kind == entry["kind"])
        return kind, str(entry["text"])
    except (ValueError, TypeError, KeyError, StopIteration):
        return None
