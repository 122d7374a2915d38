#!/usr/bin/python

# Copyright (c) 2026, the gocover.e2e authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply the manifests of a service with the image that was built."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manifest_apply
short_description: Apply manifests with the image that was built
version_added: 0.1.0
description:
  - Applies manifests to a cluster by server-side apply, as the field manager C(gocover-e2e).
  - Applies CustomResourceDefinitions and namespaces first, then configuration, then workloads, and webhooks last.
  - Deletes and recreates a Job that failed or whose template changed. A completed Job stays as it is.
  - Replaces every image reference that O(images) names. The rest of a manifest stays as it is.
author:
  - The gocover.e2e authors (@gocover)
extends_documentation_fragment:
  - gocover.e2e.attributes
  - gocover.e2e.kube
attributes:
  check_mode:
    support: full
    details: The API server validates each object in a dry run. An object of a missing namespace counts as new.
  diff_mode:
    support: full
    details: Values of Secrets are not shown.
  idempotent:
    support: full
options:
  src:
    description:
      - Files and directories of manifests in YAML or JSON. Subdirectories are not read.
      - An entry can also be a manifest as a mapping, or as YAML text of several lines.
      - A directory with a C(kustomization.yaml) is rendered by C(kubectl kustomize), or by C(kustomize build) without kubectl.
      - A directory with a C(Chart.yaml) is rendered by C(helm template) with the values of the chart itself, as a release of the directory's name.
    type: list
    elements: raw
    default: []
  stages:
    description:
      - Lists of sources as in O(src). They are applied before O(src), one list after the other.
      - O(wait_ready) and O(wait_jobs) wait for the objects of a list before the next list is applied.
    type: list
    elements: list
    default: []
  definition:
    description: Manifests as mappings, applied together with O(src).
    type: list
    elements: dict
    default: []
  namespace:
    description: The namespace of all namespaced objects that name none. A missing namespace is created.
    type: str
    required: true
  images:
    description:
      - Maps names of images in the manifests, without tag, to references that replace them.
      - The pull policy of a replaced image becomes C(IfNotPresent), since the image is loaded into the nodes.
    type: dict
    default: {}
  hold:
    description:
      - Create the Deployment that runs O(image) paused, if it is missing so far. M(gocover.e2e.coverage_patch) lets it go,
        so that its first pods are covered and are not replaced at once by others.
      - Several workloads that run O(image) all start at once, unless O(workload) names one of them.
    type: bool
    default: false
  image:
    description: The image that is to be covered; by default the first of O(images). Only used with O(hold=true).
    type: str
    default: ""
  workload:
    description: The workload that is to be covered, such as C(deployment/NAME). Only used with O(hold=true).
    type: str
    default: ""
  run:
    description:
      - Identifier of a run. It becomes the annotation C(gocover.e2e/run) of the pods of each workload that uses one of O(images).
      - With node coverage, only this annotation replaces the pods of a previous run.
    type: str
    default: ""
  service:
    description:
      - Name of the service whose run this is. With it, a Lease in O(namespace) keeps other runs from the workloads, and what dead runs
        of the service have left changed in other namespaces is undone.
      - Another run that goes on, and has one of them, makes it fail with C(run-in-progress). M(gocover.e2e.cluster_restore) gives the Lease back.
    type: str
    default: ""
  wait_crds:
    description: Wait until the API serves new CustomResourceDefinitions before their objects are applied.
    type: bool
    default: true
  wait_jobs:
    description: Longest wait for the Jobs among the manifests, in seconds. V(0) does not wait.
    type: float
    default: 0
  wait_ready:
    description:
      - Longest wait for each workload among the manifests, in seconds. V(0) does not wait.
      - With it, the entries of O(src) are applied one after the other, each when the previous one is ready.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Deploy datastorage
  gocover.e2e.manifest_apply:
    src: [/src/datastorage/deploy]
    namespace: datastorage-e2e
    images:
      datastorage: localhost/datastorage:cov-5f70bf18a086
"""

RETURN = r"""
objects:
  description: The objects in the order in which they were applied. C(action) is created, changed or unchanged.
  returned: success
  type: list
  elements: dict
  sample: [{object: Deployment/datastorage, namespace: datastorage-e2e, action: created}]
images:
  description: The image references that were replaced, by object.
  returned: success
  type: list
  elements: dict
  sample: [{object: Deployment/datastorage, image: "localhost/datastorage:cov-5f70bf18a086"}]
diagnosis:
  description: The causes of a failure, each with C(cause), C(evidence) and C(remedy).
  returned: always
  type: list
  elements: dict
"""

import os

from ansible_collections.gocover.e2e.plugins.module_utils._kube.api import KUBE_OPTIONS
from ansible_collections.gocover.e2e.plugins.module_utils._kube.applying import ApplyOptions, apply_manifests
from ansible_collections.gocover.e2e.plugins.module_utils._kube.client import cluster_of
from ansible_collections.gocover.e2e.plugins.module_utils._outcome import Outcome, options
from ansible_collections.gocover.e2e.plugins.module_utils._process.holder import this_holder
from ansible_collections.gocover.e2e.plugins.module_utils._process.identity import owner_alive
from ansible_collections.gocover.e2e.plugins.module_utils._run import step


def run(this: step.Step) -> Outcome:
    """Apply the manifests."""
    wanted, alive = options(ApplyOptions, this.params), owner_alive(this.playbook_pid)
    holder = this_holder(this.playbook_pid, os.getcwd())
    return apply_manifests(wanted, cluster_of(this.params), this.progress, alive, this.check_mode, holder)


def _step_name(params: step.Params) -> str:
    """The name of the step in run.json: what Jobs are waited for in prepares what comes after it."""
    if params["stages"]:
        return "deploy dependencies"
    return "deploy preparation" if params["wait_jobs"] else "deploy"


MODULE = step.Module(
    "deploy",
    {
        "src": {"type": "list", "elements": "raw", "default": []},
        "stages": {"type": "list", "elements": "list", "default": []},
        "definition": {"type": "list", "elements": "dict", "default": []},
        "namespace": {"type": "str", "required": True},
        "images": {"type": "dict", "default": {}},
        "hold": {"type": "bool", "default": False},
        "image": {"type": "str", "default": ""},
        "workload": {"type": "str", "default": ""},
        "run": {"type": "str", "default": ""},
        "service": {"type": "str", "default": ""},
        "wait_crds": {"type": "bool", "default": True},
        "wait_ready": {"type": "float", "default": 0},
        "wait_jobs": {"type": "float", "default": 0},
        **KUBE_OPTIONS,
    },
    run,
    step_name=_step_name,
)

main = MODULE.main

if __name__ == "__main__":
    main()
