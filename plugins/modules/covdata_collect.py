#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the coverage data of a service together."""

from __future__ import annotations

DOCUMENTATION = r"""
module: covdata_collect
short_description: Bring the coverage data of a service together
version_added: 0.1.0
description:
  - Brings the files that instrumented programs wrote into one directory, checks each of them, and only then puts them in place of those of the run before.
  - Says why, if there is not a single counter among them.
  - The programs ran on this machine, or in pods on the nodes of a kind cluster; there it also makes the directory before they start, and takes it away again.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.engine
attributes:
  check_mode:
    support: full
    details: In check mode nothing is brought.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  state:
    description:
      - With V(collected) the files are brought.
      - With V(prepared) the directory is made, empty and writable for the user of any pod (mode 1777), so that no pod needs another user for it.
      - With V(prepared) and O(main), only the counters of these programs go from it, since other programs write there too.
      - With V(removed) it is taken away, as far as nothing else lies in it.
    type: str
    choices: [collected, prepared, removed]
    default: collected
  node_path:
    description: The directory to which the programs write, on each node or on this machine.
    type: path
    required: true
  former:
    description: Directories of earlier runs, which were killed and could not take them away; they go as O(node_path) is prepared.
    type: list
    elements: path
    default: []
  dest:
    description: The directory for the files; what was there before is replaced as a whole. Needed to collect.
    type: path
  cluster:
    description: Name of the kind cluster on whose nodes the data is. Without it, the data is on this machine.
    type: str
  pods:
    description: How the programs ended, as M(gocover.e2e.graceful_shutdown) and M(gocover.e2e.service_process) return it. It tells why counters are missing.
    type: list
    elements: dict
    default: []
  main:
    description:
      - Take only the files of programs with these main packages, as import paths, from a directory that several programs share.
      - Programs that were built by file names (C(command-line-arguments)) or without their main package in C(-coverpkg) are known by
        O(executable) instead. Where that does not tell them apart, it fails with C(mixed-binaries).
    type: list
    elements: str
    default: []
  executable:
    description: Names of the executables that wrote the files. If empty, the last part of each import path in O(main).
    type: list
    elements: str
    default: []
  image:
    description:
      - The image that the pods ran, as the container engine has it. It is asked where something is missing.
      - It tells whether its program is instrumented at all and whether a wrapper starts it. From counters that have lost their meta-data
        the program is started for a moment, without network or rights, since it writes its meta-data before anything else.
    type: str
    default: ""
  mount_path:
    description:
      - Where every container sees O(node_path), if the nodes give it to them (M(gocover.e2e.node_coverage)).
      - It tells which of O(pods) had a E(GOCOVERDIR) of their own.
    type: path
  remove:
    description:
      - Whether to remove there what is here, and the directory if nothing else is left in it.
      - From a directory that programs share only the counters of those that are meant are removed, since a program that still runs needs its
        meta-data.
    type: bool
    default: false
  lost_counters:
    description:
      - What happens if some of O(pods) have certainly left no counters. With V(fail) it fails with C(counters-lost), after all files are in O(dest).
      - Without a single counter it fails in any case.
    type: str
    choices: [fail, warn]
    default: warn
  keep_arguments:
    description:
      - Go writes the command line of a program into its counter files, secrets on it included. By default all of it but the name of the program is blanked.
      - With V(true) it is kept.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Collect from every node of a cluster
  gocover.e2e.covdata_collect:
    cluster: e2e
    node_path: /var/lib/gocover/notification
    dest: /tmp/coverage/notification/covdata

- name: Collect what gateway wrote into a directory that all services share
  gocover.e2e.covdata_collect:
    cluster: e2e
    node_path: /coverdata
    main: [example.com/shop/cmd/gateway]
    dest: /tmp/coverage/gateway/covdata

- name: Collect from this machine
  gocover.e2e.covdata_collect:
    node_path: /tmp/covdata
    dest: /tmp/coverage/notification/covdata
"""

RETURN = r"""
meta_files:
  description: How many covmeta files there are, which is how many different builds ran.
  returned: when collected
  type: int
counter_files:
  description: How many covcounters files there are, which is how many processes ended well.
  returned: success
  type: int
bytes:
  description: The size of all of them.
  returned: success
  type: int
nodes:
  description: From where how many files came.
  returned: success
  type: dict
  sample: {ci-1: 2}
binaries:
  description:
    - The builds that wrote the data, each with C(hash), C(main) (import path of its main package), C(counter_files) and C(programs) (the names
      under which it ran).
  returned: success
  type: list
  elements: dict
others:
  description: The builds whose files were left where they are, since O(main) and O(executable) mean another.
  returned: success
  type: list
  elements: dict
processes:
  description: How many of O(pods) ran their program (C(ended)), and how many of these left their counters (C(counted)).
  returned: success
  type: dict
  sample: {ended: 3, counted: 2}
verdicts:
  description: For each of O(pods) whether its counters came, and if not, the causes.
  returned: success
  type: list
  elements: dict
  sample: [{name: datastorage-7d4b-x, node: gocover-worker, exit_code: 137, counters: false, causes: [killed-before-exit]}]
diagnosis:
  description: Why it failed, or why counters of some pods are missing, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import platform
import shutil
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.gocover.e2e.plugins.module_utils._collect import gather, nodes, recovery
from ansible_collections.gocover.e2e.plugins.module_utils._collect.binaries import Wanted
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._engine.connect import connect
from ansible_collections.gocover.e2e.plugins.module_utils._engine.options import ENGINE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kind.nodes import nodes_of, running_nodes_of
from ansible_collections.gocover.e2e.plugins.module_utils._losses import elsewhere, verdict
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


class _Local:
    """The directory on this machine."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def prepare(self, former: t.Sequence[str]) -> bool:
        for path in former:
            shutil.rmtree(path, ignore_errors=True)
        there = self._path.is_dir()
        self._path.mkdir(parents=True, exist_ok=True)
        self._path.chmod(0o1777)
        return not there

    def remove(self) -> bool:
        there = self._path.is_dir()
        shutil.rmtree(self._path, ignore_errors=True)
        return there

    def sources(self) -> t.Sequence[gather.Source]:
        return [gather.LocalSource(platform.node(), self._path)]

    def program(self, _image: str) -> verdict.Program | None:
        return None

    def covmeta(self, _image: str) -> list[bytes]:
        return []


class _Nodes:
    """The directory on every node of a cluster."""

    def __init__(self, cluster: str, provider: str, path: str) -> None:
        self._engine = connect(provider)
        self._cluster = cluster
        self._path = path

    def prepare(self, former: t.Sequence[str]) -> bool:
        return nodes.prepare(self._engine, running_nodes_of(self._engine, self._cluster), self._path, former)

    def remove(self) -> bool:
        return nodes.remove(self._engine, running_nodes_of(self._engine, self._cluster), self._path)

    def sources(self) -> t.Sequence[gather.Source]:
        # A node that is stopped can be read all the same.
        return nodes.sources(self._engine, nodes_of(self._engine, self._cluster), self._path)

    def program(self, image: str) -> verdict.Program | None:
        return recovery.look_at(self._engine, image) if image else None

    def covmeta(self, image: str) -> list[bytes]:
        return recovery.covmeta(self._engine, image) if image else []


def run_collect(this: step.Step) -> Outcome:
    """Prepare the directory, bring what is in it, or take it away."""
    if this.check_mode:
        return Outcome(changed=True)
    try:
        return _run(this)
    except Failure as error:
        # A service and what it depends on may be collected in one run: whose data it is must be said.
        if this.dependency:
            error.summary = f"Dependency {this.dependency}: {error.summary}"
        raise


def _run(this: step.Step) -> Outcome:
    params = this.params
    path = params["node_path"]
    place = _Nodes(params["cluster"], params["provider"], path) if params["cluster"] else _Local(path)
    if params["state"] == "prepared" and params["main"]:
        return Outcome(changed=_forget(this, place))
    if params["state"] == "prepared":
        return Outcome(changed=place.prepare(params["former"]))
    if params["state"] == "removed":
        return Outcome(changed=place.remove())
    return _collect(this, place)


def _forget(this: step.Step, place: _Nodes | _Local) -> bool:
    """Remove what the programs that are meant have left there, and nothing else; whether there was anything."""
    params = this.params
    sources = place.sources()
    wanted = Wanted(params["main"], params["executable"])
    with tempfile.TemporaryDirectory(prefix="gocover-left-") as directory:
        left = gather.gather(sources, Path(directory) / "covdata", True, wanted, where=params["node_path"])
    for source in sources:
        _discard(this, source, left.taken.get(source.name, []))
    if left.counter_files:
        this.progress.note(f"removed {left.counter_files} covcounters files of a run that did not end")
    return left.counter_files > 0


def _collect(this: step.Step, place: _Nodes | _Local) -> Outcome:
    """Bring the files, or fail with the reason why there are no counters."""
    params = this.params
    where, image, mount_path = params["node_path"], params["image"], params["mount_path"] or ""
    pods = [elsewhere.completed(pod, where, mount_path) for pod in params["pods"]]
    sources = place.sources()

    def recover(hashes: t.Collection[str]) -> list[bytes]:
        this.progress.note(f"{len(hashes)} builds have lost their meta-data: asking {image or 'no image'} for it")
        return place.covmeta(image)

    gathered = gather.gather(
        sources,
        Path(params["dest"]),
        params["keep_arguments"],
        Wanted(params["main"], params["executable"]),
        recover,
        where,
    )
    program = None
    verdicts = verdict.of_pods(gathered, where, pods)
    if not all(entry.counted for entry in verdicts) or not gathered.counter_files:
        # Only now: looking into an image takes a moment.
        program = place.program(image)
        if program is not None:
            pods = [elsewhere.completed(pod, where, mount_path, program.variable) for pod in pods]
        verdicts = verdict.of_pods(gathered, where, pods, program)
    if gathered.counter_files == len(gathered.orphans):
        raise verdict.no_counters(gathered, where, pods, program)
    diagnosis = verdict.losses(verdicts)
    if gathered.orphans:
        diagnosis.append(verdict.orphaned(gathered, where))
    lost = verdict.missing(verdicts)
    fails = bool(lost) and params["lost_counters"] == "fail"
    for found in [] if fails else diagnosis:
        this.progress.warn(found.sentence())
    for warning in verdict.earlier_generations(gathered, pods):
        this.progress.warn(warning)
    for name in gathered.leftovers:
        this.progress.warn(f"{name} was left by a program that died while it wrote it")
    this.progress.note(
        f"collected {gathered.meta_files} covmeta and {gathered.counter_files} covcounters files, {gathered.size:,} bytes"
        + (f", of {this.dependency}" if this.dependency else "")
    )
    if params["remove"]:
        for source in sources:
            _discard(this, source, gathered.taken.get(source.name, []))
    result = {
        "meta_files": gathered.meta_files,
        "counter_files": gathered.counter_files,
        "bytes": gathered.size,
        "nodes": gathered.by_source,
        "binaries": [binary.as_dict() for binary in gathered.binaries],
        "others": [binary.as_dict() for binary in gathered.others],
        "processes": {"ended": len(verdicts), "counted": len(verdicts) - lost},
        "verdicts": [entry.as_dict() for entry in verdicts],
    }
    sections = {"collected": result, "covdata": "collected"}
    if fails:
        raise Failure(
            "Counters are missing",
            [*diagnosis, verdict.lost_counters(verdicts)],
            {**result, "changed": gathered.changed},
            sections,
        )
    return Outcome(changed=gathered.changed, result=result, sections=sections, diagnosis=diagnosis)


def _discard(this: step.Step, source: gather.Source, names: t.Sequence[str]) -> None:
    """Remove what has been brought; that something stays there is no reason to lose what is here."""
    try:
        source.discard(names)
    except Failure as error:
        this.progress.warn(str(error))


#: The name of the step in run.json, by O(state).
_STEPS = {"collected": "collect", "prepared": "prepare", "removed": "restore nodes"}

MODULE = step.Module(
    "collect",
    {
        "state": {"type": "str", "choices": ["collected", "prepared", "removed"], "default": "collected"},
        "node_path": {"type": "path", "required": True},
        "former": {"type": "list", "elements": "path", "default": []},
        "dest": {"type": "path"},
        "cluster": {"type": "str"},
        **ENGINE_OPTIONS,
        "pods": {"type": "list", "elements": "dict", "default": []},
        "main": {"type": "list", "elements": "str", "default": []},
        "executable": {"type": "list", "elements": "str", "default": []},
        "image": {"type": "str", "default": ""},
        "mount_path": {"type": "path"},
        "remove": {"type": "bool", "default": False},
        "lost_counters": {"type": "str", "choices": ["fail", "warn"], "default": "warn"},
        "keep_arguments": {"type": "bool", "default": False},
    },
    run_collect,
    step_name=lambda params: _STEPS[params["state"]],
    required_if=[("state", "collected", ("dest",))],
)


def main() -> None:
    """Run as a module."""
    MODULE.main()


if __name__ == "__main__":
    main()
