# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a program wrote instead: what the pod says goes before its image, and that before its node."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._losses import elsewhere
from ansible_collections.gocover.e2e.plugins.module_utils._losses.records import PodRecord

NODE, MOUNT = "/var/lib/gocover/node", "/gocover"
NOTHING = {"variable": None, "volume": None, "node_path": None, "taken_from": None}
OWN = {"variable": "/own", "volume": None, "node_path": None}
HOST = {"variable": "/own", "volume": "hostPath", "node_path": "/data"}


def pod(writes: t.Any) -> PodRecord:
    return {"name": "shop-1", "container": "shop", "writes": writes}


@pytest.mark.parametrize(
    ("writes", "image", "wrong"),
    [
        (NOTHING, "", ""),
        (NOTHING, MOUNT, ""),
        (NOTHING, f"{MOUNT}/", ""),
        (NOTHING, "/own", "GOCOVERDIR (from its image) is /own, which is in no volume of the pod"),
        (NOTHING, f"{MOUNT}/shop", f"GOCOVERDIR (from its image), {MOUNT}/shop, is {NODE}/shop on the node"),
        (OWN, "", "GOCOVERDIR is /own, which is in no volume of the pod"),
        (OWN, MOUNT, "GOCOVERDIR is /own, which is in no volume of the pod"),
        ({**OWN, "variable": MOUNT}, "/own", ""),
        ({**OWN, "variable": f"{MOUNT}er"}, "", f"GOCOVERDIR is {MOUNT}er, which is in no volume of the pod"),
        (HOST, "", "GOCOVERDIR, /own, is /data on the node"),
        ({**HOST, "node_path": NODE}, "", ""),
        ({**HOST, "volume": "emptyDir", "node_path": None}, "", "GOCOVERDIR, /own, is in a volume of kind emptyDir"),
        # What a claim is bound to, and what a ConfigMap says, is not in the pod.
        ({**HOST, "volume": "persistentVolumeClaim", "node_path": None}, "", ""),
        ({**NOTHING, "taken_from": "configMapKeyRef settings"}, "/own", ""),
    ],
)
def test_where_it_writes_under_injection(writes: t.Any, image: str, wrong: str) -> None:
    told = elsewhere.completed(pod(writes), NODE, MOUNT, image)
    assert elsewhere.words(told["writes"], NODE) == wrong
    found = elsewhere.mismatch(told, NODE, f"{NODE} on n1")
    assert (found is None) == (not wrong)
    if found is not None:
        assert found.cause == "path-mismatch"
        assert found.evidence.startswith(f"The container shop of shop-1 does not write to {NODE} on n1: its GOCOVERDIR")
        assert MOUNT in found.remedy and ("out of the image" in found.remedy) == ("from its image" in wrong)


@pytest.mark.parametrize("writes", [None, {}, NOTHING, OWN])
def test_without_injection_nothing_is_added(writes: t.Any) -> None:
    assert elsewhere.completed(pod(writes), NODE, "", "/own") == pod(writes)
    found = elsewhere.mismatch(pod(writes), NODE, NODE)
    assert (found is not None) == (writes is OWN)
    assert found is None or "service_inject" not in found.remedy


def test_a_process_is_in_no_pod() -> None:
    assert elsewhere.mismatch({"name": "shop"}, "/data", "/data") is None
