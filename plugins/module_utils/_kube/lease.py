# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses a namespace of a cluster: a Lease (coordination.k8s.io/v1) for each service that a run deploys.

It is taken before the first manifest is applied, and says who runs what, from where and since when, and which workloads
the run may change. So a run from another directory is refused by name, and what a dead run has left is found, whatever
the inventory says by now.
"""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timedelta, timezone

from .._diagnosis import Failure, failure
from .._process.holder import Holder, parse_holder
from .api import ApiError, Cluster, Kind, Object

LEASE = Kind("coordination.k8s.io/v1", "Lease")
_SERVICE = "gocover.e2e/service"
_LABELS = {"app.kubernetes.io/managed-by": "gocover-e2e"}
_HOLDER = "gocover.e2e/holder"
_WORKLOADS = "gocover.e2e/workloads"
#: For how long a holder on another machine is believed to live after it has renewed its lease, in seconds.
_DURATION = 3600
_ATTEMPTS = 10


class RunLease(t.NamedTuple):
    """A lease as it was read."""

    object: Object

    @property
    def namespace(self) -> str:
        """The namespace that is used."""
        return str(self.object["metadata"]["namespace"])

    @property
    def service(self) -> str:
        """The service that the run is about."""
        return str((self.object["metadata"].get("labels") or {}).get(_SERVICE))

    @property
    def holder(self) -> Holder | None:
        """The playbook of the run."""
        return parse_holder(self._annotations.get(_HOLDER))

    @property
    def workloads(self) -> set[str]:
        """The workloads that it may change, as ``Deployment/NAME``."""
        try:
            return set(json.loads(self._annotations.get(_WORKLOADS, "[]")))
        except (ValueError, TypeError):
            return set()

    @property
    def _annotations(self) -> dict[str, str]:
        return self.object["metadata"].get("annotations") or {}

    def alive(self) -> bool:
        """Whether its run still goes on: its playbook runs here, or has renewed it elsewhere not long ago."""
        holder = self.holder
        here = holder.alive() if holder is not None else False
        if here is not None:
            return here
        spec = self.object.get("spec") or {}
        try:
            renewed = datetime.fromisoformat(str(spec.get("renewTime")).replace("Z", "+00:00"))
        except ValueError:
            return False
        return _now() - renewed < timedelta(seconds=int(spec.get("leaseDurationSeconds") or _DURATION))

    def of(self, holder: Holder | None) -> bool:
        """Whether this playbook holds it."""
        own = self.holder
        return own is not None and own.same_as(holder)


def find(cluster: Cluster, namespace: str = "", service: str = "") -> list[RunLease]:
    """The leases of a namespace, or (without one) of all; of all services or of one. Raises ApiError."""
    labels = {**_LABELS, **({_SERVICE: service} if service else {})}
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    return [RunLease(entry) for entry in cluster.list_all(LEASE, namespace, labels=selector)]


def take(cluster: Cluster, namespace: str, service: str, holder: Holder, workloads: t.Collection[str]) -> RunLease:
    """Take the lease of the service in the namespace, or add ``workloads`` to it. The namespace has to be there.

    Raises Failure ``run-in-progress`` where another run that goes on has it, or one of these workloads.
    """
    for _attempt in range(_ATTEMPTS):
        present = find(cluster, namespace)
        for lease in present:
            shared = set() if lease.service == service else lease.workloads & set(workloads)
            if (lease.service == service or shared) and not lease.of(holder) and lease.alive():
                raise _refused(lease, namespace, sorted(shared))
        own = next((lease for lease in present if lease.service == service), None)
        known = own.workloads if own is not None and own.of(holder) else set()
        wanted = _object(namespace, service, holder, sorted(known | set(workloads)))
        try:
            if own is None:
                return RunLease(cluster.create(wanted))
            # The version lets the API refuse it where somebody else has written meanwhile.
            wanted["metadata"]["resourceVersion"] = own.object["metadata"]["resourceVersion"]
            return RunLease(cluster.patch(LEASE, _name(service), namespace, wanted))
        except ApiError as error:
            if error.status != 409:
                raise
    raise failure(
        f"The run of {service} cannot begin in the namespace {namespace}",
        "run-in-progress",
        "Other runs write the lease of the namespace at the same time",
        "Run again",
    )


def release(cluster: Cluster, lease: RunLease) -> None:
    """Give the lease back. Raises ApiError."""
    cluster.delete(LEASE, str(lease.object["metadata"]["name"]), lease.namespace)


def _name(service: str) -> str:
    return f"gocover-e2e-{service}"


def _object(namespace: str, service: str, holder: Holder, workloads: t.Sequence[str]) -> Object:
    now = _now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "apiVersion": LEASE.api_version,
        "kind": LEASE.name,
        "metadata": {
            "name": _name(service),
            "namespace": namespace,
            "labels": {**_LABELS, _SERVICE: service},
            "annotations": {_HOLDER: holder.text(), _WORKLOADS: json.dumps(list(workloads))},
        },
        "spec": {
            "holderIdentity": f"{holder.user}@{holder.machine.split()[0]}:{holder.pid}",
            "leaseDurationSeconds": _DURATION,
            "renewTime": now,
        },
    }


def _refused(lease: RunLease, namespace: str, shared: t.Sequence[str]) -> Failure:
    about = f"the workloads {', '.join(shared)}" if shared else f"the service {lease.service}"
    holder = lease.holder
    return failure(
        f"Another run uses {about} in the namespace {namespace}",
        "run-in-progress",
        f"The run of {lease.service} by {holder.title if holder is not None else 'somebody'} goes on",
        "Wait until it ends, or give this run a namespace of its own with service_namespace",
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)
