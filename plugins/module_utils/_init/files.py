# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a repository gets, and what happens where one is there already.

A file of the user is never overwritten: a line is added to .gitignore, of any other file it is said what it lacks.
"""

from __future__ import annotations

import configparser
import json
import re
import typing as t
from dataclasses import dataclass

from .._diagnosis import library_missing
from . import workflows
from .proposal import Proposal, Service
from .repository import Repository

try:
    import yaml

    _YAML_ERROR: ImportError | None = None
except ImportError as error:
    _YAML_ERROR = error

INVENTORY = "inventory.yml"
_PLAIN = re.compile(r"[A-Za-z./][\w./@-]*")
_WORDS_OF_YAML = frozenset(("yes", "no", "on", "off", "true", "false", "null", "y", "n", "~"))
_CALLBACK = "gocover.e2e.live"
_IGNORES = re.compile(r"^/?(?:\*\*/)?coverage(?:/\*{0,2})?\s*$", re.MULTILINE)

_PLAYBOOK = """\
---
- name: Find out what the end-to-end tests really run
  ansible.builtin.import_playbook: gocover.e2e.coverage
"""


@dataclass(frozen=True)
class Change:
    """A file as it is (None if it is missing) and as it shall be; ``lacks`` says what the user has to add."""

    name: str
    before: str | None
    after: str
    lacks: str = ""

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self.before != self.after


def changes(repository: Repository, proposal: Proposal, ci: str) -> list[Change]:
    """Every file that the proposal needs, in the order in which a reader wants them."""
    inventory = _inventory_name(repository)
    found = [
        _inventory(repository, inventory, proposal.services),
        _playbook(repository),
        _configuration(repository, inventory),
        _ignore(repository),
    ]
    if ci:
        job = workflows.job(ci)
        found.append(_new_or_kept(repository, job.file, job.text, job.marker, job.lacks))
    return found


def inventory_text(services: t.Sequence[Service]) -> str:
    """The inventory, each variable with the reason for its value."""
    lines = [
        "# The services whose coverage is measured, one host each.",
        "# Every variable: ansible-doc -t role gocover.e2e.service",
        "services:",
        "  hosts:",
    ]
    for service in services:
        lines.append(f"    # {service.reason}")
        lines.append(f"    {_scalar(service.name)}:" + ("" if service.settings else " {}"))
        for setting in service.settings:
            lines += [f"      # {setting.reason}", f"      service_{setting.name}: {_value(setting.value)}"]
    return "\n".join(lines) + "\n"


def _inventory_name(repository: Repository) -> str:
    """The inventory of an ansible.cfg that is there, if it is one file; else the name of ours."""
    named = _configured(repository).get("inventory", "")
    return named if re.fullmatch(r"[\w.-]+\.ya?ml", named) else INVENTORY


def _inventory(repository: Repository, name: str, services: t.Sequence[Service]) -> Change:
    text = _existing(repository, name)
    if text is None:
        return Change(name, None, inventory_text(services))
    known = _hosts(text)
    missing = [service for service in services if service.name not in known]
    lacks = ""
    if missing:
        added = inventory_text(missing).partition("  hosts:\n")[2].rstrip("\n")
        lacks = f"it does not list {', '.join(service.name for service in missing)}:\n{added}"
    return Change(name, text, text, lacks)


def _hosts(text: str) -> set[str]:
    """The names of every host of an inventory; Ansible merges groups wherever they are."""
    if _YAML_ERROR is not None:
        raise library_missing("PyYAML", _YAML_ERROR, "The inventory cannot be read")
    try:
        pending = [yaml.safe_load(text)]
    except yaml.YAMLError:
        return set()
    names: set[str] = set()
    while pending:
        value = pending.pop()
        for key, entry in value.items() if isinstance(value, dict) else ():
            if key == "hosts" and isinstance(entry, dict):
                names.update(map(str, entry))
            else:
                pending.append(entry)
    return names


def _playbook(repository: Repository) -> Change:
    lacks = "it does not import gocover.e2e.coverage; run ansible-playbook gocover.e2e.coverage in its place"
    return _new_or_kept(repository, "coverage.yml", _PLAYBOOK, "gocover.e2e.coverage", lacks)


def _configuration(repository: Repository, inventory: str) -> Change:
    wanted = {"inventory": inventory, "stdout_callback": _CALLBACK}
    lines = [f"{key} = {value}" for key, value in wanted.items()]
    text = _existing(repository, "ansible.cfg")
    if text is None:
        return Change("ansible.cfg", None, "\n".join(["[defaults]", *lines]) + "\n")
    there = _configured(repository)
    missing = [line for line in lines if line.partition(" ")[0] not in there]
    lacks = f"add to its section [defaults]: {'; '.join(missing)}" if missing else ""
    return Change("ansible.cfg", text, text, lacks)


def _configured(repository: Repository) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(_existing(repository, "ansible.cfg") or "")
        return dict(parser["defaults"])
    except (configparser.Error, KeyError):
        return {}


def _ignore(repository: Repository) -> Change:
    text = _existing(repository, ".gitignore")
    if text is not None and _IGNORES.search(text):
        return Change(".gitignore", text, text)
    before = text or ""
    newline = "" if not before or before.endswith("\n") else "\n"
    return Change(".gitignore", text, f"{before}{newline}/coverage/\n")


def _new_or_kept(repository: Repository, name: str, text: str, marker: str, lacks: str) -> Change:
    """The text for a file that is missing; one that is there stays, and has to contain ``marker``."""
    before = _existing(repository, name)
    if before is None:
        return Change(name, None, text)
    return Change(name, before, before, "" if marker in before else lacks)


def _existing(repository: Repository, name: str) -> str | None:
    path = repository.root / name
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else None


def _value(value: t.Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(text: str) -> str:
    # A plain scalar where there can be no doubt about it; JSON's strings are YAML too.
    words = text.split(" ")
    plain = all(_PLAIN.fullmatch(word) or re.fullmatch(r"-[\w.=,-]+", word) for word in words)
    plain = plain and not text.startswith("-") and text.lower() not in _WORDS_OF_YAML
    return text if plain else json.dumps(text)
