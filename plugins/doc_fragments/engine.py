# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation of every module that talks to a container engine shares."""

from __future__ import annotations


class ModuleDocFragment:
    """Which engine."""

    DOCUMENTATION = r"""
options:
  provider:
    description:
      - The container engine, also that of the cluster. V(auto) takes the one that answers, docker first;
        E(KIND_EXPERIMENTAL_PROVIDER) decides where it is set.
    type: str
    choices: [auto, docker, podman]
    default: auto
"""
