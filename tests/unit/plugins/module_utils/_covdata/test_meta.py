# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Meta-data files that Go wrote, and what becomes of them when bytes are missing or wrong."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.errors import CovdataError
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.meta import decode_meta

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "covdata"
META_FILES = sorted(FIXTURES.glob("go1.*/covdata/covmeta.*"))
META = next(FIXTURES.glob("go1.26.6-count/covdata/covmeta.*"))


@pytest.mark.parametrize("path", META_FILES, ids=lambda path: path.parts[-3])
def test_hash_and_mode_are_those_of_the_build(path: Path) -> None:
    meta = decode_meta(path.read_bytes(), str(path))
    assert meta.hash == path.suffix[1:]
    assert meta.hash_verified
    assert path.parts[-3].endswith(f"-{meta.mode}")
    assert meta.granularity == "perblock"


def test_packages_and_functions() -> None:
    packages = {package.path: package for package in decode_meta(META.read_bytes()).packages}
    assert set(packages) == {f"example.com/shapes{below}" for below in ("", "/shape", "/store", "/idle")}
    main = packages["example.com/shapes"]
    assert (main.name, main.module) == ("main", "example.com/shapes")
    assert [f.name for f in main.functions] == ["func.L14.C13", "init", "init", "main"]
    assert [f.literal for f in main.functions] == [True, False, False, False]
    shape = packages["example.com/shapes/shape"]
    assert {f.file for f in shape.functions} == {"example.com/shapes/shape/shape.go"}
    assert {"Square.Area", "*Circle.Area", "Gr\u00f6\u00dfe", "Square.anonymous"} <= {f.name for f in shape.functions}
    assert packages["example.com/shapes/store"].functions[0].units == [(10, 37, 12, 2, 1)]


def test_a_file_cut_short_anywhere_is_damaged() -> None:
    data = META.read_bytes()
    for length in range(len(data)):
        with pytest.raises(CovdataError) as caught:
            decode_meta(data[:length], "covmeta.x")
        assert caught.value.cause == "truncated-data"
        assert "covmeta.x" in str(caught.value)


@pytest.mark.parametrize(
    "offset, field, evidence",
    [
        (0, b"PK\x03\x04", "does not begin as a covmeta file does"),
        (4, struct.pack("<I", 2), "format version 2 is not known"),
        (8, struct.pack("<Q", 2**63), "but its header says 9223372036854775808"),
        (16, struct.pack("<Q", 2**62), "tables for 4611686018427387904 packages do not fit"),
        (40, struct.pack("<I", 2**32 - 1), "packages do not fit"),
        (48, b"\x09", "counter mode 9"),
        (56, struct.pack("<Q", 2**64 - 1), "package 0 lies at 18446744073709551615"),
        (56, struct.pack("<Q", 0), "package 0 lies at 0"),
    ],
)
def test_what_is_wrong_is_said(offset: int, field: bytes, evidence: str) -> None:
    data = META.read_bytes()
    with pytest.raises(CovdataError, match=evidence):
        decode_meta(data[:offset] + field + data[offset + len(field) :])


def test_a_name_that_could_forge_a_line_is_refused() -> None:
    data = META.read_bytes().replace(b"example.com/shapes/idle/idle.go", b"example.com/shapes/idle/idle\ngo")
    with pytest.raises(CovdataError, match="has control characters"):
        decode_meta(data)


def test_markup_in_a_name_is_data_like_any_other() -> None:
    data = META.read_bytes().replace(b"example.com/shapes/idle/idle.go", b"example.com/<b>/../idle/idle.go")
    names = {f.file for package in decode_meta(data).packages for f in package.functions}
    assert "example.com/<b>/../idle/idle.go" in names
