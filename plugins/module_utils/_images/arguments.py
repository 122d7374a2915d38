# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines as the container programs read them (spf13/pflag): which words are options, and which are operands."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Options:
    """The options of a command: ``switches`` take no value, ``letters`` are the short names; all others take a value.

    ``interspersed``: options may follow an operand.
    """

    switches: frozenset[str]
    letters: t.Mapping[str, str] = field(default_factory=dict)
    interspersed: bool = True


@dataclass(frozen=True)
class Option:
    """One option: its long name, its value (empty for a switch), and its words ``argv[first:last]``."""

    name: str
    value: str
    first: int
    last: int


@dataclass(frozen=True)
class Parsed:
    """The options and operands of a command; more options can be inserted at index ``end`` and are then the last."""

    options: tuple[Option, ...]
    operands: tuple[str, ...]
    end: int

    def values(self, name: str) -> list[str]:
        """The values of the option ``name``, in order."""
        return [option.value for option in self.options if option.name == name]

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return any(option.name in names for option in self.options)


def parse(argv: t.Sequence[str], start: int, known: Options) -> Parsed:
    """The words from index ``start`` on, as options and operands."""
    options: list[Option] = []
    operands: list[str] = []
    index = start
    while index < len(argv):
        word = argv[index]
        if word == "--":
            operands += argv[index + 1 :]
            break
        if not word.startswith("-") or word == "-":
            if not known.interspersed:
                operands += argv[index:]
                break
            operands.append(word)
            index += 1
            continue
        found = _long(argv, index, known) if word.startswith("--") else _short(argv, index, known)
        options += found
        index = found[-1].last
    return Parsed(tuple(options), tuple(operands), options[-1].last if options else start)


def _long(argv: t.Sequence[str], index: int, known: Options) -> list[Option]:
    name, equals, value = argv[index][2:].partition("=")
    if equals or name in known.switches:
        return [Option(name, value, index, index + 1)]
    return [_with_next(name, argv, index)]


def _short(argv: t.Sequence[str], index: int, known: Options) -> list[Option]:
    """A word such as ``-q``, ``-tNAME``, ``-t=NAME`` or ``-qt NAME``."""
    letters = argv[index][1:]
    found: list[Option] = []
    for place, letter in enumerate(letters):
        name, rest = known.letters.get(letter, letter), letters[place + 1 :]
        if rest.startswith("="):
            return [*found, Option(name, rest[1:], index, index + 1)]
        if name in known.switches:
            found.append(Option(name, "", index, index + 1))
        elif rest:
            return [*found, Option(name, rest, index, index + 1)]
        else:
            return [*found, _with_next(name, argv, index)]
    return found


def _with_next(name: str, argv: t.Sequence[str], index: int) -> Option:
    value = argv[index + 1] if index + 1 < len(argv) else ""
    return Option(name, value, index, min(index + 2, len(argv)))
