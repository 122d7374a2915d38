# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a cluster as places where coverage data is written and brought from.

Data comes as a tar stream over an exec in the node, from every node at once. (``docker cp`` cannot see a tmpfs, and
still exits 0; ``kubectl cp`` needs tar in the container under test.)
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import tarfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._covdata.runtime import COVERAGE_FILE, FIND_EXPRESSION
from .._diagnosis import FULL_DISK, Failure, failure
from .._engine.api import Engine, EngineError, ExecResult, ExecSession
from .._engine.tarstream import TarStream
from .._kind.nodes import Node, on_each
from . import archives

#: Directories that are a tmpfs in every kind node, or the kernel's: nothing in them outlives a restart, and
#: ``docker cp`` finds nothing there. /var/run is a link to /run.
_TMPFS = ("/tmp", "/run", "/var/run", "/dev", "/proc", "/sys")
#: Directories of the node's own; whoever names one of them has left out what comes below.
_SYSTEM = ("/bin", "/boot", "/etc", "/home", "/lib", "/lib64", "/mnt", "/opt", "/root", "/sbin", "/srv", "/usr", "/var")
#: HTTP's status for a command in a container that is stopped.
_NOT_RUNNING = 409

#: Names the run that a directory is of, as a line of JSON (process.holder).
_MARK = ".gocover-run"
#: $1 is the directory, $2 the text of its mark (empty: none).
_PREPARE = f"""
mkdir -p "$1" || exit 1
before=$(stat -c %a "$1")
chmod 1777 "$1" || exit 1
removed=$(find "$1" {FIND_EXPRESSION} -print -delete | wc -l)
[ -z "$2" ] || printf '%s\\n' "$2" > "$1/{_MARK}" || exit 1
echo "$(stat -f -c %T "$1") $before $removed"
"""
#: $1 is the directory, $2 is not empty if counters go too. The directory and the empty ones above it go, but for one
#: that holds anything else. A pod that is just ending may still write: a file that comes between the two steps is taken
#: in another turn, and counters that nobody has brought stay.
_REMOVE = f"""
[ -d "$1" ] || exit 3
cd / && for turn in 1 2 3 4 5; do
  [ -n "$2" ] || [ -z "$(find "$1" -maxdepth 1 -type f -name 'covcounters.*' -print -quit)" ] || exit 5
  find "$1" -maxdepth 1 -type f \\( -name 'covmeta.*' -o -name 'tmp.cov*' -o -name '{_MARK}' \\) -print -delete
  [ -z "$2" ] || find "$1" -maxdepth 1 -type f -name 'covcounters.*' -print -delete
  rmdir "$1" 2>/dev/null && echo "$1" && break
done
rmdir -p --ignore-fail-on-non-empty "$(dirname "$1")"
"""
_COUNTERS_LEFT = 5
#: $1 holds the directories of runs; a line for each, with its mark.
_RUNS = f"""
for directory in "$1"/* "$1"/*/*; do
  [ -d "$directory" ] || continue
  printf '%s\\t%s\\n' "$directory" "$(head -n 1 "$directory/{_MARK}" 2>/dev/null)"
done
"""
#: Names of runs (run.lifecycle): a time and four digits.
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")
_NO_DIRECTORY = 3
#: What ``_REMOVE`` would remove from these directories.
_REMOVABLE = f"""
for directory; do
  [ -d "$directory" ] || continue
  find "$directory" {FIND_EXPRESSION} -print
  [ -n "$(ls -A "$directory" | grep -v -x -F {_MARK})" ] || echo "$directory"
done
"""
_LIST = f"""
cd "$1" 2>/dev/null || exit {_NO_DIRECTORY}
find . {FIND_EXPRESSION} -exec sha256sum -b -- {{}} +
"""
#: The digests are the last member of the archive: what is not there yet comes in one go.
_ARCHIVE_ALL = f"""
cd "$1" 2>/dev/null || exit {_NO_DIRECTORY}
sums=$(mktemp -d) || exit 4
trap 'rm -rf "$sums"' EXIT
find . {FIND_EXPRESSION} -exec sha256sum -b -- {{}} + > "$sums/{archives.SUMS}"
find . {FIND_EXPRESSION} -print0 | tar -cf - --null --no-recursion -T - -C "$sums" {archives.SUMS}
"""
#: The names come on stdin, each ended by a zero byte; all are read before anything is written, or both would wait.
_ARCHIVE = f"""
cd "$1" 2>/dev/null || exit {_NO_DIRECTORY}
names=$(mktemp) || exit 4
trap 'rm -f "$names"' EXIT
cat > "$names" || exit 4
tar --null --no-recursion -T "$names" -cf -
"""
_DISCARD = f"""
cd "$1" 2>/dev/null || exit {_NO_DIRECTORY}
xargs -0 rm -f -- || exit 1
[ "$(ls -A)" != {_MARK} ] || rm -f {_MARK}
cd / && rmdir -p --ignore-fail-on-non-empty "$1"
"""
#: How often the files are looked at again, because some of them were renamed or written meanwhile.
_MOST_ROUNDS = 5


@dataclass(frozen=True)
class NodeSource:
    """The directory ``node_path`` of a node, as a source for ``gather.gather``."""

    name: str
    engine: Engine
    node_path: str

    def fetch(self, dest: Path) -> None:
        """Make the coverage files that lie there the content of ``dest``. Raises Failure."""
        fetch(self.engine, self.name, self.node_path, dest)

    def discard(self, names: t.Collection[str]) -> None:
        """Remove these files, and the directories that are empty then. Raises Failure."""
        try:
            session = self.engine.attach(self.name, ["sh", "-c", _DISCARD, "sh", self.node_path], stdin=True)
            _write_names(session, names)
            ended = session.result()
        except EngineError as error:
            raise _unreadable(self.name, self.node_path, error) from error
        if ended.rc not in (0, _NO_DIRECTORY):
            raise _unreadable(self.name, self.node_path, ended.said)


def check_path(node_path: str) -> str:
    """``node_path`` in its plain form. Raises Failure ``path-mismatch`` for one where no data would be found."""
    path = posixpath.normpath(node_path)
    if not path.startswith("/") or path in ("/", *_SYSTEM):
        raise failure(
            f"{node_path} cannot be the directory for coverage data on a node",
            "path-mismatch",
            "It is a directory of the node's own" if path.startswith("/") else "It is not an absolute path",
            "Choose a directory such as /var/lib/gocover",
        )
    for tmpfs in _TMPFS:
        if path == tmpfs or path.startswith(f"{tmpfs}/"):
            raise _not_on_disk(node_path, f"{tmpfs} is a tmpfs in every kind node")
    return path


def prepare(engine: Engine, nodes: t.Sequence[Node], node_path: str, mark: str = "") -> bool:
    """Make the directory on every node, writable for every uid (mode 1777) and without coverage files.

    ``mark`` is the line that names the run which it is of. Returns whether anything changed. Raises Failure:
    ``path-mismatch`` for a tmpfs, ``coverage-dir-unwritable``, ``disk-full``.
    """
    path = check_path(node_path)
    changed = []
    for node, result in _on_all(engine, nodes, _PREPARE, path, mark):
        if result.rc != 0:
            full = FULL_DISK.search(result.said)
            raise failure(
                f"The directory {path} cannot be made on the node {node.name}",
                "disk-full" if full else "coverage-dir-unwritable",
                f"The node said: {result.said}",
                "Free some space where the engine keeps its data"
                if full
                else "Choose another directory for coverage data",
            )
        file_system, mode, removed = result.stdout.decode().split()
        if file_system in ("tmpfs", "ramfs"):
            raise _not_on_disk(path, f"It is a tmpfs on the node {node.name}")
        changed.append(mode != "1777" or removed != "0")
    return any(changed)


def would_prepare(engine: Engine, nodes: t.Sequence[Node], node_path: str) -> bool:
    """Whether ``prepare`` would change anything on a node. Raises Failure ``path-mismatch``."""
    path = check_path(node_path)
    modes = [result.stdout.strip() for _node, result in _on_all(engine, nodes, 'stat -c %a "$1"', path)]
    files = [result.stdout for _node, result in _on_all(engine, nodes, _LIST, path)]
    return any(mode != b"1777" for mode in modes) or any(files)


class Removal(t.NamedTuple):
    """Whether anything was removed on any node, and the nodes where counters that nobody has brought keep it."""

    changed: bool
    kept_on: list[str]


def remove(engine: Engine, nodes: t.Sequence[Node], node_path: str, *, discard: bool = False) -> Removal:
    """Remove the directory from every node, with its coverage files and the empty directories above.

    A directory with counters stays, unless these are to be discarded. Other files stay, and the directory with them.
    """
    path = check_path(node_path)
    results = _on_all(engine, nodes, _REMOVE, path, "discard" if discard else "")
    kept = [node.name for node, result in results if result.rc == _COUNTERS_LEFT]
    return Removal(any(result.stdout for _node, result in results), kept)


def would_remove(engine: Engine, nodes: t.Sequence[Node], node_path: str) -> bool:
    """Whether ``remove`` would remove anything, counters included."""
    return any(result.stdout for _node, result in _on_all(engine, nodes, _REMOVABLE, check_path(node_path)))


def runs_beside(engine: Engine, nodes: t.Sequence[Node], node_path: str) -> dict[str, str]:
    """The directories of runs beside ``node_path`` on any node, with their marks (empty: none), in their order.

    So are those that runs have made for a dependency, one level below.
    """
    path = check_path(node_path)
    found: dict[str, str] = {}
    for _node, result in _on_all(engine, nodes, _RUNS, posixpath.dirname(path)):
        for line in result.stdout.decode(errors="replace").splitlines():
            directory, _tab, mark = line.partition("\t")
            if _RUN.fullmatch(posixpath.basename(directory)) and directory != path:
                found[directory] = found.get(directory) or mark
    return dict(sorted(found.items()))


def sources(engine: Engine, nodes: t.Sequence[Node], node_path: str) -> list[NodeSource]:
    """A source for each node, for ``gather.gather``; it fetches from all of them at once."""
    path = check_path(node_path)
    return [NodeSource(node.name, engine, path) for node in nodes]


def fetch(engine: Engine, node: str, node_path: str, dest: Path) -> int:
    """Make the coverage files of a node's directory the content of ``dest``; returns how many they are.

    Each is compared with its SHA-256 on the node; what lies in ``dest`` from an earlier attempt and is the same is not
    brought again. A node that is stopped is read too, from its file system, as a whole. No directory means no files.
    Raises Failure.
    """
    path = check_path(node_path)
    try:
        present = _present(dest)
        sums: list[dict[str, bytes]] = []
        said = "" if present else _bring(engine, node, path, None, dest, present, sums)
        listed = sums[0] if sums else _list(engine, node, path)
        for _round in range(_MOST_ROUNDS):
            for name in [name for name, digest in present.items() if listed.get(name) != digest]:
                (dest / name).unlink(missing_ok=True)
                del present[name]
            missing = listed.keys() - present.keys()
            if not missing:
                break
            said = _bring(engine, node, path, missing, dest, present, sums)
            listed = _list(engine, node, path)
    except EngineError as error:
        if error.status == _NOT_RUNNING:
            return _fetch_stopped(engine, node, path, dest)
        raise _unreadable(node, path, error) from error
    # What a program is still writing differs each time; it is told as what was left over.
    differing = [name for name in _differing(listed, present) if not name.startswith("tmp.")]
    if differing:
        raise _unreadable(node, path, said or f"{min(differing)} came back other than it is there")
    return len(present)


def _differing(listed: t.Mapping[str, bytes], present: t.Mapping[str, bytes]) -> list[str]:
    """The names that are not here as they are there, or only here."""
    return [name for name in listed.keys() | present.keys() if present.get(name) != listed.get(name)]


def _present(dest: Path) -> dict[str, bytes]:
    """The digests of the files that an earlier attempt has brought."""
    found = {}
    for entry in dest.iterdir():
        if COVERAGE_FILE.fullmatch(entry.name):
            found[entry.name] = hashlib.sha256(entry.read_bytes()).digest()
        else:
            entry.unlink()
    return found


def _list(engine: Engine, node: str, path: str) -> dict[str, bytes]:
    """The coverage files of the directory and their digests, by name; none if there is no directory."""
    session = engine.attach(node, ["sh", "-c", _LIST, "sh", path])
    found = archives.parse_sums(session.chunks())
    ended = session.result()
    # 1: a file went between its being found and being read; the next round tells.
    if ended.rc not in (0, 1, _NO_DIRECTORY):
        raise EngineError(ended.said)
    return found


def _bring(
    engine: Engine,
    node: str,
    path: str,
    names: t.Collection[str] | None,
    dest: Path,
    present: dict[str, bytes],
    sums: list[dict[str, bytes]],
) -> str:
    """Bring these files (or all, with their digests there) and note the digests of what came; what the node said."""
    script = _ARCHIVE_ALL if names is None else _ARCHIVE
    session = engine.attach(node, ["sh", "-c", script, "sh", path], stdin=names is not None)
    if names is not None:
        _write_names(session, names)
    stream = TarStream(session.chunks())
    try:
        present.update(archives.unpack(stream, dest, sums))
        stream.drain()
    except tarfile.TarError as error:
        ended = session.result()
        if ended.rc == _NO_DIRECTORY:
            return ended.said
        raise EngineError(ended.said or str(error)) from error
    ended = session.result()
    # 1: a file changed while it was read, 2: one was renamed; the next round tells.
    if ended.rc not in (0, 1, 2):
        raise EngineError(ended.said)
    return ended.said if ended.rc else ""


def _write_names(session: ExecSession, names: t.Collection[str]) -> None:
    session.write("".join(f"./{name}\0" for name in sorted(names)).encode())
    session.close_stdin()


def _fetch_stopped(engine: Engine, node: str, path: str, dest: Path) -> int:
    try:
        for former in dest.iterdir():
            former.unlink()
        chunks = engine.read_archive(node, path)
        return 0 if chunks is None else archives.unpack_directory(TarStream(chunks), dest, posixpath.basename(path))
    except EngineError as error:
        raise _unreadable(node, path, error) from error
    except tarfile.TarError as error:
        raise _unreadable(node, path, str(error)) from error


def _on_all(engine: Engine, nodes: t.Sequence[Node], script: str, *paths: str) -> list[tuple[Node, ExecResult]]:
    def run(node: Node) -> tuple[Node, ExecResult]:
        try:
            return node, engine.execute(node.name, ["sh", "-c", script, "sh", *paths])
        except EngineError as error:
            if error.status != _NOT_RUNNING:
                raise
            raise failure(
                f"The node {node.name} does not run",
                "node-stopped",
                f"{engine.provider} answered: {error.text}",
                f"Start it with: {engine.provider} start {node.name}",
            ) from error

    return on_each(nodes, run)


def _not_on_disk(path: str, evidence: str) -> Failure:
    return failure(
        f"{path} cannot be the directory for coverage data on a node",
        "path-mismatch",
        f"{evidence}: what pods write there is in memory, and copying from the node's container does not see it",
        "Choose a directory on the node's disk, such as /var/lib/gocover",
    )


def _unreadable(node: str, path: str, reason: EngineError | str) -> Failure:
    summary = f"The coverage data in {path} cannot be brought from the node {node}"
    if isinstance(reason, EngineError) and reason.diagnoses[0].cause == "disk-full":
        return Failure(summary, reason.diagnoses)
    return failure(
        summary,
        "no-counters",
        f"Reading it failed with: {reason.text if isinstance(reason, EngineError) else reason}",
        "See that the node's container is there and well, and collect again: the data stays where it is",
    )
