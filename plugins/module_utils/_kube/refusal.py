# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API that refuses, or does not answer: its words as a failure."""

from __future__ import annotations

import json
import re

from .._diagnosis import Diagnosis, Failure, failure
from .api import ApiError, Kind

#: A policy that says no: a webhook, or a policy of the API server itself (ValidatingAdmissionPolicy).
_DENIED = re.compile(r"admission webhook \S+ denied the request|ValidatingAdmissionPolicy '[^']+' .*denied request")
_WEBHOOK_FAILS = re.compile(r"failed calling webhook|calling webhook .* failed|failed to call webhook")


def unknown_kind(server: str, kind: Kind) -> ApiError:
    """A kind that the API server does not serve."""
    return ApiError(
        404,
        "NoSuchKind",
        f"The cluster knows no {kind.name} of {kind.api_version}",
        Diagnosis(
            "kind-unknown",
            f"{server} does not serve the kind {kind.name} in {kind.api_version}",
            "Apply its CustomResourceDefinition first (service_prepare), or correct apiVersion and kind",
        ),
    )


def unreachable(server: str, error: Exception) -> ApiError:
    """No answer from the API server."""
    said = " ".join(str(getattr(error, "reason", None) or error).split())
    return ApiError(
        0,
        "Unreachable",
        "The cluster's API cannot be reached",
        Diagnosis(
            "api-unreachable",
            f"{server} did not answer: {said}",
            "Check that the cluster runs, and that the kubeconfig is that of this cluster",
        ),
    )


def refused(method: str, path: str, status: int, body: bytes) -> ApiError:
    """The API's refusal (a ``Status`` object, meta/v1) as an error that says why."""
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    message = " ".join(str(document.get("message") or body[:300].decode(errors="replace") or f"HTTP {status}").split())
    reason = str(document.get("reason") or "")
    asked = f"{method} {path}"
    cause, remedy = _cause_of(status, message)
    return ApiError(status, reason, f"The cluster's API refused {asked}", Diagnosis(cause, message, remedy))


def not_text(method: str, path: str, error: UnicodeDecodeError) -> ApiError:
    """A body that UTF-8 cannot hold, since half of a surrogate pair is in it."""
    return ApiError(
        0,
        "NotText",
        f"The request {method} {path} cannot be sent",
        Diagnosis(
            "manifest-invalid",
            f"The manifest holds half of a surrogate pair ({error.reason})",
            "Write the character itself into the manifest, or both halves of its escape",
        ),
    )


def of_coverage_patch(error: ApiError, title: str) -> Failure:
    """What a policy has against the coverage patch of a workload; any other refusal as it is."""
    found = error.diagnoses[0]
    if found.cause != "admission-denied":
        return error
    return failure(
        f"{title} cannot be covered",
        "patch-refused",
        f"The coverage patch of {title} (GOCOVERDIR, a volume and its mount) is what was refused: {found.evidence}",
        "Use service_inject=node, which changes no workload, or exempt the namespace from that policy for the test",
    )


def _cause_of(status: int, message: str) -> tuple[str, str]:
    if "exceeded quota" in message:
        return "quota-exceeded", "Raise the ResourceQuota of the namespace, or ask for less in the manifests"
    if _DENIED.search(message):
        return "admission-denied", "Correct the manifest as the policy says, or exempt the namespace from the policy"
    if _WEBHOOK_FAILS.search(message):
        return (
            "webhook-failing",
            "Deploy what answers that webhook first (service_prepare), or delete its configuration",
        )
    if status in (401, 403):
        if "being terminated" in message:
            return "namespace-terminating", "Wait until the namespace is gone, then run again"
        return "api-forbidden", "Give the user of the kubeconfig the rights that are named, or use another kubeconfig"
    if status == 404:
        return "object-missing", "Apply the manifests that contain it first, or correct its name and namespace"
    if status == 409:
        return (
            "field-conflict",
            "Somebody else changes the same object: run again, or take the field out of the manifest",
        )
    # A field that the schema does not have is answered with 500 by server-side apply.
    if status in (400, 415, 422) or "field not declared in schema" in message:
        return "manifest-invalid", "Correct the manifest as the API says"
    return "api-failing", "Look into the log of the API server, or of the webhook that it names, and run again"
