# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a repository: its Go modules, their main packages, and what those do."""

from __future__ import annotations

import posixpath
import re
import typing as t
from dataclasses import dataclass, field

from .repository import Repository, line_number

_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)
_PACKAGE = re.compile(r"^package\s+(\w+)", re.MULTILINE)
_MAIN = re.compile(r"^func\s+main\s*\(\s*\)", re.MULTILINE)
_IGNORED = re.compile(r"^//\s*\+?(?:go:)?build\s+(?:ignore|tools|mage)\b", re.MULTILINE)
_IMPORTS = re.compile(r"^import\s*(?:\((.*?)^\)|([^\n]*))", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r'"([^"\n]+)"')
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`\w/])//[^\n]*", re.DOTALL)

#: Calls by which a program becomes a service: of net, net/http, gRPC, controller-runtime and the popular routers.
_LISTENS = re.compile(
    r"\b(?:\w+\.)?(?:ListenAndServe(?:TLS)?|ListenAndServeQUIC)\s*\(|\bnet\.Listen\s*\(|\bgrpc\.NewServer\s*\(|"
    r"\b(?:ctrl|manager)\.New(?:Manager)?\s*\(|\b(?:gin|echo|fiber|chi|iris)\.(?:Default|New|NewRouter)\s*\("
)
_SIGNALS = re.compile(r"\bsignal\.Notify(?:Context)?\s*\(|\b\w+\.SetupSignal(?:Handler|Context)\s*\(")
_ADDRESS = re.compile(r'"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])?:(\d{2,5})"')
_ASIDE = re.compile(r"metric|pprof|probe|health|debug|admin|dial|client|redis|postgres|mysql", re.IGNORECASE)
_READS_PORT = re.compile(r'"PORT"')
_URL_VARIABLE = re.compile(r'"([A-Z][A-Z0-9_]*_URL)"')
_READY = re.compile(r'"(?:GET )?(/(?:readyz|ready|readiness|healthz|health|livez|healthcheck))"')
_READY_FIRST = ("/readyz", "/ready", "/readiness", "/healthz", "/health", "/healthcheck", "/livez")

#: Directories of programs that help with the work on a repository.
_HELPERS = frozenset(
    ("hack", "tools", "tool", "scripts", "script", "examples", "example", "test", "tests", "e2e", "magefiles")
    + ("internal", "docs", "contrib", "third_party")
)
#: Names that say what kind of a program it is, not which.
_GENERIC = frozenset(("cmd", "main", "server", "app", "api", "manager", "service", "operator", "controller", "src"))


@dataclass(frozen=True)
class Found:
    """Something in a source file: where (``FILE:LINE``), and the text."""

    where: str
    text: str


@dataclass
class Program:
    """A main package. ``module`` and ``directory`` are directories, the empty string is the root."""

    name: str
    module: str
    directory: str
    listens: Found | None = None
    signals: Found | None = None
    reads_port: bool = False
    port: Found | None = None
    ready: Found | None = None
    urls: dict[str, Found] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The package as ``go build`` takes it in the directory of the module."""
        relative = posixpath.relpath(self.directory or ".", self.module or ".")
        return "." if relative == "." else f"./{relative}"


def modules_of(repository: Repository) -> dict[str, str]:
    """The module paths of the repository, by the directory of their go.mod."""
    found = {}
    for name in repository.files:
        if posixpath.basename(name) == "go.mod":
            match = _MODULE.search(repository.text(name))
            if match:
                found[posixpath.dirname(name)] = match[1]
    return found


def programs_of(repository: Repository) -> list[Program]:
    """The main packages that may be services, in the order of their directories."""
    modules = modules_of(repository)
    packages = _packages(repository)
    programs = []
    for directory, files in sorted(packages.items()):
        module = _module_of(directory, modules)
        if module is None or not any(_is_main(repository.text(name)) for name in files):
            continue
        if _helps(posixpath.relpath(directory or ".", module or ".")):
            continue
        program = Program(_name(directory, module, modules[module]), module, directory)
        _look(repository, program, packages, modules)
        programs.append(program)
    # Modules of examples and tools count in a repository that has nothing else.
    own = [program for program in programs if not _helps(program.module)]
    return _told_apart(own or programs, modules)


def _packages(repository: Repository) -> dict[str, list[str]]:
    """The Go files that are no tests, by their directory."""
    found: dict[str, list[str]] = {}
    for name in repository.named(".go"):
        if not name.endswith("_test.go") and not _IGNORED.search(repository.text(name)[:4096]):
            found.setdefault(posixpath.dirname(name), []).append(name)
    return found


def _helps(directory: str) -> bool:
    return bool(_HELPERS.intersection(directory.split("/")))


def _module_of(directory: str, modules: t.Mapping[str, str]) -> str | None:
    place = directory
    while place not in modules:
        if not place:
            return None
        place = posixpath.dirname(place)
    return place


def _is_main(text: str) -> bool:
    package = _PACKAGE.search(text)
    return package is not None and package[1] == "main" and bool(_MAIN.search(text))


def _name(directory: str, module: str, module_path: str) -> str:
    base = posixpath.basename(directory)
    return base if base and directory != module and base not in _GENERIC else module_name(module_path)


def module_name(module_path: str) -> str:
    """The last element of a module path that is no major version."""
    elements = [part for part in module_path.split("/") if not re.fullmatch(r"v\d+", part)]
    return (elements or [module_path])[-1]


def _told_apart(programs: list[Program], modules: t.Mapping[str, str]) -> list[Program]:
    names = [program.name for program in programs]
    for program in programs:
        if names.count(program.name) > 1:
            base = posixpath.basename(program.directory)
            program.name = base if names.count(base) == 0 and base else f"{module_name(modules[program.module])}-{base}"
    return programs


def _look(
    repository: Repository, program: Program, packages: t.Mapping[str, list[str]], modules: t.Mapping[str, str]
) -> None:
    """Find out what the program does, from its main package and the packages of the repository that it imports."""
    addresses: list[tuple[bool, Found]] = []
    ready: dict[str, Found] = {}
    for directory in _reached(repository, program.directory, packages, modules):
        for name in packages[directory]:
            text = _without_comments(repository.text(name))
            program.listens = program.listens or _first(_LISTENS, name, text)
            program.signals = program.signals or _first(_SIGNALS, name, text)
            program.reads_port = program.reads_port or bool(_READS_PORT.search(text))
            for match in _URL_VARIABLE.finditer(text):
                program.urls.setdefault(match[1], _found(match, name, text))
            for match in _READY.finditer(text):
                ready.setdefault(match[1], _found(match, name, text))
            for match in _ADDRESS.finditer(text):
                line = text[text.rfind("\n", 0, match.start()) + 1 : text.find("\n", match.end())]
                addresses.append((bool(_ASIDE.search(line)), _found(match, name, text)))
    program.port = next((found for aside, found in addresses if not aside), None)
    program.ready = next((ready[path] for path in _READY_FIRST if path in ready), None)


def _reached(
    repository: Repository, start: str, packages: t.Mapping[str, list[str]], modules: t.Mapping[str, str]
) -> list[str]:
    """The directories of ``start`` and of every package of the repository that it imports, nearest first."""
    paths = sorted(((path, place) for place, path in modules.items()), key=lambda entry: -len(entry[0]))
    order: list[str] = []
    pending, seen = [start], {start}
    while pending:
        directory = pending.pop(0)
        order.append(directory)
        for name in packages[directory]:
            for imported in _imports(repository.text(name)):
                place = _directory_of(imported, paths)
                if place is not None and place in packages and place not in seen:
                    seen.add(place)
                    pending.append(place)
    return order


def _directory_of(imported: str, paths: t.Iterable[tuple[str, str]]) -> str | None:
    for path, place in paths:
        if imported == path or imported.startswith(f"{path}/"):
            return posixpath.join(place, imported[len(path) + 1 :]).rstrip("/")
    return None


def _imports(text: str) -> list[str]:
    return [path for match in _IMPORTS.finditer(text) for path in _QUOTED.findall(match[1] or match[2] or "")]


def _without_comments(text: str) -> str:
    """The text with blanks for comments, so that lines keep their numbers."""
    return _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)


def _first(pattern: re.Pattern[str], name: str, text: str) -> Found | None:
    match = pattern.search(text)
    return _found(match, name, text) if match else None


def _found(match: re.Match[str], name: str, text: str) -> Found:
    shown = match[1] if match.re.groups else match[0].rstrip(" (")
    return Found(f"{name}:{line_number(text, match.start())}", shown)
