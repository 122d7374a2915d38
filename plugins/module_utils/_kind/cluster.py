# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind cluster as described: created, checked, mended or deleted. One process at a time works on a cluster."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .. import _files
from .._diagnosis import Diagnosis, Failure, failure
from .._engine.api import Engine, EngineError
from .._files import locked
from .._reference import normalized
from .._run.progress import Progress
from . import failures, kubeconfig, program, restarted
from .nodes import Node, containers_of

_POLL = 0.25
_LOG_LINES = 60
_KIND_DIRECTORY = "gocover-kind-"
#: For how long nothing of a deleted cluster may appear before it counts as gone, in seconds.
_QUIET = 2.0
#: Seconds between two looks into nodes whose API server does not answer: a node boots in less.
_LOOK_EVERY = 5.0


@dataclass(frozen=True)
class ClusterSpec:
    """A cluster: ``config`` is kind's own (v1alpha4), ``wait_timeout`` in seconds, ``state`` a directory for locks."""

    name: str
    kubeconfig: Path
    state: Path
    image: str = ""
    config: t.Mapping[str, t.Any] = field(default_factory=dict)
    wait_timeout: float = 120.0
    retries: int = 1

    @property
    def lock(self) -> Path:
        """What is held by whoever creates, checks or deletes the cluster."""
        return self.state / f"{self.name}.lock"

    @property
    def own_kubeconfig(self) -> Path:
        """The kubeconfig that holds nothing but this cluster."""
        return self.state / f"{self.name}.kubeconfig"

    @property
    def unfinished(self) -> Path:
        """There while the cluster is being created, with the path of kind's directory: tells what a kill has left."""
        return self.state / f"{self.name}.unfinished"

    def kind_config(self) -> dict[str, t.Any]:
        """The configuration for ``kind create cluster --config``."""
        return {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", **self.config, "name": self.name}

    def roles(self) -> Counter[str]:
        """How many nodes of each role the configuration describes."""
        nodes = self.config.get("nodes") or [{}]
        return Counter(str(node.get("role") or "control-plane") for node in nodes)


@dataclass(frozen=True)
class Cluster:
    """A cluster that answers. ``changed`` also tells of a started node and of a written kubeconfig.

    The current context of the file ``kubeconfig`` is the cluster's.
    """

    nodes: list[Node]
    kubeconfig: Path
    created: bool
    attempts: int
    changed: bool
    differences: list[str] = field(default_factory=list)


def state_directory(env: t.Mapping[str, str] | None = None) -> Path:
    """Where locks and kubeconfigs of clusters lie (XDG base directories: state)."""
    env = os.environ if env is None else env
    base = env.get("XDG_STATE_HOME") or Path(env.get("HOME") or Path.home()) / ".local" / "state"
    return Path(base) / "gocover.e2e"


def ensure_present(
    engine: Engine, spec: ClusterSpec, progress: Progress, wanted: t.Callable[[], bool] = lambda: True
) -> Cluster:
    """Create the cluster, or check the one that is there and mend it. Raises Failure."""
    with _hold(spec, progress):
        there = containers_of(engine, spec.name)
        if there and spec.unfinished.exists():
            progress.note(f"removing what an interrupted creation left of the cluster {spec.name}")
            _end_orphan(spec)
            _sweep(engine, spec)
            there = []
        if there:
            return _check(engine, spec, there, progress)
        attempts = _create(engine, spec, progress, wanted)
        path, _changed = _write_kubeconfigs(engine, spec)
        _wait_for_api(engine, spec, path, progress)
        return Cluster(containers_of(engine, spec.name), path, created=True, attempts=attempts, changed=True)


def ensure_absent(engine: Engine, spec: ClusterSpec, progress: Progress) -> bool:
    """Delete the cluster and its kubeconfig; returns whether there was anything."""
    with _hold(spec, progress):
        there = containers_of(engine, spec.name)
        if there:
            progress.note(f"deleting the cluster {spec.name} ({len(there)} nodes)")
            delete(engine, spec)
        removed = _remove_kubeconfigs(spec, progress)
        spec.unfinished.unlink(missing_ok=True)
        return bool(there) or removed


def would_change(spec: ClusterSpec, nodes: t.Sequence[Node], present: bool) -> bool:
    """Whether ``ensure_present`` or ``ensure_absent`` would change anything, as far as the nodes and files show.

    The content of a kubeconfig is not compared, since only a running cluster can give it.
    """
    try:
        named = kubeconfig.context_of(spec.name) in spec.kubeconfig.read_text(encoding="utf-8", errors="replace")
    except OSError:
        named = False
    if not present:
        return bool(nodes) or named
    return not nodes or spec.unfinished.exists() or not all(node.running for node in nodes) or not named


def differences(spec: ClusterSpec, nodes: t.Sequence[Node]) -> list[str]:
    """What is otherwise than described, in words; only a new cluster could change it."""
    found = []
    roles = Counter(node.role for node in nodes if node.role in ("control-plane", "worker"))
    if spec.config.get("nodes") and roles != spec.roles():
        found.append(f"it has {_counted(roles)}, and {_counted(spec.roles())} is described")
    used = {node.image for node in nodes if node.role in ("control-plane", "worker")}
    # podman says docker.io/kindest/node where Docker says kindest/node.
    other = sorted(image for image in used if spec.image and normalized(image) != normalized(spec.image))
    if other:
        found.append(f"its node image is {', '.join(other)}, not {spec.image}")
    return found


def delete(engine: Engine, spec: ClusterSpec) -> None:
    """Run ``kind delete cluster``, with a kubeconfig that is nobody's. Raises Failure."""
    with tempfile.TemporaryDirectory(prefix=_KIND_DIRECTORY) as directory:
        arguments = ["delete", "cluster", "--name", spec.name, "--kubeconfig", f"{directory}/kubeconfig"]
        ended = program.run(engine, arguments)
    if ended.rc != 0:
        said = program.plain(ended.tail)
        raise failure(
            f"The cluster {spec.name} could not be deleted",
            "cluster-delete-failed",
            f"kind said: {said[-1] if said else f'nothing, and ended with exit code {ended.rc}'}",
            f"Remove its containers by hand: {engine.provider} rm -f -v {spec.name}-control-plane",
        )


def _end_orphan(spec: ClusterSpec) -> None:
    """End the kind that a killed creation has left running; it is told by its own directory on its command line."""
    directory = spec.unfinished.read_text(encoding="utf-8")
    if not Path(directory).name.startswith(_KIND_DIRECTORY):
        return
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.fsencode(f"{directory}/config.yaml") in (process / "cmdline").read_bytes().split(b"\0"):
                os.killpg(os.getpgid(int(process.name)), signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


def _sweep(engine: Engine, spec: ClusterSpec) -> None:
    """Delete what a creation that was cut short has left, and what the engine still brings into being after that.

    An engine completes what a client has asked for even if the client is gone: a node may appear after kind's end.
    """
    quiet_since = time.monotonic()
    delete(engine, spec)
    while time.monotonic() - quiet_since < _QUIET:
        if containers_of(engine, spec.name):
            delete(engine, spec)
            quiet_since = time.monotonic()
        time.sleep(_POLL)
    spec.unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def _hold(spec: ClusterSpec, progress: Progress) -> t.Iterator[None]:
    try:
        spec.state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _files.unwritable(spec.state, error) from error
    with locked(spec.lock, lambda: progress.note(f"waiting: another run works on the cluster {spec.name}")):
        yield


def _create(engine: Engine, spec: ClusterSpec, progress: Progress, wanted: t.Callable[[], bool]) -> int:
    """Create, again if that may help; returns the number of attempts. Nothing half-made stays, whatever happens."""
    for attempt in range(1, spec.retries + 2):
        spec.unfinished.touch()
        progress.note(f"creating the cluster {spec.name}" + (f", attempt {attempt}" if attempt > 1 else ""))
        try:
            diagnoses = _attempt(engine, spec, progress, wanted)
        except BaseException:
            # Also on a signal: a half-made cluster looks like a whole one to everybody else.
            _sweep(engine, spec)
            raise
        if not diagnoses:
            spec.unfinished.unlink(missing_ok=True)
            return attempt
        progress.note(f"it failed: {diagnoses[0].evidence}")
        delete(engine, spec)
        spec.unfinished.unlink(missing_ok=True)
        if attempt > spec.retries or not failures.worth_a_retry(diagnoses):
            break
    raise Failure(f"The cluster {spec.name} could not be created", diagnoses, {"attempts": attempt, "created": False})


def _attempt(engine: Engine, spec: ClusterSpec, progress: Progress, wanted: t.Callable[[], bool]) -> list[Diagnosis]:
    """Create once; why it failed, empty if it did not."""

    def on_line(line: str) -> None:
        begun = program.phase(line)
        if begun:
            progress.note(f"{spec.name}: {begun}")

    with tempfile.TemporaryDirectory(prefix=_KIND_DIRECTORY) as directory:
        # JSON is YAML; the kubeconfig is thrown away: kind writes it before the cluster is known to work.
        spec.unfinished.write_text(directory, encoding="utf-8")
        config = Path(directory) / "config.yaml"
        config.write_text(json.dumps(spec.kind_config(), ensure_ascii=False), encoding="utf-8")
        arguments = [
            "create", "cluster", "--name", spec.name, "--config", str(config), "--retain",
            "--kubeconfig", f"{directory}/kubeconfig", "--wait", f"{spec.wait_timeout:g}s",
            *(["--image", spec.image] if spec.image else []),
        ]  # fmt: skip
        ended = program.run(engine, arguments, on_line=on_line, wanted=wanted)
    if ended.abandoned:
        raise Failure("The creation was stopped: the playbook that asked for it is gone")
    if ended.rc == 0:
        return []
    seen = failures.Seen(program.plain(ended.tail), engine.provider, _logs(engine, spec.name), _inotify_instances())
    return failures.diagnose(seen)


def _logs(engine: Engine, cluster: str) -> dict[str, list[str]]:
    """What the retained nodes say: the console of each, and the kubelet's journal where the node runs."""
    said: dict[str, list[str]] = {}
    with contextlib.suppress(EngineError):
        for node in containers_of(engine, cluster):
            said[node.name] = engine.logs(node.name, _LOG_LINES)
            if node.running:
                journal = engine.execute(
                    node.name, ["journalctl", "--no-pager", "-o", "cat", "-n", "20", "-u", "kubelet"]
                )
                said[f"{node.name}'s kubelet"] = journal.stdout.decode(errors="replace").splitlines()
    return said


def _check(engine: Engine, spec: ClusterSpec, there: t.Sequence[Node], progress: Progress) -> Cluster:
    """See that an existing cluster works; what is stopped is started."""
    stopped = [node for node in there if not node.running]
    for node in stopped:
        progress.note(f"starting {node.name}, which was {node.state}")
        try:
            engine.start(node.name)
        except EngineError as error:
            raise failure(
                f"A node of the cluster {spec.name} does not run",
                "node-stopped",
                f"{node.name} is {node.state}, and starting it failed with: {error.text}",
                "Delete the cluster (state: absent) and let it be created anew",
            ) from error
    path, written = _write_kubeconfigs(engine, spec)
    _wait_for_api(engine, spec, path, progress)
    nodes = containers_of(engine, spec.name)
    return Cluster(
        nodes, path, created=False, attempts=0, changed=bool(stopped) or written, differences=differences(spec, nodes)
    )


def _write_kubeconfigs(engine: Engine, spec: ClusterSpec) -> tuple[Path, bool]:
    """Write the kubeconfig; returns a file whose current context is the cluster's, and whether anything changed.

    A file that holds more keeps its current context, which may be another cluster's. A run must not work there, so that
    it gets a file of the cluster's own too.
    """
    content = _kubeconfig(engine, spec)
    path = spec.kubeconfig
    try:
        changed = kubeconfig.write(path, content, spec.name)
        if path != spec.own_kubeconfig and not kubeconfig.holds_only(path, spec.name):
            path = spec.own_kubeconfig
            changed |= kubeconfig.write(path, content, spec.name)
    except OSError as error:
        raise failure(
            f"The kubeconfig of {spec.name} cannot be written",
            "results-unwritable",
            f"{path}: {error.strerror}",
            "Make it writable for this user, or name another file with the option kubeconfig",
        ) from error
    return path, changed


def _kubeconfig(engine: Engine, spec: ClusterSpec) -> str:
    ended = program.run(engine, ["get", "kubeconfig", "--name", spec.name])
    content = "\n".join(ended.tail) + "\n"
    # kind may warn on stderr, before the document.
    document = content[content.find("apiVersion:") :]
    if ended.rc == 0 and kubeconfig.describes(document, spec.name):
        return document
    raise failure(
        f"The cluster {spec.name} is there, but is not usable",
        "cluster-create-failed",
        f"Its control plane has no kubeconfig; kind said: {' '.join(program.plain(ended.tail)[-1:])}",
        "Its creation was probably cut short: delete it (state: absent), then it is created anew",
    )


def _wait_for_api(engine: Engine, spec: ClusterSpec, path: Path, progress: Progress) -> None:
    """Wait until the API server answers; mend a node that was restarted. Raises Failure as soon as it cannot."""
    content = path.read_text(encoding="utf-8")
    begun = looked = time.monotonic()
    answers: set[str] = set()
    while (silence := kubeconfig.api_silence(content)) is not None:
        if silence not in answers:
            progress.note(f"waiting for the API server of {spec.name}: {silence}")
            answers.add(silence)
        nodes = containers_of(engine, spec.name)
        stopped = [node for node in nodes if not node.running]
        seconds = time.monotonic() - begun
        if stopped or seconds > spec.wait_timeout:
            logs = engine.logs(stopped[0].name, 5) if stopped else []
            state = f"; {stopped[0].name} is {stopped[0].state} ({' | '.join(logs[-2:])})" if stopped else ""
            raise _unreachable(spec, f"{silence} for {seconds:.0f} s{state}")
        if time.monotonic() - looked > _LOOK_EVERY:
            _look_inside(engine, spec, nodes, progress)
            looked = time.monotonic()
        time.sleep(_POLL)


def _look_inside(engine: Engine, spec: ClusterSpec, nodes: t.Sequence[Node], progress: Progress) -> None:
    """Mend nodes that have another address than before. Raises Failure for one whose services have ended."""
    for node in nodes:
        if node.role not in ("control-plane", "worker"):
            continue
        inside = restarted.look(engine, node)
        if inside.moved:
            progress.note(f"{node.name} was {inside.written} and is {inside.address} now: writing that into its files")
            failed = restarted.mend(engine, node, inside)
            if failed:
                raise _unreachable(
                    spec, f"{node.name} has another address than before, and mending it failed: {failed}"
                )
        found = restarted.diagnose(node, inside)
        if found is not None:
            raise Failure(f"The cluster {spec.name} does not answer", [found])


def _unreachable(spec: ClusterSpec, evidence: str) -> Failure:
    return failure(
        f"The cluster {spec.name} does not answer",
        "cluster-unreachable",
        evidence,
        "See what its control plane says, or delete it (state: absent) and let it be created anew",
    )


def _remove_kubeconfigs(spec: ClusterSpec, progress: Progress) -> bool:
    """Remove the files that are this cluster's alone; from somebody else's only its own entries go."""
    removed = False
    for path in {spec.kubeconfig: None, spec.own_kubeconfig: None}:
        try:
            removed |= kubeconfig.remove(path, spec.name)
        except kubeconfig.NotUnderstood as reason:
            progress.warn(f"The kubeconfig {path} stays as it is: {reason}")
        except OSError as error:
            progress.warn(f"The cluster {spec.name} stays in the kubeconfig {path}: {error.strerror}")
    return removed


def _inotify_instances() -> int | None:
    try:
        return int(Path("/proc/sys/fs/inotify/max_user_instances").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _counted(roles: Counter[str]) -> str:
    return " and ".join(f"{count} {role}" for role, count in sorted(roles.items())) or "no node"
