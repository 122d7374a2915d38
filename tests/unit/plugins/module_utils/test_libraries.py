# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Ansible's Python lacks a library, its name and the command that installs it are in the message."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[2] / "conftest.py"
#: Without the library that is the first argument, call a function that needs it, and print the diagnoses as JSON.
PROGRAM = """
import importlib.util, json, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("conftest", sys.argv[2])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
sys.modules[sys.argv[1]] = None  # Ansible's own loader, which needs YAML, has done its part
try:
    exec(sys.argv[3], {"M": "ansible_collections.gocover.e2e.plugins.module_utils"})
except Failure as error:
    print(json.dumps([entry.as_dict() for entry in error.diagnoses]))
"""
_ROOM = "import importlib; room = importlib.import_module(M + '{}'); "


@pytest.mark.parametrize(
    ("package", "room", "call", "name"),
    [
        ("docker", "._engine.connect", "room.connect()", "docker>=7.1"),
        ("kubernetes", "._kube.client", "room.connect(None, None)", "kubernetes>=29.0"),
        ("urllib3", "._kube.client", "room.connect(None, None)", "urllib3>=1.26"),
        ("yaml", "._kube.manifests", "room.parse('a: b', 'here')", "PyYAML"),
        ("yaml", "._kind.kubeconfig", "room.Kubeconfig('a: b')", "PyYAML"),
        ("tomllib", "._kind.basespec", "room.runtimes('')", "tomllib"),
    ],
)
def test_a_library_that_is_missing_is_named(package: str, room: str, call: str, name: str) -> None:
    argv = [sys.executable, "-c", PROGRAM, package, str(CONFTEST), _ROOM.format(room) + call]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (diagnosis,) = json.loads(ran.stdout)
    assert diagnosis["cause"] == "library-missing"
    assert f"Python library {name} " in diagnosis["evidence"]
    assert name == "tomllib" or f"-m pip install '{name}'" in diagnosis["remedy"]
