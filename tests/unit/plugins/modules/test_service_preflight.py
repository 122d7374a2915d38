# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the preflight stops, what it only shows, and the good runs that it must let through."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from module_runner import Modules

CHECKOUT = Path(__file__).resolve().parents[4]
DOCKERFILE = 'FROM golang:1.26 AS build\n{steps}\nFROM scratch\nCOPY --from=build /s /s\nENTRYPOINT ["/s"]\n'
POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: shop}}\nspec:\n  containers: [{{name: shop, image: {image}}}]\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    main = tmp_path / "cmd" / "shop" / "main.go"
    main.parent.mkdir(parents=True)
    main.write_text('package main\n\nfunc main() { http.ListenAndServe(":8080", nil) }\n', encoding="utf-8")
    return tmp_path


def causes(
    modules: Modules, shop: Path, steps: str = "RUN go build -o /s ./cmd/shop", image: str = "shop:dev"
) -> list[str]:
    """The causes for which the run of a service with these files is stopped."""
    (shop / "Dockerfile").write_text(DOCKERFILE.format(steps=steps), encoding="utf-8")
    (shop / "pod.yaml").write_text(POD.format(image=image), encoding="utf-8")
    result = modules(
        "service_preflight",
        service="shop",
        source=str(shop),
        package="./cmd/shop",
        manifests=[str(shop / "pod.yaml"), "kind: Secret\napiVersion: v1\n", str(shop / "missing.yaml")],
        dockerfile=str(shop / "Dockerfile"),
        image_names=["registry.example.com/shop"],
    )
    return [entry["cause"] for entry in result["diagnosis"]]


@pytest.mark.parametrize(
    "steps",
    [
        "RUN GOFLAGS=-mod=vendor go build -o /s ./cmd/shop",
        "ARG GOFLAGS\nRUN GOFLAGS=-mod=vendor go build -o /s ./cmd/shop",
        "RUN go build -cover=false -o /s ./cmd/shop",
        "RUN env && GOFLAGS= CGO_ENABLED=0 go build -o /s ./cmd/shop",
    ],
)
def test_a_build_without_the_flags_stops_the_run(modules: Modules, shop: Path, steps: str) -> None:
    assert causes(modules, shop, steps) == ["not-instrumented"]


@pytest.mark.parametrize(
    "steps",
    [
        "RUN go build -o /s ./cmd/shop",
        'RUN GOFLAGS="$GOFLAGS -mod=vendor" go build -o /s ./cmd/shop',
        "RUN GOFLAGS=-cover go build -o /s ./cmd/shop",
        'RUN if [ "$GOFLAGS" ]; then GOFLAGS= go build -cover -o /s ./cmd/shop; fi',
        "RUN GOFLAGS=-mod=mod go build -o /tool ./tool\nRUN go build -o /s ./cmd/shop",
        "RUN GOFLAGS=-mod=mod go build -o /tool ./tool\nRUN make build",
        "RUN curl -o /s https://example.com/s",
        "this is no instruction",
    ],
)
def test_a_build_that_may_have_the_flags_does_not(modules: Modules, shop: Path, steps: str) -> None:
    assert causes(modules, shop, steps) == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("postgres:a/b", ["image-tag-invalid"]),
        ("shop:team/shop-1", []),  # the run replaces it
        ("registry:5000/postgres", []),
        ("registry.example.com:5000/team/postgres:15", []),
    ],
)
def test_an_image_that_no_kubelet_accepts(modules: Modules, shop: Path, image: str, expected: list[str]) -> None:
    assert causes(modules, shop, image=image) == expected


def test_other_mistakes_are_findings(modules: Modules, shop: Path) -> None:
    (shop / "deploy").mkdir()
    (shop / "deploy" / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec:\n"
        "  containers: [{name: shop, image: 'shop:dev', env: [{name: GOCOVERDIR, value: /cov}]}]\n",
        encoding="utf-8",
    )
    result = modules("service_preflight", service="shop", source=str(shop), manifests=[str(shop / "deploy")])
    assert [(entry["file"], entry["rule"]) for entry in result["findings"]] == [
        ("deploy/pod.yaml", "coverage-path-mismatch")
    ]
    assert any("deploy/pod.yaml:5" in text for _kind, text in modules.shown)


@pytest.mark.parametrize("name", ["datastorage", "notification"])
def test_the_examples_pass(modules: Modules, name: str) -> None:
    source = CHECKOUT / "examples" / name
    result = modules(
        "service_preflight",
        service=name,
        source=str(source),
        package=f"./cmd/{name}",
        manifests=[str(source / "deploy")],
        dockerfile=str(source / "Dockerfile"),
        image_names=[name],
    )
    assert result["findings"] == []
    assert not result.get("failed")


def test_without_a_parser_the_run_goes_on(modules: Modules, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    assert causes(modules, shop, "RUN go build -cover=false -o /s ./cmd/shop") == []
    assert any("not checked" in text for _kind, text in modules.shown)
