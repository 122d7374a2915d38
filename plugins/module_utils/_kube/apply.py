# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server-side apply of manifests: what changes, in which order, and what is waited for."""

from __future__ import annotations

import copy
import json
import time
import typing as t

from .._diagnosis import failure
from . import images, jobs
from .api import CRD, DEPLOYMENT, JOB, NAMESPACE, ApiError, Cluster, Kind, Object, Source
from .manifests import Manifest, in_order
from .patch import rollout

#: The annotation on pods that names the run that they are of.
RUN = "gocover.e2e/run"
_ROLLED_OUT = ("Deployment", "StatefulSet", "DaemonSet")
#: Fields that change without anybody's doing, or that only say who wrote what.
_VOLATILE = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_NEW_KIND_TIMEOUT = 30.0
#: Seconds until the address of a webhook's Service is known to the API server's node.
_WEBHOOK_PATIENCE = 4.0


class Applied(t.NamedTuple):
    """What became of one manifest: ``created``, ``changed`` or ``unchanged``; the object before and after."""

    title: str
    action: str
    before: Object | None
    after: Object

    def row(self) -> Object:
        """The form in which it is returned."""
        namespace = self.after["metadata"].get("namespace", "")
        return {"object": self.title, "namespace": namespace, "action": self.action}


def with_namespace(manifests: t.Sequence[Manifest], namespace: str, cluster: Cluster) -> list[Manifest]:
    """The manifests, and the namespace itself if neither the cluster nor they have it."""
    written = any(
        entry.object["kind"] == NAMESPACE.name and entry.object["metadata"]["name"] == namespace for entry in manifests
    )
    if written or cluster.get(NAMESPACE, namespace) is not None:
        return list(manifests)
    return [
        Manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, "namespace"),
        *manifests,
    ]


def wait_until_gone(cluster: Cluster, namespace: str, note: t.Callable[[str], None], timeout: float = 120.0) -> None:
    """If the namespace is being deleted, wait until that is over: nothing can be created in it. Raises Failure."""
    present = cluster.get(NAMESPACE, namespace)
    if present is None or not present["metadata"].get("deletionTimestamp"):
        return
    note(f"waiting until the former namespace {namespace} is gone")
    told = False
    for change in cluster.watch([Source(NAMESPACE, "", fields=f"metadata.name={namespace}")], timeout):
        if change is None and not told:
            told = True
            if cluster.get(NAMESPACE, namespace) is None:
                return
        elif change is not None and change.gone:
            return
    conditions = (present.get("status") or {}).get("conditions") or []
    why = next(
        (str(entry.get("message")) for entry in conditions if entry.get("status") == "True"), "the API does not say why"
    )
    raise failure(
        f"The namespace {namespace} is still being deleted after {timeout:g} s",
        "namespace-terminating",
        why,
        "Remove the finalizers of what is left in it, or use another namespace",
    )


def place(manifests: t.Iterable[Manifest], namespace: str, cluster: t.Any) -> list[Manifest]:
    """The manifests with their namespace: an object that lives in one and names none gets ``namespace``."""
    defined = {_kind_of_definition(entry.object) for entry in manifests if entry.object["kind"] == CRD.name}
    placed = []
    for manifest in manifests:
        entry = copy.deepcopy(manifest.object)
        kind = Kind(entry["apiVersion"], entry["kind"])
        namespaced = defined_scope(manifests, kind) if kind in defined else cluster.resource(kind)[1]
        if namespaced:
            entry["metadata"].setdefault("namespace", namespace)
        else:
            entry["metadata"].pop("namespace", None)
        placed.append(Manifest(entry, manifest.origin))
    return placed


def defined_scope(manifests: t.Iterable[Manifest], kind: Kind) -> bool:
    """Whether a kind that these manifests define lives in namespaces."""
    return any(
        _kind_of_definition(entry.object) == kind and entry.object["spec"].get("scope") == "Namespaced"
        for entry in manifests
        if entry.object["kind"] == CRD.name
    )


def _kind_of_definition(definition: Object) -> Kind:
    spec = definition.get("spec") or {}
    served = [version["name"] for version in spec.get("versions") or [] if version.get("served")]
    return Kind(f"{spec.get('group')}/{served[0] if served else ''}", str((spec.get("names") or {}).get("kind")))


def apply_all(
    cluster: Cluster,
    manifests: t.Sequence[Manifest],
    *,
    hold: t.Mapping[str, str] | None = None,
    dry_run: bool = False,
    wait_definitions: bool = True,
    on_applied: t.Callable[[Applied], None] = lambda applied: None,
) -> list[Applied]:
    """Apply the manifests in order; a Deployment is created paused if ``hold`` names its title. Raises Failure.

    ``hold`` gives the image that is to be covered by the title of its Deployment. Definitions of kinds are waited for
    before what uses them is applied.
    """
    applied = []
    waited = not wait_definitions
    ordered = in_order(manifests)
    definitions = [entry for entry in ordered if entry.object["kind"] == CRD.name]
    new_kinds = {_kind_of_definition(entry.object) for entry in definitions}
    absent_namespaces: set[str] = set()
    for manifest in ordered:
        if manifest.object["kind"] != CRD.name and definitions and not waited and not dry_run:
            wait_established(cluster, [entry.object["metadata"]["name"] for entry in definitions])
            waited = True
        outcome = _apply_one(
            cluster, manifest, (hold or {}).get(manifest.title, ""), dry_run, absent_namespaces, new_kinds
        )
        applied.append(outcome)
        on_applied(outcome)
    if definitions and not waited and not dry_run:
        wait_established(cluster, [entry.object["metadata"]["name"] for entry in definitions])
    return applied


def _apply_one(
    cluster: Cluster,
    manifest: Manifest,
    hold: str,
    dry_run: bool,
    absent_namespaces: set[str],
    new_kinds: t.Container[Kind],
) -> Applied:
    entry = manifest.object
    kind = Kind(entry["apiVersion"], entry["kind"])
    name, namespace = entry["metadata"]["name"], entry["metadata"].get("namespace", "")
    try:
        before = cluster.get(kind, name, namespace)
        if dry_run and before is None and (namespace in absent_namespaces or kind == NAMESPACE):
            # The API cannot try what lies in a namespace that is not there yet.
            absent_namespaces.add(name if kind == NAMESPACE else namespace)
            return Applied(manifest.title, "created", None, entry)
        if hold and kind == DEPLOYMENT and (before is None or rollout.is_held(before)):
            entry = rollout.held(entry, hold)
        anew = kind == JOB and before is not None and jobs.must_run_anew(cluster, before, entry)
        if anew and dry_run:
            return Applied(manifest.title, "changed", before, entry)
        if anew:
            cluster.delete(JOB, name, namespace)
        patience = _NEW_KIND_TIMEOUT if kind in new_kinds and not dry_run else 0
        after = _apply_patiently(cluster, entry, dry_run, patience)
    except ApiError as error:
        if dry_run and error.reason == "NoSuchKind":
            return Applied(manifest.title, "created", None, entry)
        error.summary = f"{manifest.title} of {manifest.origin} could not be applied"
        raise
    if before is None:
        return Applied(manifest.title, "created", None, after)
    action = "changed" if anew or differs(before, after, entry) else "unchanged"
    return Applied(manifest.title, action, before, after)


def put_images(manifests: t.Iterable[Manifest], built: t.Mapping[str, str]) -> list[tuple[str, str]]:
    """Put the built images in; returns the title of each manifest that got one, and the reference."""
    return [
        (manifest.title, reference)
        for manifest in manifests
        for _named, reference in images.replace_images(manifest.object, built)
    ]


def to_hold(manifests: t.Iterable[Manifest], namespace: str, name: str, image: str) -> str | None:
    """The title of the Deployment that waits for its coverage patch; None where the manifests do not tell which.

    It is the workload ``deployment/NAME``, or without a name the only one in the namespace that runs ``image``. Nothing
    lets any other Deployment go, so each of them starts at once.
    """
    named = name.partition("/")[2] or name
    using = [
        manifest
        for manifest in manifests
        if manifest.object["kind"] in _ROLLED_OUT
        and manifest.object["metadata"].get("namespace", namespace) == namespace
        and (not named or manifest.object["metadata"]["name"] == named)
        and images.uses(manifest.object, image)
    ]
    return using[0].title if len(using) == 1 and using[0].object["kind"] == DEPLOYMENT.name else None


def mark_pods(manifests: t.Iterable[Manifest], titles: t.Collection[str], run: str) -> None:
    """Give the pods of the workloads with these titles the annotation ``RUN``: pods of another run are replaced."""
    for manifest in manifests:
        template = (manifest.object.get("spec") or {}).get("template")
        if manifest.title in titles and manifest.object["kind"] in _ROLLED_OUT and isinstance(template, dict):
            metadata = template["metadata"] = template.get("metadata") or {}
            metadata["annotations"] = {**(metadata.get("annotations") or {}), RUN: run}


def meaning(entry: Object) -> Object:
    """The object less what changes by itself: status, versions, and who owns which field."""
    metadata = {key: value for key, value in entry["metadata"].items() if key not in _VOLATILE}
    return {**{key: value for key, value in entry.items() if key not in ("status", "metadata")}, "metadata": metadata}


def differs(before: Object, after: Object, manifest: Object) -> bool:
    """Whether applying the manifest has changed the object.

    Labels and annotations that appeared beside ours are those of a controller that was at work at the same time.
    """
    was, now = meaning(before), meaning(after)
    for key in ("labels", "annotations"):
        old, new = was["metadata"].pop(key, None) or {}, now["metadata"].pop(key, None) or {}
        own = manifest["metadata"].get(key) or {}
        if old.keys() - new.keys() or any(old.get(name) != new.get(name) for name in own):
            return True
    return was != now


def readable(entry: Object | None) -> Object:
    """The object for a diff: without what nobody wrote, and with no word of a Secret's values."""
    if entry is None:
        return {}
    shown = meaning(entry)
    if shown.get("kind") == "Secret":
        for key in ("data", "stringData"):
            if shown.get(key):
                shown[key] = dict.fromkeys(shown[key], "(hidden)")
        # kubectl apply keeps the whole object in an annotation.
        shown["metadata"].pop("annotations", None)
    return shown


def wait_established(cluster: Cluster, names: t.Sequence[str], timeout: float = 30.0) -> None:
    """Wait until the definitions of kinds are served. Raises Failure."""
    missing = set(names)
    for change in cluster.watch([Source(CRD, "")], timeout):
        if change is not None and not change.gone:
            conditions = (change.object.get("status") or {}).get("conditions") or []
            if any(entry["type"] == "Established" and entry["status"] == "True" for entry in conditions):
                missing.discard(change.object["metadata"]["name"])
            refused = next((c for c in conditions if c["type"] == "NamesAccepted" and c["status"] == "False"), None)
            if refused and change.object["metadata"]["name"] in missing:
                raise failure(
                    f"The kind {change.object['metadata']['name']} is not served",
                    "manifest-invalid",
                    str(refused.get("message")),
                    "Correct the CustomResourceDefinition",
                )
        if not missing:
            return
    raise failure(
        f"The kinds {', '.join(sorted(missing))} are not served after {timeout:g} s",
        "kind-unknown",
        "Their CustomResourceDefinitions have no condition Established",
        "Look at the conditions of the CustomResourceDefinition",
    )


def _apply_patiently(cluster: Cluster, entry: Object, dry_run: bool, patience: float) -> Object:
    """Apply; a kind that has just been established may be served a moment (here: seconds) later.

    So may be a webhook whose pods have just become ready.
    """
    begun = time.monotonic()
    while True:
        try:
            return cluster.apply(entry, dry_run=dry_run)
        except ApiError as error:
            # A path that is not served yet is 404 without a reason; NotFound is a namespace that is not there.
            unserved = error.status == 404 and error.reason != "NotFound"
            silent = error.diagnoses[0].cause == "webhook-failing" and not dry_run
            left = max(patience if unserved else 0.0, _WEBHOOK_PATIENCE if silent else 0.0)
            if time.monotonic() - begun >= left:
                raise
            time.sleep(0.2)


def as_text(entries: t.Iterable[Object]) -> str:
    """Objects as YAML documents for a diff."""
    import yaml

    return "".join(
        "---\n" + yaml.safe_dump(json.loads(json.dumps(entry)), sort_keys=True, default_flow_style=False)
        for entry in entries
        if entry
    )
