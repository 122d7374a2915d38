# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs that are kept: the id of an image is the digest of its content, so that one proof of it holds for ever.

Only proofs that succeeded are kept, one small file each. A file that cannot be read or written costs a new proof.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import typing as t
from pathlib import Path

from .. import _files
from .._diagnosis import Failure
from .._engine.api import Engine, Image
from .._golang.buildinfo import BuildInfo
from . import proof

#: To be raised whenever a proof demands more: older ones are not taken then.
_VERSION = 1
_MOST = 256


def prove(
    engine: Engine,
    image: Image,
    shown: str,
    executable: str = "",
    patterns: t.Sequence[str] = (),
    memory: Path | None = None,
) -> proof.Proven:
    """What ``proof.prove`` says, from the directory ``memory`` if it was said before. Raises Failure."""
    if memory is None:
        return proof.prove(engine, image, shown, executable, patterns)
    question = json.dumps([_VERSION, image.id, executable, image.entrypoint, image.command, list(patterns)])
    file = memory / f"{hashlib.sha256(question.encode()).hexdigest()}.json"
    known = _read(file)
    if known is not None:
        return known
    proven = proof.prove(engine, image, shown, executable, patterns)
    with contextlib.suppress(OSError, Failure):
        memory.mkdir(parents=True, exist_ok=True)
        _files.write_json(file, dataclasses.asdict(proven))
        _forget_oldest(memory)
    return proven


def _read(file: Path) -> proof.Proven | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return proof.Proven(str(document["path"]), BuildInfo(**document["info"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _forget_oldest(memory: Path) -> None:
    """Keep the newest files only."""
    files = sorted(memory.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[_MOST:]:
        file.unlink(missing_ok=True)
