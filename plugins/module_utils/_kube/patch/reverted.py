# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether another controller has reverted the coverage patch, such as an operator whose custom resource differs.

Pure. The managed fields (meta/v1 ManagedFieldsEntry) tell who writes the pod template.
"""

from __future__ import annotations

import typing as t

from ..._diagnosis import Diagnosis
from ..api import FIELD_MANAGER, Object
from ..workload import Workload
from . import pod_template

#: It writes annotations and the status of every workload.
_CONTROLLER = "kube-controller-manager"


def patch_reverted(workload: Workload) -> Diagnosis | None:
    """The diagnosis for a patched workload whose patch is gone, with who reverted it; None if the patch is in force."""
    lost = pod_template.lost_slots(workload.object)
    if not lost:
        return None
    shown = " and ".join([", ".join(lost[:-1]), lost[-1]] if len(lost) > 1 else lost)
    return Diagnosis(
        "patch-reverted",
        f"{workload.title} was patched, and the patch is gone ({shown}){_who(workload)}",
        "Suspend the controller that reverts it (an operator, GitOps) for the test, or use service_inject=node, which "
        "patches no workload",
    )


def _who(workload: Workload) -> str:
    metadata = workload.object["metadata"]
    owners = [f"{owner['kind']}/{owner['name']}" for owner in metadata.get("ownerReferences") or []]
    writers = _writers(metadata.get("managedFields") or [])
    belongs = f"; it belongs to {', '.join(owners)}" if owners else ""
    return (f"; {' or '.join(writers)} writes its pod template" if writers else "") + belongs


def _writers(managed: t.Sequence[Object]) -> list[str]:
    """Who writes the pod template, beside ourselves."""
    names = [
        str(entry.get("manager"))
        for entry in managed
        if "f:template" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
    ]
    return list(dict.fromkeys(name for name in names if name not in (FIELD_MANAGER, _CONTROLLER)))
