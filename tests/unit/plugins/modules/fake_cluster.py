# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster in memory: objects, and the controllers of Deployments, ReplicaSets and pods, as far as modules see them.

Applying and patching merge as the API server does: maps by key, lists of containers, volumes, variables and mounts by
the key of their kind, and a null removes. A watch tells what is there; then the controllers do their work, and it tells
what that has changed. A call in ``refused`` fails with the API's 403.
"""

from __future__ import annotations

import copy
import itertools
import typing as t

from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Diagnosis
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import (
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    ApiError,
    Change,
    Kind,
    Logs,
    Object,
    Source,
)

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "ports": "containerPort",
}
_CLUSTER_SCOPED = ("Namespace", "Node", "PersistentVolume", "CustomResourceDefinition")
_REVISION = "deployment.kubernetes.io/revision"


def merged(live: t.Any, patch: t.Any, key: str = "") -> t.Any:
    """``live`` after a strategic merge of ``patch``."""
    if isinstance(patch, list) and key in _MERGE_KEYS:
        return _merged_list(live or [], patch, _MERGE_KEYS[key])
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    if patch.get("$patch") == "replace":
        kept = {field: value for field, value in patch.items() if field != "$patch" and value is not None}
        return copy.deepcopy(kept)
    result = dict(live) if isinstance(live, dict) else {}
    for field, value in patch.items():
        if value is None:
            result.pop(field, None)
            continue
        result[field] = merged(result.get(field), value, field)
        if result[field] in ([], {}) and value not in ([], {}):
            del result[field]
    return result


def _merged_list(live: list[t.Any], patch: list[t.Any], key: str) -> list[t.Any]:
    result = copy.deepcopy(live)
    for entry in patch:
        present = next((other for other in result if other.get(key) == entry.get(key)), None)
        if entry.get("$patch") == "delete":
            result = [other for other in result if other is not present]
        elif present is None:
            result.append({field: copy.deepcopy(value) for field, value in entry.items() if value is not None})
        else:
            result[result.index(present)] = merged(present, entry)
    return result


class _NoLog:
    """The log of a container that printed nothing."""

    def lines(self) -> list[str]:
        return []


class FakeCluster:
    """A cluster; see the API seam (``_kube.api.Cluster``) for what each method does."""

    server = "https://fake.test:6443"

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.refused: set[str] = set()
        self.changes: list[str] = []
        #: The exit code of a container that gets SIGTERM.
        self.exit_code = 0
        self._uids = itertools.count(1)

    def add(self, entry: Object) -> Object:
        """Add an object, as if somebody else had created it."""
        return self._store(copy.deepcopy(entry))

    def _store(self, entry: Object) -> Object:
        metadata = entry["metadata"]
        key = (entry["kind"], metadata.get("namespace", ""), metadata["name"])
        before = self.objects.get(key)
        metadata.setdefault("uid", f"uid-{next(self._uids)}")
        generation = int(before["metadata"]["generation"]) if before else 0
        changed = before is None or before.get("spec") != entry.get("spec")
        metadata["generation"] = generation + changed
        self.objects[key] = entry
        return copy.deepcopy(entry)

    def _refuse(self, name: str) -> None:
        if name in self.refused:
            evidence = f"forbidden: User gocover may not {name}"
            raise ApiError(
                403, "Forbidden", "The API refused a request", Diagnosis("api-forbidden", evidence, "Grant the right")
            )

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        self._refuse("get")
        return copy.deepcopy(self.objects.get((kind.name, namespace, name)))

    def list_all(self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "") -> list[Object]:
        self._refuse("list_all")
        return [
            copy.deepcopy(entry)
            for (name, place, _title), entry in sorted(self.objects.items())
            if name == kind.name and namespace in ("", place) and _selected(entry, labels, fields)
        ]

    def apply(self, manifest: Object, *, force: bool = True, dry_run: bool = False) -> Object:
        self._refuse("apply")
        metadata = manifest["metadata"]
        key = (manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        return self._change(merged(self.objects.get(key) or {}, manifest), dry_run, "apply")

    def patch(self, kind: Kind, name: str, namespace: str, patch: Object, *, dry_run: bool = False) -> Object:
        self._refuse("patch")
        return self._change(merged(self.objects[kind.name, namespace, name], patch), dry_run, "patch")

    def _change(self, entry: Object, dry_run: bool, verb: str) -> Object:
        if dry_run:
            return entry
        self.changes.append(f"{verb} {entry['kind']}/{entry['metadata']['name']}")
        return self._store(entry)

    def scale(self, kind: Kind, name: str, namespace: str, replicas: int) -> None:
        self.patch(kind, name, namespace, {"spec": {"replicas": replicas}})

    def delete(self, kind: Kind, name: str, namespace: str = "", *, grace_period: int | None = None) -> bool:
        self._refuse("delete")
        entry = self.objects.get((kind.name, namespace, name))
        if entry is None:
            return False
        self.changes.append(f"delete {kind.name}/{name}")
        if kind == POD:
            entry["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        else:
            del self.objects[kind.name, namespace, name]
        return True

    def logs(
        self, pod: str, namespace: str, container: str, *, tail: int | None = None, previous: bool = False
    ) -> list[str]:
        self._refuse("logs")
        return []

    def follow(self, pod: str, namespace: str, container: str, tail: int) -> Logs:
        return _NoLog()

    def resource(self, kind: Kind) -> tuple[str, bool]:
        """The path of a kind, and whether its objects live in namespaces."""
        return f"/{kind.name.lower()}s", kind.name not in _CLUSTER_SCOPED

    def watch(self, sources: t.Sequence[Source], timeout: float, tick: float = 1.0) -> t.Iterator[Change | None]:
        self._refuse("watch")
        shown: dict[str, tuple[Source, Object]] = {}
        yield from self._news(sources, shown)
        yield None
        while self.reconcile():
            yield from self._news(sources, shown)
            yield None
        # Nothing more happens; a real watch would go on until its time is up.
        yield None

    def _news(self, sources: t.Sequence[Source], shown: dict[str, tuple[Source, Object]]) -> list[Change]:
        """What has changed since it was shown."""
        present: dict[str, tuple[Source, Object]] = {}
        for source in sources:
            for entry in self.list_all(source.kind, source.namespace, labels=source.labels, fields=source.fields):
                present[entry["metadata"]["uid"]] = (source, entry)
        gone = [Change(*shown.pop(uid), gone=True) for uid in [*shown] if uid not in present]
        news = [Change(*pair) for uid, pair in present.items() if shown.get(uid) != pair]
        shown.update(present)
        return gone + news

    def reconcile(self) -> bool:
        """One turn of the controllers and kubelets; whether anything has changed."""
        before = copy.deepcopy(self.objects)
        for pod in [entry for entry in self.objects.values() if entry["kind"] == POD.name]:
            self._end_pod(pod)
        for entry in [entry for entry in self.objects.values() if entry["kind"] == DEPLOYMENT.name]:
            if not entry["spec"].get("paused"):
                self._roll_out(entry)
        return before != self.objects

    def settle(self) -> None:
        """Let the controllers work until nothing changes any more."""
        while self.reconcile():
            pass

    def _end_pod(self, pod: Object) -> None:
        """A pod that is being deleted ends in one turn, and is gone in the next."""
        if not pod["metadata"].get("deletionTimestamp"):
            return
        statuses = pod["status"]["containerStatuses"]
        if any("running" in status["state"] for status in statuses):
            reason = "Completed" if self.exit_code == 0 else "Error"
            for status in statuses:
                status["state"] = {"terminated": {"exitCode": self.exit_code, "reason": reason}}
                status["ready"] = False
        else:
            del self.objects[POD.name, pod["metadata"]["namespace"], pod["metadata"]["name"]]

    def _roll_out(self, entry: Object) -> None:
        metadata, template = entry["metadata"], entry["spec"]["template"]
        namespace, name = metadata["namespace"], metadata["name"]
        revision = str(sum(key[0] == REPLICA_SET.name for key in self.objects) + 1)
        own = next(
            (
                found
                for found in self.objects.values()
                if found["kind"] == REPLICA_SET.name and found["spec"]["template"] == template
            ),
            None,
        )
        if own is None:
            own = {
                "apiVersion": "apps/v1",
                "kind": REPLICA_SET.name,
                "metadata": {
                    "name": f"{name}-{revision}",
                    "namespace": namespace,
                    "labels": {**template["metadata"]["labels"], "pod-template-hash": revision},
                    "annotations": {_REVISION: revision},
                    "ownerReferences": [
                        {"kind": "Deployment", "name": name, "uid": metadata["uid"], "controller": True}
                    ],
                },
                "spec": {"template": copy.deepcopy(template)},
            }
            self._store(own)
        own_labels = own["metadata"]["labels"]
        metadata["annotations"] = {
            **(metadata.get("annotations") or {}),
            _REVISION: own["metadata"]["annotations"][_REVISION],
        }
        entry["status"] = {"observedGeneration": metadata["generation"]}
        pods = [
            pod
            for pod in self.objects.values()
            if pod["kind"] == POD.name and pod["metadata"]["namespace"] == namespace and not _terminating(pod)
        ]
        current = [pod for pod in pods if pod["metadata"]["labels"] == own_labels]
        wanted = int(entry["spec"].get("replicas", 1))
        for pod in [pod for pod in pods if pod not in current] + current[wanted:]:
            pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        for _number in range(wanted - len(current)):
            self._start_pod(own, template)

    def _start_pod(self, replica_set: Object, template: Object) -> None:
        metadata = replica_set["metadata"]
        name = f"{metadata['name']}-{next(self._uids)}"
        statuses = [
            {
                "name": container["name"],
                "image": container["image"],
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            }
            for container in template["spec"]["containers"]
        ]
        owner = {"kind": REPLICA_SET.name, "name": metadata["name"], "uid": metadata["uid"], "controller": True}
        self._store(
            {
                "apiVersion": "v1",
                "kind": POD.name,
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "labels": dict(metadata["labels"]),
                    "ownerReferences": [owner],
                },
                "spec": {**copy.deepcopy(template["spec"]), "nodeName": "e2e-control-plane"},
                "status": {
                    "phase": "Running",
                    "podIP": "10.244.0.7",
                    "conditions": [{"type": "Ready", "status": "True"}],
                    "containerStatuses": statuses,
                },
            }
        )


def _terminating(pod: Object) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def _selected(entry: Object, labels: str, fields: str) -> bool:
    """Whether an object has these labels (``a=b,c=d``) and fields (``metadata.name=x``)."""
    own = entry["metadata"].get("labels") or {}
    wanted = [pair.partition("=")[::2] for pair in filter(None, labels.split(","))]
    name = fields.removeprefix("metadata.name=") if fields else entry["metadata"]["name"]
    return all(own.get(key) == value for key, value in wanted) and entry["metadata"]["name"] == name
