# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the image of a service can tell once its pods are gone: what it starts, and the meta-data of its program.

An instrumented program writes its meta-data before main runs. So the very same program, started for a moment without
network, rights, arguments or environment, gives the covmeta file back that a directory has lost; its hash proves it.
"""

from __future__ import annotations

import re
import tarfile
import time
import typing as t

from .._covdata.runtime import VARIABLE
from .._diagnosis import Failure
from .._engine.api import Engine, EngineError
from .._engine.tarstream import TarStream
from .._images import proof
from .._losses.verdict import Program

_DIRECTORY = "/gocover-recovered"
_META = re.compile(r"covmeta\.[0-9a-f]{32}")
#: How long the program may take to write its meta-data, in seconds.
_PATIENCE = 20.0
_POLL = 0.1


def look_at(engine: Engine, reference: str) -> Program | None:
    """What the image starts, and whether that was proven to be instrumented; None if the engine does not have it."""
    try:
        image = engine.image(reference)
        if image is None:
            return None
        starts, variable = (*image.entrypoint, *image.command), image.env.get(VARIABLE, "")
        try:
            return Program(starts, proof.prove(engine, image, reference).path, variable=variable)
        except EngineError:
            raise
        except Failure as refused:
            return Program(starts, refused=refused.diagnoses[0], variable=variable)
    except EngineError:
        return None


def covmeta(engine: Engine, reference: str) -> list[bytes]:
    """The covmeta file that the program of the image writes; none if it cannot be had."""
    program = look_at(engine, reference)
    image = engine.image(reference) if program is not None else None
    if program is None or image is None or not program.executable:
        return []
    try:
        with engine.isolated(image.id, [program.executable], {VARIABLE: _DIRECTORY}, _DIRECTORY) as container:
            deadline = time.monotonic() + _PATIENCE
            while True:
                last = not engine.running(container) or time.monotonic() > deadline
                found = _read(engine, container)
                if found or last:
                    return found
                time.sleep(_POLL)
    except (EngineError, tarfile.TarError):
        # It does not run here, on another architecture for one: then nothing can be recovered.
        return []


def _read(engine: Engine, container: str) -> list[bytes]:
    chunks = engine.read_archive(container, _DIRECTORY)
    if chunks is None:
        return []
    found = []
    stream: t.Any = TarStream(chunks)
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            content = archive.extractfile(member) if _META.fullmatch(member.name.rpartition("/")[2]) else None
            if content is not None:
                found.append(content.read())
    stream.drain()
    return found
