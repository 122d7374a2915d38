# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report, rendered one at a time and on every processor, so that a big program takes neither the memory
of all formats at once nor the time of all in a row.

A renderer needs the whole coverage, which only a fork hands over for nothing. What a child could not write, the parent
writes, so that every error is raised where somebody hears it.

    write_all({"lcov.info": lambda: lcov_records(coverage), "badge.svg": "<svg/>"}, directory)
"""

from __future__ import annotations

import gc
import os
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Union

# Evaluated, and so not written with |, which ansible-test does not know of here.
Content = Union[str, Callable[[], Union[str, Iterable[str]]]]  # noqa: UP007
"""The text of a file, or what renders it, whole or in pieces."""

_MOST_PROCESSES = 4


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking, over and over, the millions of objects of a big program, none of which
    is garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def write_all(contents: Mapping[str, Content], directory: Path, processes: int | None = None) -> None:
    """Write each file of ``contents``, by its name, into ``directory``; those that take longest should come first.

    ``processes`` is how many share the work, by default one for each processor. Raises OSError.
    """
    names = list(contents)
    processes = processor_count() if processes is None else processes
    with no_collection():
        written = _write_in_turn(names, contents, directory, max(1, min(processes, len(names), 256)))
        for name in names:
            if name not in written:
                _write(contents[name], directory / name)


def _write_in_turn(names: list[str], contents: Mapping[str, Content], directory: Path, processes: int) -> set[str]:
    """Write the files by several processes, each of which takes the next one when it has written one.

    Returns those that are certain to be complete.
    """
    taken, work = os.pipe()
    os.write(work, bytes(range(len(names))))
    os.close(work)
    children: list[int] = []
    try:
        for _number in range(processes - 1):
            child = fork()
            if child == 0:
                _work_as_child(taken, names, contents, directory)
            if child is not None:
                children.append(child)
        own = _take(taken, names, contents, directory)
        while children:
            _pid, status = os.waitpid(children[-1], 0)
            children.pop()
            if status != 0:
                return own
        return set(names)
    finally:
        os.close(taken)
        for child in children:  # interrupted: they are not to write behind the back of who cleans up
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def processor_count() -> int:
    """How many processors this process may use, as far as it pays."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, _MOST_PROCESSES)


def fork() -> int | None:
    """The process id of a child, 0 in the child, None where there can be none."""
    try:
        with warnings.catch_warnings():
            # Python warns of threads: the child touches nothing that another thread might have locked.
            warnings.simplefilter("ignore", DeprecationWarning)
            return os.fork()
    except OSError:
        return None


def _work_as_child(taken: int, names: list[str], contents: Mapping[str, Content], directory: Path) -> None:
    status = 1
    try:
        _take(taken, names, contents, directory)
        status = 0
    finally:
        os._exit(status)  # whatever happened: what stands above in the stack is the parent's


def _take(taken: int, names: list[str], contents: Mapping[str, Content], directory: Path) -> set[str]:
    """Write what is left to write; returns the names."""
    own = set()
    while number := os.read(taken, 1):
        name = names[number[0]]
        _write(contents[name], directory / name)
        own.add(name)
    return own


def _write(content: Content, path: Path) -> None:
    text = content if isinstance(content, str) else content()
    with open(path, "w", encoding="utf-8") as stream:
        stream.writelines([text] if isinstance(text, str) else text)
