# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine seam for real: the docker SDK, against Docker's socket or podman's."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import tempfile
import time
import typing as t
from pathlib import Path

from .._process import command
from . import build_command
from .about import About, Provider, of_docker, of_podman
from .api import Build, BuildError, Container, EngineError, ExecResult, ExecSession, Image
from .stream import Demultiplexed
from .tarstream import directory_archive

try:
    import docker
    import docker.errors
    import requests
    from docker.utils import kwargs_from_env
except ImportError as error:
    LIBRARY_ERROR: ImportError | None = error
else:
    LIBRARY_ERROR = None

#: What a request may take before its first byte, in seconds; streams have no limit.
_TIMEOUT = 300
_NO_SUCH = 404
#: The version of podman's own API that is asked.
_LIBPOD = "4.0.0"
#: How long a command that has closed its output may take to be gone, in seconds.
_SETTLE = 10.0
#: How long a command may not read its stdin before it is looked at whether it still runs, in seconds.
_WATCH = 0.5
#: What a container gets that is started for a moment only.
_ISOLATED_MEMORY, _ISOLATED_TASKS = "512m", 256


class SdkEngine:
    """An engine that answers at ``address``; see ``api.Engine`` for what each method does."""

    def __init__(self, address: str, held: socket.socket | None = None, tls: t.Any = None) -> None:
        """Connect; ``held`` is a connection that stays open as long as the engine is in use. Raises EngineError.

        ``tls`` is the configuration of the SDK, instead of the one that the environment names.
        """
        self._address = address
        self._held = held
        self._provider: Provider = "docker"
        with self._errors():
            self._api = docker.APIClient(base_url=address, version="auto", timeout=_TIMEOUT, **_tls(address, tls))
            about = self._api.version()
        components = [component.get("Name", "") for component in about.get("Components") or []]
        self._provider = "podman" if any("Podman" in name for name in components) else "docker"
        self._version = str(about.get("Version", ""))
        machine = str(about.get("Arch", ""))
        self._architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return _errors(self._provider, self._address)

    @property
    def provider(self) -> Provider:
        """docker or podman."""
        return self._provider

    @property
    def address(self) -> str:
        """Where it answers."""
        return self._address

    @property
    def version(self) -> str:
        """Its version."""
        return self._version

    @property
    def architecture(self) -> str:
        """Its architecture, in Go's words."""
        return self._architecture

    def about(self) -> About:
        """Ask podman by its own API, which tells more than the one that it shares with Docker."""
        with self._errors():
            if self._provider == "docker":
                return of_docker(self._api.info())
            address = f"{self._api.base_url}/v{_LIBPOD}/libpod/info"
            answer = self._api.get(address, timeout=_TIMEOUT)
            answer.raise_for_status()
            return of_podman(answer.json())

    def subnets(self, network: str) -> list[str]:
        """Inspect the network."""
        try:
            with self._errors():
                found = self._api.inspect_network(network)
        except EngineError as error:
            if error.status == _NO_SUCH:
                return []
            raise
        entries = (found.get("IPAM") or {}).get("Config") or []
        return [str(entry["Subnet"]) for entry in entries if entry.get("Subnet")]

    def image(self, reference: str) -> Image | None:
        """Inspect."""
        try:
            with self._errors():
                found = self._api.inspect_image(reference)
        except EngineError as error:
            if error.status == _NO_SUCH:
                return None
            raise
        config = found.get("Config") or {}
        pairs = (entry.partition("=") for entry in config.get("Env") or [])
        return Image(
            id=_digest(found["Id"]),
            tags=tuple(found.get("RepoTags") or ()),
            size=int(found.get("Size") or 0),
            architecture=found.get("Architecture") or "",
            entrypoint=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
            working_dir=config.get("WorkingDir") or "/",
            env={name: value for name, _equals, value in pairs},
            labels=config.get("Labels") or {},
        )

    def tag(self, image_id: str, reference: str) -> None:
        """Tag."""
        repository, _colon, tag = reference.rpartition(":")
        with self._errors():
            self._api.tag(image_id, repository, tag)

    def remove_image(self, reference: str) -> None:
        """Remove one reference."""
        try:
            with self._errors():
                self._api.remove_image(reference)
        except EngineError as error:
            if error.status != _NO_SUCH:
                raise

    def load(self, archive: t.IO[bytes]) -> None:
        """Load an archive."""
        with self._errors():
            for entry in self._api.load_image(archive, quiet=True) or ():
                if entry.get("error"):
                    raise EngineError(str(entry["error"]), None, self._provider, self._address)

    def save(self, reference: str) -> t.Iterator[bytes]:
        """Save an image."""
        with self._errors():
            yield from self._api.get_image(reference)

    def build(self, build: Build, on_line: t.Callable[[str], None]) -> str:
        """Build, by the engine's own command where there is one: it has BuildKit and the user's credentials."""
        program = build_command.find(self._provider)
        if program is not None:
            return self._build_by_command(program, build, on_line)
        lines: list[str] = []
        image_id = ""
        with self._errors():
            stream = self._api.build(
                path=build.context,
                dockerfile=build.dockerfile,
                buildargs=dict(build.args),
                target=build.target or None,
                platform=build.platform or None,
                rm=True,
                forcerm=True,
                decode=True,
            )
            for entry in stream:
                if entry.get("error"):
                    raise BuildError(str(entry["error"]), lines)
                image_id = (entry.get("aux") or {}).get("ID") or image_id
                for line in str(entry.get("stream") or "").splitlines():
                    if line.strip():
                        lines.append(line)
                        on_line(line)
        return _digest(image_id)

    def _build_by_command(self, program: str, build: Build, on_line: t.Callable[[str], None]) -> str:
        with tempfile.TemporaryDirectory(prefix="gocover-build-") as directory:
            id_file = Path(directory) / "image-id"
            argv = build_command.argv(program, build, str(id_file))
            ended = command.run(argv, env=build_command.environment(self._provider, self._address), on_line=on_line)
            if ended.rc != 0 or not id_file.is_file():
                shown = " ".join([Path(program).name, *argv[1:2], "-f", build.dockerfile])
                raise BuildError(f"'{shown}' ended with exit code {ended.rc}", ended.tail)
            return _digest(id_file.read_text(encoding="ascii").strip())

    def containers(self, labels: t.Mapping[str, str | None]) -> list[Container]:
        """List."""
        wanted = [name if value is None else f"{name}={value}" for name, value in labels.items()]
        with self._errors():
            found = self._api.containers(all=True, filters={"label": wanted})
        listed = [
            Container(
                id=entry["Id"],
                name=str((entry.get("Names") or [entry["Id"][:12]])[0]).lstrip("/"),
                image=entry.get("Image") or "",
                state=str(entry.get("State") or "").lower(),
                labels=entry.get("Labels") or {},
            )
            for entry in found
        ]
        return sorted(listed, key=lambda container: container.name)

    def start(self, container: str) -> None:
        """Start, or unpause: engines refuse to start what is paused."""
        with self._errors():
            paused = self._api.inspect_container(container)["State"].get("Paused")
            (self._api.unpause if paused else self._api.start)(container)

    def logs(self, container: str, lines: int) -> list[str]:
        """The last lines."""
        with self._errors():
            return list(self._api.logs(container, tail=lines).decode(errors="replace").splitlines())

    def attach(self, container: str, argv: t.Sequence[str], stdin: bool = False) -> ExecSession:
        """Run a command, streams attached."""
        with self._errors():
            created = self._api.exec_create(container, list(argv), stdin=stdin, stdout=True, stderr=True)
            connection = self._api.exec_start(created["Id"], socket=True)
        return _Attached(self._api, created["Id"], connection, self._errors)

    def execute(self, container: str, argv: t.Sequence[str]) -> ExecResult:
        """Run a command to its end."""
        return self.attach(container, argv).result()

    def read_archive(self, container: str, path: str) -> t.Iterator[bytes] | None:
        """A tar stream."""
        try:
            with self._errors():
                chunks, _stat = self._api.get_archive(container, path)
        except EngineError as error:
            if error.status == _NO_SUCH:
                return None
            raise
        return self._guarded(chunks)

    @contextlib.contextmanager
    def unpacked(self, image_id: str) -> t.Iterator[str]:
        """A container that is created, never started, and removed."""
        with self._errors():
            # An image without entrypoint and command takes no container without one; it is never run.
            created = self._api.create_container(image_id, command=["never-started"], labels={"gocover.e2e": "proof"})
        try:
            yield created["Id"]
        finally:
            with self._errors():
                self._api.remove_container(created["Id"], v=True, force=True)

    @contextlib.contextmanager
    def isolated(
        self, image_id: str, argv: t.Sequence[str], env: t.Mapping[str, str], directory: str
    ) -> t.Iterator[str]:
        """A container that can do next to nothing, killed and removed at the end."""
        with self._errors():
            limits = self._api.create_host_config(
                network_mode="none",
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                mem_limit=_ISOLATED_MEMORY,
                pids_limit=_ISOLATED_TASKS,
            )
            created = self._api.create_container(
                image_id,
                entrypoint=list(argv[:1]),
                command=list(argv[1:]),
                environment=dict(env),
                host_config=limits,
                labels={"gocover.e2e": "recovery"},
            )
        try:
            with self._errors():
                self._api.put_archive(created["Id"], "/", directory_archive(directory.strip("/"), 0o1777))
                self._api.start(created["Id"])
            yield created["Id"]
        finally:
            with self._errors():
                self._api.remove_container(created["Id"], v=True, force=True)

    def running(self, container: str) -> bool:
        """Inspect."""
        with self._errors():
            return bool(self._api.inspect_container(container)["State"].get("Running"))

    def _guarded(self, chunks: t.Iterable[bytes]) -> t.Iterator[bytes]:
        with self._errors():
            yield from chunks


class _Attached:
    """An ExecSession over the connection that the engine has taken over (HTTP upgrade)."""

    def __init__(
        self,
        api: t.Any,
        exec_id: str,
        connection: t.Any,
        errors: t.Callable[[], contextlib.AbstractContextManager[None]],
    ) -> None:
        self._errors = errors
        self._api = api
        self._exec_id = exec_id
        self._connection = connection
        self._socket = getattr(connection, "_sock", connection)
        with contextlib.suppress(AttributeError):
            self._socket.settimeout(None)
        self._output = Demultiplexed(_reader(connection))

    def write(self, data: bytes) -> None:
        try:
            if not _plain(self._socket):
                self._socket.sendall(data)
                return
            left = memoryview(data)
            while left:
                if select.select([], [self._socket], [], _WATCH)[1]:
                    with contextlib.suppress(BlockingIOError):
                        left = left[self._socket.send(left, socket.MSG_DONTWAIT) :]
                elif not self._running():
                    # Docker may leave such a connection open for a minute and more.
                    raise EngineError("the command in the container has ended and does not read any more")
        except OSError as error:
            raise EngineError(f"the command in the container does not read any more ({error.strerror})") from error

    def _running(self) -> bool:
        with self._errors():
            return bool(self._api.exec_inspect(self._exec_id).get("Running"))

    def close_stdin(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def chunks(self) -> t.Iterator[bytes]:
        with self._errors():
            yield from self._output.stdout()

    def result(self) -> ExecResult:
        rest = bytearray()
        # Where a command gives up on its stdin the engine resets the connection; how it ended is known all the same.
        with contextlib.suppress(ConnectionError):
            for chunk in self._output.stdout():
                rest += chunk
        with contextlib.suppress(OSError):
            self._connection.close()
        code = None
        deadline = time.monotonic() + _SETTLE
        with self._errors():
            # The end of the output may be seen a moment before the end of the command.
            while code is None and time.monotonic() < deadline:
                state = self._api.exec_inspect(self._exec_id)
                code = None if state.get("Running") else state.get("ExitCode")
                if code is None:
                    time.sleep(0.02)
        return ExecResult(-1 if code is None else int(code), bytes(rest), bytes(self._output.stderr))


def _plain(connection: t.Any) -> bool:
    """Whether bytes go to the kernel as they are: not through TLS, whose socket is one too, and not through ssh."""
    return isinstance(connection, socket.socket) and not isinstance(connection, ssl.SSLSocket)


def _reader(connection: t.Any) -> t.Callable[[int], bytes]:
    """How to read what the command prints.

    The first bytes may have come in one packet with the HTTP header: then they lie in the buffer of the response, and
    reading from the bare socket, as the SDK itself does, would lose them.
    """
    response = getattr(connection, "_response", None)
    buffered = getattr(getattr(getattr(response, "raw", None), "_fp", None), "fp", None)
    for source, name in ((buffered, "read1"), (connection, "read"), (connection, "recv")):
        read = getattr(source, name, None)
        if read is not None:
            return t.cast("t.Callable[[int], bytes]", read)
    raise EngineError(f"The engine's connection cannot be read ({type(connection).__name__})")


def _digest(image_id: str) -> str:
    """podman leaves out the algorithm."""
    return image_id if image_id.startswith("sha256:") or not image_id else f"sha256:{image_id}"


def _tls(address: str, given: t.Any) -> dict[str, t.Any]:
    """The client's certificates: ``given``, or for an address over TCP those of DOCKER_TLS_VERIFY, DOCKER_CERT_PATH."""
    if given:
        return {"tls": given}
    if not address.startswith("tcp://"):
        return {}
    from_environment = kwargs_from_env()
    return {"tls": from_environment["tls"]} if "tls" in from_environment else {}


@contextlib.contextmanager
def _errors(provider: str, address: str) -> t.Iterator[None]:
    """Whatever the SDK raises becomes an EngineError with the engine's own sentence."""
    try:
        yield
    except docker.errors.APIError as error:
        text = str(error.explanation or error)
        raise EngineError(text, error.status_code, provider, address) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise EngineError(str(error), None, provider, address) from error
