# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base spec with coverage and without: what is added, what stays, and what containerd's configuration names."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._kind import basespec

NODE, MOUNT = "/var/lib/gocover/node", "/gocover"
OURS = {
    "destination": MOUNT,
    "type": "bind",
    "source": NODE,
    "options": ["rbind", "rw", "nosuid", "nodev", "noexec"],
}
PROC = {"destination": "/proc", "type": "proc", "source": "proc"}
KIND = {"ociVersion": "1.2.0", "process": {"cwd": "/", "noNewPrivileges": True}, "mounts": [PROC], "hooks": {"a": []}}

#: containerd 1.7 and 2.x print it like that; the second kind of quotes is what people write.
VERSION_3 = """
version = 3
[plugins]
  [plugins.'io.containerd.cri.v1.runtime']
    [plugins.'io.containerd.cri.v1.runtime'.containerd]
      default_runtime_name = 'runc'
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes]
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
          runtime_type = 'io.containerd.runc.v2'
          base_runtime_spec = '/etc/containerd/cri-base.json'
          [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
            base_runtime_spec = '/not/this'
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.test-handler]
          base_runtime_spec = '/etc/containerd/cri-base.json'
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.gvisor]
          base_runtime_spec = ''
"""
VERSION_2 = """
version = 2
[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "crun"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes."crun"]
  base_runtime_spec = "/etc/crun.json"  # ours
[plugins."io.containerd.grpc.v1.cri".cni]
  base_runtime_spec = "/not/this"
"""


@pytest.mark.parametrize(
    ("dump", "default", "specs"),
    [
        (
            VERSION_3, "runc",
            {
                "runc": "/etc/containerd/cri-base.json", "test-handler": "/etc/containerd/cri-base.json", "gvisor": "",
            },
        ),
        (VERSION_2, "crun", {"crun": "/etc/crun.json"}),
        (
            # As people write it: inline tables, dotted keys, quoted names, strings on several lines, no default.
            """version = 3
plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.base_runtime_spec = '''
/etc/a.json'''
plugins."io.containerd.cri.v1.runtime".containerd.runtimes."a.b" = {base_runtime_spec = "/etc/b#.json"}
plugins."io.containerd.cri.v1.images" = {snapshotter = "overlayfs"}
plugins.bare = 1
""",
            "runc",
            {"runc": "/etc/a.json", "a.b": "/etc/b#.json"},
        ),
        ("version = 1\n[plugins.cri.containerd.runtimes.runc]\nbase_runtime_spec = '/x'\n", "runc", {"runc": "/x"}),
        ("plugins = 1\n", "runc", {}),
        ("", "runc", {}),
    ],
    ids=["version 3", "version 2", "every way to write it", "version 1", "no plugins", "empty"],
)  # fmt: skip
def test_what_the_configuration_names(dump: str, default: str, specs: dict[str, str]) -> None:
    found = basespec.runtimes(dump)
    assert (found.default, found.specs) == (default, specs)
    assert found.paths == sorted({path for path in specs.values() if path})


def test_what_is_no_toml_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 1"):
        basespec.runtimes("containerd: error")


@pytest.mark.parametrize(
    "spec",
    [
        KIND,
        {},
        {"process": {"env": []}},
        {"process": {"env": ["PATH=/bin", "A=b"]}, "mounts": []},
        {"process": {"env": ["GOCOVERDIR=/elsewhere"]}, "mounts": [PROC, {"destination": MOUNT, "type": "tmpfs"}]},
    ],
    ids=["kind", "empty", "empty env", "env", "other coverage"],
)
def test_covered_once_and_back(spec: dict[str, t.Any]) -> None:
    before = copy.deepcopy(spec)
    made = basespec.covered(spec, NODE, MOUNT)
    assert spec == before
    assert made["process"]["env"].count(f"GOCOVERDIR={MOUNT}") == 1
    assert [entry for entry in made["mounts"] if entry["destination"] == MOUNT] == [OURS]
    assert basespec.covered(made, NODE, MOUNT) == made
    assert basespec.covers(made, NODE, MOUNT)
    assert not basespec.covers(spec, NODE, MOUNT)
    # An untouched file comes back as it was, byte for byte, from where it is kept.
    assert basespec.uncovered(json.loads(basespec.text(made)), spec, NODE, MOUNT) is None


def test_a_different_directory_is_not_covered() -> None:
    assert not basespec.covers(basespec.covered(KIND, "/var/lib/old", MOUNT), NODE, MOUNT)
    assert not basespec.covers(basespec.covered(KIND, NODE, "/old"), NODE, MOUNT)


def test_what_somebody_changed_since_stays() -> None:
    live = basespec.covered(KIND, NODE, MOUNT)
    live["process"]["env"].append("THEIRS=1")
    live["hooks"] = {}
    assert basespec.uncovered(live, KIND, NODE, MOUNT) == {
        **KIND, "process": {"cwd": "/", "noNewPrivileges": True, "env": ["THEIRS=1"]}, "hooks": {},
    }  # fmt: skip


def test_only_the_setting_that_names_the_spec_is_redirected_and_it_comes_back() -> None:
    config = VERSION_3 + VERSION_2 + "\n# base_runtime_spec = '/etc/crun.json'\nx = '/etc/crun.json'\n"
    made = basespec.redirected(config, "/etc/crun.json", "/etc/copy/etc/crun.json")
    changed = [pair for pair in zip(config.splitlines(), made.splitlines(), strict=True) if pair[0] != pair[1]]
    assert changed == [
        (
            '  base_runtime_spec = "/etc/crun.json"  # ours',
            '  base_runtime_spec = "/etc/copy/etc/crun.json"  # ours',
        )
    ]
    assert basespec.redirected(made, "/etc/copy/etc/crun.json", "/etc/crun.json") == config


@pytest.mark.parametrize("path", ["/etc/crun", "/etc/crunxjson", "etc/crun.json"])
def test_a_path_is_redirected_only_as_a_whole(path: str) -> None:
    assert basespec.redirected(VERSION_2, path, "/other") == VERSION_2
