# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files count: exclusions, and the scope of the headline percentage."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from .model import Coverage, FileCoverage, percent
from .schema import BasisRecord

_FEW_STATEMENTS = 100
_SMALL_SHARE = 5.0  # percent of what was instrumented


def matches(pattern: str, file: FileCoverage, module: str = "") -> bool:
    """Whether ``pattern`` means ``file``; ``module`` is the path that file names may leave out.

    A pattern is Go's for packages (``./internal/...``, ``example.com/app/store``) or a glob (``*_mock.go``,
    ``internal/gen/*``) over the file's name or its package's, each whole or below the module; ``*`` matches ``/`` too.
    """
    if package_matches(pattern, file.package, module):
        return True
    pattern = pattern.removeprefix("./")
    names = (file.name, below(file.name, module), file.name.rpartition("/")[2])
    return not _is_tree(pattern) and any(fnmatchcase(name, pattern) for name in names)


def package_matches(pattern: str, package: str, module: str = "") -> bool:
    """Whether ``pattern`` means the package of that import path; see `matches`."""
    pattern = pattern.removeprefix("./")
    names = (package, below(package, module))
    if _is_tree(pattern):
        prefix = pattern.removesuffix("...").removesuffix("/")
        return any(not prefix or name == prefix or name.startswith(prefix + "/") for name in names)
    return any(fnmatchcase(name, pattern) for name in names)


def headline_scope(coverage: Coverage, patterns: Sequence[str] = ()) -> Coverage:
    """What the headline percentage counts.

    That is what ``patterns`` mean; without patterns, the hand-written files of the service's own packages (see own.py).
    """
    if patterns:
        outside = [f for f in coverage.files() if not any(matches(p, f, coverage.module) for p in patterns)]
    else:
        own = coverage.own
        if own is None:
            module = coverage.module
            own = frozenset(package.name for package in coverage.packages if module in ("", package.module))
        outside = [f for f in coverage.files() if f.generated or f.package not in own]
    return coverage.without(outside)


def basis_of(headline: Coverage, counted: Coverage) -> BasisRecord:
    """The part ``basis`` of summary.json: how many of the ``instrumented`` statements the headline counts.

    ``few`` says that the headline stands for next to nothing of the program, so that its percentage means little.
    """
    share = percent(headline.total, counted.total)
    few = headline.total < min(_FEW_STATEMENTS, counted.total) and share < _SMALL_SHARE
    return {"statements": headline.total, "instrumented": counted.total, "percent": share, "few": few}


def basis_sentence(basis: BasisRecord | None) -> str:
    """What there is to say of a headline that counts few statements; "" where it counts enough."""
    if basis is None or not basis.get("few"):
        return ""
    return (
        f"The headline counts only {basis['statements']:,} of {basis['instrumented']:,} instrumented statements:"
        " service_coverpkg and service_scope decide which"
    )


def _is_tree(pattern: str) -> bool:
    return pattern == "..." or pattern.endswith("/...")


def below(name: str, module: str) -> str:
    """``name`` without the path of the module that it is in."""
    return name[len(module) + 1 :] if module and name.startswith(module + "/") else name
