# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives, what a node has, and what an image starts."""

from __future__ import annotations

import io
import json
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Image
from ansible_collections.gocover.e2e.plugins.module_utils._golang import flags
from ansible_collections.gocover.e2e.plugins.module_utils._images import (
    archive,
    containerd,
    instrumented,
    proof,
    scratch,
)

HEX = "0123456789abcdef" * 4


T1, T2, I1 = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}", f"sha256:{'a' * 64}"
LISTING = f"""REF TYPE DIGEST SIZE PLATFORMS LABELS
docker.io/library/redis:7 application/vnd.oci {T1} 84.7 MiB linux/amd64 io.cri-containerd.image=managed
{I1} application/vnd.oci.image.manifest.v1+json {T1} 84.7 MiB linux/amd64 io.cri-containerd.image=managed
localhost/p:1 application/x {T2} 1.0 B - a=b,gocover.e2e/source={I1}@{T2}
localhost/moved:1 application/x {T1} 1.0 B - gocover.e2e/source={T2}@{T2}
WARN[0000] something else
"""


@pytest.mark.parametrize(
    ("name", "image_id", "expected"),
    [
        ("redis:7", I1, True),  # by the id that the CRI plugin has added
        ("redis:7", T1, True),  # by the digest of its manifest
        ("redis:7", T2, False),
        ("redis:8", I1, False),
        ("localhost/p:1", I1, True),  # by our label
        ("localhost/moved:1", T2, False),  # the label is of another target
    ],
)
def test_what_a_node_has(name: str, image_id: str, expected: bool) -> None:
    assert containerd.parse(LISTING).has(name, image_id) is expected


def _tar(path: Path, **documents: t.Any) -> Path:
    with tarfile.open(path, "w") as opened:
        for name, document in documents.items():
            data = json.dumps(document).encode()
            member = tarfile.TarInfo(f"{name}.json")
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))
    return path


def test_archives_are_read_without_unpacking(tmp_path: Path) -> None:
    old = _tar(tmp_path / "old.tar", manifest=[{"Config": f"{HEX}.json", "RepoTags": ["x:1", "x:2"]}])
    new = _tar(tmp_path / "new.tar", manifest=[{"Config": f"blobs/sha256/{HEX}", "RepoTags": ["x:1"]}], index={})
    oci = _tar(
        tmp_path / "oci.tar",
        index={"manifests": [{"digest": T1, "annotations": {"io.containerd.image.name": "docker.io/library/x:1"}}]},
    )
    assert archive.read(old) == [archive.Archived(name, f"sha256:{HEX}") for name in ("x:1", "x:2")]
    assert archive.read(new) == [archive.Archived("x:1", f"sha256:{HEX}")]
    assert archive.read(oci) == [archive.Archived("docker.io/library/x:1", T1)]


@pytest.mark.parametrize("content", [None, b"", b"not a tar file", b"\0" * 10240])
def test_what_is_no_archive_is_told_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.tar"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        archive.read(path)
    assert caught.value.diagnoses[0].cause == "archive-invalid"
    assert "\n" not in str(caught.value)


def test_the_same_executable_gives_the_same_archive(tmp_path: Path) -> None:
    binary = tmp_path / "program"
    binary.write_bytes(b"program")
    contents = scratch.Contents("x", binary, "amd64", {"l": "1"})
    with scratch.write(contents, "localhost/x:1") as first:
        data = first.read()
    binary.touch()
    binary.chmod(0o600)
    with scratch.write(contents, "localhost/x:1") as second:
        assert second.read() == data
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        manifest = json.load(t.cast("t.IO[bytes]", opened.extractfile("manifest.json")))[0]
        config = json.load(t.cast("t.IO[bytes]", opened.extractfile(manifest["Config"])))
        with tarfile.open(fileobj=opened.extractfile(manifest["Layers"][0])) as layer:
            assert {member.name: oct(member.mode) for member in layer} == {"tmp": "0o1777", "x": "0o755"}
    assert manifest["RepoTags"] == ["localhost/x:1"]
    assert config["config"]["Entrypoint"] == ["/x"]
    assert config["config"]["User"] == "65532:65532"


@pytest.mark.parametrize(
    ("given", "mode", "packages", "expected"),
    [
        ({}, "set", None, "-cover"),
        ({"GOFLAGS": "-race"}, "set", None, "-race -cover -covermode=atomic"),
        (
            {"GOFLAGS": "-covermode=count -mod=mod"},
            "set",
            " ./a , ./b",
            "-mod=mod -cover -covermode=count -coverpkg=./a,./b",
        ),
        ({"GOFLAGS": "-mod=vendor"}, "set", None, "-mod=vendor -cover"),
        ({"GOFLAGS": "-cover"}, "set", None, "-cover"),
        ({}, "atomic", "./...", "-cover -covermode=atomic -coverpkg=./..."),
    ],
)
def test_goflags(given: dict[str, str], mode: str, packages: str | None, expected: str) -> None:
    coverage = flags.combine(mode, packages, (), given.get("GOFLAGS", ""))
    assert instrumented.build_arguments({**given, "A": "b"}, coverage) == {"A": "b", "GOFLAGS": expected}


@pytest.mark.parametrize(
    ("given", "default", "expected"),
    [
        ({}, "-mod=vendor", "-mod=vendor -cover"),
        ({"GOFLAGS": "-v"}, "-mod=vendor", "-v -cover"),
        ({"GOFLAGS": ""}, "-v", "-cover"),
    ],
)
def test_the_default_of_the_dockerfile_counts_where_the_user_gives_no_goflags(
    given: dict[str, str], default: str, expected: str
) -> None:
    coverage = flags.combine("set", None, (), "")
    assert instrumented.build_arguments(given, coverage, default) == {"GOFLAGS": expected}


def _go(instrumented_: bool, main: str = "example.com/x", hook: bytes = b"\0runtime/coverage.initHook\0") -> bytes:
    """An executable as far as build information (see debug/buildinfo) and the call that writes coverage go."""
    text = f"path\t{main}\nbuild\t-cover={'true' if instrumented_ else 'false'}\n".encode()
    framed = b"s" * 16 + text + b"e" * 16
    version = b"go1.26.8"
    header = b"\xff Go buildinf:" + bytes([8, 2]) + b"\0" * 16
    length = bytes([len(framed) & 0x7F | 0x80, len(framed) >> 7])
    return header + bytes([len(version)]) + version + length + framed + (hook if instrumented_ else b"")


class _Files:
    def __init__(self, directory: Path, files: dict[str, bytes | str]) -> None:
        self._directory, self._files = directory, files

    def fetch(self, path: str) -> Path | str | None:
        content = self._files.get(path)
        if not isinstance(content, bytes):
            return content
        copy = self._directory / path.replace("/", "_")
        copy.write_bytes(content)
        return copy


SCRIPT = b'#!/bin/sh\nset -e\nif [ "$1" = x ]; then exec /other; fi\nexec /app "$@"\n'


@pytest.mark.parametrize(
    ("argv", "files"),
    [
        (["/app"], {"/app": _go(True)}),
        (["app", "--flag"], {"/bin/app": "../app", "/app": _go(True)}),
        (["./app"], {"/work/app": "/app", "/app": _go(True)}),
        (["/entry.sh"], {"/entry.sh": SCRIPT, "/app": _go(True)}),
        (["/wrap.sh", "/app"], {"/wrap.sh": b'#!/bin/sh\nexec "$@"\n', "/app": _go(True)}),
        (["/tini", "--", "/app", "-v"], {"/tini": b"\x7fELF", "/app": _go(True)}),
        (["/bin/sh", "-c", "exec /app -v"], {"/bin/sh": b"\x7fELF", "/app": _go(True)}),
        (["/bin/sh", "-c", "exec /app -v"], {"/app": _go(True)}),
        (["/gowrapper", "/app"], {"/gowrapper": _go(False, "example.com/wrapper"), "/app": _go(True)}),
    ],
)
def test_what_an_image_starts_is_found(tmp_path: Path, argv: list[str], files: dict[str, bytes | str]) -> None:
    image = Image(f"sha256:{HEX}", working_dir="/work", env={"PATH": "/usr/bin:/bin"})
    found = proof.find(_Files(tmp_path, files), image, argv, "x:1")
    assert found.path in ("/app", "/bin/app", "/work/app")
    assert found.info.instrumented


@pytest.mark.parametrize(
    ("argv", "files", "words"),
    [
        ([], {}, "neither an entrypoint nor a command"),
        (["/app"], {}, "/app is not in it"),
        (["/app"], {"/app": _go(False)}, "/app in it was built by go1.26.8 from example.com/x without -cover"),
        (
            ["/app"],
            {"/app": _go(True, hook=b"")},
            "/app in it: It was built with -cover=true (go1.26.8, example.com/x), but",
        ),
        (["/app"], {"/app": b"\x7fELF"}, "/app holds no Go build information"),
        (["/a"], {"/a": "/b", "/b": "/a"}, "/a is not in it"),
        (["/entry.sh"], {"/entry.sh": b"#!/bin/sh\n$START\n"}, "/entry.sh is a script"),
        (["/entry.sh"], {"/entry.sh": b"#!/bin/sh\nexec /entry.sh\n"}, "/entry.sh is a script"),
    ],
)
def test_what_is_not_instrumented_is_named(
    tmp_path: Path, argv: list[str], files: dict[str, bytes | str], words: str
) -> None:
    with pytest.raises(Failure) as caught:
        proof.find(_Files(tmp_path, files), Image(f"sha256:{HEX}"), argv, "x:1")
    assert caught.value.diagnoses[0].cause == "not-instrumented"
    assert words in str(caught.value)
    assert "x:1" in str(caught.value)
