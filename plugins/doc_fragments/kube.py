# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation of every module that talks to a cluster's API shares."""

from __future__ import annotations


class ModuleDocFragment:
    """Which cluster."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of the kubeconfig. By default that of E(KUBECONFIG), else C(~/.kube/config), else the service account of the pod that this runs in.
    type: path
  context:
    description: Which context of the kubeconfig; by default its current one.
    type: str
requirements:
  - kubernetes (the Python client)
"""
