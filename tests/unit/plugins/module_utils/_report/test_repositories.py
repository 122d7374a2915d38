# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths, sources and the headline for repositories of every shape, with ``go list`` as the judge of places."""

from __future__ import annotations

from typing import Any

import pytest

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


@pytest.mark.parametrize("seed", range(8))
def test_totals_of_all_formats_agree_and_paths_exist(repository: Any, generated: Any, seed: int) -> None:
    module, cover, source = generated(repository, seed)
    repository.run(module, ".", cover)
    shown = repository.report(source)
    for counted in shown.totals().values():
        assert len(set(counted.values())) == 1, counted
    listed = repository.listed(module)
    names = {line.partition(":")[0] for line in shown.files["profile.out"].splitlines()[1:]}
    for paths in shown.paths().values():
        assert paths == {listed[name] for name in names}
        assert all((repository.top / path).is_file() for path in paths)
    assert shown.summary["warnings"] == []
