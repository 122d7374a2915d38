# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the data that the checkout does not have: named, with what would help, instead of shown without source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import cast

from ..numbers.model import Coverage, FileCoverage
from ..numbers.own import is_standard
from ..numbers.schema import UnplacedRecord
from .modules import Modules, within
from .placing import fits, is_foreign
from .sources import Sources

#: Why the checkout does not have a file, with what helps.
_REMEDIES = {
    "missing": "make them before the report (go generate), or say with service_source_map where they are",
    "other version": "name the directory in go.work or a replace, so that the build takes it from the checkout",
    "dependency": "go mod vendor brings their source into the checkout, and service_coverpkg leaves them out",
    "standard library": "service_coverpkg leaves them out",
    "another program": "report that program apart, with its own source",
    "outside the repository": "reports name them by import path, since they have no path in the repository",
}


@dataclass
class Unplaced:
    """Files of a module that are not in the checkout; ``module`` is "" where the data does not name it."""

    module: str
    reason: str
    files: int
    statements: int
    example: str


def find_unplaced(coverage: Coverage, sources: Sources) -> tuple[list[UnplacedRecord], list[str]]:
    """The part ``unplaced`` of summary.json, and a sentence for each reason. Without a checkout there is neither.

    Source that does not fit the data is from then on not shown.
    """
    modules = sources.modules
    if modules is None:
        return [], []
    found: dict[tuple[str, str], Unplaced] = {}
    service = {program.package for program in coverage.programs if program.module == coverage.module}
    for package in coverage.packages:
        linked = coverage.linked.get(package.name, frozenset())
        only_elsewhere = bool(service and linked and not linked & service)
        for file in package.files:
            reason = _reason(file, package.module, coverage.module, sources, modules, only_elsewhere)
            if reason:
                known = found.setdefault((reason, package.module), Unplaced(package.module, reason, 0, 0, file.name))
                known.files += 1
                known.statements += file.total
    rows = [found[key] for key in sorted(found)]
    warnings = [
        _sentence([row for row in rows if row.reason == reason])
        for reason in _REMEDIES
        if any(row.reason == reason for row in rows)
    ]
    return [cast("UnplacedRecord", asdict(row)) for row in rows], warnings


def _reason(file: FileCoverage, module: str, own: str, sources: Sources, modules: Modules, only_elsewhere: bool) -> str:
    if is_foreign(file):  # placing.py has said so
        return ""
    home = sources.home_of(file.package)
    path = sources.path_of(file.name)
    if home is not None and path is not None and modules.directory_of(home.path) is None:
        if fits(file, file.name, sources):
            return ""
        sources.forget(file.name)
        return "other version"
    if path is not None:
        return "" if within(path, modules.base) else "outside the repository"
    if home is not None or (module and module == own):
        return "missing"
    if is_standard(file.package, module):
        return "standard library"
    if only_elsewhere:
        return "another program"
    return "dependency" if "." in file.package.partition("/")[0] or module else "missing"


def _sentence(rows: Sequence[Unplaced]) -> str:
    count, reason = sum(row.files for row in rows), rows[0].reason
    names = [row.module for row in rows if row.module]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    of = f" of {listed}" if listed else " of the standard library" if reason == "standard library" else ""
    files = "1 file" if count == 1 else f"{count:,} files"
    verb = "is" if count == 1 else "are"
    where = {
        "other version": f"{verb} another version than that in the checkout",
        "outside the repository": f"{verb} outside the repository",
    }.get(reason, f"{verb} not in the checkout")
    return f"{files}{of}, such as {rows[0].example}, {where}: {_REMEDIES[reason]}"
