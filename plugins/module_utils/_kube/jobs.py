# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that prepare what others need (migrations, seeds): whether they must run anew, and how they end."""

from __future__ import annotations

import time
import typing as t

from .._diagnosis import failure
from .api import JOB, POD, ApiError, Cluster, Object, Source


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
        for change in cluster.watch([Source(JOB, namespace, fields=f"metadata.name={name}")], timeout):
            if change is None or change.gone:
                continue
            conditions = _conditions(change.object)
            if "Complete" in conditions:
                note(f"Job/{name} has completed after {time.monotonic() - begun:.1f} s")
                break
            if "Failed" in conditions:
                raise _job_failed(cluster, job, str(conditions["Failed"].get("message") or "it failed"))
        else:
            raise _job_failed(cluster, job, f"it had not completed within {timeout:g} s")


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
        "Mend what the job does, or give it what it lacks",
        log=log,
    )
