# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster whose API may be away for a while: requests are sent again, within one bound for the whole step."""

from __future__ import annotations

import time
import typing as t

from .api import ApiError, Cluster

#: What is sent again: each of them may be done twice. A watch takes itself up again.
_REPEATED = ("get", "list_all", "apply", "patch", "scale", "delete", "resource")
#: No answer, too many requests, and a server that cannot just now.
_PASSING = (0, 429, 500, 502, 503, 504)
_PAUSE = 0.5


class _PatientCluster:
    """See ``patient``."""

    def __init__(self, cluster: Cluster, seconds: float, note: t.Callable[[str], None]) -> None:
        self._cluster = cluster
        self._deadline = time.monotonic() + seconds
        self._note = note
        self._noted = False

    def __getattr__(self, name: str) -> t.Any:
        method = getattr(self._cluster, name)
        if name not in _REPEATED:
            return method

        def call(*arguments: t.Any, **named: t.Any) -> t.Any:
            while True:
                try:
                    return method(*arguments, **named)
                except ApiError as error:
                    if error.status not in _PASSING or error.reason == "NotText" or time.monotonic() > self._deadline:
                        raise
                    if not self._noted:
                        self._noted = True
                        self._note(f"the API does not answer; asking again for up to {self._left:.0f} s: {error}")
                    time.sleep(_PAUSE)

        return call

    @property
    def _left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


def patient(cluster: Cluster, seconds: float, note: t.Callable[[str], None]) -> Cluster:
    """The cluster, for a step that sends a request again where the API is away, for ``seconds`` in all.

    ``note`` is called once, with the first error that is waited out.
    """
    return t.cast(Cluster, _PatientCluster(cluster, seconds, note))
