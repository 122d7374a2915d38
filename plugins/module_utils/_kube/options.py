# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module that talks to the API gets its cluster: the options of the doc fragment ``kube``."""

from __future__ import annotations

import typing as t

from .client import ApiCluster, connect

#: Documented in the doc fragment ``kube``; the modules that have them are the action group ``k8s``.
KUBE_OPTIONS: dict[str, t.Any] = {"kubeconfig": {"type": "path"}, "context": {"type": "str"}}


def cluster_of(params: t.Mapping[str, t.Any]) -> ApiCluster:
    """The cluster that a module's options name. Raises Failure."""
    return connect(params["kubeconfig"], params["context"])
