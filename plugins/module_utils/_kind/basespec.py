# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base runtime spec of containerd: what every container of a node starts from, before image and pod say more. Pure.

The format is that of the OCI runtime specification (config.md: ``process.env``, ``mounts``). containerd's CRI plugin
lays the environment of image and pod over that of the base spec, and a mount of the pod takes the place of one of the
base spec with the same destination. So a container that is covered by other means is not disturbed.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._covdata.runtime import VARIABLE
from .._diagnosis import library_missing

try:
    import tomllib  # type: ignore[import-not-found]  # checked for Python 3.10, which has none
except ImportError as error:
    _TOML_ERROR: ImportError | None = error
else:
    _TOML_ERROR = None

Spec = dict[str, t.Any]


class Runtimes(t.NamedTuple):
    """The runtimes of containerd: the name of the default one, and the path of the base spec of each ("": none)."""

    default: str
    specs: dict[str, str]

    @property
    def paths(self) -> list[str]:
        """The files, each once."""
        return sorted({path for path in self.specs.values() if path})


def runtimes(dump: str) -> Runtimes:
    """The runtimes in what ``containerd config dump`` prints, of any version of the configuration.

    The version decides under which name the CRI plugin stands there. Raises ValueError for what is no TOML, and Failure
    where Python is older than 3.11.
    """
    if _TOML_ERROR is not None:
        raise library_missing("tomllib", _TOML_ERROR, "containerd's configuration cannot be read")
    default = ""
    specs: dict[str, str] = {}
    for plugin in _tables(tomllib.loads(dump).get("plugins")).values():
        containerd = _tables(plugin).get("containerd", {})
        for name, runtime in _tables(containerd.get("runtimes")).items():
            specs[name] = str(runtime.get("base_runtime_spec") or "")
            default = str(containerd.get("default_runtime_name") or "") or default
    return Runtimes(default or "runc", specs)


def _tables(value: t.Any) -> dict[str, dict[str, t.Any]]:
    """The tables in a table; none in anything else."""
    entries = value.items() if isinstance(value, dict) else ()
    return {name: entry for name, entry in entries if isinstance(entry, dict)}


def covers(spec: Spec, node_path: str, mount_path: str) -> bool:
    """Whether containers that start from ``spec`` write to ``node_path``, which they see as ``mount_path``."""
    return _uncovered(spec, mount_path) != spec and covered(spec, node_path, mount_path) == spec


def covered(spec: Spec, node_path: str, mount_path: str) -> Spec:
    """``spec`` with GOCOVERDIR and the mount; whatever else it says stays."""
    bare = _uncovered(spec, mount_path)
    process = dict(bare.get("process") or {})
    process["env"] = [*(process.get("env") or []), f"{VARIABLE}={mount_path}"]
    mount = {
        "destination": mount_path,
        "type": "bind",
        "source": node_path,
        "options": ["rbind", "rw", "nosuid", "nodev", "noexec"],
    }
    return {**bare, "process": process, "mounts": [*(bare.get("mounts") or []), mount]}


def uncovered(spec: Spec, original: Spec, node_path: str, mount_path: str) -> Spec | None:
    """``spec`` without what ``covered`` added; None where that is just the ``original``, whose bytes can come back."""
    if spec == covered(original, node_path, mount_path):
        return None
    return _uncovered(spec, mount_path)


def redirected(config: str, path: str, other: str) -> str:
    """containerd's configuration (TOML) with the base spec ``other`` wherever it names ``path``.

    As text: tomllib does not write, and what people wrote around the setting is to stay.
    """
    setting = re.compile(rf"^(\s*base_runtime_spec\s*=\s*(['\"])){re.escape(path)}(?=\2)", re.MULTILINE)
    return setting.sub(lambda found: found[1] + other, config)


def text(spec: Spec) -> str:
    """As a file."""
    return json.dumps(spec, indent=4) + "\n"


def _uncovered(spec: Spec, mount_path: str) -> Spec:
    process = spec.get("process") or {}
    env = [entry for entry in process.get("env") or [] if not entry.startswith(f"{VARIABLE}=")]
    mounts = [mount for mount in spec.get("mounts") or [] if mount.get("destination") != mount_path]
    made = dict(spec)
    if "process" in spec and "env" in process:
        made["process"] = {key: value for key, value in process.items() if key != "env"}
        if env:
            made["process"]["env"] = env
    if "mounts" in spec:
        made["mounts"] = mounts
    return made
