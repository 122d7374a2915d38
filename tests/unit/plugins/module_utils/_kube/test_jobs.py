# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Job that prepares something: that it completes, fails, or cannot even start."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import jobs
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import EVENT, JOB, POD, Change, Object, Source


def job(*conditions: str) -> Object:
    status = {"conditions": [{"type": name, "status": "True", "message": f"{name} it is"} for name in conditions]}
    return {"metadata": {"name": "seed", "namespace": "ns", "uid": "j"}, "spec": {}, "status": status}


def pod(phase: str = "Pending", **state: t.Any) -> Object:
    status = {"phase": phase, "containerStatuses": [{"name": "seed", "state": state}]}
    spec = {"nodeName": "node", "containers": [{"name": "seed", "image": "registry.invalid/seed:1"}]}
    return {"metadata": {"name": "seed-1", "uid": "p"}, "spec": spec, "status": status}


def event(reason: str, message: str, uid: str) -> Object:
    about = {"involvedObject": {"uid": uid}, "reason": reason, "message": message}
    return {"metadata": {"uid": reason}, **about}


class Told:
    """An API that shows these objects, one after the other."""

    def __init__(self, *objects: Object) -> None:
        self.objects = objects

    def watch(self, sources: t.Sequence[Source], _timeout: float) -> t.Iterator[Change | None]:
        by_kind = {source.kind: source for source in sources}
        yield None
        for entry in self.objects:
            kind = POD if "nodeName" in entry.get("spec", {}) else EVENT if "involvedObject" in entry else JOB
            yield Change(by_kind[kind], entry)

    def list_all(self, *_arguments: t.Any, **_selectors: str) -> list[Object]:
        return []


WAITING = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
ENDED = {"exitCode": 1, "reason": "Error"}


@pytest.mark.parametrize(
    ("objects", "causes"),
    [
        pytest.param([job("Complete")], [], id="it completes"),
        pytest.param([job(), pod("Running", running={}), job("Complete")], [], id="after a while"),
        pytest.param([job("Failed")], ["job-failed"], id="it fails"),
        pytest.param([job(), pod("Running", running={})], ["job-failed"], id="it does not end in time"),
        pytest.param([job(), pod(waiting=WAITING), job("Complete")], ["image-pull-failed"], id="its image is nowhere"),
        pytest.param(
            [job(), event("FailedCreate", 'serviceaccount "x" not found', "j"), job("Complete")],
            ["config-missing"],
            id="its service account is missing",
        ),
        pytest.param(
            [job(), pod(terminated=ENDED), pod(waiting={"reason": "CrashLoopBackOff"}), job("Complete")],
            [],
            id="its program fails at first",
        ),
        pytest.param(
            [job(), event("FailedMount", 'secret "x" not found', "other"), job("Complete")],
            [],
            id="another pod's event",
        ),
    ],
)
def test_a_job_is_waited_for_as_long_as_it_may_complete(objects: list[Object], causes: list[str]) -> None:
    notes: list[str] = []
    try:
        jobs.wait_jobs(t.cast(t.Any, Told(*objects)), [job()], 1, notes.append)
        found: list[str] = []
        assert notes
    except Failure as error:
        found = [entry.cause for entry in error.diagnoses]
    assert found == causes
