# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for coverage data that breaks the report, guided by the branches that it takes.

usage: python tests/fuzz pod|profile [libFuzzer's options, such as -max_total_time=300]

Needs `pip install atheris`. It starts from the fixtures and from what it found interesting before, which it keeps in
tests/output/fuzz; what breaks the report is written there as crash-*, and belongs into tests/fixtures/hostile.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import atheris

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS.parent / ".ansible" / "collections"))
HOSTILE = TESTS / "unit/plugins/module_utils/_report/test_hostile_reports.py"


def main() -> None:
    """Fuzz until the options say that it is enough."""
    kind, *options = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("hostile", HOSTILE)
    if spec is None or spec.loader is None:
        sys.exit(f"{HOSTILE} cannot be imported")
    with atheris.instrument_imports(include=["ansible_collections.gocover.e2e.plugins.module_utils"]):
        hostile = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(hostile)
    # A fork for each input would be most of the work.
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
    check = {"pod": hostile.check_pod, "profile": hostile.check_profile}[kind]
    output = TESTS / "output" / "fuzz" / kind
    seeds = output / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for path in hostile.CORPUS.glob(f"*.{kind}*"):
        (seeds / path.name).write_bytes(path.read_bytes())
    for case in (hostile.FIXTURES / "covdata").glob("go1.26*"):
        if kind == "profile":
            (seeds / case.name).write_bytes((case / "profile.out").read_bytes())
        else:
            meta = next((case / "covdata").glob("covmeta.*")).read_bytes()
            counters = next((case / "covdata").glob("covcounters.*")).read_bytes()
            (seeds / case.name).write_bytes(len(meta).to_bytes(4, "little") + meta + counters)
    arguments = [sys.argv[0], *options, f"-artifact_prefix={output}/", str(output), str(seeds)]
    atheris.Setup(arguments, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
