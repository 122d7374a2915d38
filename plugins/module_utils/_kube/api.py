# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API seam: what this collection asks of a Kubernetes API server.

One implementation talks to a real cluster (``client``); unit tests may stand in for it. Everything above is pure, or
says what it wants in these words.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._diagnosis import Diagnosis, Failure

#: An object as the API returns it, in JSON's types.
Object = dict[str, t.Any]

#: Documented in the doc fragment ``kube``; the modules that have them are the action group ``k8s``.
KUBE_OPTIONS: dict[str, t.Any] = {"kubeconfig": {"type": "path"}, "context": {"type": "str"}}

#: The name under which this collection owns fields of objects.
FIELD_MANAGER = "gocover-e2e"


class Kind(t.NamedTuple):
    """A kind of object: ``apps/v1`` and ``Deployment``."""

    api_version: str
    name: str

    def __str__(self) -> str:
        return self.name


POD = Kind("v1", "Pod")
SERVICE = Kind("v1", "Service")
EVENT = Kind("v1", "Event")
NAMESPACE = Kind("v1", "Namespace")
NODE = Kind("v1", "Node")
JOB = Kind("batch/v1", "Job")
CRON_JOB = Kind("batch/v1", "CronJob")
DEPLOYMENT = Kind("apps/v1", "Deployment")
STATEFUL_SET = Kind("apps/v1", "StatefulSet")
DAEMON_SET = Kind("apps/v1", "DaemonSet")
REPLICA_SET = Kind("apps/v1", "ReplicaSet")
CONTROLLER_REVISION = Kind("apps/v1", "ControllerRevision")
AUTOSCALER = Kind("autoscaling/v2", "HorizontalPodAutoscaler")
CRD = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")


class ApiError(Failure):
    """The API refused, or could not be asked. ``status`` is HTTP's (0: no answer), ``reason`` the API's own word."""

    def __init__(self, status: int, reason: str, summary: str, diagnosis: Diagnosis) -> None:
        super().__init__(summary, [diagnosis])
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Source:
    """Objects to be watched: those of a kind in a namespace, by label selector and field selector."""

    kind: Kind
    namespace: str
    labels: str = ""
    fields: str = ""


@dataclass(frozen=True)
class Change:
    """An object that is there (or is as it is now), or is gone (as it was last)."""

    source: Source
    object: Object = field(repr=False)
    gone: bool = False


class Logs(t.Protocol):
    """The log of a container that is being followed in the background."""

    def lines(self) -> list[str]:
        """The last lines so far; blocks for a moment only, if the log has ended but is not yet read to its end."""


class Cluster(t.Protocol):
    """A cluster. Everything raises ApiError where the API refuses or does not answer."""

    @property
    def server(self) -> str:
        """Where the API answers, such as ``https://127.0.0.1:6443``."""

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """The object; None if there is none."""

    def list_all(self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "") -> list[Object]:
        """All objects of a kind, in a namespace or (without one) in all of them."""

    def watch(self, sources: t.Sequence[Source], timeout: float, tick: float = 1.0) -> t.Iterator[Change | None]:
        """What is there, then what changes, for ``timeout`` seconds.

        None says that all that was there has been told, and later on that nothing has changed for ``tick`` seconds.
        """

    def apply(self, manifest: Object, *, force: bool = True, dry_run: bool = False) -> Object:
        """Server-side apply; returns the object as it is (or would be) then."""

    def create(self, manifest: Object) -> Object:
        """Create an object; ApiError 409 where one of its name is there."""

    def patch(self, kind: Kind, name: str, namespace: str, patch: Object, *, dry_run: bool = False) -> Object:
        """A strategic merge patch; returns the object as it is (or would be) then."""

    def scale(self, kind: Kind, name: str, namespace: str, replicas: int) -> None:
        """Set the number of replicas, through the scale subresource."""

    def delete(self, kind: Kind, name: str, namespace: str = "", *, grace_period: int | None = None) -> bool:
        """Delete an object; False if there was none. Pods get their own grace period unless another one is given."""

    def logs(
        self, pod: str, namespace: str, container: str, *, tail: int | None = None, previous: bool = False
    ) -> list[str]:
        """The last ``tail`` lines of a container (of its previous run), or the first 64 KiB; empty without a log."""

    def follow(self, pod: str, namespace: str, container: str, tail: int) -> Logs:
        """Follow a container's log from now on, in the background; the last ``tail`` lines are kept."""
