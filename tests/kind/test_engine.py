# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine seam against the real engine."""

from __future__ import annotations

import hashlib
import io
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._collect import recovery
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.meta import decode_meta
from ansible_collections.gocover.e2e.plugins.module_utils._engine.api import Engine, EngineError
from ansible_collections.gocover.e2e.plugins.module_utils._engine.detection import detect
from rig import IMAGE, build_probe

if t.TYPE_CHECKING:
    from shared import TestCluster


def test_an_engine_that_answers_is_detected() -> None:
    found = detect()
    assert found.usable, found.reason


def test_output_of_short_commands_is_never_lost(engine: Engine, cluster: TestCluster) -> None:
    # Output that comes in one packet with the HTTP header is what gets lost most easily.
    node = cluster.nodes[0].name
    for _attempt in range(30):
        result = engine.execute(node, ["sh", "-c", "echo out; echo err >&2; exit 3"])
        assert (result.rc, result.stdout, result.stderr) == (3, b"out\n", b"err\n")


def test_a_large_stdin_arrives_whole(engine: Engine, cluster: TestCluster) -> None:
    chunk = bytes(range(256)) * 4096
    session = engine.attach(cluster.nodes[0].name, ["sha256sum"], stdin=True)
    for _chunk in range(32):
        session.write(chunk)
    session.close_stdin()
    result = session.result()
    assert result.rc == 0
    assert result.stdout.decode().split()[0] == hashlib.sha256(chunk * 32).hexdigest()


def test_a_command_that_gives_up_on_its_stdin_is_told_by_its_exit_code(engine: Engine, cluster: TestCluster) -> None:
    session = engine.attach(cluster.nodes[0].name, ["sh", "-c", "exit 7"], stdin=True)
    with pytest.raises(EngineError, match="does not read any more"):
        for _chunk in range(1000):
            session.write(b"x" * 65536)
    assert session.result().rc == 7


def test_a_file_of_a_node_comes_as_a_tar_stream(engine: Engine, cluster: TestCluster) -> None:
    chunks = engine.read_archive(cluster.nodes[0].name, "/etc/hostname")
    assert chunks is not None
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        file = archive.extractfile("hostname")
        assert file is not None
        assert file.read().decode().strip() == cluster.nodes[0].name


def test_what_is_not_there_is_none(engine: Engine, cluster: TestCluster) -> None:
    assert engine.read_archive(cluster.nodes[0].name, "/no/such/file") is None
    assert engine.image("localhost/no-such-image:v1") is None
    engine.remove_image("localhost/no-such-image:v1")


def test_a_container_that_is_not_there_is_an_engine_error(engine: Engine) -> None:
    with pytest.raises(EngineError) as caught:
        engine.execute("gocover-no-such-container", ["true"])
    assert caught.value.status == 404


def test_the_meta_data_of_a_program_is_recovered_from_its_image(engine: Engine, tmp_path: Path) -> None:
    engine.load(io.BytesIO(build_probe(tmp_path)))
    try:
        (data,) = recovery.covmeta(engine, IMAGE)
    finally:
        engine.remove_image(IMAGE)
    meta = decode_meta(data)
    assert meta.hash_verified
    assert [package.name for package in meta.packages] == ["main"]
    # The container that it was started in is gone, and an image that is not there has nothing to tell.
    assert engine.containers({"gocover.e2e": "recovery"}) == []
    assert recovery.covmeta(engine, IMAGE) == []
