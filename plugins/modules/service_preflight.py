#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the files of a service before its run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_preflight
short_description: Check the files of a service before its run
version_added: 0.1.0
description:
  - Checks the manifests, the Dockerfile and the main package of a service by the rules of M(gocover.e2e.coverage_lint).
  - Fails only for what makes the run pointless and what the run cannot correct itself. Everything else is a finding, which the overview shows.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  service:
    description: Name of the service.
    type: str
    required: true
  source:
    description: Directory of the Go module. File names of findings are relative to it.
    type: path
  package:
    description: The main package, relative to O(source).
    type: str
    default: .
  manifests:
    description: Files and directories with manifests. Other entries, such as inline manifests, are not checked.
    type: list
    elements: raw
    default: []
  dockerfile:
    description: The Dockerfile that the run builds. Leave it out if the run builds none.
    type: path
  target:
    description: The stage that is built. The default is the last stage.
    type: str
    default: ""
  image_names:
    description: References that the run replaces in manifests by the image that it builds.
    type: list
    elements: str
    default: []
requirements:
  - tree-sitter, tree-sitter-go and tree-sitter-bash (Python); without them nothing is checked
"""

EXAMPLES = r"""
- name: Check the files of a service
  gocover.e2e.service_preflight:
    service: shop
    source: /src/shop
    package: ./cmd/shop
    manifests: [/src/shop/deploy]
    dockerfile: /src/shop/Dockerfile
    image_names: [shop]
"""

RETURN = r"""
findings:
  description: What may cost correctness, in the form that M(gocover.e2e.coverage_lint) returns.
  returned: success
  type: list
  elements: dict
diagnosis:
  description: Why it failed, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.gocover.e2e.plugins.module_utils._lint.preflight import preflight
from ansible_collections.gocover.e2e.plugins.module_utils._run import step

MODULE = step.Module(
    "preflight",
    {
        "service": {"type": "str", "required": True},
        "source": {"type": "path"},
        "package": {"type": "str", "default": "."},
        "manifests": {"type": "list", "elements": "raw", "default": []},
        "dockerfile": {"type": "path"},
        "target": {"type": "str", "default": ""},
        "image_names": {"type": "list", "elements": "str", "default": []},
    },
    preflight,
)

main = MODULE.main

if __name__ == "__main__":
    main()
