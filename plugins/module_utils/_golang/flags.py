# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage flags of a build: what the service asks for, added to the flags that its team builds with.

The team's flags come from ``service_build_flags`` and from GOFLAGS (environment or ``go env -w``). A flag of the
command line replaces the same flag of GOFLAGS, as ``go help environment`` says. What contradicts what the service asks
for is refused with the names of both; what Go would replace in silence is reported.
"""

from __future__ import annotations

import shlex
import typing as t
from dataclasses import dataclass

from .._diagnosis import Failure, failure

_COVERAGE = ("cover", "covermode", "coverpkg")
#: Values of -buildmode that make no program.
_LIBRARIES = ("archive", "c-archive", "c-shared", "plugin", "shared")
_TRUE = ("", "1", "t", "T", "true", "TRUE", "True")


@dataclass(frozen=True)
class CoverageFlags:
    """How a program is instrumented.

    ``mode`` is set, count or atomic, ``patterns`` what -coverpkg selects (none: the main module), ``others`` the
    team's remaining flags in their order, ``warnings`` what the user should know.
    """

    mode: str
    patterns: tuple[str, ...] = ()
    patterns_from: str = "service_coverpkg"
    others: tuple[str, ...] = ()
    mode_words: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def argv(self, added: tuple[str, ...] = ()) -> list[str]:
        """The coverage flags for ``go build``, with ``added`` patterns; what GOFLAGS has already is left to it."""
        repeated = self.patterns and (added or self.patterns_from != "GOFLAGS")
        selection = [f"-coverpkg={','.join([*self.patterns, *added])}"] if repeated else []
        return ["-cover", *self.mode_words, *selection]


def patterns_of(coverpkg: str | None) -> tuple[str, ...]:
    """The patterns of a -coverpkg list without the blanks around them, which Go would take as part of a pattern."""
    return tuple(filter(None, (pattern.strip() for pattern in (coverpkg or "").split(","))))


def listed(build_flags: str | t.Sequence[t.Any]) -> tuple[str, ...]:
    """Flags that a user has written as a list, or as a string like on a command line."""
    return tuple(words_of(build_flags) if isinstance(build_flags, str) else map(str, build_flags))


def words_of(goflags: str) -> list[str]:
    """The flags in a value of GOFLAGS, quoted as the go command reads them (cmd/internal/quoted)."""
    try:
        return shlex.split(goflags)
    except ValueError:
        return goflags.split()


def combine(mode: str, coverpkg: str | None, build_flags: t.Sequence[str], goflags: str) -> CoverageFlags:
    """The coverage flags for a service that asks for ``mode`` and ``coverpkg``.

    ``set`` is Go's default: it gives way to the mode that the team's flags name, and to -race, which needs atomic.
    Raises Failure ``build-flags-clash``, and ``not-instrumented`` for -cover=false.
    """
    given, others = _taken_out(build_flags)
    inherited, rest = _taken_out(words_of(goflags))
    warnings: list[str] = []
    if given.get("cover", "true") not in _TRUE:
        raise failure(
            "The flags of the build contradict each other",
            "not-instrumented",
            "The build has no -cover=true, because service_build_flags has -cover=false",
            "Remove -cover=false",
        )
    if inherited.get("cover", "true") not in _TRUE:
        warnings.append("GOFLAGS has -cover=false: go build -cover replaces it")
    if any(_name(word) == "o" for word in others):
        raise _clash(
            "service_build_flags has -o, and the collection sets -o to the place of its own executable",
            "Remove -o; the option binary of coverage_image names another place",
        )
    _refuse_without_program(others, rest)
    chosen, mode_words = _mode(mode, given, inherited, _race(others, rest), warnings)
    patterns, origin = _patterns(coverpkg, given, inherited, warnings)
    return CoverageFlags(chosen, patterns, origin, tuple(others), tuple(mode_words), tuple(warnings))


def directory_of(build_flags: t.Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The directory of -C, which Go takes as the first flag only (empty: none), and the other flags."""
    first = build_flags[0] if build_flags else ""
    if _name(first) != "C":
        return "", tuple(build_flags)
    if "=" in first:
        return first.partition("=")[2], tuple(build_flags[1:])
    return "".join(build_flags[1:2]), tuple(build_flags[2:])


def without_coverage(goflags: str) -> str:
    """A value of GOFLAGS without its coverage flags."""
    coverage, others = _taken_out(words_of(goflags))
    return shlex.join(others) if coverage else goflags


def _mode(
    asked: str, given: t.Mapping[str, str], inherited: t.Mapping[str, str], raced: str, warnings: list[str]
) -> tuple[str, list[str]]:
    """The counter mode and the words that ask for it."""
    origin, mode, words = "service_covermode", asked, [f"-covermode={asked}"]
    if given.get("covermode"):
        if asked not in ("set", given["covermode"]):
            raise _clash(
                f"service_build_flags has -covermode={given['covermode']}, and service_covermode is {asked}",
                "Keep one of them",
            )
        origin, mode, words = "service_build_flags", given["covermode"], [f"-covermode={given['covermode']}"]
    elif asked == "set":
        origin, mode, words = ("GOFLAGS", inherited["covermode"], []) if inherited.get("covermode") else ("", "set", [])
    elif inherited.get("covermode") not in (None, "", asked):
        warnings.append(f"service_covermode {asked} replaces -covermode={inherited['covermode']} of GOFLAGS")
    if raced and mode != "atomic":
        if origin:
            option = (
                f"service_covermode is {mode}" if origin == "service_covermode" else f"{origin} has -covermode={mode}"
            )
            raise _clash(
                f"{raced} has -race, which needs -covermode=atomic, and {option}",
                f"Remove -race, or replace -covermode={mode} by -covermode=atomic",
            )
        warnings.append("-race needs -covermode=atomic: the build counts with it instead of -covermode=set")
        mode = "atomic"
    return mode, words


def _patterns(
    coverpkg: str | None, given: t.Mapping[str, str], inherited: t.Mapping[str, str], warnings: list[str]
) -> tuple[tuple[str, ...], str]:
    """What is instrumented, and which variable says so."""
    asked, flagged = patterns_of(coverpkg), patterns_of(given.get("coverpkg"))
    if asked and flagged and set(asked) != set(flagged):
        raise _clash(
            f"service_build_flags has -coverpkg={','.join(flagged)}, and service_coverpkg is {','.join(asked)}",
            "Keep one of them",
        )
    from_environment = patterns_of(inherited.get("coverpkg"))
    chosen, origin = (asked, "service_coverpkg") if asked else (flagged, "service_build_flags")
    if not chosen:
        return from_environment, "GOFLAGS"
    if from_environment and set(from_environment) != set(chosen):
        warnings.append(f"{origin} replaces -coverpkg={','.join(from_environment)} of GOFLAGS")
    return chosen, origin


def _taken_out(words: t.Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The coverage flags in ``words``, the last of each, and the other words in their order."""
    coverage: dict[str, str] = {}
    others: list[str] = []
    remaining = iter(words)
    for word in remaining:
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or name not in _COVERAGE:
            others.append(word)
        elif name == "cover" or equals:
            coverage[name] = value
        else:
            coverage[name] = next(remaining, "")
    return coverage, others


def _refuse_without_program(others: t.Sequence[str], rest: t.Sequence[str]) -> None:
    """Raise Failure for flags with which ``go build`` makes no program that could be started."""
    for origin, words in (("service_build_flags", others), ("GOFLAGS", rest)):
        for word, following in zip(words, [*words[1:], ""], strict=False):
            value = word.partition("=")[2] if "=" in word else following
            if _name(word) == "n" and word.partition("=")[2] in _TRUE:
                raise _clash(f"{origin} has -n, and go build -cover -n only prints its commands", "Remove -n")
            if _name(word) == "buildmode" and value in _LIBRARIES:
                raise _clash(
                    f"{origin} has -buildmode={value}, which makes no program, and go build -cover is to make one",
                    "Use -buildmode=exe or pie, or remove it",
                )


def _race(others: t.Sequence[str], rest: t.Sequence[str]) -> str:
    """Which variable turns on the race detector, for messages; empty if none does."""
    for origin, words in (("service_build_flags", others), ("GOFLAGS", rest)):
        value = next((word.partition("=")[2] for word in reversed(words) if _name(word) == "race"), None)
        if value is not None:
            return origin if value in _TRUE else ""
    return ""


def _name(word: str) -> str:
    return word.lstrip("-").partition("=")[0] if word.startswith("-") else ""


def _clash(evidence: str, remedy: str) -> Failure:
    return failure("The flags of the build contradict each other", "build-flags-clash", evidence, remedy)
