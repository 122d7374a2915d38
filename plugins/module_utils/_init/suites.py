# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end-to-end tests of a repository, how it runs them, and whether they make a cluster of their own."""

from __future__ import annotations

import posixpath
import re
import typing as t
from dataclasses import dataclass

from .._exercise import build_tags
from .programs import Found
from .repository import Repository, line_number

_E2E = re.compile(r"(?:^|[_-])(?:e2e|end2end|endtoend|end-to-end)(?:$|[_-])")
#: Names of directories with such tests where none is called e2e.
_ELSE = ("acceptance", "functional", "system", "integration")
_MAKES_CLUSTER = re.compile(
    r"\b(?:kind|k3d|minikube)\s+(?:create\s+cluster|cluster\s+create|start)\b|\bcluster\.NewProvider\s*\(|"
    r"\"kind\"\s*,\s*\"create\"|\bSetupKindCluster\w*\s*\(|\bCreateKindCluster\w*\s*\(|\bkind\.NewCluster\s*\("
)
_TARGET = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*:(?![=:])([^\n#]*)", re.MULTILINE)
_E2E_TARGET = re.compile(r"(?:^|[-_.])e2e(?:$|[-_.])")
_NO_RUN = re.compile(r"clean|setup|teardown|build|image|deploy|lint|coverage|cleanup|delete|create")
_MAKEFILES = ("Makefile", "makefile", "GNUmakefile")


@dataclass(frozen=True)
class Tests:
    """The command that runs a service's tests in the directory of its module, and why it is that one."""

    command: str
    reason: str


def tests_for(repository: Repository, service: str, module: str, others: t.Collection[str]) -> Tests | None:
    """The tests of a service; None if there are none. ``others`` are the names of the other services."""
    directories = sorted({posixpath.dirname(name) for name in repository.named("_test.go")})
    inside = [_relative(place, module) for place in directories if place == module or _below(place, module)]
    chosen = _top(inside, service, others)
    if not chosen:
        return None
    command = f"go test -count=1 -v ./{chosen}/..."
    tagged = build_tags.find(repository.root / module, command)
    if tagged is not None and _below(tagged.directory, chosen):
        reason = f"{_shown(module, tagged.directory)} asks for the build tag {', '.join(tagged.tags)}"
        return Tests(build_tags.command_with(command, tagged) or command, reason)
    return Tests(command, f"{_shown(module, chosen)} has tests")


def make_target(repository: Repository) -> Found | None:
    """The make target that runs the end-to-end tests."""
    for makefile in _MAKEFILES:
        text = repository.text(makefile)
        targets = [match for match in _TARGET.finditer(text) if _E2E_TARGET.search(match[1])]
        runs = [match for match in targets if not _NO_RUN.search(match[1])]
        if runs:
            best = min(runs, key=lambda match: (len(match[1]), match.start()))
            return Found(f"{makefile}:{line_number(text, best.start())}", best[1])
    return None


def makes_cluster(repository: Repository) -> Found | None:
    """Where the end-to-end tests create a cluster: in their own code, a Makefile or a script."""
    code = [name for name in repository.named(".go") if _is_e2e(posixpath.dirname(name))]
    scripts = [name for name in repository.named(".sh", ".bash") if "e2e" in name or name.startswith("hack/")]
    makefiles = [name for name in (*_MAKEFILES, *repository.named(".mk")) if name in repository]
    for name in (*code, *makefiles, *scripts):
        text = repository.text(name)
        match = _MAKES_CLUSTER.search(text)
        if match:
            return Found(f"{name}:{line_number(text, match.start())}", match[0].rstrip("( "))
    return None


def _top(directories: t.Sequence[str], service: str, others: t.Collection[str]) -> str:
    """The uppermost directory of end-to-end tests; below it that of the service, if each service has its own."""
    named = [place for place in directories if _is_e2e(place)]
    if not named:
        named = [place for place in directories if set(place.split("/")) & set(_ELSE)]
    if not named:
        return ""
    own = [place for place in named if service in place.split("/")]
    shared = [place for place in named if not set(place.split("/")) & set(others)]
    return min(own or shared or named, key=lambda place: (place.count("/"), place)) if own else _root(shared or named)


def _root(directories: t.Sequence[str]) -> str:
    """The directory named e2e above the first of them: helpers lie beside tests, and tests below each other."""
    parts = min(directories, key=lambda place: (place.count("/"), place)).split("/")
    last = next((i for i, part in enumerate(parts) if _E2E.search(part) or part in _ELSE), len(parts) - 1)
    return "/".join(parts[: last + 1])


def _is_e2e(place: str) -> bool:
    return any(_E2E.search(part) for part in place.split("/"))


def _relative(place: str, module: str) -> str:
    return posixpath.relpath(place or ".", module or ".")


def _below(place: str, above: str) -> bool:
    return not above or place == above or place.startswith(f"{above}/")


def _shown(module: str, place: str) -> str:
    return posixpath.join(module, place)
