# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory to which programs write coverage data: on this machine, or on every node of a kind cluster."""

from __future__ import annotations

import platform
import typing as t
from pathlib import Path

from .. import _files
from .._covdata.runtime import COVERAGE_FILE
from .._engine.api import Engine
from .._kind.nodes import nodes_of, running_nodes_of
from .._losses.verdict import Program
from . import gather, nodes, recovery

_MODE = 0o1777


class Directory(t.Protocol):
    """A directory for coverage data, wherever it lies."""

    @property
    def path(self) -> str:
        """Where it lies."""

    def prepare(self, mark: str, check_mode: bool) -> bool:
        """Make it, empty, with mode 1777 and marked as that of a run. Returns whether that changes it."""

    def remove(self, check_mode: bool, *, discard: bool) -> bool:
        """Remove it if nothing but coverage files is in it, and with ``discard`` counters too.

        Without, a directory with counters stays. Returns whether anything changes.
        """

    def runs_beside(self) -> dict[str, str]:
        """Directories of other runs beside it, with the text of their marks. Raises Failure."""

    def beside(self, path: str) -> Directory:
        """Another directory in the same place."""

    def sources(self) -> t.Sequence[gather.Source]:
        """The places from which its files are gathered. Raises Failure."""

    def program(self, image: str) -> Program | None:
        """What the image of the program starts; None if that is unknown."""

    def covmeta(self, image: str) -> list[bytes]:
        """The covmeta files that the program of the image writes; none if they cannot be had."""


class LocalDirectory:
    """The directory on this machine."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._path = Path(path)

    def prepare(self, mark: str, check_mode: bool) -> bool:
        """Make it, without coverage files of earlier runs; only the run itself knows of it, so it has no mark."""
        cleared = _clear(self._path, check_mode, keep=True)
        made = not self._path.is_dir() or self._path.stat().st_mode & 0o7777 != _MODE
        if made and not check_mode:
            try:
                self._path.mkdir(parents=True, exist_ok=True)
                self._path.chmod(_MODE)
            except OSError as error:
                raise _files.unwritable(self._path, error) from error
        return made or cleared

    def remove(self, check_mode: bool, *, discard: bool) -> bool:
        """Remove its coverage files, and the directory if nothing else is left in it."""
        if not discard and any(self._path.glob("covcounters.*")):
            return False
        return _clear(self._path, check_mode, keep=False)

    def runs_beside(self) -> dict[str, str]:
        """None: its runs work in directories of their own."""
        return {}

    def beside(self, path: str) -> Directory:
        """Another directory of this machine."""
        return LocalDirectory(path)

    def sources(self) -> t.Sequence[gather.Source]:
        """This machine alone."""
        return [gather.LocalSource(platform.node(), self._path)]

    def program(self, image: str) -> Program | None:
        """Unknown: a process has no image."""
        return None

    def covmeta(self, image: str) -> list[bytes]:
        """None: a process has no image."""
        return []


def _clear(path: Path, check_mode: bool, keep: bool) -> bool:
    """Remove the coverage files of a directory and, unless ``keep``, the directory if it is empty then.

    Returns whether that changes anything. Raises Failure.
    """
    if not path.is_dir():
        return False
    entries = list(path.iterdir())
    files = [entry for entry in entries if COVERAGE_FILE.fullmatch(entry.name) and entry.is_file()]
    whole = not keep and len(files) == len(entries)
    if not check_mode:
        try:
            for entry in files:
                entry.unlink(missing_ok=True)
            if whole:
                path.rmdir()
        except OSError as error:
            raise _files.unwritable(path, error) from error
    return bool(files) or whole


class NodeDirectories:
    """The directory on every node of a cluster."""

    def __init__(self, engine: Engine, cluster: str, path: str) -> None:
        self._engine = engine
        self._cluster = cluster
        self.path = path

    def prepare(self, mark: str, check_mode: bool) -> bool:
        """Make it on every node; a node that is stopped is a Failure."""
        targets = running_nodes_of(self._engine, self._cluster)
        if check_mode:
            return nodes.would_prepare(self._engine, targets, self.path)
        return nodes.prepare(self._engine, targets, self.path, mark)

    def remove(self, check_mode: bool, *, discard: bool) -> bool:
        """Remove it from every node; a node that is stopped is a Failure."""
        targets = running_nodes_of(self._engine, self._cluster)
        if check_mode:
            return nodes.would_remove(self._engine, targets, self.path)
        return nodes.remove(self._engine, targets, self.path, discard=discard).changed

    def runs_beside(self) -> dict[str, str]:
        """Found by looking, on every node that runs."""
        return nodes.runs_beside(self._engine, running_nodes_of(self._engine, self._cluster), self.path)

    def beside(self, path: str) -> Directory:
        """Another directory of the same nodes."""
        return NodeDirectories(self._engine, self._cluster, path)

    def sources(self) -> t.Sequence[gather.Source]:
        """Every node; one that is stopped can be read too."""
        return nodes.sources(self._engine, nodes_of(self._engine, self._cluster), self.path)

    def program(self, image: str) -> Program | None:
        """Read from the image, as the engine has it."""
        return recovery.look_at(self._engine, image) if image else None

    def covmeta(self, image: str) -> list[bytes]:
        """Written by the program itself, which runs for a moment in an isolated container."""
        return recovery.covmeta(self._engine, image) if image else []
