# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go's build information: in made-up data that follows the format, and in real executables of three formats."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._golang import buildinfo

MAGIC = b"\xff Go buildinf:"
# debug/buildinfo in GOROOT/src: 16 bytes before and after the module information.
BEGIN = bytes.fromhex("3077af0c9274080241e1c107e6d618e6")
END = bytes.fromhex("f932433186182072008242104116d8f2")
INFO = "path\texample.test/shop/cmd/shop\nmod\texample.test/shop\t(devel)\t\nbuild\t-cover=true\nbuild\tGOOS=linux\n"


def varint(number: int) -> bytes:
    encoded = b""
    while number >= 0x80:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


def header(flags: int = 0x2) -> bytes:
    return (MAGIC + bytes([8, flags])).ljust(32, b"\0")


def block(version: str = "go1.26.8", info: str = INFO, flags: int = 0x2) -> bytes:
    framed = BEGIN + info.encode() + END if info else b""
    return header(flags) + varint(len(version)) + version.encode() + varint(len(framed)) + framed


EXPECTED = buildinfo.BuildInfo(
    "go1.26.8", "example.test/shop/cmd/shop", "example.test/shop", {"-cover": "true", "GOOS": "linux"}
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(block(), EXPECTED, id="at the beginning"),
        pytest.param(b"x" * 4096 + block() + b"y" * 100, EXPECTED, id="within"),
        pytest.param(b"x" * 7 + block(), None, id="misaligned"),
        pytest.param(b"x" * 7 + MAGIC + b"z" * 11 + block(), EXPECTED, id="misaligned magic before the real one"),
        pytest.param(MAGIC.ljust(32, b"\xff") + block(), EXPECTED, id="aligned magic without a version"),
        pytest.param(header() + b"\x04text" + b"\0" * 11 + block(), EXPECTED, id="aligned magic, not of Go"),
        pytest.param(block(flags=0), None, id="before Go 1.18, with pointers"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"\x7fELF" + b"\0" * 500, None, id="not of Go"),
        pytest.param(block()[:20], None, id="cut in the header"),
        pytest.param(header() + b"\x08go1.", None, id="cut in the version"),
        pytest.param(header() + b"\x80\x80", None, id="cut in a varint"),
        pytest.param(header() + b"\xff" * 9 + b"\x7f" + b"go1", None, id="length beyond everything"),
        pytest.param(block()[:-40], buildinfo.BuildInfo("go1.26.8"), id="module information cut"),
        pytest.param(block(info=""), buildinfo.BuildInfo("go1.26.8"), id="without module information"),
    ],
)
def test_find(data: bytes, expected: buildinfo.BuildInfo | None) -> None:
    assert buildinfo.find(data) == expected


@pytest.mark.parametrize("size", [0, 1, 200, 20000, 3000000])
def test_lengths_of_one_to_four_bytes(size: int) -> None:
    found = buildinfo.find(block(info=INFO + "dep\t" + "d" * size + "\nbuild\tlast=1\n"))
    assert found is not None
    assert found.settings["last"] == "1"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("go1.21.13", "go1.21.13"),
        ("go1.26.8 X:jsonv2", "go1.26.8"),
        ("devel go1.22-0a1b2c3 Tue Jan 2 10:00:00 2024 +0000", "go1.22-0a1b2c3"),
        ("go1.27-devel_0a1b2c3 Tue Jan 2", "go1.27-devel_0a1b2c3"),
    ],
)
def test_version(version: str, expected: str) -> None:
    found = buildinfo.find(block(version))
    assert found is not None
    assert found.go_version == expected


@pytest.mark.parametrize(
    ("line", "settings", "instrumented"),
    [
        ("build\t-cover=true", {"-cover": "true"}, True),
        ("build\t-cover=false", {"-cover": "false"}, False),
        ("build\t-covermode=set", {"-covermode": "set"}, False),
        ('build\t-ldflags="-s -w -X a=b"', {"-ldflags": "-s -w -X a=b"}, False),
        ("dep\t-cover=true\tv1.0.0", {}, False),
        ("", {}, False),
    ],
)
def test_settings(line: str, settings: dict[str, str], instrumented: bool) -> None:
    info = buildinfo.parse("go1.26.8", line)
    assert info.settings == settings
    assert info.instrumented is instrumented


def test_an_empty_file_has_none(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert buildinfo.read(empty) is None


@pytest.mark.parametrize("system", ["linux", "darwin", "windows"])
@pytest.mark.parametrize("flags", [[], ["-ldflags=-s -w"]], ids=["plain", "stripped"])
def test_real_executables(system: str, flags: list[str], small_module: Path, go: str, tmp_path: Path) -> None:
    binary = tmp_path / "small"
    env = {**os.environ, "GOOS": system, "GOARCH": "amd64", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    subprocess.run([go, "build", "-cover", *flags, "-o", binary, "./cmd/small"], cwd=small_module, env=env, check=True)
    info = buildinfo.read(binary)
    assert info is not None
    assert info.instrumented
    assert (info.path, info.module) == ("example.test/small/cmd/small", "example.test/small")
    assert info.settings["GOOS"] == system
    assert subprocess.run([go, "version", binary], capture_output=True, text=True, check=True).stdout.endswith(
        f": {info.go_version}\n"
    )
