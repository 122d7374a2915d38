# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that answers, but refuses: its words as a failure."""

from __future__ import annotations

import contextlib
import re
import typing as t

from .._diagnosis import failure
from .api import Engine, EngineError

_DISK = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)


@contextlib.contextmanager
def explained(engine: Engine, doing: str) -> t.Iterator[None]:
    """Turn an EngineError into a Failure; ``doing`` says what was being done, such as ``building the image x``."""
    try:
        yield
    except EngineError as error:
        evidence = f"{engine.provider} at {engine.address} said: {error}"
        if _DISK.search(str(error)):
            raise failure(
                f"No room left while {doing}",
                "disk-full",
                evidence,
                f"Free some space where {engine.provider} keeps its data: {engine.provider} system df",
            ) from error
        raise failure(
            f"The container engine failed while {doing}",
            "engine-unreachable" if error.status is None else "engine-refused",
            evidence,
            "See that the engine is well, and run it again",
        ) from error
