# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about builds: a program that is instrumented, with its main package, under its own name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding, Rule, finding
from ..project import Project
from ..scripts import Command

BY_FILE = Rule("main-by-file", "warning", "A main package is built by file name")
WITHOUT_MAIN = Rule("coverpkg-without-main", "error", "-coverpkg leaves out the main package")
SIGTERM = Rule("sigterm-unhandled", "perhaps", "A service does not handle SIGTERM")

#: Flags of go build that take a value, by a blank too (cmd/go/internal/work).
_WITH_VALUE = frozenset(
    f"-{name}"
    for name in (
        *("o", "p", "C", "asmflags", "buildmode", "compiler", "coverpkg", "covermode", "gccgoflags", "gcflags"),
        *("installsuffix", "ldflags", "mod", "modfile", "overlay", "pgo", "pkgdir", "tags", "toolexec", "exec"),
    )
)
_HANDLERS = re.compile(r"^signal\.Notify(?:Context)?$|SetupSignalHandler|NotifyContext|WithSignals?$|HandleSignals?")
#: exec.Cmd has Start and Run too, so that the receiver counts.
_SERVES = re.compile(
    r"ListenAndServe(?:TLS)?$|(?i:srv|server|mgr|manager|router|engine)(?:\(\))?\.(?:Serve|ServeTLS|Start|Run)$"
)


def check(project: Project) -> Iterator[Finding]:
    """Findings of every rule of this file."""
    for script in project.procedures():
        for command in script.commands:
            if is_go_build(command):
                yield from check_build(script.source.name, command.line, command)
    yield from _unhandled_signals(project)


def is_go_build(command: Command) -> bool:
    """Whether the command is go build, or go install."""
    return command.words[0:1] == ("go",) and command.words[1:2] in (("build",), ("install",))


def is_uncovered(command: Command) -> bool:
    """Whether a go build leaves out the flags of the environment: by GOFLAGS of its own, or by -cover=false."""
    flags, _packages = _arguments(command)
    if ("-cover", "false") in flags:
        return True
    own = any(entry.startswith("GOFLAGS=") for entry in command.environment)
    return own and not any(name.startswith("-cover") for name, _value in flags)


def check_build(file: str, line: int, command: Command) -> Iterator[Finding]:
    """Findings about one go build, wherever it stands."""
    flags, packages = _arguments(command)
    covered = any(name.startswith("-cover") and value != "false" for name, value in flags)
    if covered and (main := next((word for word in packages if word.endswith(".go")), "")):
        yield finding(
            BY_FILE,
            file,
            line,
            f"go build gets the file {main}; coverage data then names the package command-line-arguments",
            f"Build the package {_package_of(main)}",
            (main, _package_of(main)),
        )
    patterns = next((value for name, value in flags if name == "-coverpkg"), "")
    if patterns and packages and not packages[0].endswith(".go") and not _includes(patterns, packages[0]):
        yield finding(
            WITHOUT_MAIN,
            file,
            line,
            f"-coverpkg={patterns} does not match {packages[0]}; the program then writes nothing and says nothing",
            f"Add the main package: -coverpkg={patterns},{packages[0]}",
            (f"-coverpkg={patterns}", f"-coverpkg={patterns},{packages[0]}"),
        )


def _arguments(command: Command) -> tuple[list[tuple[str, str]], list[str]]:
    """The flags of a go build with their values, those of GOFLAGS included, and its packages."""
    variables = [entry.partition("=")[2].strip("\"'") for entry in command.environment if "GOFLAGS" in entry]
    flags = [_split(word) for value in variables for word in value.split() if word.startswith("-")]
    packages: list[str] = []
    words = list(command.words[2:])
    while words:
        word = words.pop(0).replace('"', "").replace("'", "")
        if not word.startswith("-"):
            # -ldflags '-s -w' in a Makefile's variable may be several words.
            packages.append(word)
            continue
        name, value = _split(word)
        flags.append((name, value or (words.pop(0) if name in _WITH_VALUE and "=" not in word and words else "")))
    return flags, [word for word in packages if not word.startswith("$")] or packages


def _split(word: str) -> tuple[str, str]:
    name, _equals, value = word.partition("=")
    return f"-{name.lstrip('-')}", value.strip("\"'")


def _package_of(file: str) -> str:
    directory = file.rpartition("/")[0]
    if not directory:
        return "."
    return directory if directory.startswith((".", "/", "$")) else f"./{directory}"


def _includes(patterns: str, package: str) -> bool:
    """Whether a pattern matches a package of the same module; patterns of import paths and variables may."""
    for pattern in (entry.strip() for entry in patterns.split(",")):
        if not pattern.startswith("./") or "$" in pattern or "$" in package or not package.startswith("./"):
            return True
        prefix = pattern.removesuffix("...").rstrip("/")
        if package == prefix or (pattern.endswith("...") and f"{package}/".startswith(f"{prefix}/")):
            return True
    return False


def _unhandled_signals(project: Project) -> Iterator[Finding]:
    """Main packages that serve and that no file with a signal handler belongs to."""
    handlers = {
        file.source.name.rpartition("/")[0]
        for file in project.go_files
        if any(_HANDLERS.search(call.function) for call in file.calls)
    }
    for directory, files in project.programs.items():
        serving = [(file, call) for file in files for call in file.calls if _SERVES.search(call.function)]
        # A handler may lie in another package of the repository that main calls.
        if not serving or directory in handlers or any("test" not in handler for handler in handlers):
            continue
        file, call = serving[0]
        yield finding(
            SIGTERM,
            file.source.name,
            call.line,
            f"{call.function} serves, and no code handles SIGTERM; Go writes counters only when main returns",
            "Use signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM), shut the server down and return from main",
        )
