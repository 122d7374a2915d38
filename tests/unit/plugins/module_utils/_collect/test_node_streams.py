# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage data from nodes: paths that cannot work, and tar streams that are not to be trusted."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect import archives, nodes
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure


@pytest.mark.parametrize(
    "path", ["/tmp/coverage", "/run/x", "/var/run/x", "/dev/shm/x", "/var/../tmp/x", "x/y", "/", "/etc", "/var/"]
)
def test_paths_where_nothing_would_be_found_are_refused(path: str) -> None:
    with pytest.raises(Failure) as caught:
        nodes.check_path(path)
    assert caught.value.diagnoses[0].cause == "path-mismatch"


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/var/lib/gocover/x/", "/var/lib/gocover/x"),
        ("/coverdata//x", "/coverdata/x"),
        ("/tmpx/y", "/tmpx/y"),
        ("/coverdata", "/coverdata"),
    ],
)
def test_other_paths_are_taken_in_their_plain_form(path: str, plain: str) -> None:
    assert nodes.check_path(path) == plain


def _archive(*members: tuple[str, bytes, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content, kind in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            member.size = len(content)
            member.uid, member.mode = 65532, 0o400
            member.linkname = "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def test_only_regular_coverage_files_at_the_top_are_taken(tmp_path: Path) -> None:
    stream = _archive(
        ("./covmeta.a", b"meta", tarfile.REGTYPE),
        ("./covcounters.a.1.2", b"", tarfile.REGTYPE),
        ("./tmp.covmeta.b", b"x", tarfile.REGTYPE),
        ("./covmeta.link", b"", tarfile.SYMTYPE),
        ("./covmeta.hard", b"", tarfile.LNKTYPE),
        ("./sub/covmeta.c", b"x", tarfile.REGTYPE),
        ("../covmeta.d", b"x", tarfile.REGTYPE),
        ("/covmeta.e", b"x", tarfile.REGTYPE),
        ("./coverage.out", b"x", tarfile.REGTYPE),
    )
    digests = archives.unpack(io.BytesIO(stream), tmp_path)
    assert digests["covmeta.a"] == hashlib.sha256(b"meta").digest()
    assert len(digests) == 3
    found = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    assert found == {"covmeta.a": b"meta", "covcounters.a.1.2": b"", "tmp.covmeta.b": b"x"}
    assert (tmp_path / "covmeta.a").stat().st_mode & 0o600 == 0o600


def test_a_directory_that_the_engine_has_archived_is_named_in_it(tmp_path: Path) -> None:
    stream = _archive(("run/covmeta.a", b"meta", tarfile.REGTYPE), ("covmeta.b", b"x", tarfile.REGTYPE))
    assert archives.unpack_directory(io.BytesIO(stream), tmp_path, "run") == 1
    assert (tmp_path / "covmeta.a").read_bytes() == b"meta"


def test_a_name_that_does_not_fit_is_passed_over(tmp_path: Path) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in (f"./covmeta.{'a' * 120}", "./covmeta.b"):
            archive.addfile(tarfile.TarInfo(name))
    data.seek(0)
    assert archives.unpack(data, tmp_path).keys() == {"covmeta.b"}


def test_a_damaged_header_is_an_error(tmp_path: Path) -> None:
    stream = bytearray(_archive(("./covmeta.a", b"meta", tarfile.REGTYPE)))
    stream[3] ^= 1
    with pytest.raises(tarfile.TarError, match="damaged"):
        archives.unpack(io.BytesIO(stream), tmp_path)


@pytest.mark.parametrize("cut", [0, 100, 600, 1024])
def test_a_stream_that_is_cut_short_is_an_error(tmp_path: Path, cut: int) -> None:
    with pytest.raises(tarfile.TarError):
        archives.unpack(io.BytesIO(_archive(("./covmeta.a", b"m" * 2000, tarfile.REGTYPE))[:cut]), tmp_path)


def test_the_digests_that_an_archive_tells(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"meta")
    told = f"{digest.hexdigest()} *./covmeta.a\n\\{'0' * 64} *./covmeta.\\n\n{'0' * 64} *./other\n".encode()
    stream = _archive(("./covmeta.a", b"meta", tarfile.REGTYPE), ("gocover-sums", told, tarfile.REGTYPE))
    sums: list[dict[str, bytes]] = []
    assert archives.unpack(io.BytesIO(stream), tmp_path, sums) == {"covmeta.a": digest.digest()}
    assert sums == [{"covmeta.a": digest.digest()}]
    assert [entry.name for entry in tmp_path.iterdir()] == ["covmeta.a"]
