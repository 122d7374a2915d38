# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container engine in memory, whose nodes are this machine.

Images are kept with their files. A command in a node runs really, as a process of this machine: the nodes' absolute
directories in ``roots`` lie below a temporary one, and the nodes' own programs (ctr, containerd, systemctl) are
stand-ins that come first on its PATH. What a module asks of the engine is noted in ``calls``, and a call in
``refused`` fails as the engine would.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import os
import subprocess
import tarfile
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._engine.about import About, Provider
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import (
    Build,
    BuildError,
    Container,
    EngineError,
    ExecResult,
    ExecSession,
    Image,
)
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import CLUSTER_LABEL, ROLE_LABEL

REFUSAL = "write /var/lib/docker/tmp/x: no space left on device"
_F = t.TypeVar("_F", bound=t.Callable[..., t.Any])


def _asked(method: _F) -> _F:
    """Notes the call, and refuses it if it is to be refused."""

    @functools.wraps(method)
    def call(self: FakeEngine, *arguments: t.Any, **options: t.Any) -> t.Any:
        self.calls.append(method.__name__)
        if method.__name__ in self.refused:
            raise EngineError(REFUSAL, 500, self.provider, self.address)
        return method(self, *arguments, **options)

    return t.cast(_F, call)


@dataclass
class _Session:
    """A command in a node; it runs once its stdin is closed, or its output is read."""

    run: t.Callable[[bytes], ExecResult]
    stdin: bytearray = field(default_factory=bytearray)
    ended: ExecResult | None = None

    def write(self, data: bytes) -> None:
        self.stdin += data

    def close_stdin(self) -> None:
        self.ended = self.ended or self.run(bytes(self.stdin))

    def chunks(self) -> t.Iterator[bytes]:
        self.close_stdin()
        assert self.ended is not None
        if self.ended.stdout:
            yield self.ended.stdout
        self.ended = replace(self.ended, stdout=b"")

    def result(self) -> ExecResult:
        self.close_stdin()
        assert self.ended is not None
        return self.ended


class FakeEngine:
    """An engine; see the engine seam (``_engine.api.Engine``) for what each method does."""

    address = "unix:///run/fake.sock"
    version = "1.0"
    architecture = "amd64"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.calls: list[str] = []
        self.refused: set[str] = set()
        self.images: dict[str, Image] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.nodes: dict[str, Container] = {}
        #: Absolute directories of the nodes, and where they lie on this machine.
        self.roots: dict[str, str] = {}
        #: What it says of itself, and the subnets of its networks.
        self.facts = About("docker", "1.0", root=str(directory), cgroup=2, runtime="runc 1.1.5")
        self.networks: dict[str, list[str]] = {}
        #: What a build of the Dockerfile puts into its image; None for a build that fails.
        self.build_result: tuple[Image, dict[str, bytes]] | None = None

    @property
    def provider(self) -> Provider:
        return "docker"

    def add_node(self, cluster: str, name: str, role: str = "control-plane", state: str = "running") -> None:
        """Add a node of a kind cluster."""
        labels = {CLUSTER_LABEL: cluster, ROLE_LABEL: role}
        self.nodes[name] = Container(f"id-{name}", name, "kindest/node:v1.34.4", state, labels)

    def add_image(self, reference: str, files: t.Mapping[str, bytes], **fields: t.Any) -> Image:
        """Add an image with these files, by their absolute paths."""
        identity = json.dumps([sorted((path, hashlib.sha256(data).hexdigest()) for path, data in files.items())])
        image_id = f"sha256:{hashlib.sha256(identity.encode()).hexdigest()}"
        image = Image(image_id, (reference,), sum(map(len, files.values())), self.architecture, **fields)
        self.images[reference] = image
        self.files[image_id] = dict(files)
        return image

    def add_program(self, name: str, script: str) -> None:
        """Add a program that commands in nodes find on their PATH."""
        path = self.directory / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)

    def about(self) -> About:
        self._note("about")
        return self.facts

    def subnets(self, network: str) -> list[str]:
        return self.networks.get(network, [])

    @_asked
    def image(self, reference: str) -> Image | None:
        by_id = {image.id: image for image in self.images.values()}
        return self.images.get(reference) or by_id.get(reference)

    @_asked
    def tag(self, image_id: str, reference: str) -> None:
        self.images[reference] = next(image for image in self.images.values() if image.id == image_id)

    @_asked
    def remove_image(self, reference: str) -> None:
        self.images.pop(reference, None)

    @_asked
    def load(self, archive: t.IO[bytes]) -> None:
        with tarfile.open(fileobj=archive, mode="r:") as opened:

            def read(name: str) -> bytes:
                member = opened.extractfile(name)
                assert member is not None
                return member.read()

            (entry,) = json.loads(read("manifest.json"))
            described = json.loads(read(entry["Config"]))["config"]
            files: dict[str, bytes] = {}
            for layer in entry["Layers"]:
                files |= _files_of(read(layer))
        for reference in entry["RepoTags"]:
            fields = {"entrypoint": tuple(described.get("Entrypoint") or ()), "labels": described.get("Labels") or {}}
            self.add_image(reference, files, **fields)

    @_asked
    def save(self, reference: str) -> t.Iterator[bytes]:
        return iter([reference.encode(), b"\n", self.images[reference].id.encode(), b"\n"])

    @_asked
    def build(self, build: Build, on_line: t.Callable[[str], None]) -> str:
        on_line(f"building {build.dockerfile}")
        if self.build_result is None:
            raise BuildError("'docker build' ended with exit code 1", ["undefined: x"])
        image, files = self.build_result
        self.images[image.id] = image
        self.files[image.id] = files
        return image.id

    @_asked
    def containers(self, labels: t.Mapping[str, str | None]) -> list[Container]:
        def matches(container: Container) -> bool:
            return all(
                name in container.labels and value in (None, container.labels[name]) for name, value in labels.items()
            )

        return sorted(filter(matches, self.nodes.values()), key=lambda container: container.name)

    @_asked
    def start(self, container: str) -> None:
        self.nodes[container] = replace(self.nodes[container], state="running")

    @_asked
    def logs(self, container: str, lines: int) -> list[str]:
        return [f"{container} works"]

    @_asked
    def attach(self, container: str, argv: t.Sequence[str], stdin: bool = False) -> ExecSession:
        if not self.nodes[container].running:
            raise EngineError(f"container {container} is not running", 409, self.provider, self.address)
        return _Session(lambda data: self._run(argv, data))

    @_asked
    def execute(self, container: str, argv: t.Sequence[str]) -> ExecResult:
        if not self.nodes[container].running:
            raise EngineError(f"container {container} is not running", 409, self.provider, self.address)
        return self._run(argv, b"")

    def _run(self, argv: t.Sequence[str], stdin: bytes) -> ExecResult:
        words = list(argv)
        for absolute, place in self.roots.items():
            words = [word.replace(absolute, place) for word in words]
        env = {**os.environ, "PATH": f"{self.directory / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        env["FAKE_NODE"] = str(self.directory)
        try:
            ended = subprocess.run(words, input=stdin, capture_output=True, env=env, check=False)
        except FileNotFoundError:
            return ExecResult(127, b"", f"{words[0]}: not found".encode())
        return ExecResult(ended.returncode, ended.stdout, ended.stderr)

    @_asked
    def read_archive(self, container: str, path: str) -> t.Iterator[bytes] | None:
        data = self.files.get(container, {}).get(path)
        if data is None:
            return None
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            member = tarfile.TarInfo(path.rpartition("/")[2])
            member.size, member.mode = len(data), 0o755
            archive.addfile(member, io.BytesIO(data))
        return iter([buffer.getvalue()])

    @contextlib.contextmanager
    def unpacked(self, image_id: str) -> t.Iterator[str]:
        self._note("unpacked")
        yield image_id

    @contextlib.contextmanager
    def isolated(
        self, image_id: str, argv: t.Sequence[str], env: t.Mapping[str, str], directory: str
    ) -> t.Iterator[str]:
        self._note("isolated")
        yield image_id

    @_asked
    def running(self, container: str) -> bool:
        return False

    def _note(self, name: str) -> None:
        self.calls.append(name)
        if name in self.refused:
            raise EngineError(REFUSAL, 500, self.provider, self.address)


def _files_of(layer: bytes) -> dict[str, bytes]:
    """The regular files of a layer, by their absolute paths."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(layer), mode="r:") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                files[f"/{member.name}"] = content.read()
    return files
