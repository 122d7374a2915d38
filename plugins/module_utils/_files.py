# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that appear whole or not at all, and a lock between processes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import tempfile
import time
import typing as t
from pathlib import Path

from ._diagnosis import Failure, failure


def write_file(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path`` through a temporary file beside it and a rename."""
    data = content.encode() if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_json(path: Path, document: t.Any) -> None:
    """Write ``document`` as indented JSON."""
    write_file(path, json_text(document))


def json_text(document: t.Any) -> str:
    """``document`` as indented JSON, for files that people read too."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def replace_entries(staged: Path, target: Path) -> None:
    """Move every entry of the directory ``staged`` into ``target``, in place of those of the same name.

    All the writing has been done in ``staged``, on the same file system: what is left are renames, so that
    a reader of ``target`` never sees a half-written file, and nothing is lost when the disk is full. Raises OSError;
    the entry that could not be replaced is then as it was.
    """
    target.mkdir(parents=True, exist_ok=True)
    for entry in sorted(staged.iterdir()):
        destination = target / entry.name
        if os.path.lexists(destination) and (_is_directory(destination) or _is_directory(entry)):
            _replace_directory(entry, destination)
        else:
            os.replace(entry, destination)
    staged.rmdir()


def _replace_directory(entry: Path, destination: Path) -> None:
    """A directory cannot be renamed over one that has entries, nor over a file: what is there steps aside first."""
    aside = Path(tempfile.mkdtemp(prefix=f".{entry.name}.", dir=destination.parent))
    former = aside / entry.name
    try:
        os.replace(destination, former)
        os.replace(entry, destination)
    except BaseException:
        if not os.path.lexists(destination):
            os.replace(former, destination)
        shutil.rmtree(aside)
        raise
    shutil.rmtree(aside)


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def is_full(error: OSError) -> bool:
    """Whether a write failed for want of room."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def unwritable(path: Path, error: OSError) -> Failure:
    """The failure for a directory of results that cannot be written."""
    if is_full(error):
        return failure(
            f"No room left for {path}",
            "disk-full",
            f"Writing there failed with: {error.strerror}",
            "Free some space, or choose another place with -e coverage_dir=DIRECTORY; "
            "the last results are as they were",
        )
    return failure(
        f"Cannot write to {path}",
        "results-unwritable",
        f"Writing there failed with: {error.strerror}",
        "Make it writable for this user, or choose another place with -e coverage_dir=DIRECTORY",
    )


@contextlib.contextmanager
def locked(path: Path, on_wait: t.Callable[[], None] = lambda: None) -> t.Iterator[None]:
    """Hold the lock file ``path``, for what several services share; ``on_wait`` is called once if another holds it.

    The lock goes with the process, so that nothing needs to be cleaned up after a kill. The file stays: removing it
    would let two processes hold "the" lock at once. Raises Failure where the file cannot be written.

    filelock would be one more dependency of each host for these few lines; importing filelock 4.3 takes 90 to 110 ms.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - closed below, apart from what may fail here
    except OSError as error:
        raise unwritable(path.parent, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            while True:
                # A blocking flock would sit out signals in some Pythons' C code; polling lets them through.
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                time.sleep(0.1)
        yield
