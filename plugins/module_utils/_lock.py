# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock between processes, for what several services share: a binary, a cluster, a source tree."""

from __future__ import annotations

import contextlib
import fcntl
import time
import typing as t
from pathlib import Path

from . import _files


@contextlib.contextmanager
def locked(path: Path, on_wait: t.Callable[[], None] = lambda: None) -> t.Iterator[None]:
    """Hold the lock file ``path``; ``on_wait`` is called once if somebody else holds it.

    The lock goes with the process, so that nothing needs to be cleaned up after a kill. The file stays: removing it
    would let two processes hold "the" lock at once. Raises Failure where the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - closed below, apart from what may fail here
    except OSError as error:
        raise _files.unwritable(path.parent, error) from error
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
