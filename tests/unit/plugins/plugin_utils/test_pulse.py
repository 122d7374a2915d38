# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sign of life of a step that is silent."""

from __future__ import annotations

import re
import threading

from ansible_collections.gocover.e2e.plugins.module_utils._run.progress import Kind
from ansible_collections.gocover.e2e.plugins.plugin_utils.pulse import Pulse

Shown = list[tuple[Kind, str]]


class Screen:
    """What was shown; ``wait`` returns as soon as there are so many lines."""

    def __init__(self) -> None:
        self.lines: Shown = []
        self._more = threading.Condition()

    def show(self, kind: Kind, text: str) -> None:
        with self._more:
            self.lines.append((kind, text))
            self._more.notify_all()

    def wait(self, count: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: len(self.lines) >= count, timeout=30)


def test_silent_step_says_what_it_does_and_how_long() -> None:
    screen = Screen()
    with Pulse(screen.show, "Build the service", silence=0.02) as pulse:
        screen.wait(1)
        pulse.say("note", "building shop")
        screen.wait(4)
    assert re.fullmatch(r"Build the service: \d+ s", screen.lines[0][1])
    said = [text for _kind, text in screen.lines].index("building shop")
    assert re.fullmatch(r"building shop: \d+ s", screen.lines[said + 1][1])


def test_output_is_passed_on_and_the_note_still_says_what_is_done() -> None:
    screen = Screen()
    with Pulse(screen.show, "Test", silence=0.02) as pulse:
        pulse.say("note", "testing")
        pulse.say("output", "line")
        screen.wait(3)
    assert ("output", "line") in screen.lines
    assert screen.lines[-1][1].startswith("testing: ")


def test_step_that_ends_in_time_says_nothing_more() -> None:
    screen = Screen()
    with Pulse(screen.show, "Test", silence=3600) as pulse:
        pulse.say("note", "testing")
    assert screen.lines == [("note", "testing")]


def test_long_sentence_is_cut() -> None:
    screen = Screen()
    with Pulse(screen.show, "x" * 200, silence=0.02):
        screen.wait(1)
    assert len(screen.lines[0][1]) < 70
