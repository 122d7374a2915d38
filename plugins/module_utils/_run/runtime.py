# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a service runs: in a kind cluster, in the cluster of a kubeconfig, or as a process of this machine."""

from __future__ import annotations

import importlib.util
import typing as t

from .._diagnosis import failure
from .._engine.connect import unreachable
from .._engine.detection import Detection, detect

#: What the runtimes with a cluster need in Ansible's own environment.
_LIBRARIES = {"kind": ("docker", "kubernetes"), "cluster": ("kubernetes",)}


class Runtime(t.NamedTuple):
    """The runtime, and the sentence that says where the service runs and why; empty where the user chose it."""

    name: str
    sentence: str


def choose(asked: str, provider: str, manifests: t.Sequence[t.Any]) -> Runtime:
    """The runtime for what was ``asked``: auto, kind, cluster or process. Raises Failure if it cannot be had."""
    if asked == "process":
        return Runtime(asked, "")
    missing = [name for name in _LIBRARIES.get(asked, _LIBRARIES["kind"]) if importlib.util.find_spec(name) is None]
    if asked == "auto":
        found = detect(provider)
        if manifests and found.meant:
            # To run as processes instead, without a word, would measure something else than what was asked for.
            raise unreachable(provider, [*found.answers, found.meant], found.tried)
        return _choose_for_user(found, manifests, missing)
    if missing:
        raise failure(
            f"The runtime {asked} cannot be used",
            "library-missing",
            f"Ansible's Python has no {' and no '.join(missing)}",
            f"Install it with: pip install {' '.join(missing)}",
        )
    if not manifests:
        raise failure(
            f"The service cannot run in the runtime {asked}",
            "manifests-missing",
            "service_manifests is empty, so that there is nothing to deploy",
            "Set service_manifests, or use -e coverage_runtime=process",
        )
    if asked == "kind":
        _check(detect(provider), provider)
    return Runtime(asked, "")


def _choose_for_user(found: Detection, manifests: t.Sequence[t.Any], missing: t.Sequence[str]) -> Runtime:
    if not manifests:
        return Runtime("process", "runs as local processes; with service_manifests it could run in a kind cluster")
    reasons = [found.reason] if found.reason else []
    if missing:
        reasons.append(f"Ansible's Python has no {' and no '.join(missing)}")
    if reasons or found.place is None:
        why = ", and ".join(reasons)
        return Runtime("process", f"runs as local processes ({why}; -e coverage_runtime=kind insists)")
    engine = f"{found.place.provider} answers on {found.place.words()}"
    return Runtime("kind", f"runs in a kind cluster: {engine}; -e coverage_runtime=process needs no cluster")


def _check(found: Detection, provider: str) -> None:
    if found.place is None:
        raise unreachable(provider, found.answers, found.tried)
    if found.kind is None:
        raise failure(
            "The runtime kind cannot be used",
            "kind-missing",
            found.reason,
            "Install kind (go install sigs.k8s.io/kind@latest), or use -e coverage_runtime=process",
        )
