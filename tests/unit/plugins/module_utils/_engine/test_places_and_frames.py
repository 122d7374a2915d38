# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where engines are looked for, and the frames of an attached command."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine import build_command, connect, places
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Build, EngineError
from ansible_collections.gocover.e2e.plugins.module_utils._engine.stream import Demultiplexed
from ansible_collections.gocover.e2e.plugins.module_utils._engine.tarstream import TarStream

DOCKER = ["/var/run/docker.sock", "HOME/.docker/run/docker.sock", "/run/user/7/docker.sock"]


@pytest.mark.parametrize(
    ("provider", "env", "expected"),
    [
        ("docker", {}, DOCKER),
        ("podman", {}, ["/run/user/7/podman/podman.sock"]),
        ("auto", {}, [*DOCKER, "/run/user/7/podman/podman.sock"]),
        ("auto", {"KIND_EXPERIMENTAL_PROVIDER": "podman"}, ["/run/user/7/podman/podman.sock"]),
        ("auto", {"KIND_EXPERIMENTAL_PROVIDER": "nerdctl"}, [*DOCKER, "/run/user/7/podman/podman.sock"]),
        ("docker", {"DOCKER_HOST": "tcp://10.0.0.1:2375"}, ["tcp://10.0.0.1:2375 (DOCKER_HOST)"]),
        ("podman", {"CONTAINER_HOST": "unix:///p.sock"}, ["/p.sock (CONTAINER_HOST)"]),
        ("podman", {"XDG_RUNTIME_DIR": "/x"}, ["/x/podman/podman.sock"]),
    ],
)
def test_places(tmp_path: Path, provider: str, env: dict[str, str], expected: list[str]) -> None:
    found = [place.words() for place in places.places(provider, env, tmp_path, 7)]
    assert found == [entry.replace("HOME", str(tmp_path)) for entry in expected]


@pytest.fixture
def docker_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a user who has chosen the context colima."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(json.dumps({"currentContext": "colima"}))
    return tmp_path


def write_context(home: Path, name: str, host: str) -> str:
    """Write a context as ``docker context create`` does; returns its identifier."""
    identifier = hashlib.sha256(name.encode()).hexdigest()
    meta = home / ".docker" / "contexts" / "meta" / identifier
    meta.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": False}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    return identifier


def test_the_context_that_docker_uses_counts(docker_home: Path) -> None:
    write_context(docker_home, "colima", "unix:///c.sock")
    write_context(docker_home, "other", "tcp://10.0.0.1:2375")
    assert [place.words() for place in places.places("docker", {}, docker_home, 7)] == [
        "/c.sock (Docker's context colima)"
    ]
    (other,) = places.places("docker", {"DOCKER_CONTEXT": "other"}, docker_home, 7)
    assert (other.address, other.tls) == ("tcp://10.0.0.1:2375", None)
    default = places.places("docker", {"DOCKER_CONTEXT": "default"}, docker_home, 7)
    assert default[0].address == "unix:///var/run/docker.sock"
    assert places.places("docker", {"DOCKER_HOST": "unix:///h.sock"}, docker_home, 7)[0].address == "unix:///h.sock"


def test_a_context_brings_its_certificates(docker_home: Path) -> None:
    identifier = write_context(docker_home, "colima", "tcp://10.0.0.1:2376")
    certificates = docker_home / ".docker" / "contexts" / "tls" / identifier / "docker"
    certificates.mkdir(parents=True)
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (certificates / name).touch()
    (place,) = places.places("docker", {}, docker_home, 7)
    assert place.tls.ca_cert == str(certificates / "ca.pem")
    assert place.tls.cert == (str(certificates / "cert.pem"), str(certificates / "key.pem"))


@pytest.mark.parametrize("content", [None, "", "{", "[]"])
def test_a_context_that_cannot_be_read_is_named_and_no_other_engine_taken(
    docker_home: Path, content: str | None
) -> None:
    identifier = write_context(docker_home, "colima", "unix:///c.sock")
    meta = docker_home / ".docker" / "contexts" / "meta" / identifier / "meta.json"
    meta.unlink()
    if content is not None:
        meta.write_text(content)
    with pytest.raises(Failure) as caught:
        connect.connect("docker", {"HOME": str(docker_home), "DOCKER_CONTEXT": "colima"})
    assert caught.value.diagnoses[0].evidence == "Tried Docker's context colima: its files cannot be read"


def test_ping_tells_why_nobody_answers(tmp_path: Path) -> None:
    assert places.ping(f"unix://{tmp_path}/none.sock") == "there is no such socket"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "dead.sock"))
        assert places.ping(f"unix://{tmp_path}/dead.sock") == "connection refused"


def test_ping_of_an_engine_that_answers(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "e.sock"))
        listening.listen()

        def answer() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")

        thread = threading.Thread(target=answer)
        thread.start()
        assert places.ping(f"unix://{tmp_path}/e.sock") is None
        thread.join()


def test_kind_is_found_where_go_puts_it(tmp_path: Path) -> None:
    program = tmp_path / "go" / "bin" / "kind"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    assert places.kind_command({"PATH": "/nowhere"}, tmp_path) == str(program)


def test_unreachable_names_every_place() -> None:
    said = str(connect.unreachable("docker", ["/a.sock: there is no such socket", "/b.sock: permission denied"]))
    assert "/a.sock: there is no such socket; /b.sock: permission denied" in said
    assert "group docker" in said
    assert "[engine-unreachable]" in said


def frames(*parts: tuple[int, bytes]) -> bytes:
    return b"".join(bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data for stream, data in parts)


def reader(data: bytes, step: int) -> t.Callable[[int], bytes]:
    left = bytearray(data)

    def read(size: int) -> bytes:
        chunk = bytes(left[: min(size, step)])
        del left[: len(chunk)]
        return chunk

    return read


@pytest.mark.parametrize("step", [1, 3, 8, 1000])
def test_frames_come_apart(step: int) -> None:
    stream = Demultiplexed(reader(frames((1, b"one"), (2, b"bad"), (1, b""), (1, b"two"), (2, b"!")), step))
    assert b"".join(stream.stdout()) == b"onetwo"
    assert bytes(stream.stderr) == b"bad!"


@pytest.mark.parametrize("cut", [1, 7, 9])
def test_a_stream_that_is_cut_is_an_error(cut: int) -> None:
    with pytest.raises(EngineError):
        list(Demultiplexed(reader(frames((1, b"one"))[:cut], 100)).stdout())


def test_a_tar_stream_reads_across_chunks() -> None:
    stream = TarStream(iter([b"ab", b"c", b"defg"]))
    assert [stream.read(3), stream.read(1), stream.read(9), stream.read(1)] == [b"abc", b"d", b"efg", b""]


def test_the_build_command() -> None:
    build = Build("/src", "/src/Dockerfile", {"GOFLAGS": "-cover"}, target="run", platform="linux/arm64")
    assert build_command.argv("/bin/docker", build, "/tmp/id") == [
        "/bin/docker", "build", "--iidfile=/tmp/id", "-f", "/src/Dockerfile", "--build-arg=GOFLAGS=-cover",
        "--target=run", "--platform=linux/arm64", "/src",
    ]  # fmt: skip
