# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""annotations.txt: workflow commands, by which a step of GitHub Actions marks lines of a pull request.

``cat annotations.txt`` in a step is all that it takes. The format is that of GitHub's documentation on workflow
commands; the runner shows ten errors and ten warnings of a step, so that stretches are sorted by their length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..numbers.failed_tests import failed_tests
from ..numbers.gates import said_of
from ..numbers.schema import Summary

_TITLE = "Not covered end to end"


def render_annotations(summary: Summary, path_of: Callable[[str], str] = str) -> str:
    """The commands: errors for failed tests and for misses, a warning for each stretch of changed lines that did
    not run.

    ``path_of`` gives the path of a file in the repository; see `lcov.repo_relative`.
    """
    return "".join(f"{line}\n" for line in _commands(summary, path_of))


def _commands(summary: Summary, path_of: Callable[[str], str]) -> Iterator[str]:
    service = str(summary["service"])
    if failed := failed_tests(summary):
        yield _command("error", failed, {"title": f"Tests of {service}"})
    for threshold in summary.get("thresholds") or ():
        if not threshold["passed"]:
            actual = threshold["actual"]
            has = "matches nothing" if actual is None else f"is at {actual:.1f}%"
            said = f"{threshold['name']} {has}, required: {threshold['minimum']:g}%"
            # The name of a file is the only place that GitHub can show it at.
            is_file = threshold.get("kind") == "file" and actual is not None
            place = {"file": path_of(threshold["name"])} if is_file else {}
            yield _command("error", said, {**place, "title": f"Coverage of {service}"})
    for gate in summary.get("gates") or ():
        if not gate["passed"]:
            yield _command("error", said_of(gate), {"title": f"Coverage of {service}"})
    changed = summary.get("changed")
    stretches = [
        (last - first + 1, path_of(file["name"]), first, last)
        for file in (changed["files"] if changed is not None else ())
        for first, last in file["uncovered"]
    ]
    for length, path, first, last in sorted(stretches, key=lambda s: (-s[0], s[1:])):
        said = f"No end-to-end test of {service} ran " + ("this changed line" if length == 1 else "these changed lines")
        yield _command("warning", said, {"file": path, "line": first, "endLine": last, "title": _TITLE})


def _command(name: str, message: str, properties: Mapping[str, object]) -> str:
    said = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {said}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
