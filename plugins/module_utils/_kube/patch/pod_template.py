# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coverage patch: what a pod template needs so that an instrumented program writes, and the way back.

Pure. A workload is seen as a few slots (image, environment variable, mount, volume, grace period, probes). The patch
sets them in one strategic merge; an annotation on the workload keeps what was in each slot before and what was put
there, so that ``state: absent`` restores it exactly, and a slot that somebody else has changed since is theirs.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ..._covdata.runtime import VARIABLE
from .. import images
from ..api import Object
from . import rollout

#: The annotation (JSON: container, volume, mount_path, before, set) on a patched workload.
RECORD = "gocover.e2e/before"
VOLUME = "gocover-covdata"
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
#: What a probe asks (core/v1, ProbeHandler).
_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")

#: What the teams used (seconds, seconds, failures): slow starts must not look like deaths.
_RELAXED = {"initialDelaySeconds": 60, "timeoutSeconds": 10, "failureThreshold": 6}
#: A delay would only make each run a minute longer where a failure does no harm.
_RELAXED_READINESS = {"timeoutSeconds": 10, "failureThreshold": 6}

Slots = dict[str, t.Any]


@dataclass(frozen=True)
class Settings:
    """What the patch is to set; empty values leave things alone. ``grace_period`` is in seconds.

    With ``claim``, the volume is that claim instead of a hostPath.
    """

    node_path: str
    mount_path: str
    image: str = ""
    probes: str | t.Mapping[str, t.Any] = "keep"
    grace_period: int = 0
    #: What ``probes: measured`` allows, in seconds: for the start-up, and for an answer.
    startup_allowed: int = 0
    answer_allowed: int = 0
    claim: str = ""


@dataclass(frozen=True)
class Record:
    """What the annotation says."""

    container: str
    volume: str
    mount_path: str
    before: Slots
    set: Slots

    def text(self) -> str:
        """The annotation's value."""
        return json.dumps(
            {
                "container": self.container,
                "volume": self.volume,
                "mount_path": self.mount_path,
                "before": self.before,
                "set": self.set,
            },
            sort_keys=True,
        )


def recorded(workload: Object) -> Record | None:
    """The record on a workload; None if it is not patched."""
    text = (workload["metadata"].get("annotations") or {}).get(RECORD)
    if not text:
        return None
    try:
        return Record(**json.loads(text))
    except (ValueError, TypeError):
        return None


def coverage_patch(workload: Object, container: str, settings: Settings) -> Object | None:
    """The strategic merge patch that covers the workload; None if it is covered just so.

    Where ``must_restore_first``, the restoring patch has to be applied before: a record is of one container.
    """
    record = recorded(workload)
    volume = record.volume if record else _free_volume_name(workload)
    live = _slots(workload, container, volume, settings.mount_path)
    before = _original(live, record)
    wanted = _wanted(live, before, settings, volume)
    new = Record(container, volume, settings.mount_path, {key: before[key] for key in wanted}, wanted)
    return _patch(workload, new, live, wanted, new.text())


def restoring_patch(workload: Object) -> Object | None:
    """The strategic merge patch that takes everything back; None if the workload is not patched."""
    record = recorded(workload)
    if record is None:
        return rollout.release(workload)
    live = _slots(workload, record.container, record.volume, record.mount_path)
    # What somebody else has changed since is not ours to put back.
    wanted = {key: value for key, value in record.before.items() if _holds(live.get(key), record.set.get(key))}
    return _patch(workload, record, live, wanted, None)


def lost_slots(workload: Object) -> list[str]:
    """What of the patch the workload no longer holds, of that without which its program does not write, in words."""
    words = {"image": "the image", "env": VARIABLE, "mount": "the mount", "volume": "the volume"}
    record = recorded(workload)
    if record is None:
        return list(words.values())
    pod_spec = workload["spec"]["template"]["spec"]
    if record.container not in [entry["name"] for entry in images.containers(pod_spec)]:
        return [f"the container {record.container}"]
    live = _slots(workload, record.container, record.volume, record.mount_path)
    return [word for slot, word in words.items() if slot in record.set and not _holds(live[slot], record.set[slot])]


def _holds(live: t.Any, put: t.Any) -> bool:
    """Whether a slot still holds what was put there; the API server fills in defaults beside it."""
    if isinstance(put, dict) and isinstance(live, dict):
        return all(_holds(live.get(key), value) for key, value in put.items())
    return bool(live == put)


def must_restore_first(workload: Object, container: str, settings: Settings) -> bool:
    """Whether another container, or another mount, of the workload is patched."""
    record = recorded(workload)
    return record is not None and (record.container, record.mount_path) != (container, settings.mount_path)


def _original(live: Slots, record: Record | None) -> Slots:
    """What each slot held before any patch: what was recorded, unless somebody else has changed it since."""
    if record is None:
        return live
    return {
        key: record.before[key] if key in record.before and _holds(value, record.set.get(key)) else value
        for key, value in live.items()
    }


def _wanted(live: Slots, before: Slots, settings: Settings, volume: str) -> Slots:
    mount = {"mountPath": settings.mount_path, "name": volume}
    # Directory, never DirectoryOrCreate: the kubelet would make it for root alone.
    source: Object = {"hostPath": {"path": settings.node_path, "type": "Directory"}}
    if settings.claim:
        source = {"persistentVolumeClaim": {"claimName": settings.claim}}
    wanted: Slots = {
        "env": {"name": VARIABLE, "value": settings.mount_path},
        "mount": mount,
        "volume": {"name": volume, **source},
    }
    if settings.image:
        wanted["image"] = settings.image
        wanted["imagePullPolicy"] = "IfNotPresent"
    if settings.grace_period > int(before["grace_period"] or 0):
        wanted["grace_period"] = settings.grace_period
    for probe in PROBES:
        if settings.probes == "measured":
            relaxed = measured_probe(probe, before, settings)
        else:
            relaxed = relaxed_probe(probe, before[probe], settings.probes)
        if relaxed != before[probe]:
            wanted[probe] = relaxed
    # A slot that an earlier patch set and that this one does not want goes back to what it was.
    return {**{key: before[key] for key in before if key not in wanted and before[key] != live[key]}, **wanted}


def measured_probe(slot: str, before: Slots, settings: Settings) -> Object | None:
    """A probe that allows what was measured.

    A startup probe, asking once a second what the liveness probe asks (or the readiness probe, where there is none),
    holds the others back for as long as the start may take. So they stay as tight as they are meant to be, but for the
    time that an answer may take.
    """
    probe = before[slot]
    if slot != "startupProbe":
        return probe and {
            **probe,
            "timeoutSeconds": max(int(probe.get("timeoutSeconds") or 1), settings.answer_allowed),
        }
    asked = before["startupProbe"] or before["livenessProbe"] or before["readinessProbe"]
    if not asked:
        return None
    own = {key: value for key, value in asked.items() if key in _HANDLERS}
    timeout = max(int(asked.get("timeoutSeconds") or 1), settings.answer_allowed)
    return {**own, "periodSeconds": 1, "timeoutSeconds": timeout, "failureThreshold": settings.startup_allowed}


def relaxed_probe(slot: str, probe: Object | None, probes: str | t.Mapping[str, t.Any]) -> Object | None:
    """A probe as it is wanted: kept, relaxed, or with the fields of a dict ``{liveness: {...}, readiness: ...}``.

    A null in the dict takes the probe away.
    """
    if probes == "keep":
        return probe
    if isinstance(probes, str):
        if probe is None:
            return None
        least = (
            _RELAXED_READINESS
            if slot == "readinessProbe"
            else _RELAXED
            if slot == "livenessProbe"
            else {"timeoutSeconds": 10}
        )
        relaxed = {**probe, **{key: max(int(probe.get(key) or 0), value) for key, value in least.items()}}
        if slot == "startupProbe":
            relaxed["failureThreshold"] = 2 * int(probe.get("failureThreshold") or 3)
        return relaxed
    name = slot.removesuffix("Probe")
    if name not in probes:
        return probe
    fields = probes[name]
    return None if fields is None else {**(probe or {}), **fields}


def _slots(workload: Object, container: str, volume: str, mount_path: str) -> Slots:
    """What the slots hold now; None for what is not there."""
    pod_spec = workload["spec"]["template"]["spec"]
    spec = next(entry for entry in images.containers(pod_spec) if entry["name"] == container)
    return {
        "image": spec.get("image"),
        "imagePullPolicy": spec.get("imagePullPolicy"),
        "env": _entry(spec.get("env"), "name", VARIABLE),
        "mount": _entry(spec.get("volumeMounts"), "mountPath", mount_path),
        "volume": _entry(pod_spec.get("volumes"), "name", volume),
        "grace_period": pod_spec.get("terminationGracePeriodSeconds"),
        **{probe: spec.get(probe) for probe in PROBES},
    }


def _entry(entries: t.Sequence[Object] | None, key: str, value: str) -> Object | None:
    return next((entry for entry in entries or [] if entry.get(key) == value), None)


def _free_volume_name(workload: Object) -> str:
    """A name that no volume of the pod has: one of that name would be somebody else's."""
    taken = {entry["name"] for entry in workload["spec"]["template"]["spec"].get("volumes") or []}
    number, name = 1, VOLUME
    while name in taken:
        number += 1
        name = f"{VOLUME}-{number}"
    return name


def _patch(workload: Object, record: Record, live: Slots, wanted: Slots, annotation: str | None) -> Object | None:
    former = recorded(workload)
    pod_spec: Object = {}
    container: Object = {}
    keys = {"env": (container, "env", "name", VARIABLE),
            "mount": (container, "volumeMounts", "mountPath", record.mount_path),
            "volume": (pod_spec, "volumes", "name", record.volume)}  # fmt: skip
    for slot, value in wanted.items():
        if value == live.get(slot) or (
            former is not None and former.set.get(slot) == value and _holds(live.get(slot), value)
        ):
            continue
        if slot in keys:
            place, field, key, name = keys[slot]
            place[field] = [_merged_entry(key, name, live.get(slot), value)]
        elif slot == "grace_period":
            pod_spec["terminationGracePeriodSeconds"] = value
        elif slot in PROBES:
            # The directive replaces what is there; where nothing is, the API server takes it for a deletion.
            directive = {"$patch": "replace"} if value is not None and live.get(slot) is not None else {}
            container[slot] = None if value is None else {**value, **directive}
        else:
            container[slot] = value
    if container:
        init = any(
            entry["name"] == record.container
            for entry in workload["spec"]["template"]["spec"].get("initContainers") or []
        )
        pod_spec["initContainers" if init else "containers"] = [{"name": record.container, **container}]
    patch = (rollout.release(workload) if annotation is None else rollout.start(workload)) or {}
    present = (workload["metadata"].get("annotations") or {}).get(RECORD)
    if present != annotation:
        annotations = patch.setdefault("metadata", {}).setdefault("annotations", {})
        annotations[RECORD] = annotation
    if pod_spec:
        patch.setdefault("spec", {})["template"] = {"spec": pod_spec}
    return patch or None


def _merged_entry(key: str, name: str, live: Object | None, wanted: Object | None) -> Object:
    """One entry of a list that merges by ``key``, so that it becomes ``wanted`` and nothing of ``live`` stays in it."""
    if wanted is None:
        return {key: name, "$patch": "delete"}
    return {**dict.fromkeys(set(live or {}) - set(wanted)), **wanted}
