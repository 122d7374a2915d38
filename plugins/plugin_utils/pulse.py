# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sign of life of a step that has nothing to say for a while, such as a cold build."""

from __future__ import annotations

import threading
import time

from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Kind, Show

#: How long a step may be silent, in seconds.
SILENCE = 10.0
_LONGEST = 60  # characters


class Pulse(threading.Thread):
    """Passes on what a step says; after ``silence`` seconds without a word it says what the step does, and how long.

    ``title`` is what the step does as long as it has not said so itself.
    """

    def __init__(self, show: Show, title: str, silence: float = SILENCE) -> None:
        super().__init__(daemon=True)
        self._show = show
        self._silence = silence
        self._doing = title
        self._since = self._last = time.monotonic()
        self._ended = threading.Event()

    def say(self, kind: Kind, text: str) -> None:
        """Show a line at once."""
        self._last = time.monotonic()
        if kind == "note":
            self._doing, self._since = text, self._last
        self._show(kind, text)

    def run(self) -> None:
        """See Thread."""
        while not self._ended.wait(max(self._last + self._silence - time.monotonic(), self._silence / 20)):
            now = time.monotonic()
            if now - self._last >= self._silence:
                self._last = now
                self._show("note", f"{_short(self._doing)}: {now - self._since:.0f} s")

    def stop(self) -> None:
        """End; nothing is shown any more."""
        self._ended.set()
        self.join()

    def __enter__(self) -> Pulse:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
