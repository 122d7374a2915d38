# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go repositories of any shape, built and run with the Go that is installed, and what a report makes of them."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import subprocess
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.bundle import Report, ReportSpec, make_report


def go(directory: Path, *arguments: str, **environment: str) -> str:
    """What go prints, with nothing from the network or the user's settings."""
    offline = {"GOFLAGS": "", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOSUMDB": "off", "CGO_ENABLED": "0"}
    return subprocess.run(
        ["go", *arguments],
        cwd=directory,
        env={**os.environ, **offline, **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def git(directory: Path, *arguments: str) -> str:
    """What git prints."""
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com", *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout


@dataclass
class Repository:
    """A directory with Go modules in it; ``data`` is where its programs leave their files."""

    top: Path
    data: Path
    names: list[str] = field(default_factory=list)

    def write(self, **files: str) -> None:
        """Write files by path; for a path in the form of an identifier, pass ``**{"a/b.go": text}``."""
        for path, text in files.items():
            (self.top / path).parent.mkdir(parents=True, exist_ok=True)
            (self.top / path).write_text(text, encoding="utf-8")

    def commit(self) -> None:
        """Make a git repository of it, with all that is there."""
        git(self.top, "init", "-q", "-b", "main")
        git(self.top, "add", "--all")
        git(self.top, "commit", "-q", "-m", "all")

    def run(self, module: str, package: str = ".", coverpkg: str = "./...", *options: str) -> None:
        """Build a program in the directory ``module`` with coverage, and run it once."""
        binary = self.data.parent / "program"
        cover = [f"-coverpkg={coverpkg}"] if coverpkg else []
        go(self.top / module, "build", "-cover", *cover, *options, "-o", str(binary), *package.split())
        self.data.mkdir(exist_ok=True)
        subprocess.run([binary], env={**os.environ, "GOCOVERDIR": str(self.data)}, check=True, capture_output=True)

    def vendor(self, module: str) -> None:
        """Vendor the dependencies of a module, or with "work" those of the workspace."""
        if module == "work":
            go(self.top, "work", "vendor")
        else:
            go(self.top / module, "mod", "vendor")

    def report(self, source: str = ".", **options: Any) -> Shown:
        """The report with the directory ``source`` as the source."""
        spec = ReportSpec((self.data,), "shop", self.top / source, run={"started": "2026-01-02T03:04:05Z"}, **options)
        return Shown(make_report(spec))

    def listed(self, module: str) -> dict[str, str]:
        """By name in a profile, the path from the top of each Go file of a build, as ``go list`` says it."""
        template = "{{$p := .}}{{range .GoFiles}}{{$p.ImportPath}}/{{.}}\t{{$p.Dir}}/{{.}}\n{{end}}"
        listed = [
            line.split("\t")
            for line in go(self.top / module, "list", "-deps", "-f", template, ".").splitlines()
            if line
        ]
        top = os.path.realpath(self.top)
        return {name: os.path.relpath(path, top) for name, path in listed if path.startswith(top + os.sep)}


class Shown:
    """What each format of a report says."""

    def __init__(self, made: Report) -> None:
        self.summary = made.summary
        self.files = {}
        for name, content in made.files.items():
            text = content if isinstance(content, str) else content()
            self.files[name] = text if isinstance(text, str) else "".join(text)

    @property
    def headline(self) -> tuple[int, int]:
        """Covered and total of the headline."""
        numbers = self.summary.get("scope") or self.summary["statements"]
        return numbers["covered"], numbers["total"]

    def paths(self) -> dict[str, set[str]]:
        """The paths that each format has."""
        return {
            "cobertura": set(re.findall(r'filename="([^"]*)"', self.files["cobertura.xml"])),
            "lcov": set(re.findall(r"^SF:(.*)$", self.files["lcov.info"], re.MULTILINE)),
        }

    def page_files(self) -> list[dict[str, Any]]:
        """The data of each file on the page: its blocks and source."""
        data = self.files["index.html"].partition('id="data">\n')[2].partition("\n</script>")[0]
        _functions, *files = [json.loads(zlib.decompress(base64.b64decode(line))) for line in data.split("\n")]
        return files

    def page_functions(self) -> list[str]:
        """The names of the functions on the page."""
        first = self.files["index.html"].partition('id="data">\n')[2].partition("\n")[0]
        files = json.loads(zlib.decompress(base64.b64decode(first)))
        return [name for functions in files for name, *_numbers in functions]

    def totals(self) -> dict[str, Any]:
        """Covered and total statements as each format that counts them says it, and lines of those that count lines."""
        blocks = [line.split(" ")[1:] for line in self.files["profile.out"].splitlines()[1:]]
        cobertura = ElementTree.fromstring(self.files["cobertura.xml"])
        lcov = self.files["lcov.info"]
        on_page = [block for file in self.page_files() for block in file["blocks"]]
        return {
            "statements": {
                "summary.json": (self.summary["statements"]["covered"], self.summary["statements"]["total"]),
                "packages": tuple(sum(p[key] for p in self.summary["packages"]) for key in ("covered", "total")),
                "profile.out": (sum(int(s) for s, n in blocks if n != "0"), sum(int(s) for s, _n in blocks)),
                "index.html": (sum(b[4] for b in on_page if b[5]), sum(b[4] for b in on_page)),
            },
            "percent": {
                "summary.json": f"{self.summary['statements']['percent']:.1f}%",
                "functions.txt": self.files["functions.txt"].split()[-1],
            },
            "lines": {
                "cobertura.xml": (int(cobertura.attrib["lines-covered"]), int(cobertura.attrib["lines-valid"])),
                "lcov.info": tuple(
                    sum(map(int, re.findall(rf"^{key}:(\d+)$", lcov, re.MULTILINE))) for key in ("LH", "LF")
                ),
            },
        }


@pytest.fixture(scope="session")
def go_tool() -> Any:
    """`go`, for tests in other files."""
    return go


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty directory for a repository."""
    top = tmp_path / "repository"
    top.mkdir()
    return Repository(top, tmp_path / "data")


LIBRARY = """package {name}

// {Name} doubles what is positive.
func {Name}(n int) int {{
\tif n < 0 {{
\t\treturn 0
\t}}
\treturn n * {factor}
}}
"""


def library(name: str, factor: int = 2) -> str:
    """The source of a package with one function, half of which runs for a positive number."""
    return LIBRARY.format(name=name, Name=name.capitalize(), factor=factor)


def program(*imports: str) -> str:
    """The source of a main package that calls the function of each `library` by import path."""
    lines = "".join(f'\t"{path}"\n' for path in imports)
    calls = "".join(f"\tprintln({_package(path)}.{_package(path).capitalize()}(1))\n" for path in imports)
    return f"package main\n\nimport (\n{lines})\n\nfunc main() {{\n{calls}}}\n"


def _package(path: str) -> str:
    *_rest, before, last = ["", *path.split("/")]
    return before if re.fullmatch(r"v[0-9]+", last) else last


@pytest.fixture(scope="session")
def source_of() -> Any:
    """The functions that write Go source: ``source_of.library`` and ``source_of.program``."""

    class Source:
        library = staticmethod(library)
        program = staticmethod(program)

    return Source


#: Forms of a line directive; each moves what follows it to line {line} of the file {target}.
DIRECTIVES = ("//line {target}:{line}\n", "//line {target}:{line}:1\n", "/*line {target}:{line}:3*/ ")
WRITTEN = """package {name}

{first}func (b Holder[T]) {Name}Kept(n int) int {{
\tif n < 0 {{
\t\treturn 0
\t}}
{second}\treturn func() int {{ return n + 1 }}()
}}

type Holder[T any] struct{{ kept T }}

{third}func {Name}Written(n int) int {{
\tfor i := 0; i < n; i++ {{
{fourth}\t\tif i == 1 {{ return 7 }}
\t}}
\treturn Holder[int]{{}}.{Name}Kept(n)
}}
"""


def written(name: str, target: str, pick: random.Random) -> str:
    """Go source as generators write it, of which line directives say that it comes from ``target``."""
    begun = pick.randint(1, 5)
    lines = [begun, begun + pick.randint(0, 6), begun + pick.randint(7, 12), begun + pick.randint(7, 20)]
    # The third begins a declaration, the others may be anywhere; a generator leaves some out.
    chosen = [pick.choice([*DIRECTIVES, ""]).format(target=target, line=line) for line in lines]
    places = dict(zip(("first", "second", "third", "fourth"), chosen, strict=True))
    note = pick.choice(["// Code generated from a grammar. DO NOT EDIT.\n\n", ""])
    return note + WRITTEN.format(name=name, Name=name.capitalize(), **places)


def generate(repository: Repository, seed: int) -> tuple[str, str, str]:
    """Write a repository with modules of random layout; returns the module to build in, its coverpkg and the source."""
    pick = random.Random(seed)
    depth = pick.choice(["", "services/", "go/services/"])
    major = pick.choice(["", "/v2"])
    base = f"{depth}shop"
    module = f"example.com/{pick.choice(['mono/shop', 'shop', 'other/name'])}{major}"
    files = {
        f"{base}/go.mod": f"module {module} // {seed}\n\ngo 1.22\n",
        f"{base}/internal/store/store.go": library("store", 3),
        f"{base}/internal/store/more.go": library("store", 4).replace("Store", "More"),
    }
    imports = [f"{module}/internal/store"]
    cover = ["./..."]
    requires = []
    for index, how in enumerate(
        pick.sample(["work", "replace", "nested", "vendor", "work-replace"], pick.randint(1, 3))
    ):
        name = f"lib{index}"
        path = f"example.com/{pick.choice(['mono', 'third/party'])}/{name}{pick.choice(['', '/v3'])}"
        place = f"{base}/nested/{name}" if how == "nested" else f"libs/{pick.choice(['', 'deep/'])}{name}"
        files[f"{place}/go.mod"] = f'module "{path}"\n\ngo 1.22\n'
        files[f"{place}/{name}.go"] = library(name, index)
        imports.append(path)
        cover.append(path)
        requires.append((how, path, os.path.relpath(place, base), place))
    workspace = any(how.startswith("work") for how, *_rest in requires)
    vendored = not workspace and any(how == "vendor" for how, *_rest in requires)
    for how, path, relative, _place in requires:
        if how == "work":
            continue
        version = f"v{path[-1]}.0.0" if "/v" in path else "v0.0.0"
        files[f"{base}/go.mod"] += f"require {path} {version}\n"
        if how != "work-replace":
            files[f"{base}/go.mod"] += (
                f"replace {path} => {relative if relative.startswith('.') else './' + relative}\n"
            )
    if workspace:
        uses = [base, *(place for how, _path, _relative, place in requires if how == "work")]
        replaces = [(path, place) for how, path, _relative, place in requires if how == "work-replace"]
        files["go.work"] = (
            "go 1.22\n\nuse (\n"
            + "".join(f"\t./{place} // used\n" for place in uses)
            + ")\n"
            + "".join(f"replace {path} => ./{place}\n" for path, place in replaces)
        )
    files[f"{base}/main.go"] = program(*imports)
    for package in pick.sample(sorted(path for path in files if path.endswith(".go")), pick.randint(0, 2)):
        folder, _slash, _file = package.rpartition("/")
        name = files[package].split()[1]
        target = pick.choice(["grammar.y", "made.go", "../elsewhere/page.tpl", "written.go", "yaccpar"])
        files[f"{folder}/written.go"] = written(name, target, pick)
        function = f"{name.capitalize()}Written"
        files[package] += f"\nvar _ = {function}({pick.choice([-1, 1, 3])})\n"
        if pick.random() < 0.5 and target in ("grammar.y", "yaccpar"):
            files[f"{folder}/{target}"] = "text of a grammar\n" * 30
    repository.write(**files)
    if vendored:
        repository.vendor(base)
    repository.commit()
    repository.names = imports
    return base, ",".join(cover), pick.choice([base, "." if workspace and depth else base])


@pytest.fixture(scope="session")
def generated() -> Any:
    """`generate`, for tests in other files."""
    return generate
