# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the name of a file in a profile to its source and its path in the repository, without Go.

A profile names a file by import path and base name. The path of the package's module is the first part of the import
path; the rest is the file's place below the directory of that module (see modules.py).
"""

from __future__ import annotations

import os
import typing as t
from collections.abc import Mapping
from functools import partial

from ..numbers.model import Coverage
from .compiled import CompiledFiles
from .gosource import Declaration, declarations_in, function_declarations, is_generated
from .ignored import Ignored, ignored_by_comments, may_ignore
from .line_directives import line_directives
from .modules import GoModule, Modules, within
from .naming import are_declared_by, name_declared, name_literals
from .variables import Variable, variables

_MAX_SOURCE_SIZE = 32 * 1024 * 1024


class ScannedSource(t.NamedTuple):
    """A Go file: whether it says that it is generated, its function declarations, whether comments may ignore some of
    it, and whether a build constraint may leave it out, so that another file was compiled."""

    generated: bool
    declarations: list[Declaration]
    may_ignore: bool = False
    constrained: bool = False


class Sources:
    """The source around the directory ``root``; without a root, there is none.

    ``package`` is the main package relative to it: the module is that of the package. ``root`` is then the directory of
    the module, and ``module`` its path as go.mod says it, or "" where there is no go.mod.
    """

    def __init__(self, root: str | None, package: str = "") -> None:
        self.modules = Modules(root, package) if root else None
        main = self.modules.main if self.modules else None
        self.root = main.directory if main else os.path.realpath(root) if root else None
        self.module = main.path if main else ""
        self._scanned: dict[str, ScannedSource | None] = {}
        self._module_of: dict[str, str] = {}
        self._homes: dict[str, GoModule | None] = {}
        self._folders: dict[str, str | None] = {}
        self._paths: dict[str, str | None] = {}
        self._compiled = CompiledFiles()
        self._misplaced: set[str] = set()

    def know_packages(self, modules: Mapping[str, str]) -> None:
        """Learn from the data the module of each package, by import paths: packages of modules may have one prefix."""
        for package, module in modules.items():
            if module and self._module_of.get(package) != module:
                self._module_of[package] = module
                self._homes.pop(package, None)
                self._folders.pop(package, None)

    def path_of(self, name: str) -> str | None:
        """The path of the file that a profile calls ``name``, or None where the checkout does not have it."""
        if name not in self._paths:
            self._paths[name] = self._find(name)
        return self._paths[name]

    def repository_path(self, name: str) -> str:
        """The path of a file from the top of the repository, or of the workspace or source where there is none.

        A file that is not at hand has the path at which its module would have it; one of no module of the checkout, or
        from outside the repository, keeps its name.
        """
        if self.modules is None or name in self._misplaced:
            return name
        path = self.path_of(name)
        if path is None:
            package, _slash, base = name.rpartition("/")
            folder = self._folder(package) if package else None
            path = os.path.normpath(os.path.join(folder, base)) if folder and base not in ("", ".", "..") else None
        if path is None or not within(path, self.modules.base):
            return name
        return os.path.relpath(path, self.modules.base)

    def is_of_service(self, path: str) -> bool:
        """Whether a Go file of the repository is in a package of the main module, or of another in its workspace."""
        if self.modules is None:
            return False
        above = path.split("/")[:-1]
        if any(name.startswith(("_", ".")) or name in ("vendor", "testdata") for name in above):
            return False
        home = self.modules.around(os.path.join(self.modules.base, *above))
        return home is not None and home in self.modules.main_modules

    def forget(self, name: str) -> None:
        """Take the source of a file for another one than that which was compiled."""
        self._paths[name] = self._scanned[name] = None
        self._misplaced.add(name)

    def _find(self, name: str) -> str | None:
        if self.modules is None:
            return None
        package, _slash, base = name.rpartition("/")
        if os.path.isabs(name):
            folder: str | None = os.path.realpath(package or os.sep)
        else:
            folder = self._folder(package) if package else None
        if folder is None:
            return None
        path = os.path.join(folder, base)
        if base in ("", os.curdir, os.pardir) or os.path.islink(path):
            path = os.path.realpath(path)
        return path if self._is_inside(path, package) and os.path.isfile(path) else None

    def _folder(self, package: str) -> str | None:
        """The directory of a package, as it would be if it exists; None where no module of the checkout has it."""
        if package not in self._folders:
            home = self.home_of(package)
            folder = (
                None if home is None else os.path.realpath(os.path.join(home.directory, _below(package, home.path)))
            )
            self._folders[package] = folder if folder and self._is_inside(folder, package) else None
        return self._folders[package]

    def home_of(self, package: str) -> GoModule | None:
        """The module of the checkout that has the package, or None."""
        if package not in self._homes:
            self._homes[package] = self._home(self.modules, package) if self.modules else None
        return self._homes[package]

    def _home(self, modules: Modules, package: str) -> GoModule | None:
        module = self._module_of.get(package)
        if module is None:
            holding = list(modules.holding(package))
            existing = (
                home for home in holding if os.path.isdir(os.path.join(home.directory, _below(package, home.path)))
            )
            return next(existing, holding[0] if holding else None)
        directory = modules.directory_of(module) or modules.elsewhere_in_checkout(module)
        of_module = package == module or package.startswith(module + "/")
        return GoModule(module, directory) if directory and of_module else None

    def _is_inside(self, path: str, package: str) -> bool:
        """Whether ``path`` is source: no name in the data, and no link, leads out of the repository and its modules."""
        home = self.home_of(package)
        bounds = [self.root, self.modules.base if self.modules else None, home.directory if home else None]
        return any(within(path, bound) for bound in bounds if bound)

    def read(self, name: str) -> bytes | None:
        """The source of the file that a profile calls ``name``, or None where it is not at hand."""
        path = self.path_of(name)
        if path is None:
            return None
        try:
            with open(path, "rb") as stream:
                source = stream.read(_MAX_SOURCE_SIZE + 1)
        except OSError:
            return None
        return source if len(source) <= _MAX_SOURCE_SIZE else None

    def scan(self, name: str) -> ScannedSource | None:
        """What a scan of the file finds, done once; None where its source is not at hand or not Go."""
        if name not in self._scanned:
            source = self.read(name) if name.endswith(".go") else None
            self._scanned[name] = None if source is None else _scan(source, os.path.basename(name))
        return self._scanned[name]

    def remember(self, name: str, scanned: ScannedSource) -> None:
        """Keep what another process found in the file."""
        self._scanned[name] = scanned

    def ignored(self, name: str) -> Ignored | None:
        """What comments in the file take out of the numbers; None where nothing does, or the source is not at hand."""
        scanned = self.scan(name)
        if scanned is None or not scanned.may_ignore:
            return None
        return ignored_by_comments(self.read(name) or b"")

    def annotate(self, coverage: Coverage) -> None:
        """Set what only the source knows: which files are generated, and the names and lines of functions."""
        for file in coverage.files():
            scanned = self.scan(file.name)
            doubtful = scanned is None or scanned.constrained or not are_declared_by(file, scanned.declarations)
            if file.functions and doubtful:
                scanned = self._scan_compiled(file.name) or scanned
            if scanned is not None:
                file.generated = scanned.generated
                name_declared(file, scanned.declarations)
                name_literals(file, partial(self._variables, file.name))

    def _scan_compiled(self, name: str) -> ScannedSource | None:
        """The same of the Go file whose line directives name the file, remembered in its place; None without one."""
        package, _slash, base = name.rpartition("/")
        directory = self._folder(package) if package else None
        compiled = self._compiled.declarations(directory, base) if directory else None
        if compiled is None:
            return None
        self._scanned[name] = ScannedSource(*compiled)
        return self._scanned[name]

    def _variables(self, name: str) -> list[Variable]:
        try:
            return variables(self.read(name) or b"")
        except ValueError:
            return []


def _scan(source: bytes, base: str) -> ScannedSource | None:
    try:
        declarations = declarations_in(source, base, base) if line_directives(source) else function_declarations(source)
    except ValueError:
        return None
    return ScannedSource(is_generated(source), declarations, may_ignore(source), b"//go:build" in source)


def _below(package: str, module: str) -> str:
    return package[len(module) :].strip("/")
