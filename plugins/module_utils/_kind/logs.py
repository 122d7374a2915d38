# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logs of a cluster in a directory: consoles and journals of its nodes, and all pods (``kind export logs``)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from .. import _files
from .._diagnosis import failure
from .._engine.api import Engine
from .._outcome import Outcome
from .._run.progress import Progress
from . import nodes, program

#: Longest that kind may take, in seconds: a node that hangs must not hold up the news that it does.
_TIMEOUT = 120.0


@dataclass(frozen=True)
class LogsOptions:
    """The options of kind_cluster_logs; see its documentation."""

    name: str
    dest: str


def save_logs(wanted: LogsOptions, engine: Engine, progress: Progress, check_mode: bool = False) -> Outcome:
    """Write the logs of a cluster. Raises Failure if there is no such cluster, or nothing could be written."""
    there = nodes.containers_of(engine, wanted.name) or nodes.nodes_of(engine, wanted.name)
    dest = Path(wanted.dest)
    result: dict[str, t.Any] = {"dest": str(dest), "nodes": [node.as_dict() for node in there]}
    if check_mode:
        return Outcome(changed=True, result={**result, "files": 0})
    try:
        dest.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _files.unwritable(dest, error) from error
    complaint = export(engine, wanted.name, dest)
    files = [path for path in dest.rglob("*") if path.is_file()]
    if complaint and not files:
        raise failure(
            f"The logs of the cluster {wanted.name} could not be saved",
            "cluster-logs-failed",
            f"kind said: {complaint}",
            f"See what the engine has: {engine.provider} logs {there[0].name}",
        )
    for node in there:
        if not node.running:
            progress.warn(f"{node.name} is {node.state}, so that only its console could be read")
    if complaint:
        progress.warn(f"The logs are not complete; kind said: {complaint}")
    progress.note(f"logs of the cluster {wanted.name}: {len(files)} files in {dest}")
    return Outcome(changed=True, result={**result, "files": len(files)})


def export(engine: Engine, cluster: str, directory: Path) -> str:
    """Let kind write what it can; returns what it complained of, empty if nothing. Raises EngineError."""
    ended = program.run(engine, ["export", "logs", str(directory), "--name", cluster], timeout=_TIMEOUT)
    if ended.rc == 0:
        return ""
    if ended.timed_out:
        return f"nothing more for {_TIMEOUT:.0f} s"
    said = program.plain(ended.tail)
    errors = [line for line in said if line.startswith("ERROR:")]
    return (errors or said or [f"nothing, and ended with exit code {ended.rc}"])[-1]
