# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the places where a program was built to the checkout, where both are not the same.

Go names a file by import path and base name. A program built from files (``go build main.go``) has the package
``command-line-arguments`` and files by their absolute paths on the machine that built it, and profiles of other tools
have paths of all kinds. What such a name means is found by looking which file of the checkout fits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..._diagnosis import failure
from ..numbers.combining import combine
from ..numbers.model import Coverage, FileCoverage, PackageCoverage, Program
from .modules import Modules, directories_below
from .naming import bare_name
from .sources import Sources

COMMAND_LINE = "command-line-arguments"
_NO_MODULES = "_/"  # the go command puts it before the path of a package outside of all modules


@dataclass(frozen=True)
class Placed:
    """Coverage with the names of the checkout, and what was renamed, as {"from", "to", "files"}."""

    coverage: Coverage
    mapped: list[dict[str, str | int]]


def parse_source_map(described: Mapping[Any, Any]) -> dict[str, str]:
    """A source map as users write it: what each prefix becomes. Raises Failure for anything else."""
    for prefix, target in described.items():
        if not isinstance(prefix, str) or not isinstance(target, str) or not prefix or not target:
            raise failure(
                "The source map is not as it should be",
                "option-invalid",
                f"{prefix!r:.80} becomes {target!r:.80}",
                "Write it as {/workspace/: example.com/shop/}, a prefix of names and what it is in the checkout",
            )
    return dict(described)


def place(
    coverage: Coverage,
    sources: Sources,
    source_map: Mapping[str, str] | None = None,
    hint: str = "",
    by_paths: bool = False,
) -> Placed:
    """Give the files of ``coverage`` the names that they have in the modules of ``sources``.

    ``source_map`` says by prefixes what is not found by itself: ``{"/workspace/": "example.com/shop/"}``; what it is
    mapped to may be an import path or a directory of the checkout. ``hint`` is the directory of the main package. With
    ``by_paths`` names may be paths in the repository, as some tools write them into text profiles.
    """
    modules = sources.modules
    if modules is not None:
        sources.know_packages({package.name: package.module for package in coverage.packages})
    names = _mapped_by_user(coverage, sources, source_map or {})
    warnings = []
    if modules is not None:
        unknown = [file for file in coverage.files() if file.name not in names and is_foreign(file)]
        names.update(_found(unknown, sources, modules, hint))
        if by_paths:
            rest = [file for file in coverage.files() if file.name not in names and not sources.path_of(file.name)]
            names.update(_by_repository_path(rest, sources, modules))
        lost = [file for file in unknown if file.name not in names]
        if lost and modules.main_modules:
            warnings.append(
                f"{len(lost)} files, such as {lost[0].name}, are not in the checkout under any name that was tried: set"
                " service_source_map to say where they are"
            )
    if not names:
        return Placed(replace(coverage, warnings=[*coverage.warnings, *warnings]), [])
    placed, clashes = _renamed(coverage, names, sources)
    return Placed(replace(placed, warnings=[*coverage.warnings, *warnings, *clashes]), _summed_up(names))


def _mapped_by_user(coverage: Coverage, sources: Sources, source_map: Mapping[str, str]) -> dict[str, str]:
    prefixes = sorted(source_map.items(), key=lambda item: -len(item[0]))
    names = {}
    for file in coverage.files():
        for prefix, target in prefixes:
            if file.name.startswith(prefix):
                rest = file.name[len(prefix) :]
                whole = prefix.endswith("/") or rest.startswith("/")
                joined = f"{target.rstrip('/')}/{rest.lstrip('/')}" if whole else target + rest
                names[file.name] = _import_path(os.path.normpath(joined), sources)
                break
    return names


def _import_path(name: str, sources: Sources) -> str:
    """``name``, or where that is a path in a module of ``sources``, the same by import path."""
    if sources.modules is not None and os.path.isabs(name):
        return sources.modules.name_of(os.path.realpath(name)) or name
    return name


def is_foreign(file: FileCoverage) -> bool:
    """Whether a file is not named by the import path of a package, so that its place has to be found."""
    return os.path.isabs(file.name) or file.package == COMMAND_LINE or file.name.startswith(("./", "../", _NO_MODULES))


def _starts(sources: Sources, modules: Modules) -> list[str]:
    """The directories from which a path in the checkout may count, the module's first."""
    return list(dict.fromkeys([sources.root or modules.base, modules.base]))


def _found(files: Sequence[FileCoverage], sources: Sources, modules: Modules, hint: str) -> dict[str, str]:
    """The new names of those of ``files`` that fit a file of the checkout.

    For absolute paths that is the builder's root under which most files fit; the more of the path is kept, the better.
    """
    names: dict[str, str] = {}
    by_root: dict[tuple[str, str], dict[str, str]] = {}
    for file in files:
        for root, relative in _splits(file.name.removeprefix("_")):
            for start in _starts(sources, modules):
                target = modules.name_of(os.path.normpath(os.path.join(start, relative)))
                if target is not None and fits(file, target, sources):
                    by_root.setdefault((root, start), {})[file.name] = target
    for place in sorted(by_root, key=lambda place: (-len(by_root[place]), len(place[0]))):
        for name, target in by_root[place].items():
            names.setdefault(name, target)
    rest = [file for file in files if file.name not in names]
    if rest:
        names.update(_main_package(rest, sources, modules, hint))
    return names


def _by_repository_path(files: Sequence[FileCoverage], sources: Sources, modules: Modules) -> dict[str, str]:
    """The new names of files that a profile names by their path in the repository or the module, as some tools do."""
    best: dict[str, str] = {}
    # Some tools put the name of the checkout's directory before the path.
    for start in [*_starts(sources, modules), os.path.dirname(modules.base)]:
        names = {}
        for file in files:
            path = os.path.normpath(os.path.join(start, file.name.replace("\\", "/")))
            target = modules.name_of(path) if os.path.isfile(path) else None
            if target is not None and fits(file, target, sources):
                names[file.name] = target
        best = max(best, names, key=len)
    return best


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """All ways to divide an absolute path into a root and what lies below it, the shortest root first."""
    parts = name.strip("/").split("/") if os.path.isabs(name) else []
    for index in range(len(parts)):
        yield "/" + "/".join(parts[:index]), "/".join(parts[index:])


def _main_package(files: Sequence[FileCoverage], sources: Sources, modules: Modules, hint: str) -> dict[str, str]:
    """Names for files of which only the base name is known, from the one directory in which all of them fit."""
    bases = {file.name: file.name.rpartition("/")[2] for file in files}
    hinted = os.path.realpath(hint) if hint else None
    packages: list[str] = []
    for directory in [*([hinted] if hinted else []), *directories_below(sources.root or modules.base)]:
        package = modules.name_of(directory)
        if package is None or package in packages:
            continue
        if all(fits(file, f"{package}/{bases[file.name]}", sources, strict=True) for file in files):
            packages.append(package)
            if directory == hinted:
                break
    if len(packages) != 1:
        return {}
    return {name: f"{packages[0]}/{base}" for name, base in bases.items()}


def fits(file: FileCoverage, target: str, sources: Sources, strict: bool = False) -> bool:
    """Whether the source that ``target`` names can be that of ``file``: it has its functions, and lines enough.

    With ``strict`` there must be functions to tell by.
    """
    scanned = sources.scan(target)
    if scanned is None:
        return False
    declared = {(bare_name(declaration.name), declaration.end_line) for declaration in scanned.declarations}
    ends: dict[str, int] = {}
    for name, end_line in declared:
        ends[name] = max(end_line, ends.get(name, 0))
    functions = [function for function in file.functions if not function.literal]
    if any(function.line > ends.get(bare_name(function.name), 0) for function in functions):
        return False
    last = max((block.end_line for block in file.blocks), default=0)
    return bool(functions or not strict) and last <= (sources.read(target) or b"").count(b"\n") + 1


def _renamed(coverage: Coverage, names: Mapping[str, str], sources: Sources) -> tuple[Coverage, list[str]]:
    """``coverage`` under new names, and the files that then come twice: they are counted once, not added up."""
    modules = {package.name: package.module for package in coverage.packages}
    renamed: dict[str, str] = {}
    kept: dict[str, FileCoverage] = {}
    warnings = []
    for file in coverage.files():
        name = names.get(file.name, file.name)
        if name != file.name:
            package = name.rpartition("/")[0] or "."
            renamed[file.package] = package
            functions = [replace(function, file=name) for function in file.functions]
            file = replace(file, name=name, package=package, functions=functions)
            home = sources.home_of(package)
            modules[package] = modules.get(package) or (home.path if home else "")
        known = kept.get(name)
        if known is not None:
            file, told = _once(coverage.mode, known, file)
            warnings.append(told)
        kept[name] = file
    of_package: dict[str, list[FileCoverage]] = {}
    for file in kept.values():
        of_package.setdefault(file.package, []).append(file)
    empty = {package.name for package in coverage.packages if not package.files}
    packages = [
        PackageCoverage.of_files(name, of_package.get(name, []), modules[name])
        for name in sorted(of_package.keys() | empty)
    ]
    programs = [renamed.get(program.package, program.package) for program in coverage.programs]
    linked: dict[str, frozenset[str]] = {}
    for package, of_programs in coverage.linked.items():
        name = renamed.get(package, package)
        linked[name] = linked.get(name, frozenset()) | {renamed.get(program, program) for program in of_programs}
    own = sources.module if sources.module in {package.module for package in packages} else coverage.module
    return (
        replace(
            coverage,
            packages=packages,
            module=own,
            programs=tuple(sorted({Program(name, modules.get(name, "")) for name in programs})),
            linked=linked,
        ),
        warnings,
    )


def _once(mode: str, known: FileCoverage, other: FileCoverage) -> tuple[FileCoverage, str]:
    """A file that two builds name differently, with each of its statements once; and a sentence about it."""
    first, second = (Coverage(mode, [PackageCoverage.of_files(file.package, [file])]) for file in (known, other))
    combined, findings = combine(first, second)
    if findings:
        best = max(known, other, key=lambda file: file.covered)
        return best, f"{known.name} was built twice from different source, and is counted once: {findings[0].evidence}"
    return next(combined.files()), f"{known.name} was built twice under different names, and is counted once"


def _summed_up(names: Mapping[str, str]) -> list[dict[str, str | int]]:
    """Which prefixes became which, without the end that both names have in common."""
    counts: dict[tuple[str, str], int] = {}
    for old, new in names.items():
        before, after = old.split("/"), new.split("/")
        while before and after and before[-1] == after[-1]:
            before.pop()
            after.pop()
        pair = ("/".join(before), "/".join(after))
        counts[pair] = counts.get(pair, 0) + 1
    return [{"from": old, "to": new, "files": count} for (old, new), count in sorted(counts.items())]
