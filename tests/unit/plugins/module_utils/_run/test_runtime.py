# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime that is chosen, and the sentence about it."""

from __future__ import annotations

import socket
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine import detection
from ansible_collections.gocover.e2e.plugins.module_utils._run import runtime

MANIFESTS = ["deploy.yaml"]


class Ping(BaseHTTPRequestHandler):
    """An engine, as far as a ping can tell."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: t.Any) -> None:
        """Keep quiet."""


@pytest.fixture
def engine() -> t.Iterator[str]:
    """The address of a server that answers as an engine does."""
    with HTTPServer(("127.0.0.1", 0), Ping) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"tcp://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a user who has neither kind nor an engine."""
    for name in ("GOBIN", "GOPATH", "KIND_EXPERIMENTAL_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/d.sock")
    return tmp_path


def install_kind(home: Path) -> None:
    (home / "bin").mkdir()
    (home / "bin" / "kind").touch(mode=0o755)


def test_auto_names_all_that_is_missing() -> None:
    found = detection.Detection(None, None, "no container engine answers on /d.sock, and no kind found")
    assert runtime._choose_for_user(found, MANIFESTS, []) == (
        "process",
        "runs as local processes (no container engine answers on /d.sock, and no kind found; "
        "-e coverage_runtime=kind insists)",
    )


def test_auto_without_manifests(home: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine)
    install_kind(home)
    assert runtime.choose("auto", "docker", []) == (
        "process",
        "runs as local processes; with service_manifests it could run in a kind cluster",
    )


def test_auto_without_kind(home: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine)
    assert runtime.choose("auto", "docker", MANIFESTS) == (
        "process",
        "runs as local processes (no kind found; -e coverage_runtime=kind insists)",
    )


def test_auto_with_all_that_kind_needs(home: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine)
    install_kind(home)
    assert runtime.choose("auto", "docker", MANIFESTS) == (
        "kind",
        f"runs in a kind cluster: docker answers on {engine} (DOCKER_HOST); "
        "-e coverage_runtime=process needs no cluster",
    )


def test_auto_is_not_silently_without_the_engine_that_is_meant(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_kind(home)

    def sentence(provider: str) -> str:
        with pytest.raises(Failure) as caught:
            runtime.choose("auto", provider, MANIFESTS)
        assert [entry.cause for entry in caught.value.diagnoses] == ["engine-unreachable"]
        return str(caught.value)

    assert "DOCKER_HOST names an engine: there is no such socket" in sentence("auto")
    assert "coverage_provider is podman" in sentence("podman")
    # A socket that a dead engine has left.
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(home / "docker.sock"))
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    if not Path("/var/run/docker.sock").exists():
        assert f"the socket {home}/docker.sock is there: connection refused" in sentence("auto")
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "podman")
    assert "KIND_EXPERIMENTAL_PROVIDER is podman" in sentence("auto")


@pytest.mark.parametrize("asked", ["process", "cluster"])
def test_a_runtime_that_the_user_chose_needs_no_sentence(home: Path, asked: str) -> None:
    assert runtime.choose(asked, "docker", MANIFESTS) == (asked, "")


def test_kind_without_an_engine_is_refused(home: Path) -> None:
    install_kind(home)
    with pytest.raises(Failure) as caught:
        runtime.choose("kind", "docker", MANIFESTS)
    assert [entry.cause for entry in caught.value.diagnoses] == ["engine-unreachable"]


def test_kind_without_its_command_is_refused(home: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine)
    with pytest.raises(Failure) as caught:
        runtime.choose("kind", "docker", MANIFESTS)
    assert [entry.cause for entry in caught.value.diagnoses] == ["kind-missing"]


@pytest.mark.parametrize("asked", ["kind", "cluster"])
def test_a_cluster_needs_manifests(home: Path, asked: str) -> None:
    with pytest.raises(Failure) as caught:
        runtime.choose(asked, "docker", [])
    assert [entry.cause for entry in caught.value.diagnoses] == ["manifests-missing"]
