# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths, sources and the headline for repositories of every shape, with ``go list`` as the judge of places."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._report.numbers.summary import said_of

Files = dict[str, str]


def _mod(path: str, *more: str) -> str:
    return "\n".join([f"module {path}", "go 1.22", *more]) + "\n"


#: By name: files, the directory to build in, what is covered, the source, the headline and the paths in the reports.
#: P(...) is the source of a program that imports packages, L(...) that of a package.
SHAPES: dict[str, dict[str, Any]] = {
    "a workspace": {
        "files": {
            "go.work": "go 1.22\nuse (\n\t./services/shop\n\t./lib/price\n)\n",
            "services/shop/go.mod": _mod("example.com/mono/services/shop"),
            "services/shop/main.go": "P example.com/mono/lib/price",
            "lib/price/go.mod": _mod("example.com/mono/lib/price"),
            "lib/price/price.go": "L price",
        },
        "module": "services/shop",
        "cover": "example.com/mono/...",
        "headline": (3, 4),
        "paths": {"services/shop/main.go", "lib/price/price.go"},
    },
    "a workspace, with its top as the source": {
        "files": {
            "go.work": "go 1.22\nuse ./services/shop\nuse ./lib/price\n",
            "services/shop/go.mod": _mod("example.com/shop"),
            "services/shop/main.go": "P example.com/price",
            "lib/price/go.mod": _mod("example.com/price"),
            "lib/price/price.go": "L price",
        },
        "module": "services/shop",
        "cover": "example.com/...",
        "source": ".",
        "headline": (3, 4),
        "paths": {"services/shop/main.go", "lib/price/price.go"},
    },
    "a service in a module below that of the root": {
        "files": {
            "go.work": "go 1.22\nuse (\n\t.\n\t./services\n)\n",
            "go.mod": _mod("example.com/mono"),
            "lib/lib.go": "L lib",
            "services/go.mod": _mod("example.com/shop"),
            "services/cmd/shop/main.go": "P example.com/mono/lib",
        },
        "module": "services/cmd/shop",
        "cover": "example.com/...",
        "source": ".",
        "options": {"package": "./services/cmd/shop"},
        "headline": (3, 4),
        "paths": {"services/cmd/shop/main.go", "lib/lib.go"},
    },
    "the top as the source, and no word of the package": {
        "files": {
            "go.work": "go 1.22\nuse (\n\t.\n\t./services\n)\n",
            "go.mod": _mod("example.com/mono"),
            "lib/lib.go": "L lib",
            "services/go.mod": _mod("example.com/shop"),
            "services/main.go": "P example.com/mono/lib",
        },
        "module": "services",
        "cover": "example.com/...",
        "source": ".",
        "headline": (3, 4),
        "paths": {"services/main.go", "lib/lib.go"},
    },
    "a module that a directory replaces": {
        "files": {
            "shop/go.mod": _mod(
                "example.com/shop", "require example.com/dep v0.0.0", "replace example.com/dep => ../dep"
            ),
            "shop/main.go": "P example.com/dep",
            "dep/go.mod": _mod("example.com/dep"),
            "dep/dep.go": "L dep",
        },
        "module": "shop",
        "cover": "./...,example.com/dep",
        "headline": (1, 1),
        "paths": {"shop/main.go", "dep/dep.go"},
    },
    "a fork that replaces a module under its old path": {
        "files": {
            "go.mod": _mod(
                "example.com/shop",
                "require (",
                '\t"example.com/old/dep" v1.2.3 // indirect',
                ")",
                "replace (",
                "\texample.com/old/dep v1.2.3 => ./forks/dep",
                ")",
            ),
            "main.go": "P example.com/old/dep",
            "forks/dep/go.mod": _mod("example.com/fork/dep"),
            "forks/dep/dep.go": "L dep",
        },
        "cover": "./...,example.com/old/dep",
        "headline": (1, 1),
        "paths": {"main.go", "forks/dep/dep.go"},
    },
    "a replace in go.work": {
        "files": {
            "go.work": "go 1.22\nuse ./shop\nreplace example.com/dep => ./third/dep\n",
            "shop/go.mod": _mod("example.com/shop", "require example.com/dep v0.0.0"),
            "shop/main.go": "P example.com/dep",
            "third/dep/go.mod": _mod("example.com/dep"),
            "third/dep/dep.go": "L dep",
        },
        "module": "shop",
        "cover": "./...,example.com/dep",
        "headline": (1, 1),
        "paths": {"shop/main.go", "third/dep/dep.go"},
    },
    "a vendored module": {
        "files": {
            "svc/go.mod": _mod(
                "example.com/shop", "require example.com/dep v0.0.0", "replace example.com/dep => ../dep"
            ),
            "svc/main.go": "P example.com/dep",
            "dep/go.mod": _mod("example.com/dep"),
            "dep/dep.go": "L dep",
        },
        "vendor": "svc",
        "module": "svc",
        "cover": "./...,example.com/dep",
        "headline": (1, 1),
        "paths": {"svc/main.go", "svc/vendor/example.com/dep/dep.go"},
    },
    "a vendored workspace": {
        "files": {
            "go.work": "go 1.22\nuse ./svc\nuse ./lib\nreplace example.com/dep => ./third/dep\n",
            "svc/go.mod": _mod("example.com/shop", "require example.com/dep v0.0.0"),
            "svc/main.go": "P example.com/dep example.com/lib",
            "lib/go.mod": _mod("example.com/lib"),
            "lib/lib.go": "L lib",
            "third/dep/go.mod": _mod("example.com/dep"),
            "third/dep/dep.go": "L dep",
        },
        "vendor": "work",
        "module": "svc",
        "cover": "./...,example.com/dep,example.com/lib",
        "headline": (4, 5),
        "paths": {"svc/main.go", "lib/lib.go", "vendor/example.com/dep/dep.go"},
    },
    "a source below the directory of its module": {
        "files": {
            "go/go.mod": _mod("example.com/mono"),
            "go/services/shop/main.go": "P example.com/mono/internal/store",
            "go/internal/store/store.go": "L store",
        },
        "module": "go/services/shop",
        "cover": "example.com/mono/...",
        "headline": (3, 4),
        "paths": {"go/services/shop/main.go", "go/internal/store/store.go"},
    },
    "a module whose path has no dot": {
        "files": {
            "go.mod": _mod("multimod"),
            "api/go.mod": _mod("multimod/api", "require multimod v0.0.0", "replace multimod => ../"),
            "api/main.go": "P multimod/store",
            "store/store.go": "L store",
        },
        "module": "api",
        "cover": "multimod/...",
        "headline": (1, 1),
        "paths": {"api/main.go", "store/store.go"},
    },
    "a version in the path of a module, and not in that of its directory": {
        "files": {
            "go.mod": _mod(
                "example.com/cron/v4",
                "require example.com/cron/middleware/log/v4 v4.0.0",
                "replace example.com/cron/middleware/log/v4 => ./middleware/log",
            ),
            "main.go": "P example.com/cron/middleware/log/v4",
            "middleware/log/go.mod": _mod("example.com/cron/middleware/log/v4"),
            "middleware/log/log.go": "L log",
        },
        "cover": "example.com/cron/...",
        "headline": (1, 1),
        "paths": {"main.go", "middleware/log/log.go"},
    },
    "a second major version": {
        "files": {
            "go.mod": _mod("example.com/shop/v2"),
            "main.go": "P example.com/shop/v2/store",
            "store/store.go": "L store",
        },
        "headline": (3, 4),
        "paths": {"main.go", "store/store.go"},
    },
    "a second major version in a directory, beside the first": {
        "files": {
            "go.mod": _mod("example.com/shop"),
            "store/store.go": "L store",
            "v2/go.mod": _mod(
                "example.com/shop/v2", "require example.com/shop v1.0.0", "replace example.com/shop => ../"
            ),
            "v2/main.go": "P example.com/shop/v2/price example.com/shop/store",
            "v2/price/price.go": "L price",
        },
        "module": "v2",
        "cover": "example.com/shop/...",
        "headline": (4, 5),
        "paths": {"v2/main.go", "v2/price/price.go", "store/store.go"},
    },
    "a module whose path is not that of its directory": {
        "files": {
            "go.mod": _mod("example.com/mono"),
            "shop/shop.go": "L shop",
            "services/api/go.mod": _mod("example.com/mono/shop"),
            "services/api/main.go": "P example.com/mono/shop/price",
            "services/api/price/price.go": "L price",
        },
        "module": "services/api",
        "headline": (3, 4),
        "paths": {"services/api/main.go", "services/api/price/price.go"},
    },
    "a go.work that was switched off": {
        "files": {
            "go.work": "go 1.22\nuse ./other\n",
            "other/go.mod": _mod("example.com/other"),
            "shop/go.mod": _mod("example.com/shop"),
            "shop/main.go": "P example.com/shop/store",
            "shop/store/store.go": "L store",
        },
        "module": "shop",
        "work": "off",
        "headline": (3, 4),
        "paths": {"shop/main.go", "shop/store/store.go"},
    },
}


@pytest.mark.parametrize("name", SHAPES)
def test_paths_are_those_of_the_repository(repository: Any, source_of: Any, name: str, monkeypatch: Any) -> None:
    shape = SHAPES[name]
    monkeypatch.setenv("GOWORK", shape.get("work", ""))
    for path, text in shape["files"].items():
        kind, *words = text.split() if text[:2] in ("P ", "L ") else ("", text)
        made = {"P": source_of.program, "L": source_of.library}.get(kind)
        repository.write(**{path: made(*words) if made else text})
    module = shape.get("module", ".")
    if "vendor" in shape:
        repository.vendor(shape["vendor"])
    repository.commit()
    repository.run(module, ".", shape.get("cover", "./..."))
    shown = repository.report(shape.get("source", module), **shape.get("options", {}))
    assert shown.headline == shape["headline"]
    assert shown.paths() == {"cobertura": shape["paths"], "lcov": shape["paths"]}
    assert shape["paths"] <= set(repository.listed(module).values())
    assert all(file["source"] for file in shown.page_files())
    assert shown.summary["warnings"] == [] and "unplaced" not in shown.summary


#: How many generated repositories are tried: GOCOVER_REPOSITORIES=500 for more.
REPOSITORIES = int(os.environ.get("GOCOVER_REPOSITORIES", "12"))


@pytest.mark.parametrize("seed", range(REPOSITORIES))
def test_totals_of_all_formats_agree_and_paths_exist(repository: Any, generated: Any, go_tool: Any, seed: int) -> None:
    module, cover, source = generated(repository, seed)
    repository.run(module, ".", cover)
    shown = repository.report(source)
    for counted in shown.totals().values():
        assert len(set(counted.values())) == 1, counted
    profile = repository.data.parent / "profile.out"
    go_tool(repository.top, "tool", "covdata", "textfmt", f"-i={repository.data}", f"-o={profile}")
    blocks = profile.read_text().splitlines()[1:]
    assert sorted(shown.files["profile.out"].splitlines()[1:]) == sorted(blocks)
    names = {line.partition(":")[0] for line in blocks}
    listed = repository.listed(module)
    # A name that Go does not list is that of a line directive: it is below the directory of its package.
    folders = {name.rpartition("/")[0]: os.path.dirname(path) for name, path in listed.items()}
    places = {
        name: listed.get(name) or os.path.join(folders[name.rpartition("/")[0]], os.path.basename(name))
        for name in names
    }
    for paths in shown.paths().values():
        assert paths == set(places.values())
    lost = {name for name, path in places.items() if not (repository.top / path).is_file()}
    unplaced = shown.summary.get("unplaced", [])
    assert sum(row["files"] for row in unplaced) == len(lost)
    assert {row["reason"] for row in unplaced} <= {"missing"}
    assert len(shown.summary["warnings"]) == (1 if lost else 0), shown.summary["warnings"]
    functions = [line.split() for line in shown.files["functions.txt"].splitlines()[:-1]]
    assert {row[0].rsplit(":", 2)[0] for row in functions} == names
    assert {name.partition(".")[2] or name for name in shown.page_functions()} >= {row[1] for row in functions}


def changed_files(shown: Any) -> dict[str, list[list[int]]]:
    return {file["path"]: file["uncovered"] for file in shown.summary["changed"]["files"]}


def test_changed_lines_of_every_module_of_the_workspace_count(repository: Any, source_of: Any) -> None:
    repository.write(
        **{
            "go.work": "go 1.22\nuse (\n\t.\n\t./services\n\t./other\n)\n",
            "go.mod": _mod("example.com/mono"),
            "lib/lib.go": source_of.library("lib"),
            "services/go.mod": _mod("example.com/shop"),
            "services/cmd/shop/main.go": source_of.program("example.com/mono/lib"),
            "other/go.mod": _mod("example.com/other"),
            "other/main.go": source_of.program(),
            "elsewhere/go.mod": _mod("example.com/elsewhere"),
            "elsewhere/main.go": source_of.program(),
        }
    )
    repository.commit()
    for path in ("lib/lib.go", "services/cmd/shop/main.go", "other/main.go", "elsewhere/main.go"):
        text = (repository.top / path).read_text().replace("return 0", "return 1").replace("Lib(1)", "Lib(2)")
        repository.write(**{path: text + "\n// more\n"})
    repository.run("services/cmd/shop", ".", "example.com/shop/...,example.com/mono/...")
    shown = repository.report(".", package="./services/cmd/shop", changed_since="HEAD")
    assert changed_files(shown) == {"lib/lib.go": [[6, 6]], "services/cmd/shop/main.go": []}
    assert shown.summary["changed"]["unmeasured"] == ["other/main.go"]
    assert "::warning file=lib/lib.go,line=6," in shown.files["annotations.txt"]


@pytest.mark.parametrize(
    "change, scope, words",
    [
        ({}, (), "no statement of the service's Go code has changed"),
        ({"README": "more\n"}, (), "no statement of the service's Go code has changed"),
        (
            {"unused/unused.go": "package unused\n\nfunc F() { println(2) }\n"},
            (),
            "unused/unused.go, is not in the data",
        ),
        ({"store/store.go": "L store 9"}, ("example.com/shop",), "store/store.go, is excluded or outside the headline"),
    ],
)
def test_a_change_that_cannot_be_measured_is_never_passed_in_silence(
    repository: Any, source_of: Any, change: dict[str, str], scope: tuple[str, ...], words: str
) -> None:
    repository.write(
        **{
            "go.mod": _mod("example.com/shop"),
            "main.go": source_of.program("example.com/shop/store"),
            "store/store.go": source_of.library("store"),
            "unused/unused.go": "package unused\n\nfunc F() { println(1) }\n",
        }
    )
    repository.commit()
    for path, text in change.items():
        repository.write(**{path: source_of.library("store", 9) if text.startswith("L ") else text})
    repository.run(".")
    shown = repository.report(".", changed_since="HEAD", scope=scope)
    (warning,) = [text for text in shown.summary["warnings"] if "can be measured" in text]
    assert words in warning


def test_only_the_modules_own_statements_make_the_headline(repository: Any) -> None:
    repository.write(
        **{
            "go.mod": _mod("example.com/std"),
            "main.go": 'package main\n\nimport "strings"\n\nfunc main() {\n\tprintln(strings.ToUpper("a"))\n}\n',
        }
    )
    repository.run(".", ".", "./...,strings,bytes")
    shown = repository.report()
    assert shown.headline == (1, 1)
    assert shown.summary["statements"]["total"] > 1000
    assert shown.summary["basis"]["few"]
    (few, standard) = shown.summary["warnings"]
    assert few.startswith("The headline counts only 1 of 1,")
    assert "files of the standard library, such as bytes/buffer.go, are not in the checkout" in standard
    assert "### shop: 1/1 of statements covered" in shown.files["summary.md"]
    assert few.partition(":")[0] in shown.files["index.html"] and standard in shown.files["index.html"]
    assert '<span class="percent' not in shown.files["index.html"].partition("<main")[0]


def test_a_program_of_another_module_is_no_part_of_the_headline(repository: Any, source_of: Any) -> None:
    repository.write(
        **{
            "go.work": "go 1.22\nuse ./shop\nuse ./helper\nuse ./tool\n",
            "shop/go.mod": _mod("example.com/shop"),
            "shop/main.go": source_of.program("example.com/shop/store"),
            "shop/store/store.go": source_of.library("store"),
            "tool/go.mod": _mod("example.com/tool"),
            "tool/tool.go": source_of.library("tool"),
            "helper/go.mod": _mod("example.com/helper"),
            "helper/main.go": source_of.program("example.com/shop/store", "example.com/tool"),
        }
    )
    repository.run("shop")
    alone = repository.report("shop")
    repository.run("helper", ".", "example.com/...")
    for source, options in (("shop", {}), (".", {"package": "./shop"})):
        shown = repository.report(source, **options)
        assert shown.headline == alone.headline == (3, 4)
        assert {package["name"] for package in shown.summary["scope"]["packages"]} == {
            "example.com/shop",
            "example.com/shop/store",
        }
        (warning,) = shown.summary["warnings"]
        assert "programs of other modules, example.com/helper (module example.com/helper)" in warning


def test_a_second_program_of_the_module_is_named(repository: Any, source_of: Any) -> None:
    repository.write(
        **{
            "go.mod": _mod("example.com/shop"),
            "cmd/shop/main.go": source_of.program("example.com/shop/store"),
            "cmd/migrate/main.go": source_of.program("example.com/shop/store"),
            "store/store.go": source_of.library("store"),
        }
    )
    repository.run(".", "./cmd/shop")
    repository.run(".", "./cmd/migrate")
    (warning,) = repository.report(package="./cmd/shop").summary["warnings"]
    assert "2 programs of example.com/shop: example.com/shop/cmd/migrate is counted in the headline too" in warning


def test_without_source_the_program_itself_says_what_is_its_own(repository: Any, source_of: Any) -> None:
    repository.write(
        **{
            "shop/go.mod": _mod("example.com/shop"),
            "shop/main.go": source_of.program(),
            "helper/go.mod": _mod("example.com/helper"),
            "helper/main.go": source_of.program() + "\nfunc unused() { println(1) }\n",
        }
    )
    repository.run("shop", ".", "./...,strings")
    assert repository.report("nowhere").headline == (0, 0)
    repository.run("helper")
    # The name of the service tells which of the two modules is its own.
    shown = repository.report("nowhere")
    assert [package["name"] for package in shown.summary["scope"]["packages"]] == ["example.com/shop"]


def test_files_that_the_checkout_lacks_are_named(repository: Any, source_of: Any) -> None:
    repository.write(
        **{
            "shop/go.mod": _mod(
                "example.com/shop", "require example.com/dep v0.0.0", "replace example.com/dep => ../dep"
            ),
            "shop/main.go": source_of.program("example.com/dep", "example.com/shop/made"),
            "shop/made/made.go": source_of.library("made"),
            "dep/go.mod": _mod("example.com/dep"),
            "dep/dep.go": source_of.library("dep"),
        }
    )
    repository.commit()
    repository.run("shop", ".", "./...,example.com/dep")
    (repository.top / "shop/made/made.go").unlink()
    # Another version of the dependency has come into the repository since the build.
    repository.write(
        **{
            "shop/go.mod": _mod("example.com/shop", "require example.com/dep v0.0.0"),
            "dep/dep.go": "package dep\n\nfunc Other() {}\n",
        }
    )
    shown = repository.report("shop")
    assert [(row["module"], row["reason"], row["files"]) for row in shown.summary["unplaced"]] == [
        ("example.com/shop", "missing", 1),
        ("example.com/dep", "other version", 1),
    ]
    assert shown.paths()["lcov"] == {"shop/main.go", "shop/made/made.go", "example.com/dep/dep.go"}
    missing, version = shown.summary["warnings"]
    assert "example.com/shop/made/made.go, is not in the checkout: make them before the report" in missing
    assert "example.com/dep/dep.go, is another version than that in the checkout" in version


def test_a_module_that_was_renamed_since_the_build_is_missing(repository: Any, source_of: Any) -> None:
    repository.write(**{"go.mod": _mod("example.com/old"), "main.go": source_of.program()})
    repository.run(".")
    repository.write(**{"go.mod": _mod("example.com/new")})
    shown = repository.report()
    assert [(row["module"], row["reason"]) for row in shown.summary["unplaced"]] == [("example.com/old", "missing")]
    assert shown.summary["warnings"][0].endswith("or say with service_source_map where they are")
    mapped = repository.report(source_map={"example.com/old/": "example.com/new/"})
    assert (mapped.paths()["lcov"], mapped.summary["warnings"]) == ({"main.go"}, [])


def test_another_module_of_the_repository_has_its_paths(repository: Any, source_of: Any) -> None:
    """It is in no go.work, and in no replace: a walk finds it."""
    repository.write(
        **{
            "shop/go.mod": _mod("example.com/shop"),
            "shop/main.go": source_of.program(),
            "tools/helper/go.mod": _mod("example.com/helper"),
            "tools/helper/main.go": source_of.program() + "\nfunc unused() { println(1) }\n",
        }
    )
    repository.commit()
    repository.run("shop")
    repository.run("tools/helper")
    shown = repository.report("shop")
    assert shown.paths()["cobertura"] == {"shop/main.go", "tools/helper/main.go"}
    assert [package["name"] for package in shown.summary["scope"]["packages"]] == ["example.com/shop"]
    assert all(file["source"] for file in shown.page_files())


def test_a_program_that_was_built_from_files_elsewhere_in_a_workspace(
    repository: Any, source_of: Any, tmp_path: Path
) -> None:
    files = {
        "go.work": "go 1.22\nuse ./svc\nuse ./lib\n",
        "svc/go.mod": _mod("example.com/shop"),
        "svc/cmd/shop/main.go": source_of.program("example.com/lib"),
        "lib/go.mod": _mod("example.com/lib"),
        "lib/lib.go": source_of.library("lib"),
    }
    repository.write(**files)
    repository.run("svc/cmd/shop", "main.go", "command-line-arguments,example.com/lib")
    moved = repository.top.rename(tmp_path / "checkout")
    repository.top = moved
    shown = repository.report("svc", package="./cmd/shop")
    assert shown.paths()["lcov"] == {"svc/cmd/shop/main.go", "lib/lib.go"}
    assert (shown.headline, shown.summary["warnings"]) == ((3, 4), [])


@pytest.mark.parametrize("how", ["from the repository", "from the module", "from above the repository", "absolute"])
def test_a_profile_with_paths_of_the_repository_is_mapped(repository: Any, source_of: Any, how: str) -> None:
    repository.write(
        **{
            "svc/go.mod": _mod("example.com/shop"),
            "svc/main.go": source_of.program("example.com/shop/store"),
            "svc/store/store.go": source_of.library("store"),
        }
    )
    repository.commit()
    repository.run("svc")
    prefix = {
        "from the repository": "svc",
        "from the module": ".",
        "from above the repository": "repository/svc",
        "absolute": str(repository.top / "svc"),
    }[how]
    profile = repository.report("svc").files["profile.out"].replace("example.com/shop", prefix)
    (repository.top / "unit.out").write_text(profile.replace("\n./", "\n"))
    shown = repository.report("svc", profiles={"unit": (str(repository.top / "unit.out"),)})
    assert shown.summary["levels"]["total"]["covered"] == {"e2e": 3, "unit": 3}
    assert shown.summary["warnings"] == []


def test_a_profile_that_fits_nowhere_is_unknown_and_no_zero(repository: Any, source_of: Any) -> None:
    repository.write(**{"go.mod": _mod("example.com/shop"), "main.go": source_of.program()})
    repository.run(".")
    (repository.top / "unit.out").write_text("mode: set\nexample.com/fork/main.go:3.13,4.2 1 1\n")
    shown = repository.report(profiles={"unit": (str(repository.top / "unit.out"),)})
    (warning,) = shown.summary["warnings"]
    assert "none of its 1 files, such as example.com/fork/main.go, is a file of the program" in warning
    assert [note["cause"] for note in shown.summary["levels"]["notes"]] == ["profile-unplaced"]
    assert said_of(shown.summary)[0].startswith("levels: unit unknown, e2e ")
    assert "| **all** | unknown |" in shown.files["summary.md"]
    assert "unit unknown" in shown.files["index.html"]
