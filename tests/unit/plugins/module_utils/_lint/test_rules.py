# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule with files on which it finds something, and with similar files on which it must not."""

from __future__ import annotations

import textwrap

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._lint.check import check_sources
from ansible_collections.gocover.e2e.plugins.module_utils._lint.sources import Kind, Source

KINDS: dict[str, Kind] = {"yaml": "yaml", "go": "go", "sh": "shell", "Makefile": "makefile"}


def found(**files: str) -> list[tuple[str, int, str]]:
    """File, line and rule of each finding; a file is named by its stem and ending, joined by two underscores."""
    sources = []
    for name, text in files.items():
        stem, _separator, ending = name.partition("__")
        path = stem.replace("_DIR_", "/") + (f".{ending}" if ending else "")
        sources.append(Source(path, KINDS[ending or stem], textwrap.dedent(text).lstrip("\n")))
    return [(entry.file, entry.line, entry.rule) for entry in check_sources(sources).findings]


DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop}}
spec:
  template:
    spec:
      containers:
        - name: shop
          image: shop:dev
          env:
            - {{name: GOCOVERDIR, value: {variable}}}
          volumeMounts:
            - {{name: coverage, mountPath: {mount}}}
      volumes:
        - name: coverage
          hostPath: {{path: {host}}}
"""
KIND = """
apiVersion: kind.x-k8s.io/v1alpha4
kind: Cluster
nodes:
  - role: control-plane
    extraMounts:
      - hostPath: ./coverdata
        containerPath: {path}
"""
COPY = 'rm -rf out\ndocker cp "$node":{path}/. out\n'
DATA = "/var/lib/coverdata"


def deployment(variable: str = DATA, mount: str = DATA, host: str = DATA) -> str:
    return DEPLOYMENT.format(variable=variable, mount=mount, host=host)


@pytest.mark.parametrize(
    ("manifest", "kind_path", "copy_path", "expected"),
    [
        pytest.param(deployment(), DATA, DATA, [], id="one path in five places"),
        pytest.param(
            deployment(), "/coverdata", DATA, [("kind.yaml", 7, "coverage-path-mismatch")], id="extraMounts differ"
        ),
        pytest.param(
            deployment(), DATA, "/coverdata", [("collect.sh", 2, "coverage-path-mismatch")], id="copy differs"
        ),
        pytest.param(
            deployment(mount="/other"), DATA, DATA, [("deploy.yaml", 11, "coverage-path-mismatch")], id="mount differs"
        ),
        pytest.param(
            deployment(variable="/coverage/e2e", mount="/coverage"), DATA, DATA, [], id="variable below the mount"
        ),
        pytest.param(
            deployment(host="/tmp/coverage"),
            "/tmp/coverage",
            "/tmp/coverage",
            [("deploy.yaml", 16, "coverage-dir-tmpfs"), ("kind.yaml", 7, "coverage-dir-tmpfs")],
            id="tmpfs of the node",
        ),
    ],
)
def test_coverage_directory(
    manifest: str, kind_path: str, copy_path: str, expected: list[tuple[str, int, str]]
) -> None:
    # Without a workload that writes to the node there is nothing to compare with.
    workload = found(
        deploy__yaml=manifest, kind__yaml=KIND.format(path=kind_path), collect__sh=COPY.format(path=copy_path)
    )
    assert workload == expected


def test_workloads_that_share_a_directory() -> None:
    other = deployment().replace("name: shop}", "name: cart}")
    assert found(a__yaml=deployment(), b__yaml=other) == [("b.yaml", 16, "coverage-dir-shared")]


def test_run_as_root() -> None:
    manifest = deployment().replace("      containers:", "      securityContext: {runAsUser: 0}\n      containers:")
    assert found(deploy__yaml=manifest) == [("deploy.yaml", 7, "coverage-run-as-root")]
    assert found(deploy__yaml=manifest.replace("GOCOVERDIR", "OTHER")) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param('_, err := BuildAndLoadImage(ctx, "shop")', [(3, "image-name-ignored")], id="ignored"),
        pytest.param('image, err := BuildAndLoadImage(ctx, "shop")', [], id="kept"),
        pytest.param('_, err := os.Open("image")', [], id="another function"),
        pytest.param('_ = BuildImage(ctx, "shop")', [], id="one result"),
        pytest.param(
            'go func() { deployShop(ctx, "localhost/shop:e2e-test") }()', [(3, "image-tag-hardcoded")], id="goroutine"
        ),
        pytest.param('deployShop(ctx, "localhost/shop:"+tag)', [], id="computed tag"),
        pytest.param('deployDatabase(ctx, "postgres:15")', [], id="image of somebody else"),
        pytest.param('fmt.Println("localhost/shop:dev")', [], id="not deployed"),
        pytest.param(
            'loadImage(ctx, "kubernaut/shop:kubernaut/shop-1")', [(3, "image-tag-slash")], id="slash in the tag"
        ),
        pytest.param('loadImage(ctx, "registry.example:5000/shop")', [], id="port of a registry"),
    ],
)
def test_images_in_test_code(body: str, expected: list[tuple[int, str]]) -> None:
    findings = found(e2e_DIR_suite_test__go=f"package e2e\nfunc setup() {{\n\t{body}\n}}\n")
    assert [(line, rule) for _file, line, rule in findings] == expected


def test_a_declared_result_that_is_no_image_is_not_one() -> None:
    code = "package e2e\nfunc BuildImage() (int, error) { return 0, nil }\nfunc f() {\n\t_, err := BuildImage()\n}\n"
    assert found(e2e_DIR_a_test__go=code) == []


def test_missing_prefix_of_podman() -> None:
    manifest = deployment()
    build = "build:\n\tpodman build -t {}shop:dev .\n"
    assert found(Makefile=build.format(""), d__yaml=manifest) == [("d.yaml", 9, "image-localhost-missing")]
    assert found(Makefile=build.format("quay.example/"), d__yaml=manifest) == []
    assert found(Makefile=build.format(""), d__yaml=manifest.replace("shop:dev", "localhost/shop:dev")) == []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("GOFLAGS=-cover go build -o shop ./cmd/shop/main.go", ["main-by-file"]),
        ("go build -cover -o shop ./cmd/shop/main.go", ["main-by-file"]),
        ("go build -o shop ./cmd/shop/main.go", []),
        ("go build -cover -o shop ./cmd/shop", []),
        ("go build -cover -coverpkg=./internal/... -o shop ./cmd/shop", ["coverpkg-without-main"]),
        ("go build -cover -coverpkg=./internal/...,./cmd/... -o shop ./cmd/shop", []),
        ("go build -cover -coverpkg=./... -o shop ./cmd/shop", []),
        ("go build -cover -coverpkg=example.com/shop/... -o shop ./cmd/shop", []),
        ("go build -cover -coverpkg=$PACKAGES -o shop ./cmd/shop", []),
    ],
)
def test_builds(command: str, expected: list[str]) -> None:
    assert [rule for _file, _line, rule in found(build__sh=f"{command}\n")] == expected
    in_make = command.replace("$", "$$")
    assert [rule for _file, _line, rule in found(Makefile=f"build:\n\t{in_make}\n")] == expected


MAIN = "package main\n{imports}\nfunc main() {{\n{body}\n\tserver.ListenAndServe()\n}}\n"


def test_sigterm() -> None:
    plain = MAIN.format(imports='import "net/http"', body="\tmux()")
    handled = MAIN.format(imports='import "os/signal"', body="\tsignal.NotifyContext(ctx, syscall.SIGTERM)")
    assert found(cmd_DIR_shop_DIR_main__go=plain) == [("cmd/shop/main.go", 5, "sigterm-unhandled")]
    assert found(cmd_DIR_shop_DIR_main__go=handled) == []
    elsewhere = "package run\nfunc Wait() { signal.Notify(c, syscall.SIGTERM) }\n"
    assert found(cmd_DIR_shop_DIR_main__go=plain, internal_DIR_run_DIR_run__go=elsewhere) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["rm -rf out", "kubectl scale deploy/shop --replicas=0", "sleep 10"], [(3, "sleep-instead-of-wait")]),
        (["rm -rf out", "kubectl scale deploy/shop --replicas=0", "kubectl wait --for=delete pod -l app=shop"], []),
        (["rm -rf out", "kubectl exec shop-0 -- kill -TERM 1 || true"], [(2, "flush-failure-ignored")]),
        (["rm -rf out", "kubectl exec shop-0 -- kill -TERM 1"], []),
        (["kubectl scale deploy/shop --replicas=0"], [(2, "coverage-dir-not-cleared")]),
        (["mkdir -p out"], [(2, "coverage-dir-not-cleared")]),
        (["mkdir out"], []),
    ],
)
def test_scripts_that_collect(lines: list[str], expected: list[tuple[int, str]]) -> None:
    script = "\n".join([*lines, 'docker cp "$node":/var/lib/coverdata out', ""])
    assert [(line, rule) for _file, line, rule in found(collect__sh=script)] == expected


def test_a_script_that_collects_nothing_may_sleep() -> None:
    assert found(restart__sh="kubectl scale deploy/shop --replicas=0\nsleep 10\n") == []


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("docker cp e2e-worker:/var/lib/coverdata out", [(2, "first-node-only")]),
        ('docker cp "$(kind get nodes | head -n1)":/var/lib/coverdata out', [(2, "first-node-only")]),
        ('for n in $(kind get nodes); do docker cp "$n":/var/lib/coverdata out; done', []),
    ],
)
def test_nodes(script: str, expected: list[tuple[int, str]]) -> None:
    kind = "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnodes: [{role: control-plane}, {role: worker}]\n"
    findings = found(collect__sh=f"rm -rf out\n{script}\n", kind__yaml=kind)
    assert [(line, rule) for _file, line, rule in findings] == expected


def test_silences() -> None:
    command = "go build -cover ./cmd/shop/main.go"
    assert found(b__sh=f"{command}  # gocover:ignore main-by-file vendored script\n") == []
    assert found(b__sh=f"# gocover:ignore main-by-file vendored script\n{command}\n") == []
    assert found(b__sh=f"{command}  # gocover:ignore main-by-file\n") == [("b.sh", 1, "silence-without-reason")]
    unused = "go build -cover ./cmd/shop  # gocover:ignore main-by-file old\n"
    assert found(b__sh=unused) == [("b.sh", 1, "silence-unused")]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('kubectl cp "$pod:/coverage" out -c shop', ["out is not removed before the copy"]),
        ('kubectl cp -n shop -c shop "$pod:/coverage" out', ["out is not removed before the copy"]),
        ('rm -r "$COVERDIR"\ncopy() {\n  kubectl cp "$pod:/coverage" "$1"\n}\n', []),
        ('copy() {\n  kubectl cp "$pod:/coverage" "$1"\n}\n', ["$1 is not removed before the copy"]),
    ],
)
def test_the_destination_of_a_copy(script: str, expected: list[str]) -> None:
    findings = check_sources([Source("collect.sh", "shell", script)]).findings
    assert [entry.message.partition(",")[0] for entry in findings] == expected
