# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a container engine may answer: cheap, with nothing but the standard library."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import shutil
import socket
import sys
import typing as t
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from .about import Provider

_PROVIDERS: tuple[Provider, ...] = t.get_args(Provider)
#: How long a socket may take to answer a ping, in seconds: a live one needs a millisecond.
_PING_TIMEOUT = 2.0


#: What ``ping`` answers where there is no socket at all.
NO_SOCKET = "there is no such socket"
#: What ``ping`` answers where nothing listens, in contrast to an engine that is slow or forbidden.
NO_SERVICE = {NO_SOCKET, os.strerror(errno.ECONNREFUSED).lower()}

#: Documented in the doc fragment ``engine``.
ENGINE_OPTIONS: dict[str, t.Any] = {
    "provider": {"type": "str", "choices": ["auto", "docker", "podman"], "default": "auto"}
}


@dataclass(frozen=True)
class Place:
    """An address where an engine may answer, and why it is looked for there. Empty if it cannot be known.

    ``tls`` is the configuration of the SDK, for an engine that asks for certificates.
    """

    provider: Provider
    address: str
    reason: str
    tls: t.Any = field(default=None, compare=False)

    def words(self) -> str:
        """For a sentence: ``/var/run/docker.sock`` or ``tcp://10.0.0.1:2375 (DOCKER_HOST)``."""
        shown = self.address.removeprefix("unix://")
        return f"{shown} ({self.reason})" if shown and self.reason else shown or self.reason


def places(provider: str, env: t.Mapping[str, str], home: Path, uid: int) -> list[Place]:
    """Where to look, in order. What the user has set counts alone: no other engine is taken in its stead.

    ``provider`` is ``auto``, ``docker`` or ``podman``. For ``auto`` kind's own variable KIND_EXPERIMENTAL_PROVIDER
    decides where it is set; otherwise docker comes first.
    """
    if provider == "auto" and env.get("KIND_EXPERIMENTAL_PROVIDER") in _PROVIDERS:
        provider = env["KIND_EXPERIMENTAL_PROVIDER"]
    wanted = [known for known in _PROVIDERS if provider in ("auto", known)]
    found = []
    for known in wanted:
        found.extend(_docker_places(env, home, uid) if known == "docker" else _podman_places(env, uid))
    return found


def _docker_places(env: t.Mapping[str, str], home: Path, uid: int) -> list[Place]:
    if env.get("DOCKER_HOST"):
        return [Place("docker", env["DOCKER_HOST"], "DOCKER_HOST")]
    context = _docker_context(env, home)
    if context is not None:
        return [context]
    runtime = env.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}"
    sockets = ["/var/run/docker.sock", f"{home}/.docker/run/docker.sock", f"{runtime}/docker.sock"]
    return [Place("docker", f"unix://{path}", "") for path in sockets]


def _docker_context(env: t.Mapping[str, str], home: Path) -> Place | None:
    """The context that the docker command uses (``docker context use``), unless it is the default one.

    docker.context knows the files of contexts, and their certificates. It takes the user's directory from the
    environment of this process, and 0.3 s to import: so it is asked only where there is something to read.
    """
    name = env.get("DOCKER_CONTEXT")
    if not name and not Path(env.get("DOCKER_CONFIG") or home / ".docker", "config.json").is_file():
        return None
    try:
        from docker.context import ContextAPI
    except ImportError:
        return None  # connecting says that the library is missing
    try:
        context = ContextAPI.get_context(name)
    except Exception:
        # It raises Exception itself for a file that it cannot read.
        context = None
    if context is None:
        return Place("docker", "", f"Docker's context {name or 'as docker context use has set it'}")
    if context.name == "default":
        return None
    return Place("docker", context.Host or "", f"Docker's context {context.name}", context.TLSConfig)


def _podman_places(env: t.Mapping[str, str], uid: int) -> list[Place]:
    if env.get("CONTAINER_HOST"):
        return [Place("podman", env["CONTAINER_HOST"], "CONTAINER_HOST")]
    runtime = env.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}"
    sockets = ["/run/podman/podman.sock", f"{runtime}/podman/podman.sock"]
    # Root's engine is not the user's: a rootless podman has images and containers of its own.
    return [Place("podman", f"unix://{path}", "") for path in (sockets if uid == 0 else sockets[1:])]


def start_command(place: Place, system: str = sys.platform) -> str:
    """The command that starts the engine of a place; empty where it is on another machine, or unknown."""
    path = place.address.removeprefix("unix://")
    if path == place.address:
        return ""
    if system == "darwin":
        return "open -a Docker" if place.provider == "docker" else "podman machine start"
    unit = "docker" if place.provider == "docker" else "podman.socket"
    return f"systemctl --user start {unit}" if "/user/" in path or "/home/" in path else f"sudo systemctl start {unit}"


def ping(address: str, timeout: float = _PING_TIMEOUT) -> str | None:
    """None if an engine answers at ``address``; otherwise in words why not.

    Addresses other than unix sockets and plain TCP (ssh, TLS) are only looked at for a connection.
    """
    if not address:
        return "its files cannot be read"
    parts = urllib.parse.urlsplit(address)
    try:
        if parts.scheme == "unix":
            connection: http.client.HTTPConnection = _UnixConnection(parts.path, timeout)
        elif parts.scheme in ("tcp", "http"):
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 2375, timeout=timeout)
        else:
            return None  # only the SDK can tell
        with contextlib.closing(connection):
            connection.request("GET", "/_ping", headers={"Host": "engine"})
            status = connection.getresponse().status
    except FileNotFoundError:
        return NO_SOCKET
    except PermissionError:
        return "permission denied"
    except http.client.HTTPException:
        return None  # it answers, only not in plain HTTP: TLS
    except OSError as error:
        return (error.strerror or str(error)).lower()
    # Over TLS a plain request gets 400; anything that is not "no such path" is an engine that lives.
    return None if status < 500 else f"HTTP {status}"


def kind_command(env: t.Mapping[str, str], home: Path) -> str | None:
    """The path of ``kind``: from PATH, or where ``go install`` puts it; None if there is none."""
    places_of_go = [env.get("GOBIN"), f"{env['GOPATH']}/bin" if env.get("GOPATH") else None, f"{home}/go/bin"]
    search = [*env.get("PATH", os.defpath).split(os.pathsep), *(place for place in places_of_go if place)]
    return shutil.which("kind", path=os.pathsep.join(search))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
