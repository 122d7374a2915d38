# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching the pods of a namespace while tests run, so that none of them comes and goes unseen."""

from __future__ import annotations

import threading

from .api import POD, ApiError, Cluster, Source
from .pod_history import PodHistory, PodHistoryRecord

#: A watch is taken up again after as many seconds; what happened between is then seen by a list.
_TURN = 3600.0
#: How long nothing has to happen, once the tests have ended, until all is known (seconds).
_TICK = 0.3
#: How long the end of a watch is waited for, in seconds.
_PATIENCE = 5.0
_RETRY = 0.5


class PodWatch:
    """Notes in a history what happens to the pods of a namespace, for as long as the context lasts.

    ``error`` is why the pods cannot be watched; None while they are.
    """

    def __init__(self, cluster: Cluster, namespace: str, history: PodHistory) -> None:
        self._cluster = cluster
        self._source = Source(POD, namespace)
        self.history = history
        self.error: ApiError | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PodWatch:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        self._thread.join(_PATIENCE)

    def _watch(self) -> None:
        while True:
            last = self._ended.is_set()
            try:
                self._follow()
                self.error = None
            except ApiError as error:
                self.error = error
                if error.status in (401, 403):
                    return
            # A watch that breaks just as the tests end is taken up once more.
            if last or (self._ended.is_set() and self.error is None):
                return
            self._ended.wait(_RETRY)

    def _follow(self) -> None:
        """One watch, until the tests have ended and nothing happens any more. Raises ApiError."""
        initial = not self.history
        present: set[str] | None = set()
        for change in self._cluster.watch([self._source], _TURN, _TICK):
            if change is not None:
                self.history.take(change.object, gone=change.gone, initial=initial and present is not None)
                if present is not None:
                    present.add(change.object["metadata"]["uid"])
                continue
            if present is not None:
                self.history.keep(present)
                present, self.error = None, None
            elif self._ended.is_set():
                return


def look(cluster: Cluster, namespace: str) -> list[PodHistoryRecord]:
    """The rows of a history that begins now. Raises ApiError."""
    history = PodHistory()
    for pod in cluster.list_all(POD, namespace):
        history.take(pod, initial=True)
    return history.rows()
