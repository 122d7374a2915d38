# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage that is linked into executables: in real ones, whose running is the oracle, and in data of seven Gos."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._covdata.meta import decode_meta
from ansible_collections.gocover.e2e.plugins.module_utils._golang import buildinfo, executable, linked

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "covdata"
MAIN, TAX = "example.test/shop/cmd/shop", "example.test/shop/internal/tax"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    module = tmp_path_factory.mktemp("shop")
    for directory in ("cmd/shop", "cmd/direct", "internal/tax"):
        (module / directory).mkdir(parents=True)
    (module / "go.mod").write_text("module example.test/shop\n\ngo 1.21\n")
    (module / "internal/tax/tax.go").write_text("package tax\n\nfunc Of(n int) int { return n * 2 }\n")
    call = 'import "example.test/shop/internal/tax"\n\nfunc main() { println(tax.Of(3)) }\n'
    (module / "cmd/shop/main.go").write_text(f"package main\n\n{call}")
    # It calls the coverage runtime itself, which links parts of it whatever is instrumented.
    direct = call.replace("import", 'import "runtime/coverage"\nimport').replace(
        "println", 'coverage.WriteCountersDir("."); println'
    )
    (module / "cmd/direct/main.go").write_text(f"package main\n\n{direct}")
    return module


@pytest.mark.parametrize("flags", [[], ["-ldflags=-s -w", "-trimpath"]], ids=["plain", "stripped"])
@pytest.mark.parametrize(
    ("main", "coverpkg", "packages"),
    [
        ("shop", "", [MAIN, TAX]),
        ("shop", "-coverpkg=./internal/...", [TAX]),
        ("shop", "-coverpkg=./nothing/...", []),
        ("shop", "-coverpkg=./cmd/shop", [MAIN]),
        ("shop", "-coverpkg=example.test/shop/...", [MAIN, TAX]),
        ("direct", "-coverpkg=./internal/...", [TAX]),
        ("direct", "", ["example.test/shop/cmd/direct", TAX]),
    ],
)
def test_a_program_writes_what_is_linked(
    main: str, coverpkg: str, packages: list[str], flags: list[str], shop: Path, go: str, tmp_path: Path
) -> None:
    binary, data = tmp_path / "shop", tmp_path / "covdata"
    data.mkdir()
    env = {**os.environ, "GOCOVERDIR": str(data), "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    selection = [coverpkg] if coverpkg else []
    argv = [go, "build", "-cover", *selection, *flags, "-o", str(binary), f"./cmd/{main}"]
    subprocess.run(argv, cwd=shop, env=env, check=True, capture_output=True)
    subprocess.run([str(binary)], env=env, check=True, capture_output=True)
    written = sorted(path.name.partition(".")[0] for path in data.iterdir())
    found = linked.read(binary)
    assert list(found.packages) == packages
    assert found.writes is (written == ["covcounters", "covmeta"])
    info = buildinfo.read(binary)
    assert info is not None
    assert info.instrumented
    reason = executable.shortcoming(binary, info, [coverpkg.removeprefix("-coverpkg=")])
    assert (reason is None) is found.writes
    if reason is not None:
        assert coverpkg in reason.evidence
        assert MAIN.replace("shop/cmd/shop", f"shop/cmd/{main}") in reason.remedy


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("covmeta.*")), ids=lambda path: str(path.relative_to(FIXTURES)))
def test_the_packages_of_each_go_version_are_found(path: Path) -> None:
    data = path.read_bytes()
    expected = {package.path for package in decode_meta(data).packages if package.functions}
    # The blobs of an executable lie among other data, at any place.
    assert set(linked.find(b"\x01" * 7 + data + b"\x02" * 9).packages) == expected


@pytest.mark.parametrize("data", [b"", b"\x01\0\0\0" * 64, b"\0" * 4096, b"runtime/coverage.initHook"])
def test_other_data_has_none(data: bytes) -> None:
    assert linked.find(data) == linked.Linked()
