# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying manifests, on an API that answers late."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.gocover.e2e.plugins.module_utils._diagnosis import Failure
from ansible_collections.gocover.e2e.plugins.module_utils._kube import apply, refusal
from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import CRD, ApiError, Change, Kind, Object, Source
from ansible_collections.gocover.e2e.plugins.module_utils._kube.manifests import Manifest

DEFINITION: Object = {
    "apiVersion": CRD.api_version,
    "kind": CRD.name,
    "metadata": {"name": "routes.example.com"},
    "spec": {"group": "example.com", "names": {"kind": "Route"}, "versions": [{"name": "v1", "served": True}]},
}
ROUTE: Object = {"apiVersion": "example.com/v1", "kind": "Route", "metadata": {"name": "one", "namespace": "ns"}}
UNSERVED = refusal.refused("PATCH", "/apis/example.com/v1/namespaces/ns/routes/one", 404, b"404 page not found\n")
NO_NAMESPACE = refusal.refused(
    "PATCH",
    "/apis/example.com/v1/namespaces/ns/routes/one",
    404,
    b'{"kind": "Status", "reason": "NotFound", "message": "namespaces \\"ns\\" not found", "code": 404}',
)


class Late:
    """An API that refuses the first applications of a Route."""

    def __init__(self, *refusals: ApiError) -> None:
        self.refusals = list(refusals)

    def get(self, _kind: Kind, _name: str, _namespace: str = "") -> Object | None:
        return None

    def watch(self, sources: list[Source], _timeout: float) -> t.Iterator[Change]:
        established = {"conditions": [{"type": "Established", "status": "True"}]}
        yield Change(sources[0], {**DEFINITION, "status": established})

    def apply(self, manifest: Object, *, dry_run: bool = False) -> Object:
        if manifest["kind"] == "Route" and self.refusals:
            raise self.refusals.pop(0)
        return manifest


def applied(cluster: Late, *objects: Object) -> list[str]:
    manifests = [Manifest(entry, "a file") for entry in objects]
    return [entry.title for entry in apply.apply_all(t.cast(t.Any, cluster), manifests)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_a_kind_that_was_just_defined_is_waited_for() -> None:
    cluster = Late(UNSERVED, UNSERVED)
    assert applied(cluster, ROUTE, DEFINITION) == ["CustomResourceDefinition/routes.example.com", "Route/one"]
    assert cluster.refusals == []


def test_a_kind_that_was_there_before_is_not() -> None:
    with pytest.raises(Failure) as caught:
        applied(Late(UNSERVED), ROUTE)
    assert caught.value.summary == "Route/one of a file could not be applied"


def test_nor_is_a_namespace() -> None:
    with pytest.raises(Failure) as caught:
        applied(Late(NO_NAMESPACE, NO_NAMESPACE), ROUTE, DEFINITION)
    assert "not found" in caught.value.diagnoses[0].evidence
