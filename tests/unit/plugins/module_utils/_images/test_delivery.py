# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derived Dockerfiles as files, and in the archive of a build context."""

from __future__ import annotations

import io
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._images import delivery

ENV = 'ENV GOFLAGS="${GOFLAGS:+$GOFLAGS }-cover"\n'


Mode = t.Literal["w:", "w:gz", "w:xz", "w:bz2"]


def archive(mode: Mode, *names: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:
        for name in names:
            data = b"FROM golang\nRUN go build .\n" if "Docker" in name else b"x" * 2000
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime, member.uid = len(data), 0o640, 1234, 7
            tar.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "main.go"
        tar.addfile(link)
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("name", ["Dockerfile", "./Dockerfile"])
def test_the_dockerfile_of_an_archive_is_derived_on_the_way(mode: Mode, name: str) -> None:
    data, sink = archive(mode, "main.go", name, f"{'long/' * 60}name", "sub/Dockerfile"), io.BytesIO()
    assert delivery.is_readable(data[:512])
    derivation = delivery.rewrite_archive(io.BytesIO(data), sink, "Dockerfile", "-cover")
    assert derivation is not None and [added.line for added in derivation.added] == [2]
    sink.seek(0)
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=sink) as new:
        for before, after in zip(old, new.getmembers()[1:], strict=True):
            same = [
                (entry.name, entry.type, entry.mode, entry.mtime, entry.uid, entry.linkname)
                for entry in (before, after)
            ]
            assert same[0] == same[1]
            if before.isreg():
                old_content, new_content = old.extractfile(before), new.extractfile(after)
                assert old_content is not None and new_content is not None
                text = old_content.read().decode()
                expected = text.replace("RUN", f"{ENV}RUN") if before.name == name else text
                assert new_content.read().decode() == expected


def test_an_archive_without_the_dockerfile_is_copied() -> None:
    sink = io.BytesIO()
    assert delivery.rewrite_archive(io.BytesIO(archive("w:", "main.go")), sink, "Dockerfile", "-cover") is None
    with tarfile.open(fileobj=io.BytesIO(sink.getvalue())) as copied:
        assert copied.getnames() == [".", "main.go", "link"]


def test_docker_knows_what_is_written_for_an_archive() -> None:
    stream, sink = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("Dockerfile")
        member.mtime = 0.5
        tar.addfile(member)
    delivery.rewrite_archive(io.BytesIO(stream.getvalue()), sink, "Dockerfile", "-cover")
    head = tarfile.TarInfo.frombuf(sink.getvalue()[:512], "utf-8", "strict")
    assert head.type == tarfile.DIRTYPE


def test_an_archive_that_ends_too_early_is_refused() -> None:
    data = archive("w:", "main.go", "Dockerfile")[:1500]
    with pytest.raises(tarfile.TarError):
        delivery.rewrite_archive(io.BytesIO(data), io.BytesIO(), "Dockerfile", "-cover")


@pytest.mark.parametrize(
    ("head", "is_archive", "is_readable"),
    [
        (b"FROM golang\n", False, False),
        (b"", False, False),
        (b"\x28\xb5\x2f\xfdx", True, False),
        (b"\x1f\x8bx", True, True),
    ],
)
def test_what_is_an_archive(head: bytes, is_archive: bool, is_readable: bool) -> None:
    assert (delivery.is_archive(head), delivery.is_readable(head)) == (is_archive, is_readable)


def test_files_keep_their_bytes(tmp_path: Path) -> None:
    given = tmp_path / "Dockerfile"
    given.write_bytes(b"FROM golang\r\nRUN go build \xff .\r\n")
    text = delivery.read_text(str(given))
    assert text is not None
    delivery.place({str(tmp_path / "a" / "b" / "Dockerfile"): text})
    assert (tmp_path / "a" / "b" / "Dockerfile").read_bytes() == given.read_bytes()
    assert delivery.read_text(str(tmp_path / "no")) is None
    assert delivery.read_text(str(tmp_path)) is None
