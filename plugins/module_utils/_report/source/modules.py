# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Go modules of a checkout, and the directory of each, as the go command finds them (go.dev/ref/mod).

The main module is that of the nearest go.mod. A go.work above it that uses it adds its modules, which the go command
calls main modules too. Directories named by ``replace`` and the directory ``vendor`` have the source of other modules.
Modules that lie in the repository for other programs are found by a walk, and only when the data names them.
"""

from __future__ import annotations

import os
import re
import typing as t
from collections.abc import Iterator

from .git_program import top_level

_TOKEN = re.compile(r'//.*|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`|([()])|((?:(?!//)[^\s()"`])+)|(\n)')
_LARGEST = 4 * 1024 * 1024  # bytes of a go.mod, go.work or modules.txt
_MOST_DIRECTORIES = 20_000
_WITHOUT_MODULES = ("vendor", "node_modules", "testdata")


class GoModule(t.NamedTuple):
    """A module: its path as packages are imported by it, and its directory."""

    path: str
    directory: str


class Modules:
    """The modules around the directory ``source``; ``package`` is the main package, relative to it, where it is known.

    ``main`` is the module of the package, ``main_modules`` are that and those of its workspace. ``base`` is the
    directory from which paths count: the top of the repository, or without one that of the workspace or the source.
    """

    def __init__(self, source: str, package: str = "") -> None:
        source = os.path.realpath(source)
        self.repository = top_level(source)
        start = os.path.realpath(os.path.join(source, package))
        has_package = within(start, source) and os.path.isdir(start)
        home = _nearest("go.mod", start if has_package else source, self.repository)
        self.main = _module_in(home) if home else None
        work = _nearest("go.work", home or source, self.repository)
        used = list(_used(work)) if work else []
        if self.main is not None and self.main not in used:
            # Go refuses to build a module in a workspace that does not use it: such a go.work was switched off.
            work, used = None, [self.main]
        self.main_modules = tuple(used)
        self.base = self.repository or work or (source if home is None or within(home, source) else home)
        self._directories: dict[str, str] = {}
        # In the order in which the go command decides: its own modules, what is vendored, what is replaced.
        vendored = _vendored(work or home or source)
        replaced = [*(_replaced(work, "go.work") if work else ()), *(r for m in used for r in _replaced(m.directory))]
        for module in (*used, *vendored, *replaced):
            self._directories.setdefault(module.path, module.directory)
        self._walked: dict[str, str] | None = None
        self._deepest_first = self._known()

    def directory_of(self, path: str) -> str | None:
        """The directory of the module ``path``, or None where the build does not take it from the checkout."""
        return self._directories.get(path)

    def elsewhere_in_checkout(self, path: str) -> str | None:
        """The directory of a module that the build of ``main`` does not name, but the repository has."""
        if self._walked is None:
            self._walked = {}
            for place in directories_below(self.base):
                module = _module_in(place) if os.path.isfile(os.path.join(place, "go.mod")) else None
                if module is not None:
                    self._walked.setdefault(module.path, module.directory)
            self._deepest_first = self._known()
        return self._walked.get(path)

    def holding(self, package: str) -> Iterator[GoModule]:
        """The known modules by whose path that import path may begin, the longest first."""
        for path in sorted(self._directories, key=len, reverse=True):
            if package == path or package.startswith(path + "/"):
                yield GoModule(path, self._directories[path])

    def name_of(self, path: str) -> str | None:
        """The import path of a file or directory of the checkout; None where it is in no known module."""
        for module in self._deepest_first:
            if path == module.directory:
                return module.path
            if within(path, module.directory):
                return f"{module.path}/{os.path.relpath(path, module.directory)}"
        return None

    def around(self, directory: str) -> GoModule | None:
        """The module that a directory of the checkout is in: that of the nearest go.mod above it."""
        home = _nearest("go.mod", os.path.realpath(directory), self.repository)
        return _module_in(home) if home else None

    def _known(self) -> list[GoModule]:
        walked = {path: place for path, place in (self._walked or {}).items() if path not in self._directories}
        known = [GoModule(*item) for item in {**self._directories, **walked}.items()]
        return sorted(known, key=lambda module: len(module.directory), reverse=True)


def within(path: str, directory: str) -> bool:
    """Whether ``path`` is ``directory`` or lies below it; both are real paths."""
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


def _nearest(name: str, directory: str, top: str | None) -> str | None:
    """The nearest directory from ``directory`` upwards, not beyond ``top``, that has a file ``name``."""
    while not os.path.isfile(os.path.join(directory, name)):
        above = os.path.dirname(directory)
        if directory == top or above == directory:
            return None
        directory = above
    return directory


def _module_in(directory: str) -> GoModule | None:
    for verb, *words in _directives(os.path.join(directory, "go.mod")):
        if verb == "module" and words:
            return GoModule(words[0], directory)
    return None


def _used(work: str) -> Iterator[GoModule]:
    for verb, *words in _directives(os.path.join(work, "go.work")):
        if verb == "use" and words:
            module = _module_in(os.path.realpath(os.path.join(work, words[0])))
            if module is not None:
                yield module


def _replaced(directory: str, file: str = "go.mod") -> Iterator[GoModule]:
    """The modules that are replaced by directories: their packages keep the path that is replaced."""
    for verb, *words in _directives(os.path.join(directory, file)):
        if verb == "replace" and "=>" in words[1:-1]:
            target = words[words.index("=>") + 1]
            if target.startswith(("./", "../", "/")) or target in (".", ".."):
                place = os.path.realpath(os.path.join(directory, target))
                if os.path.isdir(place):
                    yield GoModule(words[0], place)


def _vendored(directory: str) -> Iterator[GoModule]:
    vendor = os.path.join(directory, "vendor")
    for line in _text(os.path.join(vendor, "modules.txt")).splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "#":
            yield GoModule(words[1], os.path.join(vendor, words[1]))


def _directives(path: str) -> Iterator[list[str]]:
    """The directives of a go.mod or go.work file, each with its words; those of a block one by one."""
    verb: list[str] = []
    words: list[str] = []
    for match in _TOKEN.finditer(_text(path) + "\n"):
        quoted, raw, bracket, bare, newline = match.groups()
        if bracket == "(":
            verb, words = words, []
        elif newline or bracket == ")":
            if words:
                yield [*verb, *words]
            words = []
            if bracket == ")":
                verb = []
        elif quoted is not None or raw is not None or bare:
            words.append([word for word in (quoted, raw, bare) if word is not None][0])


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(_LARGEST)
    except OSError:
        return ""


def directories_below(top: str) -> Iterator[str]:
    """``top`` and the directories below it that can have Go source of a module; not of a tree without end."""
    for count, (place, below, _files) in enumerate(os.walk(top)):
        if count >= _MOST_DIRECTORIES:
            return
        below[:] = sorted(name for name in below if not name.startswith((".", "_")) and name not in _WITHOUT_MODULES)
        yield place
