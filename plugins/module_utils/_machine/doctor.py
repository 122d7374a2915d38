# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a run on this machine needs, looked at in one go."""

from __future__ import annotations

import os
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .._diagnosis import Diagnosis, Failure
from .._engine.about import About
from .._engine.api import Engine
from .._outcome import Outcome
from .._run.progress import Progress
from . import checks, limits, podman_settings, programs
from .finding import Finding, good, wrong

_NAMES_OF_ENGINES = ("DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST", "KIND_EXPERIMENTAL_PROVIDER")
#: Free bytes where results and Go's caches are written.
_RESULTS = 500 << 20


@dataclass(frozen=True)
class DoctorOptions:
    """The options of machine_check; see its documentation."""

    runtime: str
    provider: str
    image: str
    nodes: int
    dest: str


def examine(
    wanted: DoctorOptions,
    connect: t.Callable[[str], Engine],
    progress: Progress,
    env: t.Mapping[str, str] | None = None,
) -> Outcome:
    """Look at everything, a line each. Raises Failure, with the findings as its result, where a run cannot succeed."""
    env = os.environ if env is None else env
    found = findings(wanted, connect, env)
    for finding in found:
        progress.text(finding.line())
    result = {"findings": [finding.as_dict() for finding in found]}
    blocking = [finding.diagnosis for finding in found if finding.blocks and finding.diagnosis]
    if blocking:
        raise Failure("A run on this machine would fail", blocking, result)
    warned = sum(finding.level == "warning" for finding in found)
    progress.note("this machine is ready" + (f", with {warned} warning{'s' * (warned > 1)}" if warned else ""))
    return Outcome(changed=False, result=result)


def findings(wanted: DoctorOptions, connect: t.Callable[[str], Engine], env: t.Mapping[str, str]) -> list[Finding]:
    """The findings, in the order of this file. The programs are asked while the engine is."""
    home = Path(env.get("HOME") or Path.home())
    on_kind = wanted.runtime in ("auto", "kind")
    with ThreadPoolExecutor(max_workers=3) as pool:
        go = pool.submit(programs.go, env)
        kind = pool.submit(programs.kind, env, home, needed=wanted.runtime == "kind") if on_kind else None
        below = _engine(wanted, connect, env) if on_kind else []
        found = [programs.ansible(), programs.python()]
        # What the runtime never uses is not looked at.
        unused = {"process": {"docker", "kubernetes"}, "cluster": {"docker"}}.get(wanted.runtime, set())
        found += [
            programs.library(known, programs.installed(known), wanted.runtime)
            for known in programs.LIBRARIES
            if known.name not in unused
        ]
        found += [go.result(), results(wanted.dest)]
        if kind is not None:
            found.append(kind.result())
    if wanted.runtime != "process":
        found += [
            programs.optional("kubectl", "kustomizations", env),
            programs.optional("helm", "charts", env),
        ]
    return found + below


def results(dest: str) -> Finding:
    """Whether results can be written: their directory, or where it will be made."""
    subject = "results"
    disk = limits.disk_of(dest)
    place = disk.path if disk else dest
    if not Path(place).is_dir() or not os.access(place, os.W_OK | os.X_OK):
        evidence, remedy = (
            f"{place} is no directory that this user can write to",
            "Choose another place: -e coverage_dir=DIRECTORY",
        )
        return wrong(subject, Diagnosis("results-unwritable", evidence, remedy), blocks=True)
    free = disk.free if disk else 0
    said = f"{free >> 20} MB are free for {dest}"
    if disk and free < _RESULTS:
        remedy = "Free some space, or choose another place: -e coverage_dir=DIRECTORY"
        return wrong(subject, Diagnosis("disk-full", said, remedy), blocks=free < _RESULTS // 10)
    return good(subject, said)


def _engine(wanted: DoctorOptions, connect: t.Callable[[str], Engine], env: t.Mapping[str, str]) -> list[Finding]:
    """The engine, and what it needs for the nodes of a cluster."""
    try:
        engine = connect(wanted.provider)
        about = engine.about()
    except Failure as failed:
        return [_no_engine(wanted, failed, env)]
    where = engine.address.removeprefix("unix://")
    rootless = ", without root" if about.rootless else ""
    found = [good("engine", f"{about.provider} {about.version} at {where}{rootless}")]
    return [*found, *_image(wanted.image, engine), *of_engine(about, engine.address, wanted.image, wanted.nodes, env)]


def of_engine(about: About, address: str, image: str, nodes: int, env: t.Mapping[str, str]) -> list[Finding]:
    """What the machine of an engine has for this many further nodes of ``image``; of a remote one nothing is known."""
    here = address.startswith("unix://") and Path(about.root or "/").is_dir()
    have = limits.read(about.root if here else None) if here else limits.Limits()
    settings = podman_settings.read(env, Path(env.get("HOME") or Path.home())) if about.provider == "podman" else {}
    found: list[Finding | None] = [
        *checks.programs(about),
        checks.inotify(have.inotify, nodes),
        checks.disk(have.disk, nodes, about.provider),
        checks.memory(have.memory, nodes),
        checks.cgroup(about, image),
        checks.logging(about),
        checks.pids(podman_settings.pids_limit(settings)) if here and about.provider == "podman" else None,
        checks.network(about, nodes),
        checks.proxies(env),
    ]
    return [finding for finding in found if finding is not None]


def _image(image: str, engine: Engine) -> list[Finding]:
    if not image:
        return []
    there = engine.image(image) is not None
    return [good("node image", f"{image} is there" if there else f"{image} is not there; kind will pull it")]


def _no_engine(wanted: DoctorOptions, failed: Failure, env: t.Mapping[str, str]) -> Finding:
    diagnosis = failed.diagnoses[0] if failed.diagnoses else Diagnosis("engine-unreachable", str(failed), "")
    meant = wanted.provider != "auto" or any(env.get(name) for name in _NAMES_OF_ENGINES)
    return wrong("engine", diagnosis, blocks=wanted.runtime == "kind" or meant)
