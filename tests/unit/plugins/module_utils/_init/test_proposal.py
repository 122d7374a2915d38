# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is concluded from repositories of many shapes."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._init.proposal import Proposal, propose
from ansible_collections.gocover.e2e.plugins.module_utils._init.repository import Repository

Files = dict[str, str]

GO_MOD = {"go.mod": "module example.com/shop\n\ngo 1.21\n"}
SERVER = """package main

import ("net/http"; "os"; "os/signal")

func main() {
    signal.Notify(nil)
    http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
"""
TOOL = "package main\n\nfunc main() { println() }\n"
TEST = "package e2e\n"


def deployment(name: str, image: str, namespace: str = "") -> str:
    inside = f", namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}{inside}}}\n"
        f"spec: {{template: {{spec: {{containers: [{{name: main, image: '{image}'}}]}}}}}}\n"
    )


def proposal(directory: Path, files: Files) -> Proposal:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return propose(Repository(directory))


def settings(found: Proposal) -> dict[str, dict[str, t.Any]]:
    return {service.name: {entry.name: entry.value for entry in service.settings} for service in found.services}


CONVENTIONAL = {**GO_MOD, "cmd/shop/main.go": SERVER, "test/e2e/shop_test.go": TEST}


@pytest.mark.parametrize(
    "files, expected",
    [
        pytest.param(CONVENTIONAL, {"shop": {}}, id="conventional"),
        pytest.param({**CONVENTIONAL, "cmd/shopctl/main.go": TOOL}, {"shop": {}}, id="a-client-beside"),
        pytest.param({**CONVENTIONAL, "hack/gen/main.go": SERVER}, {"shop": {}}, id="a-helper-that-listens"),
        pytest.param(
            {**CONVENTIONAL, "cmd/shop/gen.go": "//go:build ignore\n\n" + TOOL}, {"shop": {}}, id="an-ignored-generator"
        ),
        pytest.param(
            {**GO_MOD, "main.go": SERVER, "test/e2e/shop_test.go": TEST},
            {"shop": {"package": "."}},
            id="main-at-the-root",
        ),
        pytest.param(
            {"go.mod": "module example.com/shop/v2\n", "cmd/main.go": SERVER, "test/e2e/e2e_test.go": TEST},
            {"shop": {"package": "./cmd"}},
            id="kubebuilder",
        ),
        pytest.param(
            {**GO_MOD, "cmd/worker/main.go": TOOL, "test/e2e/a_test.go": TEST}, {"worker": {}}, id="nothing-listens"
        ),
        pytest.param(
            {**GO_MOD, "cmd/shop/main.go": SERVER, "e2e/shop_test.go": "//go:build e2e && linux\n\n" + TEST},
            {"shop": {"tests": "go test -tags=e2e -count=1 -v ./e2e/..."}},
            id="a-build-tag",
        ),
        pytest.param(
            {**GO_MOD, "cmd/shop/main.go": SERVER, "test/integration/shop_test.go": TEST},
            {"shop": {"tests": "go test -count=1 -v ./test/integration/..."}},
            id="integration-tests",
        ),
        pytest.param(
            {**GO_MOD, "cmd/shop/main.go": SERVER, "Makefile": "test-e2e: build\n\tbats e2e\nclean-e2e:\n\trm x\n"},
            {"shop": {"tests": "make test-e2e"}},
            id="a-make-target",
        ),
        pytest.param(
            {
                **GO_MOD,
                "cmd/shop/main.go": SERVER,
                "cmd/cart/main.go": SERVER.replace("main() {", 'main() { os.Getenv("SHOP_URL")'),
                "test/e2e/shop/a_test.go": TEST,
                "test/e2e/cart/a_test.go": TEST,
            },
            {
                "cart": {"dependencies": ["shop"], "tests": "go test -count=1 -v ./test/e2e/cart/..."},
                "shop": {"tests": "go test -count=1 -v ./test/e2e/shop/..."},
            },
            id="two-services",
        ),
        pytest.param(
            {
                "go.work": "go 1.21\nuse (\n./shop\n./cart\n)\n",
                "shop/go.mod": "module example.com/shop\n",
                "shop/cmd/server/main.go": SERVER,
                "shop/Dockerfile": "FROM scratch\n",
                "shop/test/e2e/a_test.go": TEST,
                "cart/go.mod": "module example.com/cart\n",
                "cart/cmd/server/main.go": SERVER,
                "cart/test/e2e/a_test.go": TEST,
            },
            {
                "cart": {"repo": "cart", "package": "./cmd/server"},
                "shop": {"repo": "shop", "package": "./cmd/server", "dockerfile": "shop/Dockerfile"},
            },
            id="a-workspace",
        ),
        pytest.param(
            {
                **CONVENTIONAL,
                "cmd/cart/main.go": SERVER,
                "Dockerfile": "RUN go build ./cmd/shop\n",
                "build/cart/Dockerfile": "RUN make\n",
            },
            {"cart": {"dockerfile": "build/cart/Dockerfile"}, "shop": {"dockerfile": "Dockerfile"}},
            id="dockerfiles",
        ),
        pytest.param(
            {
                **CONVENTIONAL,
                "deploy/shop.yaml": deployment("shop", "ghcr.io/acme/shop:v1", "market"),
                "deploy/shop-config.yaml": "kind: ConfigMap\n",
                "deploy/redis.yaml": deployment("redis", "redis:7"),
            },
            {"shop": {"manifests": ["deploy"], "image_aliases": ["ghcr.io/acme/shop"], "namespace": "market"}},
            id="manifests",
        ),
        pytest.param(
            {
                **CONVENTIONAL,
                "cmd/cart/main.go": SERVER,
                "deploy/shop.yaml": deployment("shop", "shop:v1"),
                "deploy/shop-config.yaml": "kind: ConfigMap\n",
                "deploy/cart.yaml": deployment("cart", "cart:v1"),
            },
            {
                "cart": {"manifests": ["deploy/cart.yaml"]},
                "shop": {"manifests": ["deploy/shop-config.yaml", "deploy/shop.yaml"]},
            },
            id="manifests-of-two-services-in-one-directory",
        ),
        pytest.param(
            {
                **CONVENTIONAL,
                "config/manager/manager.yaml": deployment("controller-manager", "controller:latest", "system"),
                "config/manager/kustomization.yaml": "resources: [manager.yaml]\n",
                "config/default/kustomization.yaml": "resources: [../manager]\n",
                "config/prod/kustomization.yaml": "resources: [../default]\n",
                "config/e2e/kustomization.yaml": "resources: [../default]\n",
            },
            {"shop": {"manifests": ["config/e2e"], "image_aliases": ["controller"], "namespace": "system"}},
            id="kustomizations",
        ),
        pytest.param(
            {
                **CONVENTIONAL,
                "charts/shop/Chart.yaml": "name: shop\n",
                "charts/shop/templates/deployment.yaml": "kind: Deployment\nimage: {{ .Values.image }}\n",
            },
            {"shop": {"manifests": ["charts/shop"]}},
            id="a-chart",
        ),
        pytest.param(
            {
                **GO_MOD,
                "cmd/shop/main.go": 'package main\n\nimport "example.com/shop/internal/api"\n'
                "\nfunc main() { api.Run() }\n",
                "internal/api/api.go": 'package api\n// not ":9"\nvar metrics = ":9090"\n'
                'var s = &http.Server{Addr: ":8081"}\n'
                'func Run() { http.HandleFunc("GET /health", nil); s.ListenAndServe() }\n',
                "test/e2e/a_test.go": TEST,
            },
            {"shop": {"ports": [8081], "ready_path": "/health"}},
            id="what-an-imported-package-does",
        ),
    ],
)
def test_services_and_settings(tmp_path: Path, files: Files, expected: dict[str, dict[str, t.Any]]) -> None:
    assert settings(proposal(tmp_path, files)) == expected


def test_service_that_handles_no_signal_gets_a_snippet(tmp_path: Path) -> None:
    quiet = SERVER.replace("signal.Notify(nil)", "")
    notes = proposal(tmp_path, {**CONVENTIONAL, "cmd/shop/main.go": quiet}).services[0].notes
    assert "sigterm-unhandled" in notes[0]
    assert "signal.NotifyContext(context.Background(), syscall.SIGTERM)" in notes[1]


def test_service_without_tests_is_told(tmp_path: Path) -> None:
    assert "no end-to-end tests" in proposal(tmp_path, {**GO_MOD, "cmd/shop/main.go": SERVER}).services[0].notes[0]


@pytest.mark.parametrize(
    "files, command",
    [
        ({"Makefile": "test-e2e:\n\tkind create cluster\n\tgo test ./test/e2e/...\n"}, "make test-e2e"),
        ({"test/e2e/suite_test.go": 'package e2e\nvar c = exec.Command("kind", "create", "cluster")\n'}, "go test"),
        ({"hack/e2e.sh": "kind create cluster --name e2e\n", "Makefile": "e2e:\n\thack/e2e.sh\n"}, "make e2e"),
    ],
)
def test_suite_that_makes_a_cluster_is_wrapped(tmp_path: Path, files: Files, command: str) -> None:
    assert proposal(tmp_path, {**CONVENTIONAL, **files}).wrap.startswith(command)


def test_suite_without_a_cluster_of_its_own_is_not_wrapped(tmp_path: Path) -> None:
    assert proposal(tmp_path, CONVENTIONAL).wrap == ""


@pytest.mark.parametrize(
    "file, ci", [(".github/workflows/ci.yml", "github"), (".gitlab-ci.yml", "gitlab"), ("README.md", "")]
)
def test_ci_of_the_repository(tmp_path: Path, file: str, ci: str) -> None:
    assert proposal(tmp_path, {**CONVENTIONAL, file: ""}).ci == ci


@pytest.mark.parametrize(
    "files, evidence",
    [({"README.md": ""}, "no go.mod"), ({**GO_MOD, "shop.go": "package shop\n", "tools/x/main.go": TOOL}, "func main")],
)
def test_repository_without_a_program(tmp_path: Path, files: Files, evidence: str) -> None:
    with pytest.raises(Failure) as caught:
        proposal(tmp_path, files)
    assert caught.value.diagnoses[0].cause == "source-missing"
    assert evidence in caught.value.diagnoses[0].evidence


def test_environments_and_vendored_code_are_no_services(tmp_path: Path) -> None:
    others = {"env/pyvenv.cfg": "", "env/cmd/a/main.go": SERVER, "vendor/cmd/b/main.go": SERVER, ".x/c/main.go": SERVER}
    assert list(settings(proposal(tmp_path, {**CONVENTIONAL, **others}))) == ["shop"]
