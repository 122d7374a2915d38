# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that prepare what others need (migrations, seeds): whether they must run anew, and how they end."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from .._diagnosis import Diagnosis, Failure, failure
from . import pods
from .api import EVENT, JOB, POD, ApiError, Change, Cluster, Object, Source
from .unready import cause
from .unready.situation import Situation


def must_run_anew(cluster: Cluster, present: Object, wanted: Object) -> bool:
    """Whether a Job has to be deleted before it is applied: it has failed, or another template is to run.

    The API lets nobody change the template of a Job; a migration in the service's image has another one at each build.
    """
    if "Failed" in _conditions(present):
        return True
    try:
        cluster.apply(wanted, dry_run=True)
    except ApiError as error:
        if error.status == 422 and "immutable" in error.diagnoses[0].evidence:
            return True
        raise
    return False


def wait_jobs(cluster: Cluster, jobs: t.Sequence[Object], timeout: float, note: t.Callable[[str], None]) -> None:
    """Wait until the Jobs have completed. Raises Failure with the last lines of one that failed."""
    for job in jobs:
        namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
        begun = time.monotonic()
        own = Source(JOB, namespace, fields=f"metadata.name={name}")
        owned = Source(POD, namespace, labels=f"batch.kubernetes.io/job-name={name}")
        starting = _Starting(job)
        for change in cluster.watch([own, owned, Source(EVENT, namespace)], timeout):
            if change is None or change.source != own:
                starting.take(change)
                if (found := starting.diagnose()) is not None:
                    raise Failure(f"Job/{name} does not start", [found])
                continue
            if change.gone:
                continue
            conditions = _conditions(change.object)
            if "Complete" in conditions:
                note(f"Job/{name} has completed after {time.monotonic() - begun:.1f} s")
                break
            if "Failed" in conditions:
                raise _job_failed(cluster, job, str(conditions["Failed"].get("message") or "it failed"))
        else:
            raise _job_failed(cluster, job, f"it had not completed within {timeout:g} s")


@dataclass
class _Starting:
    """The pods of a Job and the events beside them, by uid, and since when each pod is in its present state."""

    job: Object
    pods: dict[str, Object] = field(default_factory=dict)
    events: dict[str, Object] = field(default_factory=dict)
    since: dict[str, tuple[str, float]] = field(default_factory=dict)

    def take(self, change: Change | None) -> None:
        if change is None:
            return
        uid = change.object["metadata"]["uid"]
        store = self.pods if change.source.kind == POD else self.events
        if change.gone:
            store.pop(uid, None)
            return
        store[uid] = change.object
        if change.source.kind == POD:
            name, state = pods.name_of(change.object), pods.state_words(change.object)
            if self.since.get(name, ("", 0.0))[0] != state:
                self.since[name] = (state, time.monotonic())

    def diagnose(self) -> Diagnosis | None:
        """Why no pod of the Job can start, once that is certain; a program that ends may be tried again."""
        now = time.monotonic()
        present = [pod for pod in self.pods.values() if not pods.finished(pod) and not pods.terminating(pod)]
        uids = {self.job["metadata"]["uid"], *self.pods}
        events = [event for event in self.events.values() if pods.involves(event, uids)]
        since = {name: now - begun for name, (_state, begun) in self.since.items()}
        return cause.diagnose_start(Situation(self.job, present, events=events, since=since))


def _conditions(job: Object) -> dict[str, Object]:
    """The conditions that hold, by their type: ``Complete``, ``Failed`` and what leads there."""
    return {c["type"]: c for c in (job.get("status") or {}).get("conditions") or [] if c["status"] == "True"}


def _job_failed(cluster: Cluster, job: Object, why: str) -> Exception:
    namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
    log: list[str] = []
    for pod in cluster.list_all(POD, namespace, labels=f"controller-uid={job['metadata']['uid']}"):
        log = cluster.logs(pod["metadata"]["name"], namespace, pod["spec"]["containers"][0]["name"], tail=20) or log
    said = f"; its last line of output was: {log[-1]}" if log else "; it has written nothing"
    return failure(
        f"Job/{name} did not complete",
        "job-failed",
        why[:1].upper() + why[1:] + said,
        "Correct the job, or create the objects that it needs",
        log=log,
    )
