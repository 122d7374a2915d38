# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about Dockerfiles and pods, each with its neighbours on which it must find nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._lint.check import check_paths, check_sources
from ansible_collections.gocover.e2e.plugins.module_utils._lint.sources import Source

CHECKOUT = Path(__file__).resolve().parents[5]
BUILD = "FROM golang:1.26 AS build\n{before}RUN {run}\nFROM scratch\nCOPY --from=build /s /s\nENTRYPOINT {start}\n"


def rules(*sources: Source) -> list[str]:
    return [entry.rule for entry in check_sources(sources).findings]


def dockerfile(before: str = "", run: str = "go build -o /s ./cmd/s", start: str = '["/s"]') -> Source:
    return Source("Dockerfile", "dockerfile", BUILD.format(before=before, run=run, start=start))


@pytest.mark.parametrize(
    ("before", "run", "expected"),
    [
        ("", "go build ./cmd/s", []),
        ("", "GOFLAGS=-mod=mod go build ./cmd/s", []),
        ("ENV GOFLAGS=-mod=vendor\n", "GOFLAGS=-mod=mod go build ./cmd/s", []),
        ("ARG GOFLAGS\n", 'GOFLAGS="$GOFLAGS -mod=mod" go build ./cmd/s', []),
        ("ARG GOFLAGS\n", "GOFLAGS=-mod=mod go build ./cmd/s", ["coverage-flags-ignored"]),
        ("ARG GOFLAGS\n", 'if [ "$GOFLAGS" = -cover ]; then GOFLAGS="" go build -cover ./cmd/s; fi', []),
        ("ENV GOFLAGS=-cover\n", "GOFLAGS=-mod=mod go build ./cmd/s", ["coverage-flags-ignored"]),
        ("ENV GOFLAGS=-cover\n", "go build ./cmd/s/main.go", ["main-by-file"]),
        ("ENV GOFLAGS=-cover\n", "go build -o main.go ./cmd/s", []),
        ("ARG GOFLAGS\n", 'if [ "$GOFLAGS" = -cover ]; then go build ./cmd/s/main.go; fi', ["main-by-file"]),
        ("ARG GOFLAGS=-coverpkg=./pkg/...\n", "go build -tags x ./cmd/s", ["coverpkg-without-main"]),
    ],
)
def test_go_build_in_a_dockerfile(before: str, run: str, expected: list[str]) -> None:
    assert rules(dockerfile(before, run)) == expected


@pytest.mark.parametrize(
    ("build", "before", "expected"),
    [
        ("docker build --build-arg GOFLAGS=-cover .", "", ["coverage-flags-ignored"]),
        ("docker build --build-arg=GOFLAGS=-cover .", "", ["coverage-flags-ignored"]),
        ("podman build --build-arg ENABLE_COVERAGE=true -f Dockerfile .", "", ["coverage-flags-ignored"]),
        ("docker build --build-arg GOFLAGS=-cover .", "ARG GOFLAGS\n", []),
        ("docker build --build-arg VERSION=1 .", "", []),
        ("docker build --build-arg GOFLAGS=-cover -f other/Dockerfile .", "", []),
        ('docker build --build-arg GOFLAGS=-cover -f "$FILE" .', "", []),
    ],
)
def test_build_arguments(build: str, before: str, expected: list[str]) -> None:
    assert rules(Source("build.sh", "shell", f"{build}\n"), dockerfile(before)) == expected


def test_an_argument_before_from_is_seen_by_no_stage() -> None:
    file = Source("Dockerfile", "dockerfile", "ARG GOFLAGS\n" + dockerfile().text)
    script = Source("build.sh", "shell", "docker build --build-arg GOFLAGS=-cover .\n")
    assert [entry.message for entry in check_sources([file, script]).findings] == [
        "The build gets GOFLAGS=-cover, but the stage of Dockerfile that runs go build declares it before FROM only"
    ]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ('["/s"]', []),
        ("/s --port 1", ["shell-as-pid-1"]),
        ("exec /s --port 1", []),
        ('["sh", "-c", "migrate && /s"]', ["shell-as-pid-1"]),
        ('["/bin/bash", "-ec", "migrate && exec /s"]', []),
        ('["/start.sh"]', ["shell-as-pid-1"]),
        ('["/init.sh"]', []),
        ('["/unknown.sh"]', []),
    ],
)
def test_the_first_process(start: str, expected: list[str]) -> None:
    scripts = [
        Source("start.sh", "shell", "#!/bin/sh\nmigrate\n/s\n"),
        Source("init.sh", "shell", "#!/bin/sh\nmigrate\nexec /s\n"),
    ]
    assert rules(dockerfile(start=start), *scripts) == expected


POD = """apiVersion: v1
kind: Pod
metadata: {{name: shop}}
spec:
  {spec}
  containers:
    - name: shop
      image: example.com/shop:v1
      {container}
"""
MAIN = """package main

const limit = {limit}

func main() {{
    signal.NotifyContext(ctx, syscall.SIGTERM)
    ctx, cancel := context.WithTimeout(context.Background(), {use})
    server.{stop}(ctx)
}}
"""


@pytest.mark.parametrize(
    ("spec", "limit", "use", "stop", "found"),
    [
        ("restartPolicy: Never", "1", "45 * time.Second", "Shutdown", True),
        ("restartPolicy: Never", "1", "time.Second * 45", "Shutdown", True),
        ("restartPolicy: Never", "time.Minute", "limit", "Shutdown", True),
        ("restartPolicy: Never", "1", "20 * time.Second", "Shutdown", False),
        ("terminationGracePeriodSeconds: 60", "1", "45 * time.Second", "Shutdown", False),
        ("terminationGracePeriodSeconds: 5", "1", "10 * time.Second", "Shutdown", True),
        ("terminationGracePeriodSeconds: 5", "1", "10 * time.Second", "Fetch", False),
        ("terminationGracePeriodSeconds: 5", "1", "fromFlags()", "Shutdown", False),
    ],
)
def test_grace_period(spec: str, limit: str, use: str, stop: str, found: bool) -> None:
    main = Source("cmd/shop/main.go", "go", MAIN.format(limit=limit, use=use, stop=stop))
    pod = Source("pod.yaml", "yaml", POD.format(spec=spec, container="ports: []"))
    assert rules(main, pod) == ["grace-period-short"] * found


CONTAINER = (
    "env: [{name: GOCOVERDIR, value: /cov}]\n      volumeMounts: [{name: data, mountPath: /cov}]\n"
    "  volumes: [{name: data, hostPath: {path: /var/lib/cov, type: DirectoryOrCreate}}]"
)


@pytest.mark.parametrize(
    ("spec", "script", "found"),
    [
        ("securityContext: {runAsUser: 1001}", "", True),
        ("securityContext: {runAsNonRoot: true}", "", True),
        ("restartPolicy: Never", "", False),
        ("securityContext: {runAsUser: 1001}", "docker exec n chmod 1777 /var/lib/cov", False),
        ("securityContext: {runAsUser: 1001}", "docker exec n mkdir -m 1777 /var/lib/cov", False),
        ("initContainers: [{name: own, image: busybox}]\n  securityContext: {runAsUser: 1001}", "", False),
    ],
)
def test_the_directory_of_another_user(spec: str, script: str, found: bool) -> None:
    pod = Source("pod.yaml", "yaml", POD.format(spec=spec, container=CONTAINER))
    assert rules(pod, Source("prepare.sh", "shell", script)) == ["coverage-dir-unwritable"] * found


def test_commands_that_go_code_runs() -> None:
    suite = (
        "package e2e\nfunc collect(node string) {\n"
        '\trun("kubectl", "scale", "deployment/shop", "--replicas=0")\n\ttime.Sleep(5 * time.Second)\n'
        '\texec.Command("docker", "cp", "shop-worker:/coverdata", "out")\n}\n'
    )
    pod = Source("pod.yaml", "yaml", POD.format(spec="restartPolicy: Never", container=CONTAINER))
    found = check_sources([Source("test/e2e/suite_test.go", "go", suite), pod]).findings
    assert [(entry.line, entry.rule) for entry in found] == [
        (4, "sleep-instead-of-wait"),
        (5, "coverage-dir-not-cleared"),
        (5, "coverage-path-mismatch"),
    ]


@pytest.mark.parametrize("name", ["datastorage", "notification"])
def test_the_examples_have_no_mistake(name: str) -> None:
    report = check_paths([CHECKOUT / "examples" / name])
    assert report.findings == []
    assert report.notes == []
